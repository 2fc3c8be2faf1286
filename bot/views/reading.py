"""Modals that are read: the timeline, all tasks, one's own work, a text."""

from __future__ import annotations

from collections.abc import Sequence

from bot.views.forms import about, modal
from bot.views.parts import (
    OPTIONS,
    VIEW_BLOCKS,
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    context,
    cut_marked,
    option,
    section,
    select,
    typed,
    when,
)
from bot.views.status import head_line
from bot.views.work import task_choice, task_row
from bot.words import say

LINES_SHOWN = 200
TASKS_SHOWN = 80
SECTION_TEXT = 2800


def timeline(lang: str, *, head: Facts, lines: Sequence[Facts], older: bool) -> Doc:
    """What happened, newest last; of a long life the newest part."""
    told = [f"{when(each['at'], None)}  {cut_marked(each['text'], 600)}" for each in lines[-LINES_SHOWN:]]
    blocks = [about(head)]
    if older or len(lines) > LINES_SHOWN:
        blocks.append(context(say("timeline.older", lang)))
    blocks += [section(part) for part in _sections(told)[-(VIEW_BLOCKS - 6) :]] or [
        section(say("timeline.empty", lang))
    ]
    return modal(lang, say("timeline.head", lang), blocks, head=head)


def _sections(told: Sequence[str]) -> list[str]:
    found: list[str] = []
    for line in told:
        if found and len(found[-1]) + len(line) + 1 <= SECTION_TEXT:
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def tasks(lang: str, *, head: Facts, rows: Sequence[Facts], view: View | None = None) -> Doc:
    """Every task by its role, open ones first with *Done*."""
    ordered = sorted(rows, key=lambda row: (row["done_at"] is not None, not row["late"], row["due_at"]))
    blocks = [about(head)]
    blocks += [_task(lang, head, row, view) for row in ordered[:TASKS_SHOWN]]
    if len(ordered) > TASKS_SHOWN:
        blocks.append(context(say("parts.more", lang, n=len(ordered) - TASKS_SHOWN)))
    if not ordered:
        blocks.append(section(say("tasks.none_yet", lang)))
    blocks += _not_needed(lang, head, [row for row in ordered if row["done_at"] is None])
    return modal(lang, say("tasks.head", lang), blocks, callback="tasks", private={"number": head["number"]}, head=head)


def _not_needed(lang: str, head: Facts, waiting: Sequence[Facts]) -> list[Doc]:
    """What is not needed is said so, with a reason: it does not stand open for ever."""
    choices = [option(task_choice(row, lang), f"{head['number']}|{row['code']}") for row in waiting[:OPTIONS]]
    if not choices:
        return []
    return [actions(select("drop_task_open", choices, hint=say("tasks.not_needed", lang)))]


def _task(lang: str, head: Facts, row: Facts, view: View | None) -> Doc:
    block = task_row(row, head["number"], lang, view)
    title = both(row.get("role_title") or row["role"], lang)
    block["text"]["text"] = cut_marked(f"*{typed(title, 60)}* {block['text']['text']}", SECTION_TEXT)
    return block


def mine(lang: str, *, found: Sequence[Facts], called: Sequence[Facts] = (), view: View) -> Doc:
    """The roles one is called for, then one's own roles and open tasks across incidents, with *Done*."""
    blocks: list[Doc] = [_calling(lang, each) for each in called[:20]]
    for each in found:
        head = each["head"]
        roles = [typed(both(role.get("title") or role, lang), 60) for role in each["roles"]]
        blocks.append(
            section(head_line(head) + (f"\n{'、'.join(roles) if lang == 'zh' else ', '.join(roles)}" if roles else ""))
        )
        blocks += [task_row(task, head["number"], lang, view) for task in each["tasks"][:20]]
    if not blocks:
        blocks = [section(say("home.nothing_mine", lang))]
    return modal(lang, say("mine.head", lang), blocks)


def _calling(lang: str, each: Facts) -> Doc:
    title, number = typed(both(each["role_title"], lang), 80), each["head"]["number"]
    take = button(say("button.take", lang), "role_take", f"{number}|{each['role']}")
    return section(f"📣 *{title}*\n{head_line(each['head'])}", take)


def text_modal(lang: str, title: str, text: str) -> Doc:
    """A text to read, as it is."""
    paragraphs = [typed(line, 1000) for line in text.splitlines() if line.strip()] or ["…"]
    return modal(lang, title, [section(part) for part in _sections(paragraphs)])
