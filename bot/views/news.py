"""Messages that must notify: a level, a clock, a hand-over, an end, a room that could not be made."""

from __future__ import annotations

from bot.views import due, status
from bot.views.filings import by_hand
from bot.views.parts import (
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    card,
    lines,
    marked,
    mentions,
    name,
    raw_name,
    section,
    typed,
)
from bot.views.status import head_line
from bot.words import say


def _news(kind: str, facts: Facts, view: View, told: list[str], *buttons: Doc, **said: object) -> Doc:
    """One sentence (the notification line too), what belongs to it, and at most one next step."""
    lang = view.lang
    line = say(f"news.{kind}", lang, number=facts["number"], **said)
    safe = {key: typed(value, 500) for key, value in said.items()}
    first = f"*{say(f'news.{kind}', lang, number=typed(facts['number']), **safe)}*"
    blocks = [section(lines([first, head_line(facts), *told], lang))]
    return card(line, [*blocks, *([actions(*buttons)] if buttons else [])], facts, lang)


def _by(facts: Facts, view: View) -> str:
    """The presser's plain name."""
    return raw_name(facts.get("by"), view)


# --- levels ----------------------------------------------------------------------------------------------------------


def graded(facts: Facts, view: View) -> Doc:
    """The known facts give a higher event level than before: why, and that a person decides."""
    lang = view.lang
    now, before = (due.event_level(facts[key], lang) for key in ("event_level", "before"))
    level = button(say("button.level", lang), "level_open", facts["number"], style="primary")
    return _news("graded", facts, view, due.graded(facts["graded"], lang), level, now=now, before=before)


def level(facts: Facts, view: View) -> Doc:
    """The response level changed: from what to what, why, and what that started."""
    lang = view.lang
    now, before = (due.response_level(facts[key], lang) for key in ("level", "before"))
    told = []
    if facts["event_level"] != facts["event_before"]:
        then, was = (due.event_level(facts[key], lang) for key in ("event_level", "event_before"))
        told.append(say("news.event_level", lang, now=then, before=was))
    if facts["reason"]:
        told.append(say("news.reason", lang, why=typed(facts["reason"], 500)))
    told.append(say("news.started", lang, tasks=facts["started_tasks"], roles=len(facts["called"])))
    if facts["level"] == facts["before"]:
        return _news("level_same", facts, view, told, who=_by(facts, view))
    return _news("level", facts, view, told, now=now, before=before, who=_by(facts, view))


# --- clocks ----------------------------------------------------------------------------------------------------------


def clock(facts: Facts, view: View) -> Doc:
    """A clock warns: half and most of the time gone, due, past due; the people who can act are named."""
    lang, told = view.lang, facts["clock"]
    line = say(f"ring.{facts['ring']}", lang) + say("parts.colon", lang) + both(told["title"], lang)
    body = [due.ring_line(facts, view), head_line(facts), mentions(facts["who"], view)]
    blocks = [section(lines([each for each in body if each], lang))]
    if told["filing"]:
        blocks.append(actions(_read(told, lang)))
    return card(f"{line} · {facts['number']}", blocks, facts, lang)


def _read(told: Facts, lang: str) -> Doc:
    if told.get("fill"):
        return button(say("button.view", lang), "notice_read", told["filing"], style="primary")
    if by_hand({"clock": told}):
        return button(say("button.phone_record", lang), "notice_phone", told["filing"], style="primary")
    return button(say("button.read", lang), "notice_read", told["filing"], style="primary")


# --- people ----------------------------------------------------------------------------------------------------------


def handed_over(facts: Facts, view: View) -> Doc:
    """Straight to who holds the role now."""
    role = role_title(facts, view.lang)
    tasks = button(say("more.tasks", view.lang), "tasks_open", facts["number"], style="primary")
    before = [say("news.held_before", view.lang, who=name(facts["from"], view))] if facts.get("from") else []
    return _news("handed_over", facts, view, before, tasks, role=role, who=_by(facts, view))


def role_title(facts: Facts, lang: str) -> str:
    """The role in words where the facts have them, else its id."""
    return both(facts.get("role_title") or facts.get("title_of_role") or facts["role"], lang)


# --- the end ---------------------------------------------------------------------------------------------------------


def stood_down(facts: Facts, view: View) -> Doc:
    """The response is over: which criteria were met, and what comes next."""
    lang = view.lang
    told = [f"{'✅' if each['met'] else '⚠️'} {_criterion(each, lang)}" for each in facts["criteria"]]
    told += [say("news.note", lang, text=typed(facts["note"], 800))] if facts["note"] else []
    review = button(say("button.review", lang), "review_open", facts["number"], style="primary")
    return _news("stood_down", facts, view, told, review, who=_by(facts, view))


def _criterion(each: Facts, lang: str) -> str:
    return typed(both(each, lang), 300) + ("" if each["met"] else say("news.not_met", lang))


def resumed(facts: Facts, view: View) -> Doc:
    """It is not over."""
    return _news("resumed", facts, view, [], who=_by(facts, view))


def cancelled(facts: Facts, view: View) -> Doc:
    """A false alarm: nothing is owed any more."""
    why = [say("news.reason", view.lang, why=typed(facts["why"], 800))]
    return _news("cancelled", facts, view, why, who=_by(facts, view))


def merged(facts: Facts, view: View) -> Doc:
    """It was declared twice: go to the other one."""
    return _news("merged", facts, view, [], into=facts["into"], who=_by(facts, view))


def reviewed(facts: Facts, view: View) -> Doc:
    """What was learnt."""
    told = status.answers(facts["answers"], view.lang)
    close = button(say("button.close", view.lang), "close_press", facts["number"], style="primary")
    return _news("reviewed", facts, view, told, close, who=_by(facts, view))


def closed(facts: Facts, view: View) -> Doc:
    """Nothing is owed any more."""
    return _news("closed", facts, view, [], who=_by(facts, view))


# --- trouble ---------------------------------------------------------------------------------------------------------


def room_failed(facts: Facts, view: View) -> Doc:
    """The room could not be made: how to go on without it."""
    lang = view.lang
    why = [say("filing.why", lang, why=typed(facts["why"], 200))] if facts["why"] else []
    number = facts["number"]
    going = {
        "declared": button(say("button.activate", lang), "activate_open", number, style="primary"),
        "responding": button(say("button.facts", lang), "facts_open", number, style="primary"),
    }.get(facts["state"])
    told = [*why, say("news.room_next", lang, number=typed(number))]
    return _news("room_failed", facts, view, told, *([going] if going else []))


def opened(facts: Facts, view: View) -> Doc:
    """Declared: where it goes on."""
    line = say("opened.line", view.lang, number=facts["number"])
    text = marked(f"{line} → <#{facts['room']}>", facts, view.lang)
    return card(line, [section(text)], facts, view.lang)


def whisper(facts: Facts, view: View) -> Doc:  # noqa: ARG001 -- a card's signature
    """A sentence for one person, in their own language already."""
    text = str(facts["text"]).strip() or "…"
    return {"text": typed(text, 2000), "blocks": [section(typed_lines(text))]}


def typed_lines(text: str) -> str:
    """Typed text of several lines as mrkdwn."""
    return "\n".join(typed(line, 1000) for line in text.splitlines()[:40])
