"""Forms of the end: stand down, close, a false alarm, a duplicate; what is still open stands with its button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.forms import about, choice, modal, text, ticks
from bot.views.parts import (
    OPTIONS,
    Doc,
    Facts,
    actions,
    both,
    button,
    context,
    cut,
    divider,
    lines,
    option,
    section,
    typed,
)
from bot.words import say

ROWS_SHOWN = 40
TASK_CUT, A_PARAGRAPH = 160, 8  # characters of a task, tasks of a paragraph


def stand_down(
    lang: str,
    *,
    head: Facts,
    criteria: Sequence[Facts],
    open: Sequence[Facts],  # noqa: A002 -- the name by which the door calls it
    private: Mapping[str, Any],
) -> Doc:
    """The plan's criteria to tick, and what is still open with a button each."""
    blocks = [about(head), *_criteria(lang, criteria)]
    if open:
        blocks += [divider(), section(say("standdown.open", lang, n=len(open))), *_rows(open, lang)]
    note = say("standdown.note" if criteria else "facts.note", lang)
    blocks.append(text("note", note, optional=True, many=True, most=1500))
    title, submit = say("standdown.head", lang), say("standdown.submit", lang)
    return modal(lang, title, blocks, callback="stand_down", submit=submit, private=private, head=head)


def _criteria(lang: str, criteria: Sequence[Facts]) -> list[Doc]:
    """Slack cuts a choice at 75 characters, so the whole sentences stand above, by their numbers."""
    if not criteria:
        return []
    told = [f"{n}. {typed(both(each, lang), 600)}" for n, each in enumerate(criteria, 1)]
    options = [option(f"{n}. {cut(both(each, lang), 60)}", str(n - 1)) for n, each in enumerate(criteria, 1)]
    hint = say("standdown.criteria_hint", lang)
    return [section(lines(told, lang)), ticks("criteria", say("standdown.criteria", lang), options, hint=hint)]


def _rows(rows: Sequence[Facts], lang: str) -> list[Doc]:
    told = [_row(each, lang) for each in rows[:ROWS_SHOWN]]
    if len(rows) > ROWS_SHOWN:
        told.append(context(say("parts.more", lang, n=len(rows) - ROWS_SHOWN)))
    return told


def _row(row: Facts, lang: str) -> Doc:
    said = f"⚠️ {typed(both(row['text'], lang), 600)}"
    action = row.get("action_id")
    return section(said, button(say("button.mend", lang), action, row.get("value") or "") if action else None)


def close_blocked(lang: str, *, head: Facts, reasons: Sequence[Facts]) -> Doc:
    """Not yet: every reason at once, each with what mends it."""
    blocks = [about(head), section(say("close.blocked", lang, n=len(reasons))), *_rows(reasons, lang)]
    return modal(lang, say("close.head", lang), blocks, head=head)


def drop_rest(lang: str, *, head: Facts, tasks: Sequence[Facts], private: Mapping[str, Any]) -> Doc:
    """The tasks that nobody will do any more, settled at once with one reason; all are ticked, at most 100.

    Fields: `codes` (the tasks' codes), `why`.
    """
    title = say("droprest.head", lang)
    if not tasks:
        return modal(lang, title, [about(head), section(say("droprest.none", lang))], head=head)
    offered = tasks[:OPTIONS]
    codes = [str(each["code"]) for each in offered]
    options = [option(f"{each['code']} {cut(both(each['do'], lang), 60)}", each["code"]) for each in offered]
    more = [context(say("parts.more", lang, n=len(tasks) - OPTIONS))] if len(tasks) > OPTIONS else []
    blocks = [
        about(head),
        section(say("droprest.how", lang, n=len(tasks))),
        *_listing(offered, lang),
        *more,
        ticks("codes", say("droprest.codes", lang), options, chosen=codes),
        text("why", say("form.why", lang), many=True, most=1000),
    ]
    submit = say("droprest.submit", lang)
    return modal(lang, title, blocks, callback="drop_rest", submit=submit, private=private, head=head)


def _listing(tasks: Sequence[Facts], lang: str) -> list[Doc]:
    """A choice is cut at 75 characters, so what each task is stands above, a few a paragraph."""
    told = [f"`{typed(each['code'], 20)}` {typed(both(each['do'], lang), TASK_CUT)}" for each in tasks]
    starts = range(0, len(told), A_PARAGRAPH)
    return [section(lines(told[start : start + A_PARAGRAPH], lang)) for start in starts]


def close_confirm(lang: str, *, head: Facts, private: Mapping[str, Any]) -> Doc:
    """Nothing is open: close it."""
    blocks = [about(head), section(say("close.ready", lang))]
    title, submit = say("close.head", lang), say("button.close", lang)
    return modal(lang, title, blocks, callback="close", submit=submit, private=private, head=head)


def release(lang: str, *, head: Facts, title: Facts, private: Mapping[str, Any]) -> Doc:
    """Say why a notice that the level no longer asks for is not owed."""
    what = section(f"*{typed(both(title, lang), 200)}*")
    blocks = [about(head), what, text("why", say("form.why", lang), many=True, most=1000)]
    head_, submit = say("release.head", lang), say("release.submit", lang)
    return modal(lang, head_, blocks, callback="release", submit=submit, private=private, head=head)


def cancel(lang: str, *, head: Facts, private: Mapping[str, Any]) -> Doc:
    """A false alarm, and why; declared twice is another thing, with its own button."""
    other = button(say("cancel.merge", lang), "merge_open", head["number"])
    blocks = [
        about(head),
        section(say("cancel.how", lang)),
        text("reason", say("form.why", lang), many=True, most=1000),
        actions(other),
    ]
    title, submit = say("cancel.head", lang), say("cancel.submit", lang)
    return modal(lang, title, blocks, callback="cancel", submit=submit, private=private, head=head)


def merge(lang: str, *, head: Facts, others: Sequence[Facts], private: Mapping[str, Any]) -> Doc:
    """The same thing was declared twice: into which other."""
    title = say("merge.head", lang)
    if not others:
        return modal(lang, title, [about(head), section(say("merge.none", lang))], head=head)
    options = [option(f"{each['number']} {each['title']}", each["number"]) for each in others]
    only = options[0]["value"] if len(options) == 1 else None
    blocks = [
        about(head),
        section(say("merge.how", lang)),
        choice("into", say("merge.into", lang), options, chosen=only),
    ]
    submit = say("merge.submit", lang)
    return modal(lang, title, blocks, callback="merge", submit=submit, private=private, head=head)
