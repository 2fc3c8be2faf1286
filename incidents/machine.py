"""The life of an incident: its states, the steps between them, and which steps stand open."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

from statemachine import State as Node
from statemachine import StateMachine
from statemachine.exceptions import TransitionNotAllowed

from errors import WrongState
from escalation.words import Words


class State(StrEnum):
    """Where an incident stands."""

    DECLARED = "declared"
    RESPONDING = "responding"
    STOOD_DOWN = "stood_down"
    REVIEWED = "reviewed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What a person may do to its state."""

    ACTIVATE = "activate"
    STAND_DOWN = "stand_down"
    RESUME = "resume"
    REVIEW = "review"
    CLOSE = "close"
    CANCEL = "cancel"


STATES = {
    State.DECLARED: Words(zh="已申报", en="declared"),
    State.RESPONDING: Words(zh="处置中", en="responding"),
    State.STOOD_DOWN: Words(zh="响应已终止", en="stood down"),
    State.REVIEWED: Words(zh="已复盘", en="reviewed"),
    State.CLOSED: Words(zh="已关闭", en="closed"),
    State.CANCELLED: Words(zh="已撤销", en="cancelled"),
}

STEPS = {
    Step.ACTIVATE: Words(zh="启动响应", en="activate"),
    Step.STAND_DOWN: Words(zh="终止响应", en="stand down"),
    Step.RESUME: Words(zh="恢复响应", en="resume"),
    Step.REVIEW: Words(zh="复盘", en="review"),
    Step.CLOSE: Words(zh="关闭", en="close"),
    Step.CANCEL: Words(zh="撤销", en="cancel"),
}

#: Open to work: tasks, facts, notices.
OPEN = frozenset({State.DECLARED, State.RESPONDING, State.STOOD_DOWN, State.REVIEWED})


class Flow(StateMachine):
    """The one drawing of the flow; built over a value for each question, never kept (it is not thread-safe)."""

    declared = Node(
        "Somebody said that something is wrong; nobody has started the plan yet.", value="declared", initial=True
    )
    responding = Node("The plan runs: roles are called, tasks are due, clocks tick.", value="responding")
    stood_down = Node("The response is over; what is owed afterwards is still owed.", value="stood_down")
    reviewed = Node("What was learnt is written down.", value="reviewed")
    closed = Node("Nothing is owed any more.", value="closed", final=True)
    cancelled = Node("A false alarm, or merged into another.", value="cancelled", final=True)

    activate = declared.to(responding)
    stand_down = responding.to(stood_down)
    resume = stood_down.to(responding)
    review = stood_down.to(reviewed)
    close = reviewed.to(closed)
    cancel = declared.to(cancelled) | responding.to(cancelled)


def advance(state: State, step: Step) -> State:
    """The state after `step`; `WrongState` says what is possible instead."""
    flow = Flow(start_value=state.value)
    try:
        flow.send(step.value)
    except TransitionNotAllowed:
        raise WrongState(state=STATES[state], step=STEPS[step], allowed=_listed(steps(state))) from None
    return State(next(iter(flow.configuration)).value)


def _listed(open_now: tuple[Step, ...]) -> Words:
    zh, en = "、".join(STEPS[each].zh for each in open_now), ", ".join(STEPS[each].en for each in open_now)
    return Words(zh=zh or "没有可做的步骤", en=en or "nothing")


def require_open(state: State, doing: Words) -> None:
    """Refuse to go on working (`doing`, as people read it) on what has ended."""
    if state not in OPEN:
        refuse(state, doing)


def refuse(state: State, doing: Words) -> NoReturn:
    """Refuse to do `doing` in this state, and say what is possible instead."""
    raise WrongState(state=STATES[state], step=doing, allowed=_listed(steps(state)))


def steps(state: State) -> tuple[Step, ...]:
    """Which steps stand open from `state`, in the order of life."""
    open_now = {event.id for event in Flow(start_value=state.value).allowed_events}
    return tuple(step for step in Step if step.value in open_now)
