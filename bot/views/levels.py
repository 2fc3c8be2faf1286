"""The level form: activate the plan, raise or lower; what it would start is shown before anything starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import due
from bot.views.forms import about, choice, modal, text
from bot.views.parts import Doc, Facts, both, context, divider, lines, option, section, typed
from bot.words import say
from incidents.facts import KINDS

#: The choice that leaves the event level to what the facts give; an option's value may not be empty.
AS_GRADED = "as_graded"


def level(
    lang: str,
    *,
    head: Facts,
    mode: str,
    levels: Sequence[Facts],
    chosen: str | None,
    event_level: str | None,
    graded: Facts,
    preview: Mapping[str, int] | None,
    reason_needed: bool,
    private: Mapping[str, Any],
) -> Doc:
    """Response level and event level, two scales; `mode` is `activate` or `change`."""
    blocks = [
        about(head),
        section(lines(_proposal(graded, lang), lang)),
        _response(lang, levels, chosen),
        *_meaning(lang, levels, chosen),
        *([context(_preview(preview, lang))] if preview is not None else []),
        divider(),
        _event(lang, event_level),
        text("reason", say("level.reason", lang), optional=not reason_needed, many=True, most=1000),
    ]
    callback = "activate" if mode == "activate" else "level"
    title, submit = say(f"level.head_{callback}", lang), say(f"level.submit_{callback}", lang)
    return modal(lang, title, blocks, callback=callback, submit=submit, private=private, head=head)


def _proposal(graded: Facts, lang: str) -> list[str]:
    if not graded.get("level"):
        return [say("level.no_grade", lang), *due.graded(graded, lang)]
    first = say("level.graded", lang, level=due.event_level(graded["level"], lang))
    values = [_value(name, value, lang) for name, value in (graded.get("values") or {}).items() if name in KINDS]
    return [first, *values, *due.graded(graded, lang)]


def _value(name: str, value: object, lang: str) -> str:
    grouped = f"{value:,}".replace(",", " ") if isinstance(value, int | float) else str(value)
    return f"• {due.fact_title(name, lang)}{say('parts.colon', lang)}{typed(grouped, 60)} {KINDS[name].unit.said(lang)}"


def _response(lang: str, levels: Sequence[Facts], chosen: str | None) -> Doc:
    options = [option(due.response_level(each["level"], lang), each["level"]) for each in levels]
    return choice("level", say("level.response", lang), options, chosen=chosen, redraws=True)


def _meaning(lang: str, levels: Sequence[Facts], chosen: str | None) -> list[Doc]:
    rule = next((each for each in levels if each["level"] == chosen), None)
    return [context(say("level.when", lang, when=typed(both(rule["when"], lang), 900)))] if rule else []


def _preview(preview: Mapping[str, int], lang: str) -> str:
    said = say("level.preview", lang, tasks=preview.get("tasks", 0), roles=preview.get("roles", 0))
    clocks = preview.get("clocks")
    return said + (say("level.preview_clocks", lang, n=clocks) if clocks else "")


def _event(lang: str, event_level: str | None) -> Doc:
    options = [option(say("level.as_graded", lang), AS_GRADED)]
    options += [option(due.event_level(each, lang), each) for each in due.LEVELS]
    hint = say("level.event_hint", lang)
    chosen = event_level or AS_GRADED
    return choice("event_level", say("level.event", lang), options, chosen=chosen, redraws=True, hint=hint)
