"""The coverage matrix 全覆盖: which plan stands for which scenario at which unit, and why a cell is a gap."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from escalation.rosters import Unit
from escalation.words import Words
from plans.sheets import lines

#: Policy of the house: how long the owner of a gap has, and on which days before the end they are reminded of it.
CLOSE_WITHIN: Final = timedelta(days=30)
REMIND_DAYS_BEFORE: Final = (14, 7, 1, 0)
MORNING: Final = time(9)


class Reason(StrEnum):
    """Why a cell of the coverage matrix is a gap."""

    EMPTY = "empty"  # no plan stands for it
    OUTLINE = "outline"  # only an outline does
    UNSIGNED = "unsigned"  # only a starter plan does, that nobody here has signed
    REVIEW_OVERDUE = "review_overdue"
    DRILL_OVERDUE = "drill_overdue"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _REASONS[self]


_REASONS = {
    Reason.EMPTY: Words(zh="没有预案", en="no plan"),
    Reason.OUTLINE: Words(zh="只有提纲", en="outline only"),
    Reason.UNSIGNED: Words(zh="无人签发", en="unsigned"),
    Reason.REVIEW_OVERDUE: Words(zh="评审超期", en="review overdue"),
    Reason.DRILL_OVERDUE: Words(zh="演练超期", en="drill overdue"),
}
#: Of several plans the best counts: one in order, else the one that wants least.
_BEST_FIRST = (None, Reason.DRILL_OVERDUE, Reason.REVIEW_OVERDUE, Reason.UNSIGNED, Reason.OUTLINE, Reason.EMPTY)
_RANK = {reason: rank for rank, reason in enumerate(_BEST_FIRST)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cover:
    """What a plan that stands offers to the matrix; no `units`: all of them."""

    code: str
    label: str
    number: int
    scenarios: tuple[str, ...]
    units: tuple[str, ...]
    outline: bool
    signed: bool
    drilled_at: datetime | None
    references: frozenset[tuple[str, str]] = frozenset()  # (register, entry)


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """By when a plan is to be reviewed (None: nobody knows, so it is overdue) and drilled (None: no rule asks it)."""

    review_due: datetime | None
    drill_due: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A row of the matrix; with a `unit` it can only happen there and below."""

    id: str
    title: Words
    unit: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """The best plan for one scenario at one unit; `reason` None: covered."""

    plan: str | None
    label: str | None
    number: int | None
    reason: Reason | None
    review_due: datetime | None
    drilled_at: datetime | None


_EMPTY = Cell(plan=None, label=None, number=None, reason=Reason.EMPTY, review_due=None, drilled_at=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """Scenario × unit as it stands `at`; a pair that has no cell cannot happen there."""

    scenarios: tuple[Scenario, ...]
    units: tuple[Unit, ...]
    cells: Mapping[tuple[str, str], Cell]
    at: datetime

    def cell(self, scenario: str, unit: str) -> Cell | None:
        """The cell, or None where the scenario cannot happen."""
        return self.cells.get((scenario, unit))

    @property
    def gaps(self) -> Iterator[tuple[str, str, Cell, Reason]]:
        """Every cell that is empty or stale: scenario, unit, the cell, why; in the order of the rows."""
        for (scenario, unit), cell in self.cells.items():
            if cell.reason is not None:
                yield scenario, unit, cell, cell.reason

    @property
    def counts(self) -> dict[str, int]:
        """How many cells there are, are covered, and are a gap for each reason."""
        found = {"cells": len(self.cells), "covered": 0} | {reason.value: 0 for reason in Reason}
        for cell in self.cells.values():
            found[cell.reason.value if cell.reason else "covered"] += 1
        return found


def matrix(
    plans: Iterable[Cover],
    scenarios: Sequence[Scenario],
    units: Sequence[Unit],
    *,
    due: Mapping[str, Due],
    at: datetime,
) -> Matrix:
    """Lay every scenario beside every unit where it can happen and find the best plan for each.

    A plan stands for a unit when it names it, or one above it, or none at all. A plan that `due` does not know
    counts as overdue for review: unknown is not fresh.
    """
    best = _best(plans, due, at)
    above = _lines(units)
    cells = {}
    for scenario in scenarios:
        # A place that the people file no longer knows must not hide the scenario.
        where = scenario.unit if scenario.unit in above else None
        for unit in units:
            line = above[unit.id]
            if where is None or where in line:
                cells[scenario.id, unit.id] = _cell(best, scenario.id, line)
    return Matrix(scenarios=tuple(scenarios), units=tuple(units), cells=cells, at=at)


def narrowed(found: Matrix, units: Collection[str]) -> Matrix:
    """The same matrix, for these units alone."""
    cells = {key: cell for key, cell in found.cells.items() if key[1] in units}
    kept = tuple(unit for unit in found.units if unit.id in units)
    return Matrix(scenarios=found.scenarios, units=kept, cells=cells, at=found.at)


_Key = tuple[int, bool, str]
_Best = Mapping[tuple[str, str | None], tuple[_Key, Cell]]


def _best(plans: Iterable[Cover], due: Mapping[str, Due], at: datetime) -> _Best:
    """The best plan for each scenario and named unit (None: all units): so a cell looks at a handful, not at all."""
    found: dict[tuple[str, str | None], tuple[_Key, Cell]] = {}
    for plan in plans:
        cell = _offered(plan, due.get(plan.code, Due(review_due=None)), at)
        for n, scenario in enumerate(plan.scenarios):
            key = (_RANK[cell.reason], n > 0, plan.code)  # a plan of its own before one that covers it beside others
            for unit in plan.units or (None,):
                held = found.get((scenario, unit))
                if held is None or key < held[0]:
                    found[scenario, unit] = key, cell
    return found


def _offered(plan: Cover, due: Due, at: datetime) -> Cell:
    return Cell(
        plan=plan.code,
        label=plan.label,
        number=plan.number,
        reason=_reason(plan, due, at),
        review_due=due.review_due,
        drilled_at=plan.drilled_at,
    )


def _reason(plan: Cover, due: Due, at: datetime) -> Reason | None:
    if plan.outline:
        return Reason.OUTLINE
    if not plan.signed:
        return Reason.UNSIGNED
    if due.review_due is None or due.review_due <= at:
        return Reason.REVIEW_OVERDUE
    return Reason.DRILL_OVERDUE if due.drill_due is not None and due.drill_due <= at else None


def _lines(units: Sequence[Unit]) -> dict[str, tuple[str | None, ...]]:
    """Each unit's own line upwards, itself first, `None` (all units) last."""
    parents = {unit.id: unit.parent for unit in units}
    found: dict[str, tuple[str | None, ...]] = {}
    for unit in parents:
        line: list[str | None] = []
        standing: str | None = unit
        while standing is not None:
            line.append(standing)
            standing = parents.get(standing)
        found[unit] = (*line, None)
    return found


def _cell(best: _Best, scenario: str, line: Sequence[str | None]) -> Cell:
    offers = ((n, best[scenario, unit]) for n, unit in enumerate(line) if (scenario, unit) in best)
    # In order before near, near before far.
    found = min(offers, key=lambda offer: (offer[1][0][0], offer[0], offer[1][0]), default=None)
    return found[1][1] if found else _EMPTY


# --- the three lists -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """An entry of the lists of equipment, posts or sites, with the scenarios it can fall into."""

    register: str
    id: str
    title: Words
    unit: str | None
    scenarios: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """Whether an entry is covered, by which plan that names it, else which scenarios still want one."""

    thing: Thing
    covered: bool
    plan: str | None
    wanting: tuple[str, ...]


def listed(things: Iterable[Thing], plans: Iterable[Cover], found: Matrix) -> tuple[Listed, ...]:
    """Hold the lists against the matrix.

    An entry is covered by a plan in order that names it, or when every scenario it names is covered where it stands.
    """
    in_order = {cell.plan for cell in found.cells.values() if cell.reason is None}
    named = {each: plan.code for plan in plans if plan.code in in_order for each in plan.references}
    return tuple(_listed(thing, named.get((thing.register, thing.id)), found) for thing in things)


def _listed(thing: Thing, plan: str | None, found: Matrix) -> Listed:
    known = {unit.id for unit in found.units}
    where = [thing.unit] if thing.unit in known else sorted(known)
    wanting = tuple(
        scenario
        for scenario in thing.scenarios
        if any(found.cells.get((scenario, unit), _EMPTY).reason is not None for unit in where if unit)
    )
    covered = plan is not None or (bool(thing.scenarios) and not wanting)
    return Listed(thing=thing, covered=covered, plan=plan, wanting=() if plan else wanting)


# --- when the owners of gaps are reminded ----------------------------------------------------------------------------


def morning(day: date, zone: ZoneInfo) -> datetime:
    """When people are reminded on that day of the organisation's calendar, whatever its clocks do that night."""
    return datetime.combine(day, MORNING, zone)


def remind_at(due_at: Iterable[datetime], at: datetime, zone: ZoneInfo) -> datetime | None:
    """The next morning on which any of these is to be named again, or None when nothing is due.

    At most one a day, never on the day of `at` itself; once one is late, every day.
    """
    today = at.astimezone(zone).date()
    days = [day for each in due_at for day in _days(each.astimezone(zone).date(), today)]
    return morning(min(days), zone) if days else None


def _days(due: date, today: date) -> Iterator[date]:
    for before in REMIND_DAYS_BEFORE:
        if due - timedelta(days=before) > today:
            yield due - timedelta(days=before)
    yield max(today, due) + timedelta(days=1)


# --- out -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """Who is to close a gap by when."""

    owner: str
    due_at: datetime


Charges = Mapping[tuple[str, str], Charge]  # by scenario and unit


def as_json(found: Matrix, *, charges: Charges, lists: Iterable[Listed] = ()) -> dict[str, Any]:
    """The matrix as JSON-able content: every cell a row, instants in ISO 8601, None where nothing is known."""
    return {
        "at": found.at.isoformat(),
        "counts": found.counts,
        "cells": [_row(scenario, unit, cell, charges) for scenario, unit, cell in _walk(found)],
        "lists": [_list_row(each) for each in lists],
    }


def as_csv(found: Matrix, *, charges: Charges) -> str:
    """The matrix as a spreadsheet: every cell a row, no cell that a spreadsheet would take for a formula."""
    rows = [_flat(_row(scenario, unit, cell, charges)) for scenario, unit, cell in _walk(found)]
    return lines([_COLUMNS, *([str(row[name]) for name in _COLUMNS] for row in rows)])


def sentences(found: Matrix, lang: str, *, charges: Charges, lists: Iterable[Listed] = ()) -> Iterator[str]:
    """The matrix as lines for a terminal: the counts, each cell, each entry of the lists that wants a plan."""
    counts = found.counts
    gaps = counts["cells"] - counts["covered"]
    yield _COUNTED.said(lang).format(cells=counts["cells"], covered=counts["covered"], gaps=gaps)
    for scenario, unit, cell in _walk(found):
        row = _row(scenario, unit, cell, charges)
        state = cell.reason.words.said(lang) if cell.reason else _COVERED.said(lang)
        told = (
            scenario.title.said(lang),
            unit.title.said(lang),
            state,
            row["label"],
            row["owner"],
            _day(row["due_at"]),
        )
        yield " · ".join(filter(None, told))
    for each in lists:
        if not each.covered:
            yield _WANTING.said(lang).format(title=each.thing.title.said(lang), names=", ".join(each.wanting) or "-")


_COVERED = Words(zh="已覆盖", en="covered")
_COUNTED = Words(
    zh="{cells} 格（场景 × 单位），已覆盖 {covered}，缺口 {gaps}",
    en="{cells} cells (scenario × unit), {covered} covered, {gaps} gaps",
)
_WANTING = Words(zh="清单“{title}”：未覆盖的场景 {names}", en="listed “{title}”: scenarios not covered {names}")


def _day(instant: str | None) -> str | None:
    return instant.partition("T")[0] if instant else None


_COLUMNS = (
    "scenario", "scenario_zh", "scenario_en", "unit", "unit_zh", "unit_en", "state", "plan", "label", "review_due",
    "drilled_at", "owner", "due_at",
)  # fmt: skip


def _walk(found: Matrix) -> Iterator[tuple[Scenario, Unit, Cell]]:
    scenarios = {scenario.id: scenario for scenario in found.scenarios}
    units = {unit.id: unit for unit in found.units}
    for (scenario, unit), cell in found.cells.items():
        yield scenarios[scenario], units[unit], cell


def _row(scenario: Scenario, unit: Unit, cell: Cell, charges: Charges) -> dict[str, Any]:
    charge = charges.get((scenario.id, unit.id)) if cell.reason else None
    return {
        "scenario": scenario.id,
        "scenario_title": _both(scenario.title),
        "unit": unit.id,
        "unit_title": _both(unit.title),
        "state": cell.reason.value if cell.reason else "covered",
        "plan": cell.plan,
        "label": cell.label,
        "review_due": _iso(cell.review_due),
        "drilled_at": _iso(cell.drilled_at),
        "owner": charge.owner if charge else None,
        "due_at": _iso(charge.due_at) if charge else None,
    }


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    titles = {f"{what}_{lang}": row[f"{what}_title"][lang] for what in ("scenario", "unit") for lang in ("zh", "en")}
    return {name: "" if value is None else value for name, value in row.items()} | titles


def _list_row(each: Listed) -> dict[str, Any]:
    return {
        "register": each.thing.register,
        "id": each.thing.id,
        "title": _both(each.thing.title),
        "unit": each.thing.unit,
        "covered": each.covered,
        "plan": each.plan,
        "wanting": list(each.wanting),
    }


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
