"""The risk registers: put, retired, taken in as a sheet, given out, begun with; each change stands in the journal."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from errors import BadRegister, KeptElsewhere, NoSuchEntry, NotPermitted
from escalation import rosters
from escalation.words import Words
from plans import register, registers, sheets
from plans.records import Entry, Origin, Register, entries, open_triggers
from plans.register import Standing
from plans.sheets import Row
from store import journal
from store.database import Database

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
CHEN = PEOPLE.person("chen.jing")
SHEETS = ROOT / "plans" / "registers"
RING = Row(name="ring-7", title=Words(zh="七号环", en="Ring 7"), unit="henan", facts={"class": "transmission"})
HOUR = timedelta(hours=1)


def told(session: Session, of: Register) -> list[str]:
    """What the journal says of a register."""
    return [entry.kind for entry in journal.entries(session, registers.matter(of))]


def stand(session: Session, code: str, at: datetime, **more: Any) -> None:  # noqa: ANN401
    """A plan that stands."""
    said = {
        "title": {"zh": code, "en": code}, "tier": "special", "organisation": "group", "units": (),
        "scenarios": ("cable_cut",), "references": {}, "owner": "chen.jing", "parent": None, "outline": False,
        "origin": Origin.ISSUED, "number": 1, "digest": "0" * 64, "review_every": None,
    } | more  # fmt: skip
    register.stand(session, Standing(code=code, **said), by="chen.jing", at=at)


def test_an_entry_is_put_changed_and_put_again(database: Database, at: datetime) -> None:
    """The second put changes it; the same again writes nothing, not even in the journal."""
    moved = replace(RING, unit="shanghai")
    with database.begin() as session:
        for row in (RING, RING, moved, moved):
            registers.put(session, Register.EQUIPMENT, row, people=PEOPLE, by=CHEN, at=at)
    with database.read() as session:
        assert [registers.row_of(each) for each in entries(session, Register.EQUIPMENT)] == [moved]
        assert told(session, Register.EQUIPMENT) == ["entry_put", "entry_put"]


def test_a_retired_entry_makes_every_plan_that_leans_on_it_want_revision(database: Database, at: datetime) -> None:
    """Each plan that names it hears why, once; the others do not; the entry is kept."""
    with database.begin() as session:
        registers.put(session, Register.EQUIPMENT, RING, people=PEOPLE, by=CHEN, at=at)
        stand(session, "leans", at, references={"equipment": ["ring-7", "other"]})
        stand(session, "does-not", at, references={"sites": ["ring-7"]})
    with database.begin() as session:
        assert registers.retire(session, Register.EQUIPMENT, "ring-7", people=PEOPLE, by=CHEN, at=at + HOUR) == [
            "leans"
        ]
    with database.read() as session:
        assert [each.kind for each in open_triggers(session, "leans")] == ["key_resource_changed"]
        assert "七号环" in open_triggers(session, "leans")[0].why["zh"]
        assert open_triggers(session, "does-not") == []
        assert entries(session, Register.EQUIPMENT) == []
        assert session.scalars(select(Entry)).one().retired_at == at + HOUR
        assert told(session, Register.EQUIPMENT)[-1] == "entry_retired"
        assert journal.entries(session, registers.matter(Register.EQUIPMENT))[-1].body["plans"] == ["leans"]


def test_a_scenario_that_is_no_risk_any_more_asks_its_plans(database: Database, at: datetime) -> None:
    """A plan leans on the scenarios it stands for."""
    with database.begin() as session:
        registers.put(
            session,
            Register.SCENARIOS,
            replace(RING, name="cable_cut"),
            people=PEOPLE,
            by=CHEN,
            at=at,
        )
        stand(session, "leans", at)
        assert registers.retire(session, Register.SCENARIOS, "cable_cut", people=PEOPLE, by=CHEN, at=at) == ["leans"]
    with database.read() as session:
        assert [each.kind for each in open_triggers(session, "leans")] == ["risk_changed"]


def test_what_is_not_there_cannot_be_retired(database: Database, at: datetime) -> None:
    """Neither what never stood, nor what is retired already; put again it stands again."""
    with database.begin() as session:
        registers.put(session, Register.POSTS, RING, people=PEOPLE, by=CHEN, at=at)
        with pytest.raises(NoSuchEntry):
            registers.retire(session, Register.EQUIPMENT, "ring-7", people=PEOPLE, by=CHEN, at=at)
        registers.retire(session, Register.POSTS, "ring-7", people=PEOPLE, by=CHEN, at=at)
        with pytest.raises(NoSuchEntry):
            registers.retire(session, Register.POSTS, "ring-7", people=PEOPLE, by=CHEN, at=at)
        registers.put(session, Register.POSTS, RING, people=PEOPLE, by=CHEN, at=at)
        assert [each.retired_at for each in entries(session, Register.POSTS)] == [None]


def test_units_are_kept_in_the_people_file(database: Database, at: datetime) -> None:
    """A second list of units would be a second truth."""
    with database.begin() as session:
        with pytest.raises(KeptElsewhere):
            registers.put(session, Register.UNITS, RING, people=PEOPLE, by=CHEN, at=at)
        with pytest.raises(KeptElsewhere):
            registers.as_csv(session, Register.UNITS)


def test_a_sheet_with_a_fault_writes_nothing(database: Database, at: datetime) -> None:
    """One bad row of two: both faults are named, the good row is not entered."""
    sheet = b"id,zh,en,unit,owner\ngood,a,b,henan,\nbad,a,b,henann,nobody\n"
    with database.begin() as session:
        with pytest.raises(BadRegister) as refused:
            registers.take(session, Register.SITES, sheet, file="s.csv", people=PEOPLE, by=CHEN, at=at)
        assert [(fault.line, fault.column) for fault in refused.value.faults] == [(3, 4), (3, 5)]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 0
        assert told(session, Register.SITES) == []


def test_what_goes_out_comes_back_the_same(database: Database, at: datetime) -> None:
    """The sheet of a register taken in again changes nothing, and what it leaves out stays."""
    with database.begin() as session:
        registers.start(session, SHEETS, people=PEOPLE, by="tocsin", at=at)
        for of in registers.STARTERS:
            out = registers.as_csv(session, of)
            taken = registers.take(session, of, out.encode(), file="x.csv", people=PEOPLE, by=CHEN, at=at)
            assert (taken.new, taken.changed) == ((), ())
            assert taken.same == len(entries(session, of)) > 0
            head = out.partition("\n")[0] + "\n"
            more = head + "new-one,新,New" + "," * (head.count(",") - 2) + "\n"
            again = registers.take(session, of, more.encode(), file="x.csv", people=PEOPLE, by=CHEN, at=at)
            assert (again.new, again.changed, again.same) == (("new-one",), (), 0)
            assert len(entries(session, of)) == taken.same + 1


def test_who_answers_for_nothing_of_it_changes_no_register(database: Database, at: datetime) -> None:
    """The verbs themselves refuse, whatever door one came through: put, take and retire alike."""
    who: dict[str, Any] = {"people": PEOPLE, "by": PEOPLE.person("zhang.qiang"), "at": at}
    chen: dict[str, Any] = {**who, "by": CHEN}
    with database.begin() as session:
        registers.put(session, Register.SITES, RING, **chen)
        with pytest.raises(NotPermitted):
            registers.put(session, Register.SITES, replace(RING, title=Words(zh="改", en="other")), **who)
        with pytest.raises(NotPermitted):
            registers.take(session, Register.SITES, b"id,zh,en\nnew,a,b\n", file="x.csv", **who)
        with pytest.raises(NotPermitted):
            registers.retire(session, Register.SITES, RING.name, **who)
        assert [registers.row_of(each) for each in entries(session, Register.SITES)] == [RING]


def test_a_column_left_out_stays_as_it_is(database: Database, at: datetime) -> None:
    """A sheet of names alone renames: where an entry stands, whose it is and what it tells is not wiped by silence."""
    with database.begin() as session:
        registers.start(session, SHEETS, people=PEOPLE, by="tocsin", at=at)
        before = registers.row_of(entries(session, Register.EQUIPMENT)[0])
        assert before.facts
        sheet = f"id,zh,en\n{before.name},新名,New name\n".encode()
        taken = registers.take(session, Register.EQUIPMENT, sheet, file="x.csv", people=PEOPLE, by=CHEN, at=at)
        assert taken.changed == (before.name,)
        (now,) = [each for each in entries(session, Register.EQUIPMENT) if each.name == before.name]
        assert registers.row_of(now) == replace(before, title=Words(zh="新名", en="New name"))


def test_a_changed_row_is_told_as_changed(database: Database, at: datetime) -> None:
    """The minus of -48 V survives the way through a spreadsheet, and only what changed is told."""
    with database.begin() as session:
        registers.start(session, SHEETS, people=PEOPLE, by="tocsin", at=at)
        out = registers.as_csv(session, Register.EQUIPMENT).replace("按负荷等级逐级下电", "按重要程度下电")
        assert "'-48 V" in out
        taken = registers.take(session, Register.EQUIPMENT, out.encode(), file="x.csv", people=PEOPLE, by=CHEN, at=at)
        assert taken.changed == ("battery-48v",)
        found = {each.name: each for each in entries(session, Register.EQUIPMENT)}
        assert found["battery-48v"].title["zh"].startswith("-48 V")


def test_the_starter_registers_are_loaded_once(database: Database, at: datetime) -> None:
    """Into an empty house only: what an organisation retired does not come back at the next start."""
    with database.begin() as session:
        assert registers.start(session, SHEETS, people=PEOPLE, by="tocsin", at=at) >= 65
        registers.retire(session, Register.SCENARIOS, "ice_storm", people=PEOPLE, by=CHEN, at=at)
        assert registers.start(session, SHEETS, people=PEOPLE, by="tocsin", at=at + HOUR) == 0
        assert "ice_storm" not in {each.name for each in entries(session, Register.SCENARIOS)}


def test_another_organisation_gets_no_sites_of_the_sample(database: Database, at: datetime) -> None:
    """What stands at a unit that its people file does not know is left out; the scenarios stand all the same."""
    elsewhere = replace(PEOPLE, units={"group": PEOPLE.units["group"]})
    with database.begin() as session:
        registers.start(session, SHEETS, people=elsewhere, by="tocsin", at=at)
        assert {each.unit for each in entries(session, Register.SITES)} <= {"group"}
        assert {each.unit for each in entries(session, Register.EQUIPMENT)} == {None}
        assert len(entries(session, Register.SCENARIOS)) >= 25


def test_the_journal_says_which_file_was_read(database: Database, at: datetime) -> None:
    """Its name, the digest of its bytes, and what it did; each row it changed stands beside it."""
    content = sheets.write("equipment", [Row(name="otdr", title=Words(zh="光时域反射仪", en="OTDR"))]).encode()
    with database.begin() as session:
        registers.take(session, Register.EQUIPMENT, content, file="设备.csv", people=PEOPLE, by=CHEN, at=at)
    with database.read() as session:
        told = [(each.kind, each.body) for each in journal.entries(session, "register:equipment")]
    assert [kind for kind, _ in told] == ["entry_put", "sheet_taken"]
    assert told[1][1] == {
        "file": "设备.csv", "digest": hashlib.sha256(content).hexdigest(), "rows": 1, "new": 1, "changed": 0, "same": 0,
    }  # fmt: skip
