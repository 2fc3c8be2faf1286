"""The duty room's card, a newcomer's first screen: what this is, how to begin, who is on duty, what is open."""

from __future__ import annotations

from collections.abc import Iterator

from bot.views import due
from bot.views.parts import Doc, Facts, View, button, context, divider, fit, header, lines, listed, section, typed, when
from bot.views.status import head_line
from bot.words import say
from escalation.rosters import DUTY_MANAGER, People, Person


def duty_card(facts: Facts, view: View) -> Doc:
    """The pinned card of the duty room."""
    lang = view.lang
    blocks = [
        header(say("duty.title", lang)),
        section(say("duty.what", lang)),
        *begin(lang, local=view.local),
        *([context(_try(view))] if view.local and _first_manager(view.people) else []),
        divider(),
        section(say("duty.now", lang, people=_on_duty(view))),
        section(_open(facts, view)),
        context(say("duty.as_of", lang, when=when(facts["at"], view))),
    ]
    line = say("duty.line", lang, n=len(facts["open"])) if facts["open"] else say("duty.quiet", lang)
    return {"text": line, "blocks": fit(blocks, 50, lang)}


def begin(lang: str, *, local: bool = False) -> list[Doc]:
    """The two ways to begin: in earnest, or to practise; a newcomer to the local workspace may read either language."""
    declare = button(_shown("button.declare", lang, local=local), "declare_open", style="primary")
    drill = button(_shown("button.drill", lang, local=local), "declare_open", "drill")
    return [section(say("duty.declare", lang), declare), section(say("duty.drill", lang), drill)]


def _shown(key: str, lang: str, *, local: bool) -> str:
    return f"{say(key, 'zh')} {say(key, 'en')}" if local and lang == "zh" else say(key, lang)


def on_duty(people: People) -> Iterator[tuple[str, list[Person]]]:
    """The duty managers of each unit that has its own, as the people file names them."""
    for unit in people.units.values():
        held = [person for person in people.people.values() if DUTY_MANAGER in person.posts.get(unit.id, frozenset())]
        if held:
            yield unit.id, held


def _on_duty(view: View) -> str:
    told = []
    for unit, held in on_duty(view.people):
        where = typed(view.people.units[unit].title.said(view.lang), 60)
        who = [typed(each.name, 40) + (f" {typed(each.phone, 30)}" if each.phone else "") for each in held]
        told.append(f"• {where}{say('parts.colon', view.lang)}{listed(who, view.lang)}")
    return "\n" + lines(told, view.lang, most=12) if told else say("duty.nobody", view.lang)


def _first_manager(people: People) -> Person | None:
    return next((held[0] for _, held in on_duty(people)), None)


def _try(view: View) -> str:
    first = _first_manager(view.people)
    if first is None:
        return ""
    langs = ("zh", "en") if view.lang == "zh" else ("en",)
    return "\n".join(say("duty.try", lang, who=typed(first.name, 40)) for lang in langs)


def _open(facts: Facts, view: View) -> str:
    if not facts["open"]:
        return say("duty.none_open", view.lang)
    return say("duty.open", view.lang) + "\n" + lines([_row(each, view) for each in facts["open"]], view.lang, most=20)


def _row(head: Facts, view: View) -> str:
    room = head.get("room")
    where = f" <#{room['channel']}>" if room else ""
    mark = say("parts.exercise", view.lang) if head["exercise"] else ""
    state = say(f"state.{head['state']}", view.lang)
    level = due.response_level(head["response_level"], view.lang)
    return f"• {mark}{head_line(head)} · {state} · {level}{where}"
