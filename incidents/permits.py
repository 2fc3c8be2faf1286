"""Who may do what to an incident: one literal table, and what it does not name is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from errors import NotPermitted, SecondPersonWanted
from escalation import rosters
from escalation.rosters import APPROVER, DUTY_MANAGER, PLAN_OWNER, RESPONDER, Person
from escalation.words import Words

ROLE_TITLES = rosters.ROLE_TITLES


class Act(StrEnum):
    """Everything a person can do to an incident."""

    JOIN = "join"
    DECLARE = "declare"
    ACTIVATE = "activate"
    SET_LEVEL = "set_level"
    STAND_DOWN = "stand_down"
    RESUME = "resume"
    CANCEL = "cancel"
    MERGE = "merge"
    REVIEW = "review"
    CLOSE = "close"
    TAKE_ROLE = "take_role"
    HAND_OVER = "hand_over"
    ADD_TASK = "add_task"
    TAKE_TASK = "take_task"
    TICK_TASK = "tick_task"
    SET_FACTS = "set_facts"
    ASSESS = "assess"
    DRAFT = "draft"
    ASK_TO_SIGN = "ask_to_sign"
    CONFIRM_BY_HAND = "confirm_by_hand"
    SETTLE_UNCERTAIN = "settle_uncertain"
    RELEASE = "release"
    MOVE = "move"


ANYBODY = (DUTY_MANAGER, APPROVER, PLAN_OWNER, RESPONDER)
COMMAND = (DUTY_MANAGER,)  # and whoever commands the incident (`commander` below)

# Who signs a notice, alone or not, its duty says (incidents.report.may_sign).
PERMITS: Mapping[Act, tuple[str, ...]] = {
    Act.JOIN: ANYBODY,
    Act.DECLARE: ANYBODY,
    Act.ACTIVATE: COMMAND,
    Act.SET_LEVEL: COMMAND,
    Act.STAND_DOWN: COMMAND,
    Act.RESUME: COMMAND,
    Act.CANCEL: (DUTY_MANAGER, APPROVER),
    Act.MERGE: (DUTY_MANAGER, APPROVER),
    Act.REVIEW: (DUTY_MANAGER, PLAN_OWNER),
    Act.CLOSE: COMMAND,
    Act.TAKE_ROLE: (DUTY_MANAGER, RESPONDER),
    Act.HAND_OVER: (DUTY_MANAGER, RESPONDER),
    Act.ADD_TASK: (DUTY_MANAGER, RESPONDER),
    Act.TAKE_TASK: (DUTY_MANAGER, RESPONDER),
    Act.TICK_TASK: (DUTY_MANAGER, RESPONDER),
    Act.SET_FACTS: (DUTY_MANAGER, RESPONDER),
    Act.ASSESS: (DUTY_MANAGER, RESPONDER),
    Act.DRAFT: (DUTY_MANAGER, RESPONDER),
    Act.ASK_TO_SIGN: (DUTY_MANAGER, RESPONDER),
    Act.CONFIRM_BY_HAND: (DUTY_MANAGER, APPROVER, RESPONDER),
    Act.SETTLE_UNCERTAIN: (DUTY_MANAGER, APPROVER),
    Act.RELEASE: (APPROVER,),  # that something is no longer owed is said by who answers for notices
    Act.MOVE: COMMAND,
}

#: Acts that the incident's commander may do whatever else they hold.
COMMANDERS = frozenset(
    {Act.ACTIVATE, Act.SET_LEVEL, Act.STAND_DOWN, Act.RESUME, Act.CANCEL, Act.MERGE, Act.REVIEW, Act.CLOSE, Act.MOVE}
)


def may(act: Act, by: Person, unit: str, *, commander: str | None = None) -> bool:
    """Whether `by` may do `act` at `unit`."""
    if act in COMMANDERS and commander == by.id:
        return True
    return any(by.has(role, unit) for role in PERMITS.get(act, ()))


def require(act: Act, by: Person, unit: str, *, commander: str | None = None) -> None:
    """Refuse unless `by` may do `act` at `unit`."""
    if not may(act, by, unit, commander=commander):
        zh, en = zip(*(ROLE_TITLES[role] for role in PERMITS[act]), strict=True)
        raise NotPermitted(role=_either(zh, en))


def require_another(by: Person, than: str | None, what: Words, did: Words) -> None:
    """Refuse when `by` is the person (`than`) who `did` the step before: four eyes."""
    if by.id == than:
        raise SecondPersonWanted(what=what, who=by.name, did=did)


def _either(zh: tuple[str, ...], en: tuple[str, ...]) -> Words:
    return Words(zh=" / ".join(zh), en=" / ".join(en))
