"""The life of a plan: which steps stand open, and who may take them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest

from errors import BadPeople, NotPermitted, WrongPlanState
from escalation import rosters
from escalation.rosters import Acting, People
from playbooks import permits
from playbooks.machine import MEANINGS, STATES, STEPS, State, Step, advance, steps
from playbooks.permits import PERMITS, Act

D, U, S, I, F, P, W = State  # noqa: E741 -- issued
ROADS = {
    (D, Step.EDIT): D, (U, Step.EDIT): D, (S, Step.EDIT): D, (D, Step.SUBMIT): U, (U, Step.REVIEW): U,
    (U, Step.SEND_BACK): D, (S, Step.SEND_BACK): D, (U, Step.SIGN): S, (S, Step.ISSUE): I, (D, Step.AMEND): I,
    (I, Step.TAKE_EFFECT): F, (F, Step.SUPERSEDE): P, (I, Step.SUPERSEDE): P, (P, Step.RESTORE): F,
    **{(state, Step.WITHDRAW): W for state in (D, U, S, I, F, P)},
}  # fmt: skip
PEOPLE = rosters.read((Path(__file__).parents[2] / "people.yaml").read_text("utf-8"))
AT = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_every_step_from_every_state(state: State, step: Step) -> None:
    """What is drawn is possible; everything else is refused with what is possible instead, in both languages."""
    if (state, step) in ROADS:
        assert advance(state, step) is ROADS[state, step]
        assert step in steps(state)
        return
    with pytest.raises(WrongPlanState) as refused:
        advance(state, step)
    for lang in ("zh", "en"):
        said = refused.value.sentence(lang)
        assert STATES[state].said(lang) in said
        assert all(STEPS[each].said(lang) in said for each in steps(state))


def test_every_state_has_a_sentence() -> None:
    """A name and a meaning for each state, a name for each step."""
    assert set(STATES) == set(MEANINGS) == set(State)
    assert set(STEPS) == set(Step)
    assert set(PERMITS) == set(Act)


def test_a_right_counts_at_every_unit_of_the_plan() -> None:
    """Somebody who may at one of two units may not sign for both; a plan for all units wants a right everywhere."""
    gao = PEOPLE.person("gao.yuan")  # duty manager of Henan
    common = {"people": PEOPLE, "at": AT}
    assert permits.may(Act.REVIEW, gao, ("henan", "henan.zhengzhou"), **common)
    assert not permits.may(Act.REVIEW, gao, ("henan", "shanghai"), **common)
    assert not permits.may(Act.REVIEW, gao, (), **common)
    assert permits.may(Act.REVIEW, PEOPLE.person("li.wei"), (), **common)
    assert not permits.may(Act.REVIEW, replace(gao, roles={}, posts={}), (), **common)


def acting(since: date, until: date) -> People:
    """Sun Lei stands in for the approver Wang Fang from one day to another."""
    wang = replace(PEOPLE.person("wang.fang"), acting=(Acting(who="sun.lei", since=since, until=until),))
    return replace(PEOPLE, people={**PEOPLE.people, "wang.fang": wang})


@pytest.mark.parametrize(("hour", "may"), [(15, False), (16, True), (40, True), (63, True), (64, False)])
def test_a_deputy_is_dated(hour: int, may: bool) -> None:
    """From midnight of the first day to the end of the last, in the organisation's zone; whom they stand for is said.

    The days are the 2nd and 3rd of March in Shanghai, which begin at 16:00 UTC of the 1st.
    """
    people = acting(date(2027, 3, 2), date(2027, 3, 3))
    days, left = divmod(hour, 24)
    at = datetime(2027, 3, 1 + days, left, tzinfo=UTC)
    sun = people.person("sun.lei")
    if may:
        assert permits.require(Act.SIGN, sun, (), people=people, at=at) == "wang.fang"
        return
    with pytest.raises(NotPermitted):
        permits.require(Act.SIGN, sun, (), people=people, at=at)


def test_a_deputy_without_a_date_signs_nothing() -> None:
    """Who is called in somebody's absence has no right of theirs by that."""
    ma = PEOPLE.person("ma.chao")  # deputy of Sun Lei
    assert "ma.chao" in PEOPLE.person("sun.lei").deputies
    assert not permits.may(Act.SIGN, ma, (), people=PEOPLE, at=AT)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{who: nobody, since: 2027-03-01, until: 2027-03-02}", "nobody"),
        ("{who: sun.lei, since: 2027-02-30, until: 2027-03-02}", "没有这一天"),
        ("{who: sun.lei, since: 2027-03-02, until: 2027-03-01}", "早于"),
        ("{who: sun.lei, since: 2027-03-02}", "until"),
    ],
)
def test_a_deputy_that_cannot_be_is_refused(said: str, wrong: str) -> None:
    """An unknown person, a day that is not, an end before the beginning, no end: the file is refused."""
    text = (Path(__file__).parents[2] / "people.yaml").read_text("utf-8")
    line = "    roles: {group: [approver, responder]}\n"
    assert line in text
    with pytest.raises(BadPeople) as refused:
        rosters.read(text.replace(line, f"{line}    acting: [{said}]\n", 1))
    assert wrong in refused.value.sentence("zh")


def test_the_file_dates_a_deputy() -> None:
    """What the people file says is read."""
    text = (Path(__file__).parents[2] / "people.yaml").read_text("utf-8")
    line = "    roles: {group: [approver, responder]}\n"
    said = "    acting: [{who: sun.lei, since: 2027-03-01, until: 2027-03-02}]\n"
    people = rosters.read(text.replace(line, line + said, 1))
    (found,) = people.person("wang.fang").acting
    assert found == Acting(who="sun.lei", since=date(2027, 3, 1), until=date(2027, 3, 2))
