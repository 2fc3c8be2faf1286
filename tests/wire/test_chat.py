"""What Slack answers, as an outcome: only what surely did not happen is simply tried again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.courier import LOCKED_OUT, Slack
from bot.locales import Locales
from bot.views.parts import View
from escalation.deliver import Later, Lost, Outcome, Parcel, Rejected
from tests.acts.incident_house import PEOPLE

PARCEL = Parcel(
    id=1, key="k", matter="m", kind="room.pin", courier="slack", exercise=False, facts={},
    ref={"channel": "C1", "ts": "1.0"}, attempt=1, asked=False, fence_at=datetime(2030, 1, 1, tzinfo=UTC),
)  # fmt: skip


class Answering(HTTPServer):
    """A Slack that always answers the same."""

    said: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")


class _Says(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        """Say it."""
        status, headers, body = self.server.said
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:  # noqa: ANN401 -- the library's own signature
        """Say nothing on standard error."""


@pytest.fixture
def slack() -> Iterator[Answering]:
    """It listens on loopback."""
    with Answering(("127.0.0.1", 0), _Says) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def _send(slack: Answering, error: str, status: int = 200, **headers: str) -> Outcome:
    slack.said = (status, headers, b'{"ok": false, "error": "%s"}' % error.encode())
    client = WebClient(token="xoxb-1", base_url=f"http://127.0.0.1:{slack.server_port}/", retry_handlers=[], timeout=5)
    return Slack(client, View(people=PEOPLE, lang="zh", page_url="/"), Locales()).send(PARCEL)


@pytest.mark.parametrize("error", sorted(LOCKED_OUT))
def test_a_revoked_token_loses_nothing(slack: Answering, error: str) -> None:
    """The message waits for a good token; it is not given up, and chat counts as silent meanwhile."""
    assert _send(slack, error) == Later(why=error)


def test_what_slack_refuses_is_refused(slack: Answering) -> None:
    """A card that Slack will never take is not sent for ever."""
    assert _send(slack, "invalid_blocks") == Rejected(why="invalid_blocks")


@pytest.mark.parametrize(("said", "wait"), [("7", 7.0), ("soon", None), ("", None)])
def test_a_rate_limit_is_waited_out(slack: Answering, said: str, wait: float | None) -> None:
    """As long as Slack says; where it says nonsense, as after any other failure. It was surely not taken."""
    outcome = _send(slack, "ratelimited", 429, **{"Retry-After": said})
    assert isinstance(outcome, Later)
    assert (outcome.wait.total_seconds() if outcome.wait else None) == wait


@pytest.mark.parametrize(("error", "status"), [("internal_error", 200), ("fatal_error", 200), ("x", 500), ("x", 503)])
def test_what_may_have_happened_is_asked_about(slack: Answering, error: str, status: int) -> None:
    """Slack says itself that some of it may have succeeded."""
    assert isinstance(_send(slack, error, status), Lost)
