"""The coverage matrix: which plan counts where, why a cell is a gap, and when its owner hears of it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation import rosters
from escalation.words import Words
from plans import coverage, picture, sheets
from plans.coverage import Charge, Cover, Due, Matrix, Reason, Scenario, Thing, listed, matrix
from plans.tiers import Tier
from playbooks import content

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
UNITS = list(PEOPLE.units.values())
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CABLE = Scenario(id="cable_cut", title=Words(zh="断缆", en="Cable cut"))
FRESH = Due(review_due=AT + 100 * DAY)


def plan(code: str = "p", *scenarios: str, **more: Any) -> Cover:  # noqa: ANN401
    """A signed plan for `cable_cut` at every unit, unless it says otherwise."""
    said = {"units": (), "outline": False, "signed": True, "drilled_at": None, "number": 1} | more
    return Cover(code=code, label=f"{code} v1 · abcdef", scenarios=scenarios or ("cable_cut",), **said)


def laid(*plans: Cover, due: dict[str, Due] | None = None, scenarios: tuple[Scenario, ...] = (CABLE,)) -> Matrix:
    """The matrix of these plans, all fresh unless `due` says otherwise."""
    return matrix(plans, scenarios, UNITS, due={each.code: FRESH for each in plans} | (due or {}), at=AT)


def why(found: Matrix, unit: str = "henan.zhengzhou", scenario: str = "cable_cut") -> tuple[str | None, Reason | None]:
    """Which plan counts at a unit, and why that is a gap."""
    cell = found.cell(scenario, unit)
    assert cell is not None
    return cell.plan, cell.reason


def test_a_plan_without_units_stands_for_all() -> None:
    """Every unit of the organisation is covered by it."""
    found = laid(plan())
    assert found.counts == {"cells": 5, "covered": 5} | {reason.value: 0 for reason in Reason}
    assert list(found.gaps) == []


def test_a_plan_stands_for_the_units_it_names_and_those_below() -> None:
    """Henan's plan covers Zhengzhou, and neither the group above nor Shanghai beside it."""
    found = laid(plan(units=("henan",)))
    covered = {unit for (_, unit), cell in found.cells.items() if cell.reason is None}
    assert covered == {"henan", "henan.zhengzhou"}
    assert why(found, "group") == (None, Reason.EMPTY)


def test_an_outline_never_counts() -> None:
    """Even signed and fresh it leaves a gap, which names it."""
    assert why(laid(plan(outline=True))) == ("p", Reason.OUTLINE)


def test_a_starter_that_nobody_signed_is_a_gap() -> None:
    """It can be started at night, and it is nobody's plan yet."""
    assert why(laid(plan(signed=False))) == ("p", Reason.UNSIGNED)


@pytest.mark.parametrize(
    ("due", "reason"),
    [
        (Due(review_due=AT + DAY), None),
        (Due(review_due=AT), Reason.REVIEW_OVERDUE),
        (Due(review_due=AT - DAY, drill_due=AT - DAY), Reason.REVIEW_OVERDUE),
        (Due(review_due=AT + DAY, drill_due=AT), Reason.DRILL_OVERDUE),
        (Due(review_due=AT + DAY, drill_due=AT + DAY), None),
        (Due(review_due=None), Reason.REVIEW_OVERDUE),
    ],
)
def test_a_plan_that_is_past_due_is_stale(due: Due, reason: Reason | None) -> None:
    """At the instant it is due it is overdue; a review nobody can date is overdue too."""
    assert why(laid(plan(), due={"p": due})) == ("p", reason)


def test_a_plan_whose_dates_nobody_gave_is_overdue() -> None:
    """Unknown is not fresh."""
    assert why(matrix([plan()], [CABLE], UNITS, due={}, at=AT)) == ("p", Reason.REVIEW_OVERDUE)


def test_of_several_plans_the_best_counts() -> None:
    """A far plan in order beats a near one that is stale, that beats a starter, that beats an outline."""
    outline, starter = plan("outline", outline=True), plan("starter", signed=False)
    stale, good = plan("stale", units=("henan.zhengzhou",)), plan("good", units=("group",))
    due = {"stale": Due(review_due=AT)}
    assert why(laid(outline, starter, stale, good, due=due)) == ("good", None)
    assert why(laid(outline, starter, stale, due=due)) == ("stale", Reason.REVIEW_OVERDUE)
    assert why(laid(outline, starter)) == ("starter", Reason.UNSIGNED)


def test_of_equals_the_nearest_counts_and_then_the_plan_of_its_own() -> None:
    """Zhengzhou's plan before Henan's before the group's; a plan written for the scenario before one that covers it."""
    near, mid, far = plan("z", units=("henan.zhengzhou",)), plan("m", units=("henan",)), plan("a")
    assert [why(laid(near, mid, far), unit)[0] for unit in ("henan.zhengzhou", "henan", "group")] == ["z", "m", "a"]
    assert why(laid(plan("a", "flood", "cable_cut"), plan("b", "cable_cut")))[0] == "b"


def test_where_a_scenario_cannot_happen_there_is_no_cell() -> None:
    """A scenario of Shanghai is asked of Shanghai and what is below it; one of a place nobody knows, of all."""
    here = replace(CABLE, unit="shanghai")
    assert {unit for _, unit in laid(scenarios=(here,)).cells} == {"shanghai", "dc.huadong"}
    assert len(laid(scenarios=(replace(CABLE, unit="gone"),)).cells) == len(UNITS)


def naive(plans: list[Cover], unit: str, due: dict[str, Due]) -> int:
    """How good the best plan is for `cable_cut` at a unit, looked up the slow way."""
    line = {each.id for each in PEOPLE.line_of(unit)}
    ranks = [6]
    for each in plans:
        if "cable_cut" in each.scenarios and (not each.units or line & set(each.units)):
            one = matrix([replace(each, units=())], [CABLE], UNITS, due=due, at=AT).cell("cable_cut", unit)
            assert one is not None
            ranks.append(coverage._RANK[one.reason])
    return min(ranks)


PLANS = st.lists(
    st.builds(
        plan,
        st.sampled_from([f"p{n}" for n in range(6)]),
        st.sampled_from(["cable_cut", "flood"]),
        units=st.lists(st.sampled_from([unit.id for unit in UNITS]), max_size=2, unique=True).map(tuple),
        outline=st.booleans(),
        signed=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda each: each.code,
)


@given(
    PLANS, st.dictionaries(st.sampled_from([f"p{n}" for n in range(6)]), st.sampled_from([FRESH, Due(review_due=AT)]))
)
def test_the_index_finds_what_a_search_finds(plans: list[Cover], due: dict[str, Due]) -> None:
    """For any plans, every cell is exactly as good as its best plan; what covers one is always signed."""
    found = matrix(plans, [CABLE], UNITS, due=due, at=AT)
    signed = {each.code for each in plans if each.signed and not each.outline}
    for (_, unit), cell in found.cells.items():
        assert min(coverage._RANK[cell.reason], 6) == min(naive(plans, unit, due), coverage._RANK[Reason.EMPTY])
        assert cell.reason is not None or cell.plan in signed


# --- the lists -------------------------------------------------------------------------------------------------------


def test_an_entry_of_a_list_is_covered_by_its_scenarios_or_by_its_name() -> None:
    """By every scenario it names where it stands, or by a plan in order that names it; by an outline never."""
    thing = Thing(register="equipment", id="ring-7", title=CABLE.title, unit="henan", scenarios=("cable_cut", "flood"))
    flood = Scenario(id="flood", title=CABLE.title)
    named = plan("named", "flood", units=("shanghai",), references=frozenset({("equipment", "ring-7")}))

    def held(*plans: Cover) -> tuple[bool, str | None, tuple[str, ...]]:
        one = listed([thing], plans, laid(*plans, scenarios=(CABLE, flood)))[0]
        return one.covered, one.plan, one.wanting

    assert held(plan("c")) == (False, None, ("flood",))
    assert held(plan("c"), plan("f", "flood")) == (True, None, ())
    assert held(named) == (True, "named", ())
    assert held(replace(named, outline=True)) == (False, None, ("cable_cut", "flood"))


def test_an_entry_that_names_no_scenario_is_not_covered_by_silence() -> None:
    """Nothing asked is not everything answered."""
    thing = Thing(register="posts", id="x", title=CABLE.title, unit=None, scenarios=())
    assert not listed([thing], [plan()], laid(plan()))[0].covered


# --- reminding -------------------------------------------------------------------------------------------------------


def test_owners_are_reminded_ahead_on_the_day_and_every_day_after() -> None:
    """14, 7 and 1 days before, on the day, then daily, always at nine in the organisation's zone."""
    due, at, said = AT + 30 * DAY, AT, []
    for _ in range(6):
        following = coverage.remind_at([due], at, SHANGHAI)
        assert following is not None
        said.append(((following.date() - due.astimezone(SHANGHAI).date()).days, following.hour))
        at = following
    assert said == [(-14, 9), (-7, 9), (-1, 9), (0, 9), (1, 9), (2, 9)]


def test_nobody_is_reminded_twice_a_day_or_of_nothing() -> None:
    """However many gaps, the next reminder is on a later day; without a gap there is none."""
    nine = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
    following = coverage.remind_at([nine, nine + DAY, nine - 9 * DAY], nine - timedelta(hours=8), SHANGHAI)
    assert following == nine + DAY
    assert coverage.remind_at([], nine, SHANGHAI) is None


def test_a_night_without_an_hour_moves_no_reminder() -> None:
    """Over a change of the clocks it is still nine on the wall."""
    berlin = ZoneInfo("Europe/Berlin")
    late = datetime(2027, 3, 1, tzinfo=UTC)
    following = coverage.remind_at([late], datetime(2027, 3, 27, 12, 0, tzinfo=berlin), berlin)
    assert following is not None
    assert (following.isoformat(), following.astimezone(UTC).hour) == ("2027-03-28T09:00:00+02:00", 7)


# --- out -------------------------------------------------------------------------------------------------------------

CHARGES = {("cable_cut", "group"): Charge(owner="chen.jing", due_at=AT + 30 * DAY)}


def test_json_and_csv_say_the_same() -> None:
    """Each cell is one row in both, with its state, its plan, and who is to close it by when."""
    found = laid(plan(units=("henan",), drilled_at=AT - DAY))
    told = coverage.as_json(found, charges=CHARGES)
    rows = list(csv.DictReader(io.StringIO(coverage.as_csv(found, charges=CHARGES))))
    assert len(rows) == len(told["cells"]) == 5
    for row, cell in zip(rows, told["cells"], strict=True):
        for name in ("scenario", "unit", "state", "plan", "label", "review_due", "drilled_at", "owner", "due_at"):
            assert row[name] == (cell[name] or "")
    assert (rows[0]["unit"], rows[0]["state"], rows[0]["owner"]) == ("group", "empty", "chen.jing")
    assert rows[1]["drilled_at"] == "2026-11-22T04:00:00+00:00"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_terminal_is_told_every_cell(lang: str) -> None:
    """One line with the counts, one for each cell, one for each entry of a list that wants a plan."""
    found = laid(plan(units=("henan",)))
    thing = Thing(register="posts", id="x", title=CABLE.title, unit=None, scenarios=("cable_cut",))
    told = list(coverage.sentences(found, lang, charges=CHARGES, lists=listed([thing], [], found)))
    assert len(told) == 1 + 5 + 1
    assert "chen.jing" in told[1]
    assert Reason.EMPTY.words.said(lang) in told[1]


def size(png: bytes) -> tuple[int, int]:
    """Width and height, from the header of the picture."""
    assert png.startswith(b"\x89PNG")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_a_phones_page_has_at_most_five_units() -> None:
    """A wider organisation gets more pages of the same width; as a sheet it is one picture up to twelve."""
    more = [replace(UNITS[0], id=f"u{n}", parent="group") for n in range(7)]
    wide = matrix([plan()], [CABLE], [*UNITS, *more], due={"p": FRESH}, at=AT)
    shown = picture.pages(wide, PEOPLE.organisation, "zh")
    narrow = picture.pages(laid(plan()), PEOPLE.organisation, "zh")
    assert (len(shown), len(narrow)) == (3, 1)
    assert size(shown[0])[0] == size(narrow[0])[0] < 1000
    assert len(picture.sheet(wide, PEOPLE.organisation, "en")) == 1


def test_every_state_is_told_in_words_and_not_by_colour() -> None:
    """What the drawing is given for each state differs in its words, in both languages, and the legend has each."""
    for lang in ("zh", "en"):
        states = [None, *Reason]
        cells = [replace(coverage._EMPTY, number=3, plan="p", reason=reason) for reason in states]
        heads = [picture._cell(cell, PEOPLE.organisation, lang)["head"] for cell in (*cells, None)]
        assert len(set(heads)) == len(heads)
        assert all(any(letter.isalpha() for letter in head) for head in heads[:-1])
        assert {entry["state"] for entry in picture._legend(lang)} >= {
            "covered",
            "empty",
            "unsigned",
            "outline",
            "absent",
        }


# --- the starter registers -------------------------------------------------------------------------------------------


def rows(register: str, scenarios: set[str]) -> tuple[sheets.Row, ...]:
    """A starter sheet, read as the sample people file would have it read."""
    known = sheets.Known(units=PEOPLE.units, people=PEOPLE.people, scenarios=scenarios)
    return sheets.read((ROOT / "plans" / "registers" / f"{register}.csv").read_bytes(), register, known, register)


def test_the_starter_registers_are_whole() -> None:
    """The notice's three lists and the sites are filled, each entry names a scenario that the first list has."""
    names = {row.name for row in rows("scenarios", set())}
    found = {register: rows(register, names) for register in ("equipment", "posts", "sites")}
    assert len(names) >= 25
    assert all(len(found[register]) >= least for register, least in (("equipment", 20), ("posts", 12), ("sites", 8)))
    assert all(row.facts["scenarios"] for each in found.values() for row in each)


def test_every_starter_plan_has_its_row() -> None:
    """A special or on-site plan of the library stands for a scenario of the register."""
    names = {row.name for row in rows("scenarios", set())}
    for path in sorted((ROOT / "plans" / "library").glob("*.yaml")):
        book = content.read(path.read_text("utf-8"), path.name)
        if book.tier in (Tier.SPECIAL, Tier.ONSITE):
            assert names & set(book.scenarios), path.name
