"""Forms for what is known and what it means: facts, assessment, review, a task's evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.forms import about, choice, modal, text, ticks
from bot.views.parts import Doc, Facts, both, context, divider, option, section, typed, when
from bot.words import say

HISTORY_SHOWN = 3


def facts(
    lang: str,
    *,
    head: Facts,
    rows: Sequence[Facts],
    source_default: str = "",
    private: Mapping[str, Any],
    units: Sequence[Facts] = (),
    affected: Sequence[str] = (),
) -> Doc:
    """The figures and instants of an incident: what is typed supersedes, what is left empty stays.

    `units` may be reached too, `affected` are.
    """
    ordered = sorted(rows, key=lambda row: row["sort"] == "instant")
    blocks = [about(head), context(say("facts.how", lang))]
    for row in ordered[:40]:
        blocks += _row(lang, row)
    blocks += [
        divider(),
        text("as_of", say("facts.as_of", lang), optional=True, hint=say("facts.as_of_hint", lang), most=40),
        text("source", say("facts.source", lang), value=source_default, optional=True, most=120),
        text("note", say("facts.note", lang), optional=True, many=True, most=1000),
    ]
    if units:
        options = [option(both(each["title"], lang), each["id"]) for each in units]
        blocks.append(ticks("affected", say("facts.affected", lang), options, chosen=affected))
    submit = say("form.save", lang)
    return modal(lang, say("facts.head", lang), blocks, callback="facts", submit=submit, private=private, head=head)


def _row(lang: str, row: Facts) -> list[Doc]:
    unit = both(row["unit"], lang)
    label = say("facts.label", lang, title=both(row["title"], lang), unit=unit)
    shown = row["current"] or say("facts.unknown", lang)
    field = text(f"fact:{row['name']}", label, optional=True, shown=shown, most=60)
    past = [_past(lang, each) for each in row["history"][:HISTORY_SHOWN]]
    return [field, context("\n".join(past))] if past else [field]


def _past(lang: str, past: Facts) -> str:
    source = typed(past["source"] or past["by"], 60)
    return say("facts.past", lang, value=typed(past["value"], 80), when=when(past["as_of"], None), source=source)


def assess(lang: str, *, head: Facts, questions: Sequence[Facts], version: int, private: Mapping[str, Any]) -> Doc:
    """The plan's questions 分析研判, the last answers in place; saved as the next version."""
    blocks = [about(head), context(say("assess.version", lang, version=version + 1)), *_questions(questions, lang)]
    title, submit = say("assess.head", lang), say("form.save", lang)
    return modal(lang, title, blocks, callback="assess", submit=submit, private=private, head=head)


def review(
    lang: str,
    *,
    head: Facts,
    questions: Sequence[Facts],
    version: int,
    private: Mapping[str, Any],
    plan_fault: str = "",
    kinds: Sequence[Facts] = (),
    kind: str | None = None,
) -> Doc:
    """The plan's questions afterwards 复盘, what the plan itself got wrong, and of a drill what it was."""
    blocks = [about(head), context(say("review.version", lang, version=version + 1))]
    blocks += [_drill_kind(lang, kinds, kind)] if kinds else []
    hint = say("review.plan_fault_hint", lang)
    fault = text("plan_fault", say("review.plan_fault", lang), value=plan_fault, optional=True, many=True, hint=hint)
    blocks += [*_questions(questions, lang), fault]
    title, submit = say("review.head", lang), say("form.save", lang)
    return modal(lang, title, blocks, callback="review", submit=submit, private=private, head=head)


def _drill_kind(lang: str, kinds: Sequence[Facts], kind: str | None) -> Doc:
    options = [option(both(each["title"], lang), each["id"]) for each in kinds]
    return choice("drill_kind", say("review.drill_kind", lang), options, chosen=kind)


def _questions(questions: Sequence[Facts], lang: str) -> list[Doc]:
    if not questions:
        return [text("q:note", say("assess.free", lang), optional=True, many=True)]
    return [
        text(f"q:{each['id']}", both(each["ask"], lang), value=each.get("answer") or "", optional=True, many=True)
        for each in questions[:80]
    ]


def evidence(lang: str, *, head: Facts, task: Facts, private: Mapping[str, Any]) -> Doc:
    """What proves that a task is done."""
    wanted = both(task.get("evidence"), lang) or say("evidence.any", lang)
    what = f"`{typed(task['code'], 20)}` {typed(both(task['do'], lang), 600)}"
    blocks = [about(head), section(what), text("evidence", wanted, many=True, hint=say("evidence.hint", lang))]
    title, submit = say("evidence.head", lang), say("button.done", lang)
    return modal(lang, title, blocks, callback="evidence", submit=submit, private=private, head=head)
