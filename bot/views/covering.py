"""What plans cover, in chat: the gaps as a list with a button each, and what one gap wants."""

from __future__ import annotations

from collections.abc import Sequence

from bot.views.forms import modal
from bot.views.parts import (
    MESSAGE_BLOCKS,
    Doc,
    Facts,
    View,
    actions,
    both,
    button,
    context,
    fit,
    header,
    listed,
    name,
    section,
    typed,
    when,
)
from bot.words import say


def coverage_gaps(facts: Facts, view: View) -> Doc:
    """Each gap with why, who is to close it by when, and the way to a plan; the earliest due first."""
    lang = view.lang
    key = "cover.none" if not facts["total"] else "cover.late_line" if facts["late"] else "cover.line"
    line = say(key, lang, n=facts["total"], late=facts["late"])
    blocks = [header(line), *(section(_row(row, view), _go(row, lang)) for row in facts["rows"])]
    small = [say("gaps.next", lang)] if facts["total"] else []
    if facts["more"] or facts.get("pages_left"):
        small.insert(0, say("cover.more", lang, n=facts["more"]))
    blocks += [context(*small)] if small else []
    return {"text": line, "blocks": fit(blocks, MESSAGE_BLOCKS, lang)}


def _go(row: Facts, lang: str) -> Doc:
    return button(say("button.plan_for_gap", lang), "plan_for_gap", row["value"])


def _row(row: Facts, view: View) -> str:
    lang = view.lang
    told = say(
        "cover.row", lang, title=typed(both(row["title"], lang), 80), reason=say(f"gaps.{row['state']}", lang),
        plan=say("gaps.plan", lang, plan=typed(row["plan"], 40)) if row["plan"] else "", units=_units(row, lang),
        owner=name(row["owner"], view) if row["owner"] else say("cover.nobody", lang), when=when(row["due_at"], view),
    )  # fmt: skip
    return told + (say("gaps.late", lang) if row["late"] else "")


def _units(row: Facts, lang: str) -> str:
    if row["all_units"]:
        return say("gaps.all_units", lang)
    units = listed([typed(both(unit, lang), 60) for unit in row["units"]], lang)
    return units + (say("gaps.more_units", lang, n=row["more_units"]) if row["more_units"] else "")


def plan_for_gap(
    lang: str, *, title: Facts, units: Sequence[Facts], more_units: int, reason: str | None, plans: Sequence[Facts]
) -> Doc:
    """Why it is a gap, which plans stand for it already, and what closes it."""
    where = {"units": units, "more_units": more_units, "all_units": not units}
    about = f"*{typed(both(title, lang), 80)}* · {_units(where, lang)}"
    state = say(f"gaps.{reason}", lang) if reason else say("cover.closed", lang)
    blocks = [section(about), section(state)]
    for plan in plans[:10]:
        code = plan["code"]
        row = actions(
            button(say("button.plan_open", lang), "plan_open", code),
            button(say("button.print", lang), "print_open", code),
        )
        blocks += [section(f"*{typed(both(plan['title'], lang), 120)}* `{typed(plan['label'], 80)}`"), row]
    blocks.append(context(say(f"cover.do_{reason}" if reason else "cover.do_nothing", lang)))
    return modal(lang, say("button.plan_for_gap", lang), blocks)
