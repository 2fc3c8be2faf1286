"""Pages for people without an account: a plan to print, a notice to read and acknowledge. Plain HTML, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.words import say
from playbooks.shape import Playbook

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "pages"
ENV = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
DONE = {
    "asked": "page.asked",
    "name": "page.name_wanted",
    "question": "page.question_wanted",
}


@cache
def style() -> str:
    """How every page looks."""
    return (TEMPLATES / "style.css").read_text("utf-8")


def plan(book: Playbook, label: str, lang: str) -> str:
    """The plan as one HTML page."""
    return ENV.get_template("plan.html").render(book=book, label=label, lang="zh" if lang == "zh" else "en")


def notice(facts: Mapping[str, Any], others: Sequence[Any], lang: str, *, here: str, done: str) -> str:
    """A notice exactly as it was sent, with what can be done about it; `done` says what just was."""
    said = say(DONE[done], lang) if done in DONE else ""
    page = ENV.get_template("notice.html")
    return page.render(of=facts, others=others, lang=lang, here=here, said=said, say=say)


def refused(sentence: str, lang: str, *, expired: bool, here: str) -> str:
    """Why nothing is shown, and how to get further."""
    return ENV.get_template("refused.html").render(sentence=sentence, lang=lang, expired=expired, here=here, say=say)
