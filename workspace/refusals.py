"""The one way this workspace says no: Slack's own error code, with whatever Slack sends beside it."""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]


class Refused(Exception):
    """Slack's `{"ok": false, "error": code, **extra}`."""

    def __init__(self, code: str, **extra: Any) -> None:  # noqa: ANN401 - whatever Slack puts beside the code
        """Refuse with Slack's `code`; `extra` stands beside it in the answer."""
        super().__init__(code)
        self.code = code
        self.extra = extra

    def answer(self) -> Doc:
        """Give the body Slack would answer with."""
        return {"ok": False, "error": self.code, **self.extra}


class NotConnected(Exception):
    """No live socket of the app is there to take an envelope."""
