"""An addressee changes only under four eyes: the address is part of what is signed, and a changed one is confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import DatabaseError

from errors import AddressMoved, AddressUnconfirmed, NotPermitted, StaleDraft
from escalation import addresses
from escalation.records import Address, State
from escalation.rosters import People
from incidents import picture, records, report
from store import journal
from store.database import Database
from tests.acts.incident_house import GAO, HE, LI, PEOPLE, RECEIPTS, WANG, ZHANG, Scene

NEW = "https://new.example/notices"


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house that has started once: what is in the people file counts as confirmed."""
    scene = Scene(database, at)
    assert _start(scene, PEOPLE, minute=0) == []
    return scene


def _start(scene: Scene, people: People, *, minute: float) -> list[tuple[str, str, bool]]:
    """Start with these people; what changed, and whether it is confirmed."""
    scene.people = people
    with scene.database.begin() as session:
        changed = addresses.note(session, people, at=scene.after(minute))
        return [(each.office, each.channel, each.confirmed_at is not None) for each in changed]


def _moved(**channels: str) -> People:
    offices = dict(PEOPLE.authorities)
    offices["ca.henan"] = replace(offices["ca.henan"], **channels)
    return replace(PEOPLE, authorities=offices)


def _confirm(scene: Scene, shown: str, *, by: object, minute: float) -> None:
    with scene.database.begin() as session:
        more = {"people": scene.people, "by": by, "at": scene.after(minute)}
        addresses.confirm(session, "ca.henan", "portal", shown, **more)


def _redraft(scene: Scene, number: str, *, minute: float) -> None:
    """As reading it does."""
    with scene.database.begin() as session:
        of = records.incident(session, number)
        report.redraft_all(session, of, people=scene.people, at=scene.after(minute))


def _unconfirmed(scene: Scene, number: str) -> object:
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        notice = records.filing_of(session, of, "D2", 1)
        assert notice is not None
        return picture.filing(session, of, notice)["unconfirmed"]


def test_the_address_is_part_of_what_is_signed(scene: Scene) -> None:
    """The same words to another address are another seal; the journal has the address and the seal."""
    number = scene.active()
    _, before = scene.read(number, "D2")
    leaving = scene.sign(number, "D2", minute=2)
    body = scene.entries(number, "signed")[-1].body
    assert body["seal"] == before != body["digest"] == leaving.facts["digest"]
    assert body["to"] == {"office": "ca.henan", "courier": "portal", "address": "desk"}
    assert leaving.facts["portal"] == "desk"


def test_a_changed_address_is_a_stale_draft(scene: Scene) -> None:
    """Read before the people file changed, signed after: the refusal shows the old address and the new one."""
    number = scene.active()
    version, digest = scene.read(number, "D2")
    _start(scene, _moved(portal=NEW), minute=2)
    _confirm(scene, NEW, by=HE, minute=3)
    seen = {"version": version, "digest": digest, "receipts": RECEIPTS}
    with pytest.raises(StaleDraft, match=f"the address \\(was “portal desk”, is “portal {NEW}”\\)"):
        scene.on(report.sign, number, "D2", minute=4, by=WANG, **seen)
    _redraft(scene, number, minute=5)
    with pytest.raises(StaleDraft, match="the address"):  # the new draft stands, and it is not what was read
        scene.on(report.sign, number, "D2", minute=6, by=WANG, **seen)
    assert scene.sign(number, "D2", minute=7).facts["portal"] == NEW


def test_a_changed_address_waits_for_a_second_person(scene: Scene) -> None:
    """Unconfirmed it is shown and refused, also at T-x and alone; confirmed by an approver it is signed."""
    number = scene.active()
    assert _unconfirmed(scene, number) is None
    assert _start(scene, _moved(portal=NEW), minute=2) == [("ca.henan", "portal", False)]
    _redraft(scene, number, minute=2)
    shown = _unconfirmed(scene, number)
    assert isinstance(shown, dict)
    assert (shown["was"], shown["now"]) == ("desk", NEW)
    for by, minute in ((WANG, 3), (LI, 220)):
        with pytest.raises(AddressUnconfirmed, match=f"from “desk” to “{NEW}”"):
            scene.sign(number, "D2", minute=minute, by=by)
    for by in (ZHANG, LI, GAO):
        with pytest.raises(NotPermitted):
            _confirm(scene, NEW, by=by, minute=221)
    _confirm(scene, NEW, by=HE, minute=222)
    assert _unconfirmed(scene, number) is None
    assert scene.sign(number, "D2", minute=223).state is State.PENDING
    with scene.database.read() as session:
        told = [(each.kind, each.by, each.body["now"]) for each in journal.entries(session, "tocsin")]
    assert told[-2:] == [("address_changed", "tocsin", NEW), ("address_confirmed", "he.lin", NEW)]


def test_what_is_confirmed_is_what_was_shown(scene: Scene) -> None:
    """It changed again while somebody read it: they confirm nothing."""
    _start(scene, _moved(portal=NEW), minute=2)
    _start(scene, _moved(portal=NEW + "/2"), minute=3)
    with pytest.raises(AddressMoved):
        _confirm(scene, NEW, by=HE, minute=4)


def test_back_to_what_was_confirmed_needs_nobody(scene: Scene) -> None:
    """A slip in the people file that is put back does not hold up anything."""
    _start(scene, _moved(portal=NEW), minute=2)
    assert _start(scene, PEOPLE, minute=3) == [("ca.henan", "portal", True)]
    number = scene.active()
    assert scene.sign(number, "D2", minute=4).state is State.PENDING


def test_a_start_without_a_change_says_nothing(scene: Scene) -> None:
    """Restarting is no change; a new office's address is one."""
    assert _start(scene, PEOPLE, minute=2) == []
    offices = {**PEOPLE.authorities, "new": replace(PEOPLE.authorities["ca.henan"], id="new", portal=None, mail="a@b")}
    assert _start(scene, replace(PEOPLE, authorities=offices), minute=3) == [("new", "mail", False)]


def test_by_phone_it_is_reported_meanwhile(scene: Scene) -> None:
    """A first notice is never blocked in silence: a person phones, and hears who answers."""
    number = scene.active()
    _start(scene, _moved(portal=NEW), minute=2)
    _redraft(scene, number, minute=2)
    version, digest = scene.read(number, "D2")
    told = {"spoken_to": "省局值班员", "spoken_at": scene.after(3), "reference": "", "receipts": RECEIPTS}
    scene.on(report.phoned, number, "D2", minute=3, by=WANG, version=version, digest=digest, **told)
    assert scene.due(number, "clock")["D2"].met_at == scene.after(3)


def test_a_drill_waits_for_no_address(scene: Scene) -> None:
    """It never leaves the house."""
    number = scene.active(exercise=True)
    _start(scene, _moved(portal=NEW), minute=2)
    _redraft(scene, number, minute=2)
    assert _unconfirmed(scene, number) is None
    assert scene.sign(number, "D2", minute=3).exercise is True


def test_an_address_on_record_never_changes(scene: Scene) -> None:
    """A change is a row of its own: nobody rewrites what was confirmed."""
    row = scene.rows(Address)[0]
    with pytest.raises(DatabaseError), scene.database.begin() as session:
        session.get_one(Address, row.id).address = "x"


def test_an_office_without_an_address_is_signed_for_and_phoned(scene: Scene) -> None:
    """Nothing is confirmed where nothing is: the courier refuses it, people are told, and the card has the phone."""
    _start(scene, PEOPLE, minute=0)
    number = scene.active()
    _start(scene, _moved(portal=None), minute=1)
    _redraft(scene, number, minute=1.5)
    leaving = scene.sign(number, "D2", minute=2)
    assert leaving.facts["portal"] is None
