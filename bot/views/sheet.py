"""The call sheet: one page to print, for the hour in which nothing works but the phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.views import due
from bot.views.mail import plain
from bot.views.parts import Facts, View, both, written
from bot.words import TEMPLATES, say

_PAGES = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True)
LABELS = (
    "title", "phone", "say", "due", "read", "roles", "role", "who", "tasks", "took", "none", "number",
    "state", "no_dial",
)  # fmt: skip


def html(facts_status: Facts, filings: Sequence[Facts], view: View, *, tasks: Sequence[Facts] = ()) -> str:
    """The sheet as one HTML page (A4): whom to phone, what to read aloud, who holds what, what is still to do.

    `filings` are the facts of the notices, each with `script`, the text to read; `tasks` the open ones.
    """
    lang = view.lang
    return _PAGES.get_template("sheet.html").render(
        lang=lang,
        label={each: say(f"sheet.{each}", lang) for each in LABELS},
        banner=plain(say("parts.banner", lang), view) if facts_status["exercise"] else "",
        head=_head(facts_status, view),
        exercise=facts_status["exercise"],
        calls=[_call(each, view) for each in filings if not each["acknowledged_at"]],
        roles=list(_roles(facts_status, view)),
        tally=facts_status["tasks"],
        tasks=[_task(each, view) for each in tasks if not each["done_at"]],
    )


def _head(facts: Facts, view: View) -> Mapping[str, Any]:
    lang = view.lang
    return {
        "title": facts["title"],
        "number": facts["number"],
        "plan": facts["plan"]["label"],
        "state": say(f"state.{facts['state']}", lang),
        "response": due.response_level(facts["response_level"], lang),
        "event": due.event_level(facts["event_level"], lang),
        "at": say("sheet.at", lang, when=written(facts["at"], view)),
    }


def _call(filing: Facts, view: View) -> Mapping[str, Any]:
    clock, lang = filing["clock"], view.lang
    due_at = written(clock["due_at"], view)
    return {
        "title": both(clock["title"], lang),
        "recipient": both(clock["recipient"], lang),
        "phone": clock.get("phone") or say("filing.no_phone", lang),
        "due": say("clock.at_once", lang) if clock.get("immediate") else due_at or say("clock.unknown", lang),
        "script": filing.get("script") or "",
    }


def _roles(facts: Facts, view: View) -> Iterable[Mapping[str, Any]]:
    for role in facts["roles"]:
        person = view.people.people.get(role["holder"] or "")
        yield {
            "title": both(role["title"], view.lang),
            "who": person.name if person else role["holder"] or say("tasks.vacant", view.lang),
            "phone": person.phone if person else "",
        }


def _task(task: Facts, view: View) -> Mapping[str, Any]:
    return {
        "code": task["code"],
        "do": both(task["do"], view.lang),
        "due": written(task["due_at"], view),
        "late": task["late"],
    }
