"""Who may do what: the whole table, role by role, and nothing beside it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from errors import NotPermitted
from escalation import rosters
from escalation.rosters import APPROVER, DUTY_MANAGER, PLAN_OWNER, RESPONDER, Person
from escalation.words import Words
from incidents.permits import COMMANDERS, PERMITS, ROLE_TITLES, Act, may, require
from plans import permits as entry_permits
from plans.sheets import Row

PEOPLE = rosters.read((Path(__file__).parents[2] / "people.yaml").read_text("utf-8"))

D, A, P, R = DUTY_MANAGER, APPROVER, PLAN_OWNER, RESPONDER
ROLES = (D, A, P, R)
#: Written down a second time, so that a slip in the table is seen.
WHO = {
    "join": {D, A, P, R}, "declare": {D, A, P, R}, "activate": {D}, "set_level": {D}, "stand_down": {D},
    "resume": {D}, "cancel": {D, A}, "merge": {D, A}, "review": {D, P}, "close": {D}, "take_role": {D, R},
    "hand_over": {D, R}, "add_task": {D, R}, "take_task": {D, R}, "tick_task": {D, R}, "set_facts": {D, R},
    "assess": {D, R}, "draft": {D, R}, "ask_to_sign": {D, R},
    "confirm_by_hand": {D, A, R}, "settle_uncertain": {D, A}, "release": {A}, "move": {D},
}  # fmt: skip
COMMANDER_MAY = {"activate", "set_level", "stand_down", "resume", "cancel", "merge", "review", "close", "move"}


def person(*roles: str, unit: str = "henan") -> Person:
    """Somebody who holds these roles at one unit."""
    held = {unit: frozenset(roles)}
    return Person(
        id="x", name="某", title=None, slack="", email="", phone="", locale="zh-CN", posts=held, roles=held,
        superior=None, deputies=(),
    )  # fmt: skip


def test_every_act_has_an_entry() -> None:
    """A new act without one fails here."""
    assert set(PERMITS) == set(Act)
    assert {act.value for act in Act} == set(WHO)
    assert set(ROLES) == set(ROLE_TITLES)


@pytest.mark.parametrize(("act", "role", "commands"), list(product(Act, (*ROLES, "noc", ""), (False, True))))
def test_the_table_and_nothing_else(act: Act, role: str, commands: bool) -> None:
    """Every act, every role, commanding or not: exactly what is written; the refusal names the roles it needs."""
    by = person(*([role] if role else []))
    commander = by.id if commands else "other"
    wanted = role in WHO[act.value] or (commands and act.value in COMMANDER_MAY)
    assert may(act, by, "henan", commander=commander) is wanted
    if wanted:
        require(act, by, "henan", commander=commander)
        return
    with pytest.raises(NotPermitted) as refused:
        require(act, by, "henan", commander=commander)
    for lang, n in (("zh", 0), ("en", 1)):
        assert all(ROLE_TITLES[each][n] in refused.value.sentence(lang) for each in WHO[act.value])


def test_a_role_counts_where_it_is_held() -> None:
    """Somebody's right at one unit is none at another."""
    by = person(*ROLES, unit="henan")
    assert not any(may(act, by, unit) for act in Act for unit in ("shanghai", "group", "", "nowhere"))


def test_who_is_known_for_nothing_may_nothing() -> None:
    """No role, no act; command alone gives its own acts and no signature."""
    by = person()
    assert not any(may(act, by, "henan") for act in Act)
    assert {act for act in Act if may(act, by, "henan", commander="x")} == COMMANDERS
    assert Act.RELEASE not in COMMANDERS


def test_who_may_change_an_entry_of_a_register() -> None:
    """Its owner and a plan owner of where it stands and is to stand; nobody makes an entry their own by changing it."""
    everywhere, theirs = _entry(), _entry(owner="liu.yang")
    chen, liu = (PEOPLE.person(each) for each in ("chen.jing", "liu.yang"))
    for before, after in ((None, None), (None, everywhere), (everywhere, theirs), (theirs, None)):
        entry_permits.require_entry(chen, before, after, PEOPLE)
    entry_permits.require_entry(liu, theirs, _entry(owner="liu.yang", unit="henan"), PEOPLE)
    entry_permits.require_entry(liu, theirs, None, PEOPLE)
    for before, after in ((None, None), (None, theirs), (everywhere, theirs), (everywhere, None)):
        with pytest.raises(NotPermitted):
            entry_permits.require_entry(liu, before, after, PEOPLE)


def _entry(*, owner: str | None = None, unit: str | None = None) -> Row:
    return Row(name="udm-pair", title=Words(zh="甲", en="A"), owner=owner, unit=unit)
