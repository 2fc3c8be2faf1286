"""Report to the authority: what was shown is what is sent, two people see it, and only a receipt meets the clock."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from errors import (
    AlreadySigned,
    BadValue,
    FieldsMissing,
    NoSuchDuty,
    NotPermitted,
    SecondPersonWanted,
    SignerIsDrafter,
    StaleDraft,
    UnknownReceipt,
    WrongState,
)
from escalation import deliver, notices
from escalation.deliver import Delivered, Delivery, Lost, Outcome, Rejected
from escalation.records import Standing, State, dispatch
from escalation.rosters import Person
from incidents import assess, close, records, report, run
from incidents.machine import State as Stands
from incidents.records import Draft
from playbooks import publish
from store.database import Database
from tests.acts.incident_house import CHEN, GAO, HE, LEVEL_I, LI, PEOPLE, RECEIPTS, WANG, ZHANG, Scene, library, small

MONDAY = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)  # of a year whose holidays are published
WORDS = {"summary": "双机故障", "cause": "", "measures": "倒换", "next": "", "requests": "", "impact": ""}


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house with one small plan."""
    return Scene(database, at)


def _drafts(scene: Scene, number: str, duty: str) -> list[Draft]:
    notice = scene.filings(number)[duty]
    return [draft for draft in scene.rows(Draft) if draft.filing_id == notice.id]


# --- drafting --------------------------------------------------------------------------------------------------------


def test_a_draft_follows_what_it_tells(scene: Scene) -> None:
    """New figures, another level, an assessment: each writes the unsigned drafts again; the same figures do not."""
    number = scene.active()
    scene.facts(number, {"users_affected": 100}, minute=2)
    scene.facts(number, {"users_affected": 100}, minute=3)
    scene.do(run.set_level, number, "III", reason="缓解", minute=4)
    scene.do(assess.assess, number, {"Q1": "误操作"}, minute=5, by=CHEN)
    drafts = _drafts(scene, number, "D2")
    assert [draft.version for draft in drafts] == [1, 2, 3, 4]
    assert [draft.drafter for draft in drafts] == ["li.wei", "zhang.qiang", "li.wei", "chen.jing"]
    assert drafts[1].facts["facts"]["users_affected"]["value"] == 100
    assert [draft.facts["response_level"] for draft in drafts] == ["II", "II", "III", "III"]


def test_a_persons_words_stay_in_later_drafts(scene: Scene) -> None:
    """What somebody wrote is carried on when the figures change."""
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=2, by=ZHANG)
    scene.facts(number, {"users_affected": 100}, minute=3, by=CHEN)
    assert _drafts(scene, number, "D2")[-1].written["summary"] == "双机故障"


def test_a_dropped_task_is_not_told_as_done(scene: Scene) -> None:
    """The authority reads what was done; what turned out needless is in neither list."""
    number = scene.active()
    scene.do(run.tick_task, number, "T02", minute=2, by=ZHANG)
    scene.do(close.drop_task, number, "T04", "不适用", minute=3, by=ZHANG)
    scene.facts(number, {"users_affected": 100}, minute=4)
    told = _drafts(scene, number, "D2")[-1].facts
    words = {task.id: task.do.zh for task in small().tasks}
    assert [each["do"]["zh"] for each in told["tasks_done"]] == [words["T02"]]
    assert words["T04"] not in [each["do"]["zh"] for each in told["tasks_open"]]


# --- four eyes -------------------------------------------------------------------------------------------------------


def test_the_drafter_does_not_sign(scene: Scene) -> None:
    """Who wrote the words may not sign them, and reads who may and when; another approver may."""
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=2, by=WANG)
    with pytest.raises(SignerIsDrafter, match="Ask another approver; from 03-01 23:30 the duty manager may sign alone"):
        scene.sign(number, "D2", minute=3)
    assert scene.sign(number, "D2", minute=4, by=HE).key == f"notice:{number}:D2:1"


@pytest.mark.parametrize("hand", ["figure", "words", "assessment"])
def test_a_hand_is_not_washed_clean_by_the_next(scene: Scene, hand: str) -> None:
    """An approver's own figure, words or assessment stay theirs after somebody else ticked a task or set a figure."""
    number = scene.active()
    if hand == "figure":
        scene.facts(number, {"users_affected": 5}, minute=2, by=WANG)
    elif hand == "words":
        scene.on(report.write, number, "D2", WORDS, minute=2, by=WANG)
    else:
        scene.do(assess.assess, number, {"Q1": "不详"}, minute=2, by=WANG)
    scene.do(run.tick_task, number, "T02", minute=3, by=ZHANG)
    scene.facts(number, {"duration_hours": 1}, minute=4)
    with pytest.raises(SignerIsDrafter):
        scene.sign(number, "D2", minute=5)


def test_a_figure_that_another_replaced_is_forgiven(scene: Scene) -> None:
    """Once somebody else has set the figure anew, nothing of the approver's hand is in the notice."""
    number = scene.active()
    scene.facts(number, {"users_affected": 5}, minute=2, by=WANG)
    scene.facts(number, {"users_affected": 6}, minute=3)
    assert scene.sign(number, "D2", minute=4).state is State.PENDING


def test_who_declared_may_sign_what_others_found_out(scene: Scene) -> None:
    """Saying that something is wrong is no drafting; the figures come from others."""
    number = scene.declare(by=WANG)
    scene.do(run.activate, number, "II", event_level="I", minute=1)
    scene.facts(number, LEVEL_I, minute=2)
    assert scene.sign(number, "D2", minute=3).state is State.PENDING


def test_nobody_signs_without_the_right(scene: Scene) -> None:
    """A responder may not sign, neither may the duty manager before the time."""
    number = scene.active()
    for by in (ZHANG, GAO):
        with pytest.raises(NotPermitted):
            scene.sign(number, "D2", minute=3, by=by)
    assert not scene.dispatches(number, "notice")


def test_alone_from_half_an_hour_before(scene: Scene) -> None:
    """D2 is due at 240: at 210 the duty manager signs alone, though it is their own draft; a second earlier not."""
    number = scene.active()
    with pytest.raises(SignerIsDrafter):
        scene.sign(number, "D2", minute=210 - 1 / 60, by=LI)
    scene.sign(number, "D2", minute=210, by=LI)
    assert scene.filings(number)["D2"].signed_alone is True
    assert scene.entries(number, "signed")[-1].body["alone"] is True


def test_alone_at_once_where_it_is_due_at_once(scene: Scene) -> None:
    """The oral report of level I waits for nobody."""
    number = scene.active()
    scene.sign(number, "D1", minute=2, by=LI)
    assert scene.filings(number)["D1"].signed_alone is True


def test_two_eyes_suffice_never_for_an_approver(scene: Scene) -> None:
    """An approver who wrote it and is no duty manager may not sign alone, however late it is."""
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=2, by=WANG)
    with pytest.raises(SignerIsDrafter):
        scene.sign(number, "D2", minute=500)


# --- signing ---------------------------------------------------------------------------------------------------------


def test_what_was_shown_is_what_is_sent(scene: Scene) -> None:
    """The text the signer read, to the byte, under its digest, to the portal, with the deadline it meets."""
    number = scene.active()
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        notice = records.filing_of(session, of, "D2", 1)
        assert notice is not None
        _, rendered = report.shown(session, notice, to=WANG)
    leaving = scene.sign(number, "D2", minute=3)
    kept = scene.filings(number)["D2"]
    body = json.loads(leaving.facts["body"])
    assert leaving.facts["text"] == body["text"] == kept.text == rendered.text
    assert leaving.facts["digest"] == body["digest"] == kept.digest == rendered.digest
    assert "王芳" in rendered.text
    assert (leaving.key, leaving.courier, leaving.deadline_id) == (f"notice:{number}:D2:1", "portal", kept.deadline_id)
    assert leaving.facts["receipt_url"] == f"{RECEIPTS}/{kept.token}"
    scene.deliver(3, "portal")
    assert [parcel.facts["body"] for parcel in scene.wires["portal"].carried] == [leaving.facts["body"]]


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (
            lambda s, n: s.facts(n, {"users_affected": 5, "affects_911": True}, minute=4),
            "Users affected, Affects emergency",
        ),
        (lambda s, n: s.do(run.set_level, n, "IV", reason="r", minute=4), "the level"),
        (lambda s, n: s.on(report.write, n, "D2", WORDS, minute=4, by=ZHANG), "the wording"),
        (lambda s, n: s.do(assess.assess, n, {"Q1": "x"}, minute=4), "progress of the response"),
    ],
)
def test_a_stale_draft_is_refused(scene: Scene, move: Callable[[Scene, str], object], said: str) -> None:
    """Whatever moved since it was read, the refusal names it, nothing leaves, and the new one can be signed."""
    number = scene.active()
    version, digest = scene.read(number, "D2")
    move(scene, number)
    more = {"version": version, "digest": digest, "receipts": RECEIPTS}
    with pytest.raises(StaleDraft, match=said):
        scene.on(report.sign, number, "D2", minute=5, by=WANG, **more)
    assert not scene.dispatches(number, "notice")
    assert scene.sign(number, "D2", minute=6).state is State.PENDING


def test_another_signers_reading_is_not_mine(scene: Scene) -> None:
    """The text bears the signer's name: what one has read another cannot sign."""
    number = scene.active()
    version, digest = scene.read(number, "D2", by=WANG)
    with pytest.raises(StaleDraft):
        scene.on(report.sign, number, "D2", minute=3, by=HE, version=version, digest=digest, receipts=RECEIPTS)


def test_signed_once(scene: Scene) -> None:
    """The second signature reads who was faster, and one dispatch stands; words can no longer be changed."""
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    with pytest.raises(AlreadySigned, match="王芳"):
        scene.sign(number, "D2", minute=4, by=HE)
    with pytest.raises(AlreadySigned):
        scene.on(report.write, number, "D2", WORDS, minute=5, by=ZHANG)
    assert len(scene.dispatches(number, "notice")) == 1


def test_two_who_sign_at_once_send_one(scene: Scene) -> None:
    """Both have read it, both press: one signature, one dispatch, the other reads that it is signed."""
    number = scene.active()
    gate, met = threading.Barrier(2), []
    read = {by.id: scene.read(number, "D2", by=by) for by in (WANG, HE)}

    def press(by: Person) -> None:
        version, digest = read[by.id]
        gate.wait(10)
        try:
            scene.on(report.sign, number, "D2", minute=3, by=by, version=version, digest=digest, receipts=RECEIPTS)
            met.append("signed")
        except AlreadySigned:
            met.append("refused")

    threads = [threading.Thread(target=press, args=(by,)) for by in (WANG, HE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(met) == ["refused", "signed"]
    assert len(scene.dispatches(number, "notice")) == 1


# --- receipts --------------------------------------------------------------------------------------------------------


def test_the_receipt_meets_the_clock_and_starts_the_next(scene: Scene) -> None:
    """Nothing is met by sending; with the receipt the clock is met and the follow-up runs 4 h from it, 第1期, 第2期."""
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    assert scene.due(number, "clock")["D2"].state is Standing.RUNNING
    scene.wires["portal"].outcome = Delivered(receipt={"receipt": "R-1", "at": scene.after(4).isoformat()})
    scene.deliver(5, "portal")
    assert scene.due(number, "clock")["D2"].met_at == scene.after(4)
    scene.sweep(5)
    follow = scene.due(number, "clock")["D3"]
    assert (follow.started_at, follow.due_at) == (scene.after(4), scene.after(244))
    assert "第1期" in _text(scene, number, "D3")
    assert "R-1" in json.dumps(_drafts(scene, number, "D3")[-1].facts["previous"])
    scene.facts(number, {"users_affected": 9}, minute=6)
    scene.wires["portal"].outcome = Delivered(receipt={"receipt": "R-2"})
    scene.sign(number, "D3", minute=60)
    scene.carry(61, "portal")
    assert scene.due(number, "clock")["D3.2"].due_at == scene.after(61 + 240)
    assert "第2期" in _text(scene, number, "D3.2")
    assert scene.dispatches(number, "notice")[-1].key == f"notice:{number}:D3:1"


def _text(scene: Scene, number: str, duty: str) -> str:
    return notices.render(_drafts(scene, number, duty)[-1].facts).text


def test_by_hand_a_person_carries_it(scene: Scene) -> None:
    """Read aloud and confirmed in one press: signed, delivered, met at the instant it was spoken."""
    number = scene.active()
    scene.facts(number, LEVEL_I, minute=2)
    version, digest = scene.read(number, "D1", by=LI)
    more = {"version": version, "digest": digest, "receipts": RECEIPTS, "reference": "31"}
    with pytest.raises(BadValue):
        scene.on(report.phoned, number, "D1", minute=4, spoken_to=" ", spoken_at=scene.after(3), **more)
    assert not scene.dispatches(number, "notice")
    scene.on(report.phoned, number, "D1", minute=4, spoken_to="刘科长", spoken_at=scene.after(3), **more)
    (leaving,) = scene.dispatches(number, "notice")
    assert (leaving.state, leaving.outcome["spoken_to"]) == (State.DELIVERED, "刘科长")
    assert scene.due(number, "clock")["D1"].met_at == scene.after(3)
    scene.deliver(5, "by_hand")
    assert not scene.wires["by_hand"].carried


def test_a_confirmation_while_it_is_on_its_way_counts_once(scene: Scene) -> None:
    """The lane has it in hand when a person confirms: delivered once, and the lane's late word changes nothing."""
    number = scene.active()
    scene.sign(number, "D1", minute=2)
    scene.deliver(3, "by_hand")
    assert scene.dispatches(number, "notice")[0].state is State.WITH_PERSON
    more = {"spoken_to": "刘", "reference": ""}
    for minute in (4, 6):
        scene.on(report.confirm_by_hand, number, "D1", minute=minute, spoken_at=scene.after(minute), **more)
    assert scene.due(number, "clock")["D1"].met_at == scene.after(4)
    assert len([e for e in scene.entries(number, "dispatch_settled") if e.body["state"] == "delivered"]) == 1


def test_nothing_unsigned_is_confirmed(scene: Scene) -> None:
    """Who confirms a notice that nobody signed is told so."""
    number = scene.active()
    with pytest.raises(StaleDraft):
        scene.on(report.confirm_by_hand, number, "D2", minute=3, spoken_to="x", spoken_at=scene.after(2), reference="")


def test_the_signer_does_not_send_again_alone(scene: Scene) -> None:
    """Four eyes on a repeat; once the plan lets the signer sign alone, nobody is waited for."""
    scene.wires["portal"] = type(scene.wires["portal"])(Lost(why="cut"), Delivery.NEITHER)
    number = scene.active("II", "I")
    scene.sign(number, "D2", minute=3, by=HE)
    scene.carry(4, "portal")
    with pytest.raises(SecondPersonWanted):
        scene.on(report.resend, number, "D2", minute=5, by=HE)
    late = int((scene.due(number, "clock")["D2"].due_at - scene.start).total_seconds() // 60)
    assert scene.on(report.resend, number, "D2", minute=late, by=HE).key.endswith(":repeat:1")


@pytest.mark.parametrize(
    ("outcome", "kind", "mark"),
    [(Rejected(why="no"), "notice_failed", "前件被退回"), (Lost(why="cut"), "notice_uncertain", "前件是否送达待核实")],
)
def test_trouble_is_told_and_sent_again_marked(scene: Scene, outcome: Outcome, kind: str, mark: str) -> None:
    """Refused or unknown: everybody who can act hears; a person's repeat is marked, has its key, and goes once."""
    scene.wires["portal"] = wire = type(scene.wires["portal"])(outcome, Delivery.NEITHER)
    number = scene.active()
    first = scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal")
    told = {row.facts.get("to") for row in scene.dispatches(number, kind)}
    assert told == {None, "li.wei", "wang.fang", "gao.yuan"}
    assert scene.due(number, "clock")["D2"].state is Standing.RUNNING
    again = scene.on(report.resend, number, "D2", minute=5)
    assert scene.on(report.resend, number, "D2", minute=6) is None
    body = json.loads(again.facts["body"])
    assert again.key == f"{first.key}:repeat:1"
    assert mark in again.facts["subject"]
    assert mark in body["title"]
    assert (body["text"], body["digest"], body["repeat_of"]) == (first.facts["text"], first.facts["digest"], first.key)
    scene.carry(7, "portal")
    third = scene.on(report.resend, number, "D2", minute=8)
    assert third.key == f"{first.key}:repeat:2"
    assert third.facts["subject"].count(mark) == 1
    wire.outcome = Delivered(receipt={"receipt": "R"})
    scene.carry(9, "portal")
    assert scene.due(number, "clock")["D2"].met_at == scene.after(9)
    assert scene.due(number, "clock")["D3"].due_at == scene.after(9 + 240)


def test_two_who_send_again_at_once_send_one(scene: Scene) -> None:
    """Both saw it uncertain before either pressed: the authority gets one repeat."""
    scene.wires["portal"] = type(scene.wires["portal"])(Lost(why="cut"), Delivery.NEITHER)
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal")
    gate = threading.Barrier(2)

    def press() -> None:
        # As the button does: the notice is found first, the incident locked after.
        with scene.database.begin() as session:
            seen = records.incident(session, number, lock=False)
            notice = records.filing_of(session, seen, "D2", 1)
            assert notice is not None
            if not scene.database.sqlite:
                gate.wait(10)
            report.resend(session, records.incident(session, number), notice, by=LI, at=scene.after(5))

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(scene.dispatches(number, "notice")) == 2


def test_the_first_may_prove_to_have_arrived_after_all(scene: Scene) -> None:
    """Sent again meanwhile, the first one's receipt still meets the clock, and the follow-up is owed from it."""
    scene.wires["portal"] = type(scene.wires["portal"])(Lost(why="cut"), Delivery.NEITHER)
    number = scene.active()
    first = scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal")
    scene.on(report.resend, number, "D2", minute=5)
    with scene.database.begin() as session:
        row = dispatch(session, first.key)
        assert row is not None
        deliver.confirm(session, row, {"receipt": "R"}, by="li.wei", at=scene.after(6))
    scene.sweep(7)
    assert scene.due(number, "clock")["D2"].met_at == scene.after(6)
    assert scene.due(number, "clock")["D3"].due_at == scene.after(6 + 240)


def test_the_authority_acknowledges(scene: Scene) -> None:
    """With the token of the notice, once; a token that we never made is refused."""
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    token = scene.filings(number)["D2"].token
    more = {"who": "豫通管", "receipt": "R-9", "said_at": scene.after(4), "at": scene.after(4)}
    for _ in range(2):
        with scene.database.begin() as session:
            report.acknowledge(session, token, **more)
    assert scene.filings(number)["D2"].acknowledged_by == "豫通管"
    assert len(scene.entries(number, "acknowledged")) == 1
    for wrong in ("", "x", token[:-1]):
        with pytest.raises(UnknownReceipt), scene.database.begin() as session:
            report.acknowledge(session, wrong, **more)


def test_what_was_acknowledged_has_arrived(scene: Scene) -> None:
    """An uncertain sending is settled by the authority's own word, and meets its clock."""
    scene.wires["portal"] = type(scene.wires["portal"])(Lost(why="cut"), Delivery.NEITHER)
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal")
    token, said_at = scene.filings(number)["D2"].token, scene.after(9)
    with scene.database.begin() as session:
        report.acknowledge(session, token, who="局", receipt="R", said_at=said_at, at=said_at)
    assert scene.due(number, "clock")["D2"].met_at == said_at
    assert scene.on(report.resend, number, "D2", minute=10) is None


# --- asking and sending back -----------------------------------------------------------------------------------------


def test_asked_and_sent_back(scene: Scene) -> None:
    """Who is asked is told straight; sent back, the drafter reads why; the next draft goes to who sent it back."""
    number = scene.active()
    scene.on(report.write, number, "D2", WORDS, minute=2, by=ZHANG)
    scene.on(report.ask_to_sign, number, "D2", WANG, minute=3, by=ZHANG)
    assert [row.facts["to"] for row in scene.dispatches(number, "sign_asked")] == ["wang.fang"]
    with pytest.raises(NotPermitted):
        scene.on(report.send_back, number, "D2", "数字不对", minute=4, by=ZHANG)
    scene.on(report.send_back, number, "D2", "数字不对", minute=5, by=WANG)
    (back,) = scene.dispatches(number, "sent_back")
    assert (back.facts["to"], back.facts["why"]) == ("zhang.qiang", "数字不对")
    kept = scene.filings(number)["D2"]
    assert (kept.asked, kept.sent_back) == ("wang.fang", "数字不对")
    scene.on(report.write, number, "D2", WORDS | {"cause": "误操作"}, minute=6, by=ZHANG)
    assert scene.filings(number)["D2"].sent_back is None
    assert [row.facts["to"] for row in scene.dispatches(number, "sign_asked")] == ["wang.fang", "wang.fang"]


# --- what is owed when ---------------------------------------------------------------------------------------------


def _first_filed(scene: Scene) -> str:
    number = scene.active()
    scene.facts(number, LEVEL_I, minute=2)
    scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal")
    return number


def test_when_service_is_back_the_final_is_owed(database: Database) -> None:
    """The follow-up is cancelled, the final report runs five working days; it is not sent with gaps."""
    scene = Scene(database, MONDAY)
    number = _first_filed(scene)
    scene.facts(number, {"restored_at": scene.after(30).isoformat()}, minute=31)
    clocks = scene.due(number, "clock")
    assert clocks["D3"].state is Standing.CANCELLED
    assert clocks["D4"].due_at is not None
    assert (clocks["D4"].due_at - scene.after(30)).days == 7
    with pytest.raises(NoSuchDuty):
        scene.sign(number, "D3", minute=32)
    with pytest.raises(FieldsMissing):
        scene.sign(number, "D4", minute=33)


def test_what_cannot_be_counted_rings_all_the_same(scene: Scene) -> None:
    """The holidays of the year are not published: no due time is invented, and yet somebody is reminded every day."""
    number = _first_filed(scene)
    scene.facts(number, {"restored_at": scene.after(30).isoformat()}, minute=31)
    final = scene.due(number, "clock")["D4"]
    assert (final.state, final.due_at) == (Standing.RUNNING, None)
    assert all("2027" in sentence for sentence in final.facts["caution"].values())
    assert final.facts["caution"].keys() == {"zh", "en"}
    before = len(scene.dispatches(number, "clock"))
    scene.sweep(30 + 24 * 60)
    assert len(scene.dispatches(number, "clock")) > before


def test_when_service_is_not_back_after_all(scene: Scene) -> None:
    """Unset again, the follow-up is owed as before, the final report waits, and nobody can sign it meanwhile."""
    number = _first_filed(scene)
    before = scene.due(number, "clock")["D3"].due_at
    scene.facts(number, {"restored_at": scene.after(30).isoformat()}, minute=31)
    scene.facts(number, {"restored_at": None}, minute=40)
    clocks = scene.due(number, "clock")
    assert (clocks["D3"].state, clocks["D3"].due_at) == (Standing.RUNNING, before)
    assert clocks["D3"].ring_at is not None
    assert (clocks["D4"].state, clocks["D4"].due_at) == (Standing.NOT_STARTED, None)
    with pytest.raises(NoSuchDuty):
        scene.sign(number, "D4", minute=41, by=LI)
    assert scene.sign(number, "D3", minute=42).state is State.PENDING


def test_a_signed_follow_up_is_not_cancelled_under_way(scene: Scene) -> None:
    """Service is back while it waits for its receipt: the receipt still meets its clock."""
    number = _first_filed(scene)
    scene.sign(number, "D3", minute=20)
    scene.facts(number, {"restored_at": scene.after(30).isoformat()}, minute=31)
    scene.carry(32, "portal")
    assert scene.due(number, "clock")["D3"].met_at == scene.after(32)


def test_casualties_that_change_again_are_owed_again(scene: Scene) -> None:
    """A supplementary report that was filed does not answer for a later change; each office has its own notices."""
    with scene.database.begin() as session:
        publish.start(session, library("datacentre-fire-power"), by="chen.jing", at=scene.start)
    number = scene.declare(scenario="datacentre_fire_power", unit="henan")
    scene.do(run.activate, number, "II", event_level="I", minute=1)
    instants = {"site_reported_to_head_at": scene.after(0).isoformat()}
    scene.facts(number, instants | {"casualty_changed_at": scene.after(5).isoformat(), "deaths": 1}, minute=6)
    assert scene.due(number, "clock")["D5"].due_at == scene.after(60)
    with pytest.raises(FieldsMissing, match="missing, serious injuries, direct loss, first estimate, measures taken"):
        scene.sign(number, "D5", minute=6.5)
    # Nobody knows the loss yet, and somebody has said so: that is a value.
    scene.facts(number, {"missing": 0, "serious_injuries": 2, "direct_loss_yuan": None}, minute=6.6)
    scene.on(report.write, number, "D5", {"scene": "机房封闭", "measures": "断电、疏散"}, minute=6.7, by=ZHANG)
    scene.sign(number, "D5", minute=7)
    scene.carry(8, "mail")
    assert _drafts(scene, number, "D6")[-1].facts["previous"] is None  # what the other office got it never saw
    scene.sign(number, "D8", minute=9)
    scene.carry(10, "portal")
    assert scene.due(number, "clock")["D8"].met_at == scene.after(10)
    scene.facts(number, {"casualty_changed_at": scene.after(20).isoformat(), "deaths": 2}, minute=21)
    clocks = scene.due(number, "clock")
    assert (clocks["D8.2"].state, clocks["D8.2"].started_at) == (Standing.RUNNING, scene.after(20))
    assert clocks["D8"].met_at == scene.after(10)
    assert "D7.2" not in clocks  # the unfiled one is simply moved
    assert clocks["D7"].started_at == scene.after(20)


def test_what_has_ended_sends_nothing(scene: Scene) -> None:
    """After a false alarm nothing can be written, signed or sent again; a late receipt starts no clock."""
    number = scene.active()
    scene.sign(number, "D2", minute=3)
    version, digest = scene.read(number, "D1")
    scene.do(run.cancel, number, "误报", minute=4, by=GAO)
    scene.carry(5, "portal")
    assert scene.incident(number).stands is Stands.CANCELLED
    assert {due.state for due in scene.due(number, "clock").values()} == {Standing.CANCELLED}
    more = {"version": version, "digest": digest, "receipts": RECEIPTS}
    with pytest.raises(WrongState):
        scene.on(report.sign, number, "D1", minute=6, by=WANG, **more)
    with pytest.raises(WrongState):
        scene.on(report.write, number, "D1", WORDS, minute=6)
    with pytest.raises(WrongState):
        scene.on(report.resend, number, "D2", minute=6)


def test_where_no_due_time_is_known_nobody_signs_alone(scene: Scene) -> None:
    """Without a due time there is no T-x to wait for, and that is not the same as at once."""
    number = scene.active()
    with scene.database.begin() as session:
        of = records.incident(session, number)
        notice = records.filing_of(session, of, "D2", 1)
        assert notice is not None
        due = session.get_one(report.Deadline, notice.deadline_id)
        due.due_at = None
        session.flush()
        for by, refusal in ((LI, SignerIsDrafter), (GAO, NotPermitted)):
            with pytest.raises(refusal):
                report.may_sign(session, of, notice, people=PEOPLE, by=by, at=scene.after(10_000))


def test_each_regime_is_graded_by_its_own_scale(scene: Scene) -> None:
    """A leak at level IV of the data scale is owed to the network office once its facts reach III of that one."""
    with scene.database.begin() as session:
        publish.start(session, library("data-security-incident"), by="chen.jing", at=scene.start)
    number = scene.declare(scenario="data_security", unit="henan")
    scene.do(run.activate, number, "III", event_level="IV", minute=1)
    scene.facts(number, {"aware_at": scene.after(0).isoformat(), "discovered_at": scene.after(0).isoformat()}, minute=2)
    before = scene.due(number, "clock")
    assert (before["D5"].state, before["D5"].anchor) == (Standing.NOT_STARTED, "level")  # nobody knows how many yet
    scene.facts(number, {"personal_information_persons": 2_000_000}, minute=3)
    after = scene.due(number, "clock")
    assert (after["D5"].state, after["D5"].due_at) == (Standing.RUNNING, scene.after(240))
    assert after["D1"].state is Standing.NOT_STARTED  # the data regime keeps to the level that a person decided
