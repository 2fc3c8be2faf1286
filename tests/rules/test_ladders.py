"""The call ladder: the next call, and the wait before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from escalation.ladders import Ladder, Rung, Via, Whom, rung_at, wait_before


def minutes(count: int) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


LADDER = Ladder(
    rungs=(
        Rung(wait=minutes(0), whom=Whom.HOLDER, via=Via.ROOM),
        Rung(wait=minutes(3), whom=Whom.HOLDER, via=Via.DIRECT),
        Rung(wait=minutes(5), whom=Whom.DEPUTY, via=Via.DIRECT),
        Rung(wait=minutes(10), whom=Whom.SUPERIOR, via=Via.DIRECT),
    ),
    repeat=minutes(7),
)


@pytest.mark.parametrize(
    ("n", "whom", "via", "wait"),
    [
        (0, Whom.HOLDER, Via.ROOM, 0),
        (1, Whom.HOLDER, Via.DIRECT, 3),
        (2, Whom.DEPUTY, Via.DIRECT, 5),
        (3, Whom.SUPERIOR, Via.DIRECT, 10),
        (4, Whom.SUPERIOR, Via.DIRECT, 7),
        (5, Whom.SUPERIOR, Via.DIRECT, 7),
        (10_000, Whom.SUPERIOR, Via.DIRECT, 7),
    ],
)
def test_each_call_is_its_rung_and_the_last_is_repeated_for_ever(n: int, whom: Whom, via: Via, wait: int) -> None:
    """Past the end the last person is called again every `repeat`."""
    assert (rung_at(LADDER, n).whom, rung_at(LADDER, n).via) == (whom, via)
    assert wait_before(LADDER, n) == minutes(wait)


def test_a_ladder_of_one_rung_repeats_it() -> None:
    """One rung: called at once, then every `repeat`."""
    short = Ladder(rungs=LADDER.rungs[:1], repeat=minutes(2))
    assert [wait_before(short, n) for n in range(3)] == [minutes(0), minutes(2), minutes(2)]
    assert rung_at(short, 2) == LADDER.rungs[0]


@pytest.mark.parametrize("ask", [rung_at, wait_before])
def test_there_is_no_call_before_the_first(ask: object) -> None:
    """A negative number is a slip in the caller, not the last rung from behind."""
    assert callable(ask)
    with pytest.raises(IndexError):
        ask(LADDER, -1)


@pytest.mark.parametrize("member", [*Whom, *Via])
def test_everything_on_a_ladder_has_words(member: Whom | Via) -> None:
    """Whom and how are said in both languages."""
    assert member.words.zh
    assert member.words.en
