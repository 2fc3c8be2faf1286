"""Home: what is mine and to sign, what is open, what is due, who is on duty."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.views import due, returns
from bot.views.duty import begin
from bot.views.filings import gaps
from bot.views.parts import (
    VIEW_BLOCKS,
    Doc,
    Facts,
    View,
    both,
    button,
    context,
    day,
    divider,
    fit,
    header,
    lines,
    listed,
    marked,
    name,
    section,
    typed,
    when,
)
from bot.views.plan_news import step
from bot.views.status import head_line
from bot.views.work import task_row
from bot.words import keys, say
from escalation.rosters import Person

INCIDENTS_SHOWN, TASKS_SHOWN, EACH_SHOWN = 10, 12, 8


def home(lang: str, *, me: Person, facts: Facts, view: View) -> Doc:
    """The person's own page, in their language."""
    blocks = [
        section(say("home.hello", lang, who=typed(me.name, 60))),
        *begin(lang),
        *_now(lang, facts, view),
        divider(),
        header(say("home.open", lang)),
        *_open(lang, facts, view),
        divider(),
        header(say("home.due", lang)),
        section(_due(lang, facts, view)),
        divider(),
        header(say("home.on_duty", lang)),
        section(_on_duty(lang, facts, view)),
        context(say("duty.as_of", lang, when=when(facts["at"], view))),
    ]
    return {"type": "home", "blocks": fit(blocks, VIEW_BLOCKS, lang)}


def _now(lang: str, facts: Facts, view: View) -> list[Doc]:
    """Whom I am called to be, what I may activate, my notices to revise and to sign, then my tasks by due time."""
    blocks = [header(say("home.now", lang))]
    blocks += _few(facts.get("called", ()), _called, lang)
    blocks += _few(facts.get("to_activate", ()), _to_activate, lang)
    blocks += _few(facts.get("sent_back", ()), _sent_back, lang)
    blocks += _few([each for each in facts["to_sign"] if not _with_drafter(each)], _to_sign, lang)
    blocks += _few(facts.get("returns", ()), returns.waiting, lang)
    blocks += _few(facts.get("plans", ()), _plan, lang)
    for each in facts["mine"][:INCIDENTS_SHOWN]:
        blocks += _mine(lang, each, view, facts["at"])
    return blocks if len(blocks) > 1 else [*blocks, section(say("home.nothing_mine", lang))]


def _few(found: Sequence[Facts], row: Callable[[str, Facts], Doc], lang: str) -> list[Doc]:
    """The first of them, a block each; the rest is counted."""
    told = [row(lang, each) for each in found[:EACH_SHOWN]]
    more = len(found) - EACH_SHOWN
    return [*told, *([context(say("parts.more", lang, n=more))] if more > 0 else [])]


def _called(lang: str, call: Facts) -> Doc:
    head = call["head"]
    said = say("home.called", lang, role=typed(both(call["role_title"], lang), 80), head=head_line(head))
    take = button(say("button.take", lang), "role_take", f"{head['number']}|{call['role']}", style="primary")
    return section(marked(said, head, lang), take)


def _to_activate(lang: str, head: Facts) -> Doc:
    said = marked(say("home.to_activate", lang, head=head_line(head)), head, lang)
    return section(said, button(say("button.activate", lang), "activate_open", head["number"], style="primary"))


def _sent_back(lang: str, filing: Facts) -> Doc:
    title = typed(both(filing["clock"]["title"], lang), 100)
    told = [marked(say("home.sent_back", lang, title=title, head=head_line(filing)), filing, lang)]
    told.append(say("filing.sent_back", lang, why=typed(filing["sent_back"], 500)))
    edit = button(say("button.edit", lang), "notice_edit", filing["filing"], style="primary")
    return section(lines(told, lang), edit)


def _with_drafter(filing: Facts) -> bool:
    """Whether it was sent back and nobody was asked since: it is its drafter's to revise, not yet to sign."""
    return bool(filing.get("sent_back")) and not filing.get("asked")


def _to_sign(lang: str, filing: Facts) -> Doc:
    title = typed(both(filing["clock"]["title"], lang), 100)
    said = say("home.to_sign", lang, title=title, head=head_line(filing))
    due_at = filing["clock"].get("due_at")
    told = [marked(said, filing, lang), *([say("clock.due", lang, when=when(due_at, None))] if due_at else [])]
    told += gaps(filing["missing"], lang)
    look = say("button.view" if filing["missing"].get("holds") else "button.read", lang)
    return section(lines(told, lang), button(look, "notice_read", filing["filing"], style="primary"))


def _plan(lang: str, each: Facts) -> Doc:
    line = say(f"planstep.{each['act']}", lang, title=both(each["title"], lang))
    return section(f"*{typed(line, 300)}*\n`{typed(each['label'], 80)}`", step(each, lang))


def _mine(lang: str, each: Facts, view: View, at: str) -> list[Doc]:
    head = each["head"]
    roles = [typed(both(role.get("title") or role["role"], lang), 60) for role in each["roles"]]
    first = marked(head_line(head), head, lang)
    told = [first, *([say("home.roles", lang, roles=listed(roles, lang))] if roles else [])]
    ordered = sorted(each["tasks"], key=lambda task: task["due_at"])
    blocks = [section(lines(told, lang))]
    blocks += [task_row(task, head["number"], lang, view, at) for task in ordered[:TASKS_SHOWN]]
    if len(ordered) > TASKS_SHOWN:
        rest = say("parts.more", lang, n=len(ordered) - TASKS_SHOWN)
        blocks.append(section(rest, button(say("more.tasks", lang), "tasks_open", head["number"])))
    return blocks


# --- what everybody sees ---------------------------------------------------------------------------------------------


def _open(lang: str, facts: Facts, view: View) -> list[Doc]:
    standing = facts["open"]
    if not standing:
        return [section(say("duty.none_open", lang))]
    seen = View(people=view.people, lang=lang, page_url=view.page_url, local=view.local)
    told = [_row(each, seen, facts["at"]) for each in standing[:INCIDENTS_SHOWN]]
    more = len(standing) - INCIDENTS_SHOWN
    return [*told, *([context(say("parts.more", lang, n=more))] if more > 0 else [])]


def _row(status: Facts, view: View, at: str) -> Doc:
    lang, tally = view.lang, status["tasks"]
    state = say(f"state.{status['state']}", lang)
    level = due.response_level(status["response_level"], lang)
    room = f" · <#{status['room']['channel']}>" if (status.get("room") or {}).get("channel") else ""
    told = [f"{marked(head_line(status), status, lang)} · {state} · {level}{room}"]
    waiting = [each for each in due.in_order(status["clocks"]) if each["state"] in ("running", "late")]
    told += [due.clock_line(each, view, at) for each in waiting[:1]]
    told.append(say("tasks.counts", lang, done=tally["done"], total=tally["total"], late=tally["late"]))
    return section(lines(told, lang), button(say("more.timeline", lang), "timeline_open", status["number"]))


def _due(lang: str, facts: Facts, view: View) -> str:
    told = [
        f"{'⚠️' if each.get('overdue') else '•'} {typed(both(each['text'], lang), 300)} · {day(each['at'], view)}"
        for each in facts["due"]
    ]
    return lines(told, lang, most=12) if told else say("home.nothing_due", lang)


def _on_duty(lang: str, facts: Facts, view: View) -> str:
    told = []
    for each in facts["on_duty"]:
        who = [name(person, view) for person in each["people"]]
        if who:
            told.append(f"• {post(each['role'], lang)}{say('parts.colon', lang)}{listed(who, lang)}")
    return lines(told, lang) if told else say("home.nobody", lang)


def post(role: str, lang: str) -> str:
    """A post of the people file in words; one that is not ours says itself."""
    return say(f"post.{role}", lang) if f"post.{role}" in keys() else typed(role, 60)
