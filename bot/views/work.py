"""Roles and tasks: who is called, what each role has to do, what is late."""

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
    header,
    left,
    marked,
    mentions,
    name,
    option,
    section,
    select,
    typed,
    when,
)
from bot.views.status import head_line
from bot.words import say

ROLES_SHOWN = 20
TASKS_SHOWN = 20


def calls(facts: Facts, view: View) -> Doc:
    """Every vacant role of a level is called: one message, a button each; who has taken one stands in its place."""
    lang, rows = view.lang, facts["rows"]
    level = due.response_level(facts["level"], lang)
    vacant = sum(not row.get("holder") for row in rows)
    line = say("calls.line" if vacant else "calls.all", lang, number=facts["number"], level=level, n=vacant)
    blocks = [header(marked(line, facts, lang)), section(head_line(facts))]
    blocks += [_called(facts, row["role"], row["title"], row, view) for row in rows[:ROLES_SHOWN]]
    if len(rows) > ROLES_SHOWN:
        blocks.append(context(say("parts.more", lang, n=len(rows) - ROLES_SHOWN)))
    return card(line, blocks, facts, lang)


def _called(facts: Facts, role: str, title: Facts, row: Facts, view: View) -> Doc:
    lang = view.lang
    if row.get("holder"):
        return section(say("calls.held", lang, title=typed(both(title, lang), 80), who=name(row["holder"], view)))
    told = f"📣 *{typed(both(title, lang), 80)}* {mentions(row['whom'], view)}\n{typed(both(row['brief'], lang), 400)}"
    return section(told, button(say("button.take", lang), "role_take", f"{facts['number']}|{role}"))


def call(facts: Facts, view: View) -> Doc:
    """One role is called again, louder each time."""
    lang = view.lang
    title = both(facts["title_of_role"], lang)
    line = say("call.line", lang, title=title, number=facts["number"], n=facts["n"])
    since = when(facts.get("since"), view)
    blocks = [
        section(head_line(facts)),
        _called(facts, facts["role"], facts["title_of_role"], facts, view),
        context(say("call.since", lang, n=facts["n"], since=since) if since else say("call.nth", lang, n=facts["n"])),
    ]
    return card(f"📣 {line}", blocks, facts, lang)


# --- tasks -----------------------------------------------------------------------------------------------------------


def tasks(facts: Facts, view: View) -> Doc:
    """One role's card: its open tasks, late ones first, done ones as a count."""
    lang, waiting = view.lang, facts["open"]
    title, tally = both(facts["role_title"], lang), facts["tasks"]
    counts = say("tasks.counts", lang, done=tally["done"], total=tally["total"], late=tally["late"])
    holder = name(facts["holder"], view) if facts["holder"] else say("tasks.vacant", lang)
    blocks = [header(marked(f"{title} · {facts['number']}", facts, lang)), section(f"{holder} · {counts}")]
    blocks += [task_row(task, facts["number"], lang, view) for task in waiting[:TASKS_SHOWN]]
    more = facts["more"] + max(0, len(waiting) - TASKS_SHOWN)
    if more:
        blocks.append(context(say("parts.more", lang, n=more)))
    if not waiting:
        blocks.append(section(say("tasks.none", lang)))
    blocks.append(_task_buttons(facts, lang))
    return card(f"{title} · {facts['number']} · {counts}", blocks, facts, lang)


def task_row(task: Facts, number: str, lang: str, view: View | None, at: str | None = None) -> Doc:
    """One task: what, by when, by whom, what proves it; *Done* while it is open."""
    if task["done_at"]:
        return section(_done(task, lang, view))
    done = button(say("button.done", lang), "task_done", f"{number}|{task['code']}")
    return section(task_text(task, lang, view, at), done)


def task_text(task: Facts, lang: str, view: View | None, at: str | None = None) -> str:
    """The words of an open task."""
    told = f"`{typed(task['code'], 20)}` {typed(both(task['do'], lang), 600)} · "
    relative = left(task["due_at"], at, lang)
    told += say("tasks.due", lang, when=when(task["due_at"], view)) + (f" ({relative})" if relative else "")
    told += say("tasks.late", lang) if task["late"] else ""
    told += say("tasks.on_it", lang, who=name(task["assignee"], view)) if task["assignee"] else ""
    evidence = task.get("evidence")
    return told + (say("tasks.evidence", lang, what=typed(both(evidence, lang), 200)) if evidence else "")


def _done(task: Facts, lang: str, view: View | None) -> str:
    given = say("tasks.given", lang, text=typed(task["given"], 200)) if task.get("given") else ""
    who, then = name(task["done_by"], view), when(task["done_at"], view)
    what = typed(both(task["do"], lang), 400)
    return say("tasks.done", lang, code=typed(task["code"], 20), what=what, who=who, when=then) + given


def _task_buttons(facts: Facts, lang: str) -> Doc:
    number = facts["number"]
    add = button(say("button.add_task", lang), "add_task_open", f"{number}|{facts['role']}")
    choices = [option(task_choice(task, lang), f"{number}|{task['code']}") for task in facts["open"]]
    take = select("task_take_select", choices, hint=say("tasks.take", lang)) if choices else None
    return actions(take, add)


def task_choice(task: Facts, lang: str) -> str:
    """A task as an entry of a list to choose from."""
    return f"{task['code']} {cut(both(task['do'], lang), 60)}"


def task_due(facts: Facts, view: View) -> Doc:
    """A task is due: told straight to who is on it."""
    lang = view.lang
    line = say("tasks.due_line", lang, code=facts["code"], what=both(facts["do"], lang), number=facts["number"])
    return card(f"⏱ {line}", [section(head_line(facts)), task_row(facts, facts["number"], lang, view)], facts, lang)
