"""The call ladder: whom to call next, how, and how long to wait before, until somebody acknowledges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from escalation.words import Words


class Whom(StrEnum):
    """Who is called on a rung, seen from the post that is wanted."""

    HOLDER = "holder"
    DEPUTY = "deputy"
    SUPERIOR = "superior"
    DUTY_MANAGER = "duty_manager"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _WHOM[self]


class Via(StrEnum):
    """Where the call is made: in the incident's room, or straight to the person."""

    ROOM = "room"
    DIRECT = "direct"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _VIA[self]


_WHOM = {
    Whom.HOLDER: Words(zh="岗位负责人", en="the holder"),
    Whom.DEPUTY: Words(zh="副职", en="the deputy"),
    Whom.SUPERIOR: Words(zh="上级", en="the superior"),
    Whom.DUTY_MANAGER: Words(zh="值班经理", en="the duty manager"),
}
_VIA = {
    Via.ROOM: Words(zh="事件频道", en="in the incident's room"),
    Via.DIRECT: Words(zh="直接呼叫", en="directly"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """One call: `wait` after the call before it (after the start, for the first), `whom`, and `via` what."""

    wait: timedelta
    whom: Whom
    via: Via


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """The rungs in order, at least one; past the last, the last is called again every `repeat`, for ever."""

    rungs: tuple[Rung, ...]
    repeat: timedelta


def rung_at(ladder: Ladder, n: int) -> Rung:
    """Answer the `n`th call, counted from 0; past the end it is the last rung again."""
    if n < 0:
        raise IndexError(n)
    return ladder.rungs[min(n, len(ladder.rungs) - 1)]


def wait_before(ladder: Ladder, n: int) -> timedelta:
    """Answer how long to wait between call `n - 1` and call `n`; before call 0 it is counted from the start."""
    if n >= len(ladder.rungs):
        return ladder.repeat
    return rung_at(ladder, n).wait
