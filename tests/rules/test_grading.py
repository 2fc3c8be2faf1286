"""Grading: thresholds on both sides, what is unknown, and what no text defines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import BadRegimes
from escalation import regimes
from escalation.clocks import Level
from incidents.grading import Grade, grade

SO493, TELECOM, CAC = "cn.so493.level", "cn.telecom2009.level", "cn.cac2025.level"
NETSEC, DATASEC, EU, FCC = "cn.netsec2017.level", "cn.datasec2024.level", "eu.cir2690", "us.fcc.nors.wireless"


def graded(criteria: str, facts: dict[str, Any], *parties: str) -> Grade:
    """What the house's criteria say."""
    return grade(regimes.criteria(criteria), facts, parties=parties)


@pytest.mark.parametrize(
    ("criteria", "facts", "level"),
    [
        (SO493, {"deaths": 30}, "I"),
        (SO493, {"deaths": 29}, "II"),
        (SO493, {"deaths": 10}, "II"),
        (SO493, {"deaths": 9}, "III"),
        (SO493, {"deaths": 3}, "III"),
        (SO493, {"deaths": 2}, "IV"),
        (SO493, {"deaths": 1}, "IV"),
        (SO493, {"deaths": 29, "missing": 1}, "I"),
        (SO493, {"missing": 3}, "III"),
        (SO493, {"serious_injuries": 100}, "I"),
        (SO493, {"serious_injuries": 99}, "II"),
        (SO493, {"serious_injuries": 50}, "II"),
        (SO493, {"serious_injuries": 49}, "III"),
        (SO493, {"serious_injuries": 10}, "III"),
        (SO493, {"serious_injuries": 9}, "IV"),
        (SO493, {"direct_loss_yuan": 100_000_000}, "I"),
        (SO493, {"direct_loss_yuan": Decimal("99999999.99")}, "II"),
        (SO493, {"direct_loss_yuan": 50_000_000}, "II"),
        (SO493, {"direct_loss_yuan": 49_999_999}, "III"),
        (SO493, {"direct_loss_yuan": 10_000_000}, "III"),
        (SO493, {"direct_loss_yuan": 9_999_999}, "IV"),
        (SO493, {"deaths": 1, "serious_injuries": 50}, "II"),
        (SO493, {"deaths": 0, "missing": 0, "serious_injuries": 0, "direct_loss_yuan": 0}, None),
        (TELECOM, {"users_affected": 500_001, "duration_hours": Decimal("1.01")}, "I"),
        (TELECOM, {"users_affected": 500_000, "duration_hours": 2}, None),
        (TELECOM, {"users_affected": 600_000, "duration_hours": 1}, None),
        (TELECOM, {"inter_operator_voice_total_block_hours": Decimal("5.01")}, "I"),
        (TELECOM, {"inter_operator_voice_total_block_hours": 5}, None),
        (CAC, {"personal_information_persons": 100_000_000}, "I"),
        (CAC, {"personal_information_persons": 99_999_999}, "II"),
        (CAC, {"personal_information_persons": 10_000_000}, "II"),
        (CAC, {"personal_information_persons": 9_999_999}, "III"),
        (CAC, {"personal_information_persons": 1_000_000}, "III"),
        (CAC, {"personal_information_persons": 999_999}, None),
        (CAC, {"direct_loss_yuan": 100_000_000}, "I"),
        (NETSEC, {"personal_information_persons": 10_000_000}, "II"),
        (NETSEC, {"personal_information_persons": 1_000_000}, "III"),
        (NETSEC, {"personal_information_persons": 100_000}, "IV"),
        (NETSEC, {"personal_information_persons": 99_999}, None),
        (DATASEC, {"duration_hours": 12}, "II"),
        (DATASEC, {"duration_hours": Decimal("11.99")}, "III"),
        (DATASEC, {"duration_hours": 8}, "III"),
        (DATASEC, {"duration_hours": Decimal("7.99")}, "IV"),
        (DATASEC, {"direct_loss_yuan": 1_000_000_000}, "I"),
        (DATASEC, {"direct_loss_yuan": 999_999_999}, "II"),
        (DATASEC, {"direct_loss_yuan": 100_000_000}, "II"),
        (DATASEC, {"sensitive_information_persons": 1_000_000}, "II"),
        (DATASEC, {"sensitive_information_persons": 999_999}, "III"),
        (DATASEC, {"personal_information_persons": 10_000_000}, "II"),
    ],
)
def test_each_threshold_on_both_sides(criteria: str, facts: dict[str, Any], level: str | None) -> None:
    """以上 includes the number and 超过 does not; a band that no known text defines is no level, never IV."""
    assert graded(criteria, facts).level == level


@pytest.mark.parametrize("criteria", [SO493, TELECOM, CAC, NETSEC, DATASEC])
def test_nothing_known_is_no_level(criteria: str) -> None:
    """Without facts there is no level, the grade is provisional, and every fact it waits for is named."""
    nothing = graded(criteria, {}, "cii_operator")
    assert (nothing.level, nothing.provisional, nothing.drivers, nothing.clause) == (None, True, (), None)
    assert set(nothing.unknown) == set(regimes.criteria(criteria).facts(frozenset({"cii_operator"})))


def test_unknown_is_not_zero() -> None:
    """Two deaths and nobody counted the missing: at least IV, and the grade says what could raise it."""
    some = graded(SO493, {"deaths": 2, "missing": None, "serious_injuries": 0})
    assert (some.level, some.provisional, some.unknown) == ("IV", True, ("missing", "direct_loss_yuan"))
    assert some.drivers == ("deaths",)


def test_all_known_is_final() -> None:
    """With every fact known the grade is no longer provisional, and it names the clause and how sure that is."""
    final = graded(SO493, {"deaths": 3, "missing": 0, "serious_injuries": 1, "direct_loss_yuan": 5})
    assert (final.level, final.provisional, final.unknown) == ("III", False, ())
    assert final.drivers == ("deaths",)
    assert final.clause == "国务院令第493号 第三条（三）"
    assert final.confidence == "V-text"


def test_drivers_are_all_facts_that_reach_the_level() -> None:
    """Deaths, the missing and the loss that reach the same level are all named; what falls short is not."""
    facts = {"deaths": 9, "missing": 1, "serious_injuries": 3, "direct_loss_yuan": 60_000_000}
    assert graded(SO493, facts).drivers == ("deaths", "missing", "direct_loss_yuan")


def test_a_level_from_memory_says_so() -> None:
    """A level that only a number from memory reaches carries that mark; one more source lifts it."""
    assert graded(CAC, {"direct_loss_yuan": 20_000_000}).confidence == "MEM"
    both = graded(CAC, {"direct_loss_yuan": 20_000_000, "personal_information_persons": 10_000_000})
    assert (both.level, both.confidence) == ("II", "V-page")


def test_an_interruption_grades_only_a_cii_operator_under_cac() -> None:
    """Hours of interruption are a measure of critical infrastructure; for others they are neither read nor missed."""
    assert graded(CAC, {"duration_hours": 6}, "cii_operator").level == "II"
    other = graded(CAC, {"duration_hours": 6}, "other")
    assert other.level is None
    assert "duration_hours" not in other.unknown


@pytest.mark.parametrize(
    ("facts", "significant"),
    [
        ({"duration_hours": Decimal("0.5"), "user_minutes": 900_000}, True),
        ({"duration_hours": Decimal("0.49"), "user_minutes": 900_000, "affects_911": True}, False),
        ({"duration_hours": Decimal("0.5"), "user_minutes": 899_999, "affects_911": False}, False),
        ({"duration_hours": Decimal("0.5"), "user_minutes": 899_999}, None),
        ({"duration_hours": 1, "affects_911": True}, True),
        ({"user_minutes": 900_000}, None),
        ({"user_minutes": 5, "affects_911": False}, False),
        ({}, None),
    ],
)
def test_fcc_answers_yes_no_or_not_known(facts: dict[str, Any], significant: bool | None) -> None:
    """At least 30 minutes and 900 000 user-minutes, or 911; a no needs facts that settle it."""
    answer = graded(FCC, facts)
    assert answer.significant is significant
    assert answer.level is None


@pytest.mark.parametrize(
    ("facts", "significant"),
    [
        ({"duration_hours": Decimal("0.5")}, None),
        ({"duration_hours": Decimal("0.51")}, True),
        ({"deaths": 1}, True),
        ({"personal_information_persons": 1_000_001}, True),
        (
            {"duration_hours": Decimal("0.5"), "deaths": 0, "serious_injuries": 0, "personal_information_persons": 0},
            False,
        ),
    ],
)
def test_eu_more_than_is_strict(facts: dict[str, Any], significant: bool | None) -> None:
    """More than 30 minutes is not 30 minutes; a no is given only when every limb that is tested is known."""
    assert graded(EU, facts).significant is significant


@given(
    st.dictionaries(
        st.sampled_from(["deaths", "missing", "serious_injuries", "direct_loss_yuan"]), st.integers(0, 2 * 10**8)
    ),
    st.sampled_from(["deaths", "missing", "serious_injuries", "direct_loss_yuan"]),
    st.integers(0, 2 * 10**8),
)
def test_learning_a_fact_never_lowers_the_level(facts: dict[str, int], name: str, value: int) -> None:
    """A level graded from partial facts is a lower bound: another fact may raise it and never lowers it."""
    before = graded(SO493, {**facts, name: None}).level
    then = graded(SO493, {**facts, name: value}).level
    assert before is None or (then is not None and Level(then).reaches(before))


def test_an_operator_may_bring_a_finer_table() -> None:
    """An operator's own table in the same form grades the bands that the public text leaves open."""
    own = """
- id: own.telecom.level
  title: {zh: 本单位分级, en: Our own table}
  source: 本单位
  confidence: V-text
  scope: {event_class: [network_operation]}
  levels:
    IV: [{when: {fact: users_affected, gt: 0}, clause: 本单位 四级}]
    III: [{when: {fact: users_affected, gt: 50000}, clause: 本单位 三级}]
"""
    table = regimes.read_criteria(own, "own.yaml")[0]
    assert grade(table, {"users_affected": 50_001}).level == "III"
    assert grade(table, {"users_affected": 50_000}).level == "IV"


def test_a_bad_table_is_refused_with_its_places() -> None:
    """Every fault of an operator's table is told at once, each with its line and column."""
    bad = (
        "- id: x\n  title: {zh: 一, en: a}\n  source: s\n  confidence: sure\n"
        "  levels:\n    V: []\n    I: [{when: {fact: a, gte: many}, clauses: y}]\n"
    )
    with pytest.raises(BadRegimes) as refused:
        regimes.read_criteria(bad, "own.yaml")
    said = refused.value.sentence("en")
    assert "own.yaml:4:15: unknown confidence “sure”" in said
    assert "unknown level “V”" in said
    assert "a number is expected here." in said
    assert "own.yaml:7:38: unknown key “clauses”; did you mean “clause”?" in said
