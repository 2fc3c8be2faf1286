"""The same words as a plain letter, for when chat is silent."""

from __future__ import annotations

import re

from bot.views.cards import CARDS
from bot.views.due import title
from bot.views.parts import Facts, View, cut, marked, written
from bot.words import say

_DATE = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")
_PERSON = re.compile(r"<@([A-Z0-9]+)>")
_LINK = re.compile(r"<(https?://[^|>]+)(?:\|([^>]*))?>")


def mail_text(kind: str, facts: Facts, view: View) -> tuple[str, str]:
    """Subject and text of a card as a letter; a clock's says first what is due by when, and to do it by phone."""
    said = CARDS[kind](facts, view)
    subject = cut(plain(said["text"], view).replace("⚠️ ", "").replace("⏱ ", ""), 200)
    told = [plain(each, view) for each in _texts(said["blocks"])]
    if kind == "clock":
        told = [_clock(facts, view), *told]
    told.append(say("mail.silent", view.lang, url=f"{view.page_url}sheets/{facts['number']}"))
    return subject, "\n\n".join(told) + "\n"


def _clock(facts: Facts, view: View) -> str:
    clock = facts["clock"]
    due_at = clock["due_at"] or clock.get("target_at")
    said = say("mail.due", view.lang, title=title(clock, view.lang), due=written(due_at, view), number=facts["number"])
    phone = clock.get("phone")
    told = said + (say("mail.phone", view.lang, phone=phone) if phone and not facts.get("exercise") else "")
    return marked(told, facts, view.lang)


def _texts(blocks: list[Facts]) -> list[str]:
    found = []
    for block in blocks:
        if "text" in block:
            found.append(str(block["text"]["text"]))
        if block["type"] == "context":
            found += [str(each["text"]) for each in block["elements"]]
    return found


def plain(text: str, view: View) -> str:
    """Mrkdwn as plain text: dates in the organisation's zone, names for mentions, no marks."""
    names = {person.slack: person.name for person in view.people.people.values()}
    text = _DATE.sub(lambda found: found[1], text)
    text = _PERSON.sub(lambda found: names.get(found[1], found[1]), text)
    text = _LINK.sub(lambda found: found[2] or found[1], text)
    text = re.sub(r"(?<!\w)[*`]|[*`](?!\w)", "", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
