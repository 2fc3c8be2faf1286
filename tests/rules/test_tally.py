"""What a return counts: sums with what is unknown of them, drills apart, contradictions in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.returns import amount
from escalation.words import Words
from incidents import tally
from incidents.tally import Case

AT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
COLLAPSE, FLOOD = Words(zh="坍塌", en="Collapse"), Words(zh="防汛", en="Flood")


def case(number: int = 1, **changes: Any) -> Case:  # noqa: ANN401
    """Answer an accident at work."""
    told: dict[str, Any] = {
        "number": f"INC-2026-{number:04}",
        "title": "管道坍塌",
        "scenario": COLLAPSE,
        "classes": frozenset({"work_safety"}),
        "exercise": False,
        "at": AT + timedelta(hours=number),
        "occurred": True,
        "level": "IV",
        "facts": {},
    }
    return Case(**(told | changes))


def test_unknown_is_counted_apart_and_never_as_zero() -> None:
    """Two deaths, none, and one accident of which nobody knows: at least two, one to be verified."""
    known = [{"deaths": 2}, {"deaths": 0}, {}]
    found = tally.figures([case(n, facts=facts) for n, facts in enumerate(known)])
    assert found["deaths"] == {"known": 2, "unknown": 1}
    assert found["missing"] == {"known": 0, "unknown": 3}
    assert found["count"] == {"known": 3, "unknown": 0}
    assert tally.Sum(known=2, unknown=1).value is None
    assert tally.Sum(known=2, unknown=0).value == 2


def test_nothing_happened_is_zero() -> None:
    """With no accident nobody died: the sum over none is known."""
    assert tally.figures([])["deaths"] == {"known": 0, "unknown": 0}


def test_a_drill_is_never_an_accident() -> None:
    """It counts as a drill, whatever its plan is about and whatever its facts say."""
    drill = case(2, exercise=True, classes=frozenset({"work_safety", "network_operation"}), facts={"deaths": 3})
    found = tally.figures([case(1, facts={"deaths": 0}), drill])
    assert (found["count"]["known"], found["deaths"]["known"], found["drills"]["known"]) == (1, 0, 1)
    assert found["network"]["known"] == 0
    assert [row["count"] for row in tally.by_class([drill])] == []
    assert tally.major([case(3, exercise=True, level="I")]) == []
    assert tally.ungraded([case(3, exercise=True, level=None)]) == []
    assert tally.ordinary([drill]) == []


def test_money_is_summed_exactly() -> None:
    """Tenths of a yuan do not drift; whole sums are whole."""
    found = tally.total(["0.1", "0.2", 1_000_000])
    assert found.known == Decimal("1000000.3")
    assert found.told == {"known": "1000000.3", "unknown": 0}
    assert tally.total([1.5, 1.5]).told == {"known": 3, "unknown": 0}


def test_a_period_takes_its_first_instant_and_not_its_last() -> None:
    """What happens at midnight belongs to the month that begins."""
    edges = [case(n, at=AT + timedelta(seconds=n)) for n in (0, 1, 2)]
    assert [each.number[-1] for each in tally.within(edges, AT, AT + timedelta(seconds=2))] == ["0", "1"]


def test_network_incidents_by_level_and_those_that_nobody_graded() -> None:
    """Each level apart, the ungraded ones apart, and all of them together."""
    network = frozenset({"network_operation"})
    found = tally.figures([case(n, classes=network, level=level) for n, level in enumerate(["IV", "IV", "II", None])])
    assert {name: found[name]["known"] for name in ("network", "network_IV", "network_II", "network_ungraded")} == {
        "network": 4,
        "network_IV": 2,
        "network_II": 1,
        "network_ungraded": 1,
    }
    assert found["count"]["known"] == 0


def test_kinds_of_accident_and_of_drill_are_grouped() -> None:
    """The most frequent first; a drill of which nobody noted the kind stands apart."""
    cases = [case(1), case(2, scenario=FLOOD), case(3, scenario=FLOOD)]
    assert [(row["name"]["zh"], row["count"]) for row in tally.by_class(cases)] == [("防汛", 2), ("坍塌", 1)]
    held = [case(n, exercise=True, drill=kind) for n, kind in enumerate(["tabletop", "tabletop", None])]
    assert [(row["kind"], row["count"]) for row in tally.drills(held)] == [
        ({"zh": "桌面推演", "en": "tabletop"}, 2),
        (None, 1),
    ]


@pytest.mark.parametrize(
    ("told", "zh", "en"),
    [
        ({"known": 3, "unknown": 0}, "3", "3"),
        ({"known": 0, "unknown": 0}, "0", "0"),
        ({"known": 3, "unknown": 2}, "不少于3（另2起待核实）", "at least 3 (2 cases to be verified)"),
        ({"known": 0, "unknown": 1}, "待核实（1起）", "to be verified (1 case)"),
        (None, None, None),
    ],
)
def test_a_sum_is_said_with_what_is_not_known_of_it(told: Any, zh: str | None, en: str | None) -> None:  # noqa: ANN401
    """A lower bound says so."""
    assert (amount(told, "zh"), amount(told, "en")) == (zh, en)


def test_ten_thousands_are_exact() -> None:
    """The form asks for 万元; nothing is rounded."""
    assert amount({"known": 1_234_500, "unknown": 0}, "zh", Decimal(10_000)) == "123.45"
    assert amount({"known": "0.5", "unknown": 0}, "zh", Decimal(10_000)) == "0.00005"


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**9)), max_size=40))
def test_a_sum_never_hides_what_is_unknown(values: list[int | None]) -> None:
    """The known part is the sum of what is known; every None is counted."""
    found = tally.total(values)
    assert found.known == sum(value for value in values if value is not None)
    assert found.unknown == values.count(None)


def told(**written: str) -> dict[str, Any]:
    """Answer the facts of a return in which nothing happened."""
    figures = tally.figures([])
    typed = dict.fromkeys((*tally.HAZARDS, "hazards_source", "note"), "")
    return {"now": figures, "previous": None, "before": {"zh": "2026年10月", "en": "October 2026"}, "covered": True,
            "written": typed | written}  # fmt: skip


def test_more_major_hazards_than_hazards_contradict() -> None:
    """A part cannot be larger than its whole; closing old ones may well be more than were found."""
    assert len(list(tally.contradictions(told(hazards_found="3", major_found="4")))) == 1
    assert len(list(tally.contradictions(told(hazards_closed="1", major_closed="2")))) == 1
    assert list(tally.contradictions(told(hazards_found="3", hazards_closed="9", major_found="3"))) == []


def test_what_was_filed_and_what_the_records_say_now_are_compared() -> None:
    """October was filed with no accident; one has come to light since: the sentence names both."""
    filed, now = tally.figures([]), tally.figures([case(1, facts={"deaths": 1})])
    facts = told() | {"previous": {"filed": filed, "now": now}}
    sentences = [each.zh for each in tally.contradictions(facts)]
    assert any("2026年10月已报事故起数0，按现有记录为1" in each for each in sentences)
    assert any("死亡人数0，按现有记录为1" in each for each in sentences)
    assert list(tally.contradictions(told() | {"previous": {"filed": filed, "now": filed}})) == []


def test_hazards_that_nobody_typed_are_missing_and_not_none() -> None:
    """Zero that a person typed is a figure; an empty field is not."""
    assert [each.en for each in tally.missing(told())] == ["the figures of hazards found and closed"]
    assert list(tally.missing(told(hazards_found="0", hazards_closed="0"))) == []


def test_a_period_that_the_record_does_not_cover_wants_a_note() -> None:
    """What was before the record begins is missing until the drafter has written of it."""
    facts = told(hazards_found="0", hazards_closed="0") | {"covered": False}
    assert [each.en for each in tally.missing(facts)] == ["what happened before this record begins"]
    facts["written"]["note"] = "10月前由手工台账核实，无事故。"
    assert list(tally.missing(facts)) == []
