"""An authority wants a letter sealed: the scan goes with it or after it, and no notice is late for a stamp."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from errors import BadUpload, NoScanWanted, NotPermitted
from escalation import rosters
from escalation.couriers.mail import compose, message_id
from escalation.deliver import Parcel
from escalation.duties import Courier
from escalation.records import Dispatch, Standing, State
from incidents import export, picture, records, stamp, withdraw
from playbooks.shape import Playbook
from store.database import Database
from tests.acts.incident_house import CHEN, PEOPLE, ROOT, WANG, ZHANG, Scene, small

PDF = b"%PDF-1.7 sealed"
DUE, ALONE = 240, 210  # minutes: when D2 is due, and from when one person may sign alone


def _mailed() -> Playbook:
    duties = tuple(replace(each, courier=Courier.MAIL) if each.id == "D2" else each for each in small().duties)
    return replace(small(), duties=duties)


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house whose first written notice goes by mail to an authority that wants it sealed."""
    offices = {**PEOPLE.authorities, "ca.henan": replace(PEOPLE.authorities["ca.henan"], seal=True)}
    scene = Scene(database, at, people=replace(PEOPLE, authorities=offices))
    scene.issue(_mailed(), minute=0)
    return scene


def _attach(scene: Scene, number: str, *, minute: float, content: bytes = PDF, name: str = "scan.pdf") -> Dispatch:
    sent: Dispatch = scene.on(stamp.attach, number, "D2", name, content, minute=minute, by=ZHANG)
    return sent


def _seal(scene: Scene, number: str) -> dict[str, object]:
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        notice = records.filing_of(session, of, "D2", 1)
        assert notice is not None
        found: dict[str, object] = picture.filing(session, of, notice)["seal"]
        return found


def _carried(scene: Scene) -> list[Parcel]:
    return [each for each in scene.wires["mail"].carried if each.kind in ("notice", stamp.SCAN)]


def test_the_people_file_says_which_authority_wants_a_seal() -> None:
    """`seal: scan` beside the address; anything else is refused with its place."""
    said = (ROOT / "people.yaml").read_text("utf-8")
    line = "mail: ca.henan@desk.invalid"
    assert rosters.read(said.replace(line, f"{line}, seal: scan")).authorities["ca.henan"].seal is True
    assert rosters.read(said).authorities["ca.henan"].seal is False
    with pytest.raises(rosters.BadPeople, match="scan"):
        rosters.read(said.replace(line, f"{line}, seal: wax"))


def test_a_letter_that_waits_moves_with_its_clock(scene: Scene) -> None:
    """It began an hour earlier than was thought: what waits for its scan leaves an hour earlier too."""
    number = scene.active()
    scene.sign(number, "D2", minute=5)
    was = scene.due(number, "clock")["D2"].due_at
    scene.facts(number, {"occurred_at": scene.after(-60).isoformat()}, minute=6)
    moved = was - scene.due(number, "clock")["D2"].due_at
    assert moved == timedelta(minutes=60)
    (letter,) = scene.dispatches(number, "notice")
    assert letter.not_before == scene.after(ALONE) - moved
    assert _seal(scene, number)["until"] == letter.not_before.isoformat()


def test_the_scan_goes_with_the_letter(scene: Scene) -> None:
    """Signed, it waits; with the scan it leaves at once, one letter, the scan the last of its documents."""
    number = scene.active()
    first = scene.sign(number, "D2", minute=5)
    assert first.not_before == scene.after(ALONE)
    scene.carry(6)
    assert not _carried(scene)
    shown = _seal(scene, number)
    assert (shown["held"], shown["until"]) == (True, scene.after(ALONE).isoformat())
    assert any(each["digest"] == shown["pdf"] for each in first.facts["enclosed"])
    sent = _attach(scene, number, minute=10)
    scene.carry(11)
    (parcel,) = _carried(scene)
    assert (parcel.key, sent.key) == (f"notice:{number}:D2:1:sealed", f"notice:{number}:D2:1:sealed")
    assert parcel.facts["enclosed"][:-1] == first.facts["enclosed"]
    assert parcel.facts["enclosed"][-1]["name"] == "sealed-D2-1.pdf"
    assert scene.due(number, "clock")["D2"].met_at == scene.after(11)
    assert scene.entries(number, "scan_attached")[-1].body["went"] == "with"
    scene.carry(ALONE + 1)
    assert len(_carried(scene)) == 1  # the letter without it never leaves


def test_no_notice_is_late_for_a_stamp(scene: Scene) -> None:
    """At T-x it leaves without; the scan follows in the thread of the first mail; the journal says both."""
    number = scene.active()
    first = scene.sign(number, "D2", minute=5)
    scene.carry(ALONE)
    assert scene.due(number, "clock")["D2"].met_at == scene.after(ALONE)
    assert scene.entries(number, "left_unsealed")
    sent = _attach(scene, number, minute=ALONE + 5)
    scene.carry(ALONE + 6)
    letter, supplement = _carried(scene)
    assert (letter.key, supplement.key) == (first.key, f"{first.key}:scan")
    assert [each["name"] for each in supplement.facts["enclosed"]] == ["sealed-D2-1.pdf"]
    mail = compose(supplement, "ops@east.example", at=scene.after(ALONE + 6))
    assert mail["In-Reply-To"] == mail["References"] == message_id(first.key, "ops@east.example")
    assert mail["Subject"].startswith("【补送盖章件】")
    assert first.facts["reference"] in mail.get_content()
    assert sent.deadline_id is None
    assert scene.entries(number, "scan_attached")[-1].body["went"] == "after"
    assert _seal(scene, number)["scan_state"] == "delivered"


def test_signed_after_t_x_it_leaves_at_once(scene: Scene) -> None:
    """There is no time to wait for a stamp."""
    number = scene.active()
    scene.sign(number, "D2", minute=ALONE)
    scene.carry(ALONE)
    assert scene.due(number, "clock")["D2"].state is Standing.MET


def test_scan_and_courier_at_once(scene: Scene) -> None:
    """The scan comes at the very instant at which the letter leaves: one letter, and the scan with it or after it."""
    number = scene.active()
    first = scene.sign(number, "D2", minute=5)
    gate = threading.Barrier(2)

    def carry() -> None:
        gate.wait(10)
        scene.deliver(ALONE, "mail")

    other = threading.Thread(target=carry)
    other.start()
    gate.wait(10)
    _attach(scene, number, minute=ALONE)
    other.join(20)
    scene.deliver(ALONE + 1, "mail")
    keys = [each.key for each in _carried(scene)]
    assert keys in ([first.key, f"{first.key}:scan"], [f"{first.key}:sealed"])


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"MZ\x90", "no PDF, PNG or JPEG"), (b"", "no PDF"), (b"%PDF-" + b"x" * stamp.MOST, "larger than 10 MB")],
)
def test_only_a_scan_is_taken(scene: Scene, content: bytes, why: str) -> None:
    """By its first bytes and its size, whatever it is called; the letter waits on."""
    number = scene.active()
    scene.sign(number, "D2", minute=5)
    with pytest.raises(BadUpload, match=why):
        _attach(scene, number, minute=6, content=content)
    assert scene.dispatches(number, "notice")[-1].state is State.PENDING


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff\xe0..."])
def test_pictures_are_scans_too(scene: Scene, content: bytes) -> None:
    """A phone's picture of the sealed page will do; it is named for what it is."""
    number = scene.active()
    scene.sign(number, "D2", minute=5)
    sent = _attach(scene, number, minute=6, content=content, name="a.exe")
    assert sent.facts["enclosed"][-1]["name"] in ("sealed-D2-1.png", "sealed-D2-1.jpg")


def test_once_and_only_where_it_is_wanted(scene: Scene) -> None:
    """Not before the signature, not twice, not for a portal, and not by just anybody."""
    number = scene.active()
    with pytest.raises(NoScanWanted):
        _attach(scene, number, minute=4)
    scene.sign(number, "D2", minute=5)
    nobody = replace(CHEN, roles={}, posts={})
    with pytest.raises(NotPermitted):
        scene.on(stamp.attach, number, "D2", "s.pdf", PDF, minute=6, by=nobody)
    _attach(scene, number, minute=6)
    with pytest.raises(NoScanWanted, match="张强 uploaded it"):
        _attach(scene, number, minute=7)


def test_while_it_waits_it_can_be_recalled(scene: Scene) -> None:
    """Neither the letter nor its scan leaves; the next take asks for a scan of its own."""
    number = scene.active()
    scene.sign(number, "D2", minute=5)
    scene.on(withdraw.withdraw, number, "D2", "有误", minute=6, by=WANG)
    anew = scene.sign(number, "D2", minute=7)
    _attach(scene, number, minute=8)
    scene.carry(ALONE)
    assert [each.key for each in _carried(scene)] == [f"{anew.key}:sealed"]


@pytest.mark.parametrize("minute", [6, ALONE + 5])
def test_the_export_has_the_scan(scene: Scene, minute: float) -> None:
    """With the letter or after it: its bytes lie among the notice's documents."""
    number = scene.active()
    scene.sign(number, "D2", minute=5)
    scene.carry(min(minute, ALONE) if minute > ALONE else 5)
    _attach(scene, number, minute=minute)
    with scene.database.read() as session:
        files = export.files(session, records.incident(session, number, lock=False))
    assert files["documents/D2-1/sealed-D2-1.pdf"] == PDF
