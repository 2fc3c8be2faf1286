"""Signed in somebody's stead within the dates alone; taken back while no courier has it, and never sent then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from errors import (
    AlreadyRecalled,
    BadValue,
    CannotConfirm,
    DeputyOutOfDates,
    NotPermitted,
    NotSent,
    NotSigned,
    SignerIsDrafter,
    TooLateToRecall,
    UnknownReceipt,
)
from escalation import deliver
from escalation.deliver import Delivered, Later, Lost, Rejected
from escalation.records import Standing, State
from escalation.rosters import Acting, People
from incidents import add, export, records, report, withdraw
from incidents.records import Filing
from store.database import Database
from tests.acts.incident_house import CHEN, HE, LI, PEOPLE, WANG, ZHANG, Scene

WORDS = {"summary": "双机故障", "cause": "", "measures": "倒换", "next": "", "requests": "", "impact": ""}
TODAY = date(2027, 3, 1)


def _with_deputy(who: str, principal: str, since: date = TODAY, until: date = TODAY) -> People:
    """The sample's people, and `who` standing in for `principal` on these days."""
    people = dict(PEOPLE.people)
    people[principal] = replace(people[principal], acting=(Acting(who=who, since=since, until=until),))
    return replace(PEOPLE, people=people)


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house with one small plan; today Chen Jing, who is no approver, stands in for the approver He Lin."""
    return Scene(database, at, people=_with_deputy("chen.jing", "he.lin"))


def _standing(scene: Scene, number: str, duty: str = "D2") -> Filing:
    return scene.filings(number)[duty]


def _on(scene: Scene, number: str, filing: int, act: Callable[..., Any], *said: object, **more: object) -> None:
    """Press about one notice, whether it stands or was recalled."""
    with scene.database.begin() as session:
        act(session, records.incident(session, number), records.filing(session, filing), *said, **more)


def _takes(scene: Scene, number: str, duty: str = "D2") -> list[Filing]:
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        return [each for each in records.every_filing(session, of) if each.duty == duty]


# --- in somebody's stead ---------------------------------------------------------------------------------------------


def test_a_dated_deputy_signs_on_behalf_of_the_approver(scene: Scene) -> None:
    """The letter, the row, the journal and the card's facts all say who signed and in whose stead."""
    number = scene.active()
    leaving = scene.sign(number, "D2", minute=2, by=CHEN, instead_of=HE)
    signed = _standing(scene, number)
    assert (signed.signed_by, signed.signed_for, signed.signed_alone) == ("chen.jing", "he.lin", False)
    assert "签发人：陈静 代 何琳" in leaving.facts["text"]
    entry = scene.entries(number, "signed")[-1]
    assert (entry.by, entry.body["instead_of"]) == ("chen.jing", "he.lin")
    assert scene.dispatches(number, "filing")[-1].facts["signed_for"] == "he.lin"


@pytest.mark.parametrize(("since", "until"), [(-9, -1), (1, 9)])
def test_outside_the_dates_it_is_refused(scene: Scene, since: int, until: int) -> None:
    """A deputy of yesterday or of tomorrow reads whose deputy they are, and when; nothing leaves."""
    first, last = TODAY + timedelta(days=since), TODAY + timedelta(days=until)
    scene.people = _with_deputy("chen.jing", "he.lin", first, last)
    number = scene.active()
    with pytest.raises(DeputyOutOfDates, match=f"何琳 from {first} to {last}, not today"):
        scene.sign(number, "D2", minute=2, by=CHEN, instead_of=HE)
    assert not scene.dispatches(number, "notice")


def test_who_is_nobodys_deputy_may_not_sign(scene: Scene) -> None:
    """Standing in is a matter of the people file, not of the draft that one has read."""
    number = scene.active()
    with pytest.raises(NotPermitted):
        scene.sign(number, "D2", minute=2, by=ZHANG, instead_of=HE)


@pytest.mark.parametrize("hand", [CHEN, HE])
def test_neither_the_deputy_nor_the_principal_may_have_drafted(scene: Scene, hand: object) -> None:
    """Four eyes count both: what either of them wrote, the deputy does not sign; another approver does."""
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=2, by=_writer(scene, hand))
    with pytest.raises(SignerIsDrafter):
        scene.sign(number, "D2", minute=3, by=CHEN, instead_of=HE)
    assert scene.sign(number, "D2", minute=4, by=WANG).state is State.PENDING


def _writer(scene: Scene, hand: object) -> object:
    assert isinstance(hand, type(HE))
    return scene.people.person(hand.id)


def test_an_approver_who_stands_in_signs_in_their_own_right(scene: Scene) -> None:
    """Nobody signs for another what they may sign themselves."""
    scene.people = _with_deputy("wang.fang", "he.lin")
    number = scene.active()
    scene.sign(number, "D2", minute=2, by=WANG)
    assert _standing(scene, number).signed_for is None


def test_a_drafter_is_not_cleared_by_standing_in(scene: Scene) -> None:
    """An approver who wrote it may not sign it for another approver either."""
    scene.people = _with_deputy("wang.fang", "he.lin")
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=2, by=WANG)
    with pytest.raises(SignerIsDrafter):
        scene.sign(number, "D2", minute=3, by=WANG, instead_of=HE)


def test_the_deputy_of_who_may_sign_alone_does_so_too(scene: Scene) -> None:
    """From T-x on the duty manager's deputy signs alone, on their behalf, and the journal says both."""
    scene.people = _with_deputy("zhang.qiang", "gao.yuan")
    number = scene.active()
    gao = scene.people.person("gao.yuan")
    with pytest.raises(NotPermitted):
        scene.sign(number, "D2", minute=200, by=ZHANG, instead_of=gao)
    scene.sign(number, "D2", minute=210, by=ZHANG, instead_of=gao)
    body = scene.entries(number, "signed")[-1].body
    assert (body["alone"], body["instead_of"]) == (True, "gao.yuan")


# --- taken back ------------------------------------------------------------------------------------------------------


def test_what_was_taken_back_is_signed_anew_under_a_fresh_key(scene: Scene) -> None:
    """The clock is open at once, the words are carried on, the next take is signed, and it alone arrives, once."""
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=2, by=ZHANG)
    first = scene.sign(number, "D2", minute=3)
    anew = scene.on(withdraw.withdraw, number, "D2", "用户数有误", minute=3.1, by=WANG)
    assert scene.due(number, "clock")["D2"].state is Standing.RUNNING
    old, new = _takes(scene, number)
    assert (old.recalled_by, old.recalled_why, old.recalled_at) == ("wang.fang", "用户数有误", scene.after(3.1))
    assert (new.id, new.take, new.signed_at, new.draft) == (anew.id, 2, None, 1)
    scene.facts(number, {"users_affected": 7}, minute=4)
    second = scene.sign(number, "D2", minute=5)
    assert (first.key, second.key) == (f"notice:{number}:D2:1", f"notice:{number}:D2:1:take:2")
    assert "双机故障" in second.facts["text"]
    scene.carry(6)
    assert [each.key for each in scene.wires["portal"].carried] == [second.key]
    assert scene.due(number, "clock")["D2"].met_at == scene.after(6)
    assert {each.key: each.state for each in scene.dispatches(number, "notice")} == {
        first.key: State.CANCELLED,
        second.key: State.DELIVERED,
    }


def test_a_recall_washes_no_hand_clean(scene: Scene) -> None:
    """Who wrote the words that are carried on may not sign the next take either."""
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=2, by=WANG)
    scene.sign(number, "D2", minute=3, by=HE)
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=3.1, by=HE)
    scene.facts(number, {"users_affected": 7}, minute=4)
    with pytest.raises(SignerIsDrafter):
        scene.sign(number, "D2", minute=5, by=WANG)


def test_too_late_once_a_courier_has_it(scene: Scene) -> None:
    """Who took it, when, and what to do instead; nothing changes, and what is on its way arrives."""
    number = scene.active()
    leaving = scene.sign(number, "D2", minute=3)
    with scene.database.begin() as session:
        couriers = {True: dict(scene.wires), False: dict(scene.wires)}
        (parcel,) = deliver.claim(session, couriers, ["portal"], worker="w", at=scene.after(4))
    with pytest.raises(TooLateToRecall, match=r"portal took it at 03-01 20:04\. If it is wrong, send a correction"):
        scene.on(withdraw.withdraw, number, "D2", "有误", minute=4.1, by=WANG)
    with scene.database.begin() as session:
        done = Delivered(receipt={"receipt": "R"})
        deliver.record(session, scene.wires["portal"], parcel, done, at=scene.after(5))
    with pytest.raises(TooLateToRecall, match="20:04"):
        scene.on(withdraw.withdraw, number, "D2", "有误", minute=6, by=WANG)
    assert [each.id for each in _takes(scene, number)] == [leaving.facts["filing"]]


def test_its_documents_are_taken_back_with_it(scene: Scene) -> None:
    """What has not been shared in the room yet is not shared any more."""
    number = scene.active()
    scene.sign(number, "D2", minute=2)
    (papers,) = scene.dispatches(number, "notice_papers")
    assert papers.state is State.PENDING
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=3, by=WANG)
    assert scene.dispatches(number, "notice_papers")[0].state is State.CANCELLED


def test_what_was_refused_can_be_taken_back_and_signed_anew(scene: Scene) -> None:
    """The portal refused it for good: recalled, drafted anew under a key of its own, sent, and met by that one."""
    number = scene.active()
    refused = scene.sign(number, "D2", minute=2)
    taken, scene.wires["portal"].outcome = scene.wires["portal"].outcome, Rejected(why="signed for another address")
    scene.carry(3, "portal")
    scene.wires["portal"].outcome = taken
    assert scene.dispatches(number, "notice")[0].state is State.REJECTED
    scene.on(withdraw.withdraw, number, "D2", "地址已改", minute=4, by=WANG)
    anew = scene.sign(number, "D2", minute=5)
    assert anew.key == f"{refused.key}:take:2"
    scene.carry(6, "portal")
    assert {each.key: each.state for each in scene.dispatches(number, "notice")} == {
        refused.key: State.REJECTED,
        anew.key: State.DELIVERED,
    }


def test_each_text_has_its_own_author(scene: Scene) -> None:
    """Who wrote one text does not sign, though somebody else wrote another after them."""
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=1, by=HE)
    scene.on(report.write, number, "D2", WORDS | {"summary": "双机故障，已倒换"}, minute=2, by=CHEN)
    with pytest.raises(SignerIsDrafter):
        scene.sign(number, "D2", minute=3, by=HE)
    scene.sign(number, "D2", minute=4, by=WANG)


def test_a_courier_that_comes_after_a_recall_finds_nothing(scene: Scene) -> None:
    """The other order: taken back first, the claim passes it over."""
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=3, by=WANG)
    scene.carry(4)
    assert not scene.wires["portal"].carried


def test_recall_and_courier_at_once(scene: Scene) -> None:
    """Both come at the same instant, many times over: either it was carried or it was taken back, never both."""
    number = scene.active()
    for turn in range(6):
        leaving = scene.sign(number, "D2", minute=3 + turn)
        gate, refused = threading.Barrier(2), []

        def take_back(turn: int = turn, gate: threading.Barrier = gate, refused: list[str] = refused) -> None:
            gate.wait(10)
            try:
                scene.on(withdraw.withdraw, number, "D2", "有误", minute=3 + turn, by=WANG)
            except TooLateToRecall:
                refused.append("late")

        def carry(turn: int = turn, gate: threading.Barrier = gate) -> None:
            gate.wait(10)
            scene.deliver(3 + turn, "portal")

        threads = [threading.Thread(target=each) for each in (take_back, carry)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        carried = [each.key for each in scene.wires["portal"].carried]
        assert (leaving.key in carried) is bool(refused)
        if refused:
            return


def test_what_failed_before_it_left_is_taken_back(scene: Scene) -> None:
    """The portal is down and took nothing: it can still be recalled, and is not tried again."""
    scene.wires["portal"].outcome = Later(why="connection refused")
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    scene.deliver(3, "portal")
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=4, by=WANG)
    scene.deliver(60, "portal")
    assert len(scene.wires["portal"].carried) == 1


def test_what_may_have_arrived_is_not_taken_back(scene: Scene) -> None:
    """An answer was lost: the row waits to be asked about, and a recall is too late."""
    scene.wires["portal"].outcome = Lost(why="no answer")
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    scene.deliver(3, "portal")
    with pytest.raises(TooLateToRecall):
        scene.on(withdraw.withdraw, number, "D2", "有误", minute=4, by=WANG)


def test_it_never_leaves_after_a_restart_or_a_restore(scene: Scene) -> None:
    """What a restore doubts, a courier finds and a person confirms is never what was recalled; not by hand either."""
    number = scene.active()
    leaving = scene.sign(number, "D2", minute=3)
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=3, by=WANG)
    with scene.database.begin() as session:
        deliver.doubt(session, ["mail"], at=scene.after(4))
    scene.carry(5)
    assert not scene.wires["portal"].carried
    old = _takes(scene, number)[0]
    told = {"spoken_to": "x", "spoken_at": scene.after(5), "reference": ""}
    with pytest.raises(CannotConfirm):
        _on(scene, number, old.id, report.confirm_by_hand, **told, by=WANG, at=scene.after(5))
    with pytest.raises(DatabaseError, match="what was recalled never leaves"), scene.database.begin() as session:
        session.execute(text("update dispatch set state = 'pending' where id = :id"), {"id": leaving.id})


def test_nobody_acknowledges_what_was_recalled(scene: Scene) -> None:
    """Its receipt link was never given out; its text is corrected by nobody."""
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=3, by=WANG)
    old = _takes(scene, number)[0]
    assert old.token is not None
    with pytest.raises(UnknownReceipt), scene.database.begin() as session:
        report.acknowledge(session, old.token, who="x", receipt="", said_at=scene.after(5), at=scene.after(5))
    with pytest.raises(NotSent):
        _on(scene, number, old.id, add.correct, "错", people=PEOPLE, by=LI, at=scene.after(5))


def test_who_may_take_it_back(scene: Scene) -> None:
    """Only who may sign it, with a reason, once, and only what is signed; a deputy may, within the dates."""
    number = scene.active()
    with pytest.raises(NotSigned):
        scene.on(withdraw.withdraw, number, "D2", "有误", minute=2, by=WANG)
    scene.sign(number, "D2", minute=3)
    with pytest.raises(NotPermitted):
        scene.on(withdraw.withdraw, number, "D2", "有误", minute=3, by=ZHANG)
    with pytest.raises(BadValue):
        scene.on(withdraw.withdraw, number, "D2", " ", minute=3, by=WANG)
    old = _standing(scene, number).id
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=3, by=CHEN)
    with pytest.raises(AlreadyRecalled, match="陈静"):
        _on(scene, number, old, withdraw.withdraw, "有误", people=scene.people, by=WANG, at=scene.after(4))


def test_a_repeat_is_not_taken_back(scene: Scene) -> None:
    """The first sending may have arrived: taking the repeat back would not take the notice back."""
    number = scene.active()
    scene.wires["portal"].outcome = deliver.Doubtful(why="half a receipt")
    scene.sign(number, "D2", minute=3)
    scene.carry(3)
    scene.on(report.resend, number, "D2", minute=4, by=LI)
    with pytest.raises(TooLateToRecall):
        scene.on(withdraw.withdraw, number, "D2", "有误", minute=4, by=WANG)


def test_the_export_has_both_takes(scene: Scene) -> None:
    """An inspector sees what was signed and recalled, by whom and why, and that it did not leave."""
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=3, by=WANG)
    scene.sign(number, "D2", minute=5)
    with scene.database.read() as session:
        files = export.files(session, records.incident(session, number, lock=False))
    assert {"notices/D2-1.txt", "notices/D2-1-take2.txt"} <= set(files)
    told = files["notices.json"].decode()
    assert '"recalled_by": "wang.fang"' in told
    assert '"state": "cancelled"' in told
