"""Presses about what plans cover: the picture with its gaps, and the way from a gap to a plan."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from bot.door import Doing
from bot.press import Press
from bot.views import covering
from bot.words import say
from errors import NoSuchUnit
from escalation.rosters import People
from escalation.tell import tell
from incidents import show
from plans import coverage, gaps, picture
from plans.coverage import Matrix
from plans.records import Gap, Register, entries, open_gaps, plans

Facts = dict[str, Any]
PAGES = 4  # pictures in one message; a large organisation asks for a part of it
ROWS, UNITS = 40, 4
VALUE = 1900  # what a button carries is cut by Slack at 2000


def command(session: Session, press: Press, rest: str) -> Doing:
    """`/plan coverage [UNIT]`: picture and gaps go to the asker's own messages."""
    units = _under(press.people, _unit_of(press.people, rest)) if rest else list(press.people.units)
    found = coverage.narrowed(gaps.look(session, people=press.people, at=press.at), units)
    drawings = picture.drawings(found, press.people.organisation, press.lang, most=PAGES + 1)
    listed = gap_facts(session, press, found)

    def act(inside: Session, again: Press) -> None:
        _send(inside, again, drawings[:PAGES], listed | {"pages_left": len(drawings) > PAGES})

    counts = found.counts
    left = counts["cells"] - counts["covered"]
    return Doing(act=act, answer=say("cover.coming", press.lang, cells=counts["cells"], gaps=left))


def _unit_of(people: People, said: str) -> str:
    """The unit of that id or title, in whatever language."""
    names = {name.casefold(): each.id for each in people.units.values() for name in (each.id, *_both(each).values())}
    wanted = said.strip().casefold()
    if wanted not in names:
        near = [names[each] for each in difflib.get_close_matches(wanted, names, n=3, cutoff=0.4)]
        known = dict.fromkeys((*near, *people.units))
        raise NoSuchUnit(unit=said[:60], known=", ".join(list(known)[:12]))
    return names[wanted]


def _under(people: People, unit: str) -> list[str]:
    """The unit and all below it, in the file's order."""
    return [each for each in people.units if unit in {above.id for above in people.line_of(each)}]


def _send(session: Session, press: Press, drawings: Sequence[picture.Drawing], listed: Facts) -> None:
    zone = press.people.organisation.tz
    at = press.at.isoformat()
    facts = {
        "to": press.by.id,
        "drawings": list(drawings),
        "filename": f"coverage-{press.at.astimezone(zone):%Y%m%d-%H%M}",
        "title": drawings[0]["title"],
        "comment": f"{drawings[0]['title']} · {drawings[0]['under']}",
    }
    key = f"coverage:{press.by.id}:{at}"
    tell(session, show.HOUSE, "coverage_picture", facts, key=key, courier=show.CHAT, priority=show.SOON, at=press.at)
    # After the picture: what it is about is read first.
    tell(
        session, show.HOUSE, "coverage_gaps", listed, key=f"{key}:gaps", courier=show.CHAT, priority=show.NORMAL,
        at=press.at,
    )  # fmt: skip


# --- the gaps --------------------------------------------------------------------------------------------------------


def gap_facts(session: Session, press: Press, found: Matrix) -> Facts:
    """The open gaps of these units as rows: one for all units of a scenario that want the same by the same day."""
    here = {unit.id for unit in found.units}
    standing = [gap for gap in open_gaps(session) if gap.unit in here]
    titles = {entry.name: entry.title for entry in entries(session, Register.SCENARIOS)}
    # What nobody has begun comes before what only wants a signature.
    ordered = sorted(standing, key=lambda gap: (gap.due_at, _weight(gap), *_alike(gap)))
    rows = [_row(list(of), titles, press, here) for _, of in groupby(ordered, key=_alike)]
    return {
        "to": press.by.id,
        "total": len(standing),
        "late": sum(gap.due_at <= press.at for gap in standing),
        "rows": rows[:ROWS],
        "more": max(0, len(rows) - ROWS),
        "at": press.at.isoformat(),
    }


_ORDER = tuple(coverage.Reason)


def _weight(gap: Gap) -> int:
    return _ORDER.index(gap.reason)


def _alike(gap: Gap) -> tuple[Any, ...]:
    return gap.due_at, gap.scenario, gap.reason.value, gap.owner, gap.plan or ""


def _row(alike: Sequence[Gap], titles: Any, press: Press, here: Collection[str]) -> Facts:  # noqa: ANN401 -- by scenario
    first, units = alike[0], [gap.unit for gap in alike]
    return {
        "scenario": first.scenario,
        "title": titles.get(first.scenario, {"zh": first.scenario, "en": first.scenario}),
        "units": [_unit(press.people, each) for each in units[:UNITS]],
        "all_units": len(units) == len(here) > 1,
        "more_units": max(0, len(units) - UNITS),
        "state": first.reason.value,
        "plan": first.plan,
        "owner": first.owner,
        "due_at": first.due_at.isoformat(),
        "late": first.due_at <= press.at,
        "value": _value(first.scenario, units, press.people),
    }


def _value(scenario: str, units: Sequence[str], people: People) -> str:
    """`scenario|unit,unit`: what a plan for this is for; no unit named: all of them."""
    if len(units) == len(people.units):
        return f"{scenario}|"
    named = ",".join(units)
    return f"{scenario}|{named if len(named) <= VALUE else named[:VALUE].rpartition(',')[0]}"


def _unit(people: People, unit: str) -> dict[str, str]:
    found = people.units.get(unit)
    return _both(found) if found else {"zh": unit, "en": unit}


def _both(titled: Any) -> dict[str, str]:  # noqa: ANN401 -- whatever has a title
    return {"zh": titled.title.zh, "en": titled.title.en}


# --- from a gap to a plan --------------------------------------------------------------------------------------------


def plan_for_gap(session: Session, press: Press) -> Facts:
    """What stands for the scenario already, the nearest first, and what to do about the gap."""
    scenario, named = press.number, [each for each in press.arg.split(",") if each]
    titles = {entry.name: entry.title for entry in entries(session, Register.SCENARIOS)}
    found = gaps.look(session, people=press.people, at=press.at)
    where = named or list(press.people.units)
    cells = [cell for unit in where if (cell := found.cell(scenario, unit)) is not None]
    standing = {each.code: each for each in plans(session)}
    codes = dict.fromkeys(cell.plan for cell in cells if cell.plan in standing)
    reason = next((cell.reason.value for cell in cells if cell.reason), None)
    return covering.plan_for_gap(
        press.lang,
        title=titles.get(scenario, {"zh": scenario, "en": scenario}),
        units=[_unit(press.people, each) for each in named[:UNITS]],
        more_units=max(0, len(named) - UNITS),
        reason=reason,
        plans=[{"code": code, "title": standing[code].title, "label": standing[code].label} for code in codes if code],
    )
