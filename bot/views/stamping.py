"""The form in which a sealed scan is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.views.forms import about, modal, upload_field
from bot.views.parts import Doc, Facts, both, section, typed
from bot.words import say

KINDS = ("pdf", "png", "jpg", "jpeg")


def scan(lang: str, *, filing: Facts, private: Mapping[str, Any]) -> Doc:
    """Which letter, what becomes of the scan, and the file."""
    blocks = [
        about(filing),
        section(f"*{typed(both(filing['clock']['title'], lang), 200)}*"),
        section(say("scan.how", lang)),
        upload_field("scan", say("scan.file", lang), kinds=KINDS),
    ]
    title, submit = say("scan.head", lang), say("scan.submit", lang)
    return modal(lang, title, blocks, callback="notice_scan", submit=submit, private=private, head=filing)
