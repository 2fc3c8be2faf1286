"""The declaration: four fields, the plan that would start, and the incident that is open already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.forms import choice, modal, text, ticks
from bot.views.parts import Doc, Facts, View, actions, both, button, context, option, section, typed
from bot.words import keys, say
from incidents.facts import KINDS

DRILL = "drill"


def declare(
    lang: str,
    *,
    scenarios: Sequence[Facts],
    units: Sequence[Facts],
    chosen: Mapping[str, Any],
    facts: Sequence[str],
    more: bool,
    error: str | None = None,
    view: View,
) -> Doc:
    """What happened, scenario, where, since when, drill or not; under *More* the first figures."""
    blocks = [
        *([section(f"⚠️ {typed(error, 1000)}")] if error else []),
        text("title", say("declare.title", lang), value=str(chosen.get("title") or ""), most=200),
        *_scenario(lang, scenarios, chosen),
        _unit(lang, units, chosen),
        _since(lang, chosen, view),
        _drill(lang, chosen),
        *(_figures(lang, facts, chosen) if more else [_more(lang)]),
    ]
    submit = say("declare.submit", lang)
    return modal(lang, say("declare.head", lang), blocks, callback="declare", submit=submit, private={"more": more})


def _scenario(lang: str, scenarios: Sequence[Facts], chosen: Mapping[str, Any]) -> list[Doc]:
    label = say("declare.scenario", lang)
    if not scenarios:
        return [section(say("declare.no_plan", lang))]
    options = [option(both(each["title"], lang), each["id"]) for each in scenarios]
    shown = say("declare.scenario_hint", lang)
    field = choice("scenario", label, options, chosen=chosen.get("scenario"), redraws=True, shown=shown)
    return [field, context(_plan(lang, scenarios, chosen.get("scenario")))]


def _plan(lang: str, scenarios: Sequence[Facts], scenario: str | None) -> str:
    plan = next((each for each in scenarios if each["id"] == scenario), None)
    if plan is None:
        return say("declare.plan_unknown", lang)
    title = typed(both(plan["plan_title"], lang), 120)
    return say("declare.plan", lang, title=title, label=typed(plan["plan"], 120))


def _unit(lang: str, units: Sequence[Facts], chosen: Mapping[str, Any]) -> Doc:
    options = [option(both(each["title"], lang), each["id"]) for each in units]
    first = options[0]["value"] if len(options) == 1 else None
    return choice("unit", say("declare.unit", lang), options, chosen=chosen.get("unit") or first, redraws=True)


def _since(lang: str, chosen: Mapping[str, Any], view: View) -> Doc:
    hint = say("declare.since_hint", lang, zone=view.people.organisation.zone)
    return text("since", say("declare.since", lang), value=str(chosen.get("since") or ""), hint=hint, most=40)


def _drill(lang: str, chosen: Mapping[str, Any]) -> Doc:
    box = option(say("declare.drill", lang), DRILL)
    on = [DRILL] if chosen.get("drill") else []
    return ticks("drill", say("declare.kind", lang), [box], chosen=on, hint=say("declare.drill_hint", lang))


def _more(lang: str) -> Doc:
    return actions(button(say("declare.more", lang), "declare_more", "more"))


def _figures(lang: str, facts: Sequence[str], chosen: Mapping[str, Any]) -> list[Doc]:
    known = [KINDS[name] for name in facts if name in KINDS]
    return [
        text(
            f"fact:{kind.name}",
            say("facts.label", lang, title=kind.title.said(lang), unit=kind.unit.said(lang)),
            value=str(chosen.get(f"fact:{kind.name}") or ""),
            optional=True,
            shown=say("facts.unknown", lang),
            most=60,
        )
        for kind in known
    ]


def twin(
    lang: str,
    *,
    number: str,
    title: str,
    who: str,
    when: str,
    private: Mapping[str, Any] | None = None,
    state: str | None = None,
    room: str | None = None,
) -> Doc:
    """An open incident looks the same: join it, or declare another all the same.

    `state` is its state (`responding`), `room` its channel's id; either is left out where it is not known.
    """
    stands = [say(f"state.{state}", lang)] if f"state.{state}" in keys() else []
    stands += [f"<#{typed(room, 40)}>"] if room else []
    said = say(
        "twin.said",
        lang,
        number=typed(number),
        title=typed(title, 200),
        stands="".join(f" · {each}" for each in stands),
        who=typed(who, 60),
        when=typed(when, 40),
    )
    join = button(say("twin.join", lang), "join_room", number, style="primary")
    blocks = [section(said), actions(join), context(say("twin.else", lang))]
    submit = say("twin.submit", lang)
    return modal(lang, say("twin.head", lang), blocks, callback="declare_anyway", submit=submit, private=private)
