"""The form that takes a signed notice back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.views.forms import about, modal, text
from bot.views.parts import Doc, Facts, both, section, typed
from bot.words import say


def withdraw(lang: str, *, filing: Facts, private: Mapping[str, Any]) -> Doc:
    """Which notice, what it means, and why."""
    blocks = [
        about(filing),
        section(f"*{typed(both(filing['clock']['title'], lang), 200)}*"),
        section(say("recall.how", lang)),
        text("why", say("form.why", lang), many=True, most=1000),
    ]
    title, submit = say("recall.head", lang), say("recall.submit", lang)
    return modal(lang, title, blocks, callback="notice_recall", submit=submit, private=private, head=filing)
