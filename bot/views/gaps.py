"""Gaps of plan coverage: what an owner, and past its day their superior, is told each time."""

from __future__ import annotations

from bot.views.parts import Doc, Facts, View, both, card, context, header, lines, listed, name, section, typed, when
from bot.words import say


def gap_due(facts: Facts, view: View) -> Doc:
    """All gaps of one owner in one message, the earliest due first; a superior reads whose they are."""
    lang, n = view.lang, facts["total"]
    line = say("gaps.late_line" if facts["late"] else "gaps.line", lang, n=n, late=facts["late"])
    blocks = [header(line)]
    if facts["to"] != facts["owner"]:
        blocks.append(section(say("gaps.of", lang, who=name(facts["owner"], view))))
    told = [_row(row, view) for row in facts["rows"]]
    if facts["more"]:
        told.append(say("parts.more", lang, n=facts["more"]))
    blocks += [section(lines(told, lang)), context(say("gaps.next", lang))]
    return card(line, blocks, facts, lang)


def _row(row: Facts, view: View) -> str:
    lang = view.lang
    units = _units(row, lang)
    plan = say("gaps.plan", lang, plan=typed(row["plan"], 40)) if row["plan"] else ""
    told = say(
        "gaps.row", lang, title=typed(both(row["title"], lang), 80), reason=say(f"gaps.{row['state']}", lang),
        plan=plan, units=units, when=when(row["due_at"], view),
    )  # fmt: skip
    return told + (say("gaps.late", lang) if row["late"] else "")


def _units(row: Facts, lang: str) -> str:
    if row["all_units"]:
        return say("gaps.all_units", lang)
    units = listed([typed(both(unit, lang), 60) for unit in row["units"]], lang)
    return units + (say("gaps.more_units", lang, n=row["more_units"]) if row["more_units"] else "")
