"""The one status card of an incident: levels, roles, clocks, tasks, figures, and the one next step."""

from __future__ import annotations

from bot.views import due
from bot.views.parts import (
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    card,
    context,
    cut,
    divider,
    header,
    icon,
    lines,
    listed,
    marked,
    name,
    option,
    overflow,
    section,
    sure,
    typed,
    when,
)
from bot.words import say
from incidents.facts import RANKS

VACANT_SHOWN = 3
ANSWERS_SHOWN = 3
#: What stands behind ⋯ in each state; Slack shows five at most.
MORE = {
    "declared": ("handover", "assess", "timeline", "merge", "cancel"),
    "responding": ("handover", "assess", "stand_down", "timeline", "reports"),
    "stood_down": ("close", "tasks", "timeline", "assess", "reports"),
    "reviewed": ("review", "tasks", "timeline", "assess", "reports"),
}


def status(facts: Facts, view: View) -> Doc:
    """The status card, edited in place as long as the incident lives."""
    lang = view.lang
    blocks = [
        header(marked(headline(facts), facts, lang)),
        section(levels(facts, view)),
        *_roles(facts, view),
        *_clocks(facts, view),
        *_work(facts, view),
        *_assessment(facts, view),
        context(_small_print(facts, view)),
        *_buttons(facts, lang),
    ]
    line = say("status.line", lang, head=headline(facts), state=say(f"state.{facts['state']}", lang))
    return card(line, blocks, facts, lang)


def headline(facts: Facts) -> str:
    """🚨 what happened · its number, as plain text."""
    return f"{icon(facts)} {cut(' '.join(facts['title'].split()), 100)} · {facts['number']}"


def head_line(facts: Facts) -> str:
    """The same as mrkdwn."""
    return f"{icon(facts)} *{typed(facts['title'], 120)}* · {typed(facts['number'])}"


def levels(facts: Facts, view: View) -> str:
    """Levels, state, plan and commander."""
    lang = view.lang
    plan = facts["plan"]
    told = [
        say("status.response", lang, level=due.response_level(facts["response_level"], lang)) + _since(facts, view),
        say("status.event", lang, level=_event(facts, lang)),
        say("status.state", lang, state=say(f"state.{facts['state']}", lang)),
        say("status.plan", lang, title=typed(both(plan["title"], lang), 120), label=typed(plan["label"], 120)),
        say("status.commander", lang, who=name(facts["commander"], view) or say("status.nobody", lang)),
    ]
    if facts.get("merged_into"):
        told.append(say("status.merged", lang, number=typed(facts["merged_into"])))
    return lines(told, lang)


def _since(facts: Facts, view: View) -> str:
    decided = facts.get("level_decided")
    if decided is None:
        return ""
    return say("status.decided_by", view.lang, who=name(decided["by"], view), when=when(decided["at"], view))


def _event(facts: Facts, lang: str) -> str:
    found = facts.get("graded") or {}
    said = due.event_level(facts["event_level"], lang)
    if facts["event_level_decided"]:
        more = RANKS[found.get("level")] > RANKS[facts["event_level"]]
        outgrown = say("status.outgrown", lang, level=due.event_level(found.get("level"), lang)) if more else ""
        return said + say("status.decided", lang) + outgrown
    if facts["event_level"] is not None:
        said += say("status.graded", lang)
    unknown = [due.fact_title(each, lang) for each in found.get("unknown", ())]
    return said + (say("status.unknown", lang, n=len(unknown), facts=listed(unknown, lang, most=3)) if unknown else "")


# --- roles -----------------------------------------------------------------------------------------------------------


def _roles(facts: Facts, view: View) -> list[Doc]:
    lang = view.lang
    held = [role for role in facts["roles"] if role["holder"]]
    vacant = [role for role in facts["roles"] if not role["holder"]]
    blocks = []
    if held:
        told = [f"{typed(both(role['title'], lang), 60)} {name(role['holder'], view)}" for role in held]
        blocks.append(section(say("status.roles", lang, roles=listed(told, lang, most=24))))
    if facts["state"] != "responding":
        return blocks
    for role in vacant[:VACANT_SHOWN]:
        take = button(say("button.take_vacant", lang), "role_take", f"{facts['number']}|{role['role']}")
        blocks.append(section(say("status.vacant", lang, title=typed(both(role["title"], lang), 80)), take))
    if len(vacant) > VACANT_SHOWN:
        rest = [typed(both(role["title"], lang), 60) for role in vacant[VACANT_SHOWN:]]
        blocks.append(context(say("status.vacant_more", lang, n=len(rest), roles=listed(rest, lang))))
    return blocks


def over(facts: Facts) -> bool:
    """Whether the incident has ended, so that nothing can be pressed any more."""
    return facts["state"] not in MORE


# --- clocks, tasks, figures ------------------------------------------------------------------------------------------


def _clocks(facts: Facts, view: View) -> list[Doc]:
    told = [due.clock_line(each, view, facts["at"]) for each in due.in_order(facts["clocks"])]
    return [divider(), section(lines(told, view.lang, most=20))] if told else []


def _work(facts: Facts, view: View) -> list[Doc]:
    lang, tally = view.lang, facts["tasks"]
    told = []
    if tally["total"]:
        told.append(say("status.tasks", lang, done=tally["done"], total=tally["total"]) + _late(tally["late"], lang))
    if facts.get("restored_at"):
        told.append(say("status.restored", lang, when=when(facts["restored_at"], view)))
    known = [each for each in facts["figures"] if each["value"] is not None]
    unknown = [each for each in facts["figures"] if each["value"] is None]
    told += [line for each in known if (line := due.figure(each, view))]
    if unknown:
        names = [due.fact_title(each["name"], lang) for each in unknown]
        told.append(say("status.not_known", lang, facts=listed(names, lang)))
    return [section(lines(told, lang, most=24))] if told else []


def _late(late: int, lang: str) -> str:
    return say("status.late", lang, n=late) if late else ""


def _assessment(facts: Facts, view: View) -> list[Doc]:
    sheet, lang = facts.get("assessment"), view.lang
    if not sheet:
        return []
    by = name(sheet["by"], view)
    told = [say("status.assessed", lang, version=sheet["version"], who=by, when=when(sheet["at"], view))]
    told += answers(sheet["answers"][:ANSWERS_SHOWN], lang)
    if len(sheet["answers"]) > ANSWERS_SHOWN:
        told.append(say("parts.more", lang, n=len(sheet["answers"]) - ANSWERS_SHOWN))
    return [section(lines(told, lang, limit=1500))]


def answers(sheet: list[Facts], lang: str) -> list[str]:
    """Questions with their answers, a line each."""
    return [f"• {typed(both(each['ask'], lang), 160)}\n    {typed(each['answer'], 300)}" for each in sheet]


def _small_print(facts: Facts, view: View) -> str:
    unit = view.people.units.get(facts["unit"])
    where = typed(unit.title.said(view.lang) if unit else facts["unit"], 80)
    who, then = name(facts["declared_by"], view), when(facts["declared_at"], view)
    return say("status.small", view.lang, where=where, who=who, then=then, now=when(facts["at"], view))


# --- the one next step -----------------------------------------------------------------------------------------------


def _buttons(facts: Facts, lang: str) -> list[Doc]:
    if over(facts):
        return []
    number, state = facts["number"], facts["state"]
    first = primary(facts, lang)
    update = None
    if first["action_id"] != "facts_open":
        update = button(say("button.facts", lang), "facts_open", number)
    level = None
    if state == "responding" and first["action_id"] != "level_open":
        level = button(say("button.level", lang), "level_open", number)
    resume = _resume(number, lang) if state == "stood_down" else None
    more = overflow("more", [option(say(f"more.{each}", lang), f"{each}|{number}") for each in MORE[state]])
    return [actions(first, update, level or resume, more)]


def _resume(number: str, lang: str) -> Doc:
    back = button(say("button.resume", lang), "resume_press", number)
    return sure(back, lang, title=say("button.resume", lang), text=say("status.resume_sure", lang))


def primary(facts: Facts, lang: str) -> Doc:
    """The one primary button: the next right thing."""
    number, step = facts["number"], facts["next"]
    match step["step"]:
        case "activate":
            return button(say("button.activate", lang), "activate_open", number, style="primary")
        case "sign" | "fill":
            return _fill(facts, lang) if step["step"] == "fill" else _sign(facts, lang)
        case "tasks":
            return button(say("button.tasks", lang), "tasks_open", number, style="primary")
        case "review":
            return button(say("button.review", lang), "review_open", number, style="primary")
        case "close":
            return button(say("button.close", lang), "close_press", number, style="primary")
        case _:
            return button(say("button.facts", lang), "facts_open", number, style="primary")


def _fill(facts: Facts, lang: str) -> Doc:
    """What is owed next cannot be signed yet: the form that lacks something."""
    step, number = facts["next"], facts["number"]
    said = say("button.fill_in", lang, title=both(step["title"], lang))
    forms = {"words": ("notice_edit", step["filing"]), "facts": ("facts_open", number), "level": ("level_open", number)}
    return button(said, *forms[step["forms"][0]], style="primary")


def _sign(facts: Facts, lang: str) -> Doc:
    step = facts["next"]
    clock: Facts = next((each for each in facts["clocks"] if each["filing"] == step["filing"]), {})
    phone = clock.get("courier") == "by_hand"
    said = say("button.phone" if phone else "button.sign", lang, title=both(step["title"], lang))
    return button(said, "notice_phone" if phone else "notice_read", step["filing"], style="primary")
