"""The life of an incident: every state, every step, and nothing beside the drawing."""

from __future__ import annotations

from itertools import product

import pytest

from errors import WrongState
from escalation.words import Words
from incidents.machine import OPEN, STATES, STEPS, State, Step, advance, require_open, steps

DRAWN = {
    (State.DECLARED, Step.ACTIVATE): State.RESPONDING,
    (State.DECLARED, Step.CANCEL): State.CANCELLED,
    (State.RESPONDING, Step.STAND_DOWN): State.STOOD_DOWN,
    (State.RESPONDING, Step.CANCEL): State.CANCELLED,
    (State.STOOD_DOWN, Step.RESUME): State.RESPONDING,
    (State.STOOD_DOWN, Step.REVIEW): State.REVIEWED,
    (State.REVIEWED, Step.CLOSE): State.CLOSED,
}


@pytest.mark.parametrize(("state", "step"), sorted(DRAWN))
def test_what_is_drawn_goes(state: State, step: Step) -> None:
    """Each step of the drawing leads where it says."""
    assert advance(state, step) is DRAWN[state, step]


@pytest.mark.parametrize(("state", "step"), sorted(set(product(State, Step)) - set(DRAWN)))
def test_what_is_not_drawn_refuses(state: State, step: Step) -> None:
    """In the presser's language it says where the incident stands, what was asked, and what is possible."""
    with pytest.raises(WrongState) as refused:
        advance(state, step)
    for lang in ("zh", "en"):
        sentence = refused.value.sentence(lang)
        assert STATES[state].said(lang) in sentence
        assert STEPS[step].said(lang) in sentence
        assert all(STEPS[each].said(lang) in sentence for each in steps(state))


def test_steps_are_those_of_the_drawing() -> None:
    """What is offered is what goes, in the order of life."""
    for state in State:
        assert steps(state) == tuple(step for step in Step if (state, step) in DRAWN)


def test_every_state_and_step_has_words() -> None:
    """In both languages, each its own."""
    for table, names in ((STATES, State), (STEPS, Step)):
        assert set(table) == set(names)
        assert len({words.zh for words in table.values()}) == len({words.en for words in table.values()}) == len(table)


def test_only_what_is_open_is_worked_on() -> None:
    """What is closed or cancelled refuses, and names what was tried."""
    doing = Words(zh="更新事实", en="update the facts")
    for state in State:
        if state in OPEN:
            require_open(state, doing)
        else:
            with pytest.raises(WrongState, match="update the facts"):
                require_open(state, doing)
    assert {state for state in State if not steps(state)} == set(State) - OPEN
