"""The authorities' changed addresses: a list with a button each, and the form in which a second person confirms one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.forms import modal
from bot.views.parts import Doc, Facts, both, button, section, typed
from bot.words import say


def _line(row: Facts, lang: str) -> str:
    was = typed(row["was"] or say("filing.no_address", lang), 200)
    facts = {"who": typed(both(row["title"], lang), 120), "way": say(f"courier.{row['channel']}", lang)}
    return say("address.line", lang, was=was, now=typed(row["now"], 200), **facts)


def listing(lang: str, rows: Sequence[Facts]) -> list[Doc]:
    """Every address that waits for a second person."""
    confirm = say("button.address", lang)
    told = [section(_line(row, lang), button(confirm, "address_open", row["id"])) for row in rows]
    return [section(f"*{say('address.head', lang)}*"), *told]


def confirm(lang: str, row: Facts, *, private: Mapping[str, Any]) -> Doc:
    """Old and new, and how to make sure of it."""
    blocks = [section(_line(row, lang)), section(say("address.how", lang))]
    title, submit = say("button.address", lang), say("address.submit", lang)
    return modal(lang, title, blocks, callback="address", submit=submit, private=private)
