"""`python -m tests.story.kill N`: kill -9 the product in the middle of an emergency, N times, and compare the ends.

An errand is an emergency in short: declare, activate, take a role, phone the oral report, sign the first notice, have
it acknowledged. Whoever was interrupted looks again and presses again, as a person does; the end must be the same.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import requests

from tests.story.house import Doc, House, standing, until
from tests.story.look import rows
from tests.story.page import Person
from tests.story.team import Team

BOT = "xoxb-local-tocsin"
LEASE = timedelta(seconds=61)  # of the sender that was killed
ONCE = ("declared", "activated", "roles_called", "role_taken", "signed", "acknowledged")
TIMED = frozenset({"clock", "call", "task_due", "task_late", "duty_card"})  # how many depends on how long it took
TRIES = 12
Done = Callable[[], object]
Troubles = (requests.RequestException, AssertionError, KeyError)


@dataclass
class Errand:
    """One short emergency, pressed until it is through, whatever is killed meanwhile."""

    house: House
    title: str
    alive: threading.Event = field(default_factory=threading.Event)
    doing: str = ""
    repeated: int = 0
    fault: BaseException | None = None
    about_to_submit: Callable[[], object] = bool  # pressed first before the declaration is submitted

    def __post_init__(self) -> None:
        """Bring the people, and remember which rooms are there already."""
        self.alive.set()
        self.team = Team(self.house)
        self.gao = self.team.at_duty_room("gao")
        self.before = set(self.gao.rooms())

    def steps(self) -> list[tuple[str, Done, Callable[[], object]]]:
        """What is done, how one sees that it is done, and what one presses."""
        return [
            ("declare", self._room, self._declare),
            ("activate", self._activated, lambda: self.team.activate("gao", "IV", event_level="II")),
            ("take", lambda: self._reads("网络监控 张强", "状态"), lambda: self.team.take("zhang", "网络监控")),
            ("phone", lambda: self._reads("接报人", "口头快报"), lambda: self.team.phone("wang", "口头快报", "刘工")),
            ("sign", lambda: self._reads("签发：王芳", "首报"), lambda: self.team.sign("wang", "首报")),
            ("arrive", self._arrived, lambda: None),
            ("acknowledge", lambda: self._reads("机关已确认", "首报"), self._acknowledge),
        ]

    def run(self) -> None:
        """Go through every step; a step that broke is looked at again and pressed again."""
        try:
            for name, done, do in self.steps():
                self.doing = name
                self._through(done, do)
        except BaseException as fault:  # noqa: BLE001 -- carried to the thread that waits for this one
            self.fault = fault

    def _through(self, done: Done, do: Callable[[], object]) -> None:
        for attempt in range(TRIES):
            self.alive.wait()
            try:
                if done():
                    return
                do()
                until(done, 4 if attempt else 8, what=f"{self.doing} is seen")
            except Troubles:
                if attempt == TRIES - 1:
                    raise
                self.repeated += 1
                self._afresh()

    def _afresh(self) -> None:
        """A minute later, with no half-filled form in the way (but the declaration's, which is pressed again)."""
        time.sleep(0.3)
        self.alive.wait()
        with contextlib.suppress(*Troubles):
            self.house.set_clock(self.house.now + LEASE)
            for person in self.team.seen.values():
                if self.doing != "declare":
                    person.close()

    # --- what one sees

    def _room(self) -> str | None:
        found = next((name for name in self.gao.rooms() if name not in self.before and name.startswith("inc-")), None)
        if found is not None and self.gao.modal() is None:
            self.team.room = found
            self.gao.go(found)
            return found if "状态" in self.gao.log() else None
        return None

    def _activated(self) -> bool:
        return not self.gao.there("activate_open") and "📣" in self.gao.log() and "首报" in self.gao.log()

    def _reads(self, words: str, card: str) -> bool:
        return any(words in each.text and card in each.text for each in self.gao.messages())

    @property
    def number(self) -> str:
        """The incident's number, from its room."""
        told = next(each.text for each in self.gao.messages() if self.title in each.text)
        return next(word for word in told.split() if word.startswith("INC-"))

    def _receipt(self) -> str | None:
        key = f"notice:{self.number}:D2:1"
        return next((each.receipt for each in self.house.received() if each.key == key), None)

    def _arrived(self) -> bool:
        return self._receipt() is not None

    # --- what one presses

    def _declare(self) -> None:
        if self._twin():
            self.gao.close()
            return
        if self.gao.modal() is None:
            self.gao.go("duty-room").say("/incident")
        self.about_to_submit()
        # Also in a form that outlived the kill: it may have been opened and never typed into.
        self.gao.fill(title=self.title, scenario="flood_typhoon", unit="henan")
        if self._twin():
            self.gao.close()

    def _twin(self) -> bool:
        modal = self.gao.modal()
        return modal is not None and next(modal.every("button", data_action="join_room"), None) is not None

    def _acknowledge(self) -> None:
        receipt = self._receipt()
        assert receipt is not None
        self.house.acknowledge(receipt)

    # --- how it ended

    def end(self) -> Doc:
        """The end, by every witness: the desk's log, the room's messages, the house's own record."""
        self.house.rest()
        number, room = self.number, self.gao.channel
        kinds, doubled = _messages(self.house, room)
        row = next(each for each in rows(self.house, INCIDENT) if each["number"] == number)
        written = Counter(
            each["kind"] for each in rows(self.house, JOURNAL) if each["matter"] == f"incident:{row['id']}"
        )
        arrived = Counter(each.key for each in self.house.received() if number in each.key)
        return {
            "desk": {key.replace(number, "N"): count for key, count in arrived.items()},
            "state": row["state"],
            "tasks": row["tasks"],
            "held": row["held"],
            "messages": kinds,
            "doubled": doubled,
            "journal": {kind: written[kind] for kind in ONCE},
        }

    def clear(self) -> None:
        """A false alarm after all, so that the next errand finds nothing open."""
        # Four eyes: who declared it does not call it off while notices are owed.
        self.team.more("wang", "reports")
        self.team.wang.press("cancel_open")
        self.team.wang.fill(reason="演示结束")
        until(lambda: not self.gao.there("facts_open"), 10, what="cancelled")


INCIDENT = """
    select i.id, i.number, i.state, (select count(*) from task t where t.incident_id = i.id) as tasks,
    (select count(*) from holding h where h.incident_id = i.id) as held from incident i
"""
JOURNAL = "select matter, kind from journal"


def _messages(house: House, room: str) -> tuple[Doc, int]:
    asked = {"channel": room, "include_all_metadata": "true", "limit": "200"}
    headers = {"Authorization": f"Bearer {BOT}"}
    page = house.web.post(f"{house.url}/api/conversations.history", data=asked, headers=headers, timeout=10).json()
    keys = Counter(
        key for each in page["messages"] if (key := (each.get("metadata") or {}).get("event_payload", {}).get("key"))
    )
    kinds = Counter(key.split(":")[2] for key in keys)
    kept = {kind: count for kind, count in sorted(kinds.items()) if kind not in TIMED}
    return kept, sum(count - 1 for count in keys.values())


# --- killing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A named step: what holds it open, and how one sees that it has come."""

    name: str
    during: str
    arm: Callable[[House], object]
    come: Callable[[House, Errand], object]


def _called(house: House, method: str, *, lost: bool = False) -> bool:
    return any(each["method"] == method and each["lost"] >= lost for each in house.calls())


def _receipts(house: House, errand: Errand) -> set[str]:
    """The receipts the desk gave for this errand's notices."""
    number = rows(house, f"select number from incident where title = '{errand.title}'")[0]["number"]  # noqa: S608
    return {each.receipt for each in house.received() if number in each.key}


def _acknowledged(house: House, errand: Errand) -> bool:
    said = {each["receipt"] for each in house.log() if each["event"] == "acknowledged"}
    return bool(said & _receipts(house, errand))


def _signed(house: House) -> bool:
    return house.dispatches()["portal", "claimed"] > 0


MOMENTS = (
    Moment(
        name="after submit, before the room exists",
        during="declare",
        arm=lambda house: house.faults(latency_ms=6000),  # a busy machine takes long to kill
        come=lambda house, _: rows(house, "select id from incident where title = 'named'"),
    ),
    Moment(
        name="the room is made, its answer lost",
        during="declare",
        arm=lambda house: house.faults(lose_answers=1),
        come=lambda house, _: _called(house, "conversations.create", lost=True),
    ),
    Moment(
        name="after the calls",
        during="activate",
        arm=lambda house: house.faults(latency_ms=60),
        come=lambda _, errand: "📣" in Person(errand.house, "U0SUNLEI").go(errand.team.room).log(),
    ),
    Moment(
        name="after signing, before the desk has it",
        during="sign",
        arm=lambda house: house.desk_fault("hang"),
        come=lambda house, _: _signed(house),
    ),
    Moment(
        name="during sending: the desk has it, its answer is on the way",
        during="arrive",
        arm=lambda house: house.desk_fault("drip"),
        come=_receipts,
    ),
    Moment(
        name="sent again, the answer lost, before that is recorded",
        during="arrive",
        arm=lambda house: house.desk_fault("lose_answer"),
        come=lambda house, errand: _receipts(house, errand) & {e["receipt"] for e in house.log() if e.get("repeat")},
    ),
    Moment(
        name="after the receipt, before it is told",
        during="acknowledge",
        arm=lambda house: house.faults(latency_ms=0),
        come=_acknowledged,
    ),
)


def named(house: House) -> tuple[Doc, list[str]]:
    """One errand, killed at every named step in turn; its end, and the steps at which it was killed."""
    errand = Errand(house, "named")
    killed: list[str] = []
    pressing = threading.Thread(target=errand.run, daemon=True)
    # Once only, and not before the form is there: what is slow is the making of the room.
    armed = iter([MOMENTS[0].arm])
    errand.about_to_submit = lambda: next(armed, bool)(house) if not killed else None
    pressing.start()
    for n, moment in enumerate(MOMENTS):
        until(functools.partial(_comes, moment, house, errand), 60, what=moment.name)
        if errand.fault:
            raise errand.fault
        killed.append(moment.name)
        armed = MOMENTS[n + 1].arm if n + 1 < len(MOMENTS) else None
        kill_and_start(house, errand, armed)
    pressing.join(90)
    _ended(pressing, errand)
    return errand.end(), killed


def at_random(house: House, seed: int, lasts_s: float) -> tuple[Doc, Doc]:
    """One errand killed once at an instant the seed decides; its end, and how it went."""
    moment_s = random.Random(seed).uniform(0, lasts_s)  # noqa: S311 -- chance, not secrecy
    errand = Errand(house, f"seed {seed}")
    pressing = threading.Thread(target=errand.run, daemon=True)
    pressing.start()
    time.sleep(moment_s)
    during = errand.doing
    kill_and_start(house, errand, None)
    pressing.join(90)
    _ended(pressing, errand)
    end = errand.end()
    errand.clear()
    return end, {"seed": seed, "at_s": round(moment_s, 2), "during": during, "repeated": errand.repeated}


def unkilled(house: House) -> tuple[Doc, float]:
    """The same errand with nothing killed: its end, and how long it takes."""
    errand, began = Errand(house, "unkilled"), time.monotonic()
    errand.run()
    lasts_s = time.monotonic() - began
    if errand.fault:
        raise errand.fault
    end = errand.end()
    errand.clear()
    return end, lasts_s


def _comes(moment: Moment, house: House, errand: Errand) -> object:
    return errand.fault or moment.come(house, errand)


def kill_and_start(house: House, errand: Errand, arm: Callable[[House], object] | None) -> None:
    """SIGKILL, start again, and a minute later: the dead sender's lease has run out."""
    errand.alive.clear()
    house.kill()
    house.start()
    if arm is not None:
        arm(house)
    house.set_clock(house.now + LEASE)
    errand.alive.set()


def _ended(pressing: threading.Thread, errand: Errand) -> None:
    assert not pressing.is_alive(), f"still at {errand.doing}"
    if errand.fault:
        raise errand.fault


def main() -> int:
    """Print a line a kill, then the counts; 1 if an end differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.story.kill", description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    say, differ, where = sys.stdout.write, 0, Counter[str]()
    with tempfile.TemporaryDirectory(prefix="kill") as folder, standing(Path(folder) / "var") as house:
        wanted, lasts_s = unkilled(house)
        say(f"unkilled: {lasts_s:.1f} s, {wanted}\n")
        for seed in range(given.seed, given.seed + given.kills):
            end, how = at_random(house, seed, lasts_s)
            differ += end != wanted
            where[how["during"]] += 1
            say(f"{how} {'same' if end == wanted else f'DIFFERS {end}'}\n")
            sys.stdout.flush()
    say(f"{given.kills} kills, by step {dict(where)}: {given.kills - differ} ended the same, {differ} did not\n")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
