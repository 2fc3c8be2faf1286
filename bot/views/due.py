"""Clocks, levels and figures as lines: what is owed by when, by which rule, how sure; what is known, as of when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from bot.views.parts import Facts, View, both, instant, left, listed, typed, when
from bot.words import say
from escalation import regimes
from escalation.duties import Notice, filing_of
from incidents import facts as known

SURENESS = ("V-text", "V-page", "V-part", "MEM")
UNSEEN = "article not seen"  # as the regimes write it
LEVELS = ("I", "II", "III", "IV")


# --- levels ----------------------------------------------------------------------------------------------------------


def event_level(level: str | None, lang: str) -> str:
    """The event level 事件级别 in words; None is undetermined, never IV."""
    return say(f"level.{level if level in LEVELS else 'none'}", lang)


def response_level(level: str | None, lang: str) -> str:
    """The response level 响应级别 in words."""
    return say(f"response.{level if level in LEVELS else 'none'}", lang)


def fact_title(name: str, lang: str) -> str:
    """What a fact is called."""
    kind = known.KINDS.get(name)
    return kind.title.said(lang) if kind else name


def graded(found: Facts, lang: str) -> list[str]:
    """Why the facts give that level: drivers and clause, what is still unknown, and how sure the table is."""
    told = []
    if found.get("drivers"):
        told.append(say("graded.because", lang, facts=listed([fact_title(n, lang) for n in found["drivers"]], lang)))
    if found.get("clause"):
        told.append(say("graded.clause", lang, clause=typed(found["clause"], 400)))
    if found.get("unknown"):
        names = listed([fact_title(name, lang) for name in found["unknown"]], lang)
        told.append(say("graded.unknown", lang, n=len(found["unknown"]), facts=names))
    if found.get("confidence") in SURENESS:
        told.append(say("graded.sure", lang, sure=say(f"sure.{found['confidence']}", lang)))
    return told


# --- figures ---------------------------------------------------------------------------------------------------------


def figure(told: Facts, view: View) -> str:
    """One figure: its value, as of when, from whom, and what was said before."""
    lang, tz = view.lang, view.people.organisation.tz
    fact, value = told["name"], told["value"]
    if fact not in known.KINDS:
        return ""
    line = f"{fact_title(fact, lang)}{say('parts.colon', lang)}*{typed(known.said(fact, value, lang, tz=tz), 80)}*"
    source = [when(told["as_of"], view)] if told["as_of"] else []
    source += [typed(told["source"], 60)] if told["source"] else []
    line += say("figure.from", lang, source=", ".join(source)) if source else ""
    before = told["before"]
    known_before = before is not None and before != value
    return line + (
        say("figure.was", lang, value=typed(known.said(fact, before, lang, tz=tz), 80)) if known_before else ""
    )


# --- clocks ----------------------------------------------------------------------------------------------------------


def in_order(clocks: Iterable[Facts]) -> list[Facts]:
    """Late ones and the next due first, then what waits, then what is met; what is no longer owed is left out."""
    return sorted((each for each in clocks if each["state"] != "cancelled"), key=_rank)


def _rank(clock: Facts) -> tuple[int, float]:
    due = clock["due_at"] or clock.get("target_at")
    order = {"late": 0, "running": 0, "not_started": 1, "met": 2}
    return order.get(clock["state"], 3), instant(due).timestamp() if due else 0.0


def clock_line(clock: Facts, view: View, at: str | None, titles: Mapping[str, str] | None = None) -> str:
    """One clock, one line; absolute first, relative second."""
    head = f"{_mark(clock)} *{title(clock, view.lang)}* → {typed(both(clock['recipient'], view.lang), 80)}"
    parts = [head, _standing(clock, view, at, titles or {})]
    if clock["state"] != "met":
        parts += [*_moved(clock, view), *_rule(clock, view.lang)]
    return " · ".join(part for part in parts if part)


def title(clock: Facts, lang: str) -> str:
    """What the notice is called; a repeated one with its number."""
    said = typed(both(clock["title"], lang), 80)
    return f"{said} #{clock['seq']}" if clock.get("seq", 1) > 1 else said


def _mark(clock: Facts) -> str:
    return {"met": "✅", "late": "⚠️"}.get(clock["state"], "⏱")


def _standing(clock: Facts, view: View, at: str | None, titles: Mapping[str, str]) -> str:
    lang = view.lang
    if clock["state"] == "met":
        return say("clock.met_late" if clock["late"] else "clock.met", lang, when=when(clock["met_at"], view))
    if clock["state"] == "not_started":
        return say("clock.waits", lang, anchor=anchor(clock["anchor"], lang, titles))
    if clock.get("immediate"):
        return say("clock.at_once", lang) + _target(clock, view, at)
    if clock["due_at"] is None:
        return say("clock.unknown", lang)
    return due(clock["due_at"], at, view)


def due(due_at: str, at: str | None, view: View) -> str:
    """`due 14:30 (42 min left)`; without an `at` the absolute time alone."""
    relative = left(due_at, at, view.lang)
    return say("clock.due", view.lang, when=when(due_at, view)) + (f" ({relative})" if relative else "")


def _target(clock: Facts, view: View, at: str | None) -> str:
    target = clock.get("target_at")
    return say("clock.target", view.lang, due=due(target, at, view)) if target else ""


def _moved(clock: Facts, view: View) -> list[str]:
    told = []
    if clock.get("was_due_at") and clock["was_due_at"] != clock["due_at"]:
        told.append(say("clock.was_due", view.lang, when=when(clock["was_due_at"], view)))
    if clock.get("would_have_been_due_at"):
        told.append(say("clock.would_have_been", view.lang, when=when(clock["would_have_been_due_at"], view)))
    return told


def _rule(clock: Facts, lang: str) -> list[str]:
    """By which rule, and how sure it is; an internal target says that it is internal."""
    told = [_source(clock, lang)]
    if clock.get("internal"):
        # A target that stands in the line already has said that it is internal.
        told = [] if clock.get("immediate") and clock.get("target_at") else [say("clock.internal", lang)]
    if clock.get("confidence") in SURENESS:
        told.append(say(f"sure.{clock['confidence']}", lang))
    if clock.get("caution"):
        told.append(typed(both(clock["caution"], lang), 200))
    if clock.get("unasked"):
        told.append(say("clock.unasked", lang))
    return told


def _source(clock: Facts, lang: str) -> str:
    article = str(clock.get("article") or "")
    article = say("clock.article_unseen", lang) if article == UNSEEN else article
    return typed(f"{clock.get('source') or ''} {article}".strip(), 160)


def anchor(said: str | None, lang: str, titles: Mapping[str, str]) -> str:
    """What a clock waits for, in words: an instant, the event level, or another notice's filing."""
    filed = filing_of(said or "")
    if filed is not None:
        return say("clock.filed", lang, title=titles.get(filed) or _kind(filed, lang))
    words = regimes.titles().anchors.get(said or "")
    return words.said(lang) if words else fact_title(typed(said or "", 60), lang)


def _kind(kind: str, lang: str) -> str:
    words = regimes.titles().kinds.get(kind)
    if words is None and kind in set(Notice):
        words = Notice(kind).words
    return words.said(lang) if words else kind


def ring_line(told: Mapping[str, Any], view: View) -> str:
    """Where a clock that rang stands: how much is gone, when it is due, how long is left."""
    clock, lang = told["clock"], view.lang
    due_at = clock["due_at"] or clock.get("target_at")
    if due_at is None:
        return clock_line(clock, view, None)
    at = (instant(due_at) - timedelta(seconds=told["left_s"])).isoformat()
    return say(f"ring.{told['ring']}", lang) + "\n" + clock_line(clock, view, at)
