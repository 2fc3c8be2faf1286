"""The periodic returns on a real database: opened, drafted, reminded of, signed by another, sent once, corrected."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from errors import (
    AlreadySigned,
    BadValue,
    FieldsMissing,
    NotPermitted,
    ReturnNotDrafted,
    ReturnNotFiled,
    SecondPersonWanted,
    SignerIsDrafter,
    StaleDraft,
)
from escalation.deliver import Delivered, Delivery, Lost, Rejected
from escalation.records import Deadline, Standing, State
from incidents import learn, records, returns, run
from incidents.records import Return
from store import journal
from store.database import Database
from tests.acts.incident_house import CHEN, GAO, HE, LI, PEOPLE, WANG, ZHANG
from tests.acts.return_house import WU, Office, cn
from tests.conftest import KEY

BEGAN = cn(10, 1)  # October is covered from its first instant
ENDED = cn(11, 1)


@pytest.fixture
def office(database: Database) -> Office:
    """A house that stands since the first of October and has opened October's returns."""
    made = Office(database, BEGAN)
    made.come(BEGAN)
    return made


def october(office: Office, unit: str = "henan", seq: int = 1) -> Return:
    """A unit's return for October."""
    return office.one(unit, "2026-10", seq)


def drafted(office: Office, at: datetime = ENDED) -> Return:
    """The month is over: Henan's return for October with its draft."""
    office.come(cn(10, 31, 9))
    office.come(at)
    return october(office)


def typed(**changes: str) -> dict[str, str]:
    """What a drafter types."""
    return {"hazards_found": "12", "hazards_closed": "9", "hazards_source": "安全部台账", "note": "无", **changes}


def filed(office: Office) -> Return:
    """Henan's return for October, signed by Wang Fang and delivered."""
    of = drafted(office)
    office.signs(of, cn(11, 2, 10))
    office.come(cn(11, 2, 10))
    return october(office)


# --- opened and drafted ----------------------------------------------------------------------------------------------


def test_every_unit_with_an_office_has_its_return_on_a_matter_of_its_own(office: Office) -> None:
    """Group, Henan, Shanghai: one row each, however often the house starts or rings; none of them is a drill."""
    office.come(cn(10, 31, 9))
    with office.database.begin() as session:
        returns.begin(session, at=cn(10, 31, 10))
    office.come(cn(10, 31, 10))
    found = [each for each in office.returns() if each.period == "2026-10"]
    assert [each.matter for each in found] == [
        "return:cn.miit.monthly:group:2026-10",
        "return:cn.miit.monthly:henan:2026-10",
        "return:cn.miit.monthly:shanghai:2026-10",
    ]
    assert office.clock(found[0]).due_at == cn(11, 5, 23, 59).replace(second=59)
    assert office.clock(found[0]).facts["confidence"] == "MEM"


def test_it_is_drafted_by_itself_as_the_month_ends_and_not_before(office: Office) -> None:
    """A second before midnight there is no draft, and nobody can make one; at midnight there is."""
    office.come(cn(10, 31, 9))
    office.come(ENDED - timedelta(seconds=1))
    assert october(office).draft == 0
    with pytest.raises(ReturnNotDrafted, match="11-01 00:00"):
        office.act(returns.write, october(office), typed(), at=cn(10, 31, 12), by=WU)
    office.come(ENDED)
    assert october(office).draft == 1
    assert office.told(october(office))["drafter_id"] == "wu.gang"


def test_a_month_in_which_nothing_happened_is_a_nil_return(office: Office) -> None:
    """零报告 stands in the title and the text; a hazard figure that nobody gave is not zero."""
    letter = office.text(drafted(office))
    assert letter.splitlines()[0].endswith("（零报告）")
    assert "零报告：本期未发生生产安全事故。" in letter
    assert "隐患数据未接入" in letter


def test_accidents_are_counted_where_and_when_they_happened(office: Office) -> None:
    """Henan's is in Henan's and the group's return, not in Shanghai's; September's and November's are in neither."""
    office.accident(cn(10, 5, 10), unit="henan.zhengzhou", facts={"deaths": 1, "direct_loss_yuan": 120_000})
    office.accident(cn(10, 31, 23, 59))
    office.accident(cn(11, 1))
    of = drafted(office, cn(11, 1, 0, 1))
    counts = {
        unit: office.told(october(office, unit))["now"]["count"]["known"] for unit in ("henan", "group", "shanghai")
    }
    assert counts == {"henan": 2, "group": 2, "shanghai": 0}
    assert office.told(of)["now"]["deaths"] == {"known": 1, "unknown": 1}
    letter = office.text(of)
    assert "｜死亡（人）｜不少于1（另1起待核实）｜" in letter
    assert "｜直接经济损失（万元）｜不少于12（另1起待核实）｜" in letter
    assert "零报告" not in letter


def test_what_occurred_before_midnight_and_was_declared_after_it_belongs_to_the_old_month(office: Office) -> None:
    """The occurrence decides; the draft of October follows when it is read again."""
    of = drafted(office)
    number = office.accident(cn(11, 1, 0, 30))
    with office.database.begin() as session:
        inside = records.incident(session, number)
        known = {"occurred_at": cn(10, 31, 23, 50).isoformat()}
        learn.set_facts(
            session, inside, known, as_of=cn(11, 1, 1), source="NOC", people=PEOPLE, by=ZHANG, at=cn(11, 1, 1)
        )
    with office.database.begin() as session:
        returns.redraft(session, records.periodic(session, of.id), people=PEOPLE, at=cn(11, 1, 2))
    told = office.told(of)
    assert (told["version"], told["now"]["count"]["known"], told["nil"]) == (2, 1, False)
    assert told["drafter_id"] == "wu.gang"


def test_a_drill_is_counted_as_a_drill_and_a_false_alarm_not_at_all(office: Office) -> None:
    """An exercise with deaths on paper leaves the accidents at none."""
    office.accident(cn(10, 5, 10), exercise=True, facts={"deaths": 7})
    wrong = office.accident(cn(10, 6, 10))
    with office.database.begin() as session:
        run.cancel(session, records.incident(session, wrong), "误报", by=LI, at=cn(10, 6, 11))
    told = office.told(drafted(office))
    assert (told["now"]["count"]["known"], told["now"]["deaths"]["known"], told["now"]["drills"]["known"]) == (0, 0, 1)
    assert told["nil"] is True
    assert "管道施工坍塌" not in office.text(october(office))


def test_a_house_that_began_in_the_middle_of_a_month_says_so_and_files_no_nil(database: Database) -> None:
    """What was before the record is unknown: the letter names the day, and 零报告 is not claimed."""
    office = Office(database, cn(10, 20, 12))
    of = drafted(office)
    letter = office.text(of)
    assert "本系统自2026年10月20日12时00分起有记录" in letter
    assert "零报告" not in letter
    assert any("开始记录之前" in each["zh"] for each in office.told(of)["missing"]["now"])


def test_months_in_which_the_house_stood_still_are_drafted_late_and_none_is_left_out(office: Office) -> None:
    """It wakes in January: three months and the year's summary are there, each with a draft."""
    office.come(cn(1, 4, 10, year=2027))
    found = {(each.period, each.draft) for each in office.returns() if each.unit == "group"}
    assert found == {("2026-09", 1), ("2026-10", 1), ("2026-11", 1), ("2026-12", 1), ("2026", 1)}


def test_september_is_owed_to_a_house_that_began_before_its_day(office: Office) -> None:
    """October began with September's return still to be filed: it is opened, and says that it is not on record."""
    assert "有记录以来" in office.text(office.one("henan", "2026-09"))


# --- reminders -------------------------------------------------------------------------------------------------------


def test_reminders_come_ahead_on_the_day_and_every_morning_until_it_is_filed(office: Office) -> None:
    """−5 d to the drafter alone (there is no draft yet), −2 d and the day to both, then daily; none after it is met."""
    office.through(cn(10, 31, 0), cn(11, 7, 12))
    number = october(office).number
    due = [to for of, to in office.straight("due") if of == number]
    assert due == ["wu.gang", *(["wu.gang", "wang.fang", "he.lin"] * 2)]
    late = [to for of, to in office.straight("late") if of == number]
    assert late == ["wu.gang", "wang.fang", "he.lin"] * 2
    office.signs(october(office), cn(11, 7, 13))
    office.through(cn(11, 8, 0), cn(11, 10, 12))
    assert len([1 for of, _ in office.straight("late") if of == number]) == len(late)
    assert office.clock(october(office)).state is Standing.MET


# --- written, read, signed -------------------------------------------------------------------------------------------


def test_typed_figures_and_words_are_kept_when_the_draft_is_written_anew(office: Office) -> None:
    """A late accident changes the counts; what the drafter typed stays."""
    of = drafted(office)
    office.act(returns.write, of, typed(works="通信管道工程1起"), at=cn(11, 1, 9), by=LI)
    office.accident(cn(10, 31, 23), facts={"deaths": 0})
    with office.database.begin() as session:
        returns.redraft(session, records.periodic(session, of.id), people=PEOPLE, at=cn(11, 1, 10))
    letter = office.text(of)
    assert "｜排查隐患｜12｜" in letter
    assert "安全部台账" in letter
    assert "通信管道工程1起" in letter
    assert "｜重大隐患完成整改｜待核实｜" in letter


@pytest.mark.parametrize(
    ("wrong", "field"), [({"hazards_found": "十二"}, "hazards found"), ({"hazards_source": ""}, "source")]
)
def test_a_figure_that_is_none_and_a_figure_without_its_source_are_refused(
    office: Office, wrong: dict[str, str], field: str
) -> None:
    """The sentence names the field; nothing is stored."""
    of = drafted(office)
    with pytest.raises(BadValue, match=field):
        office.act(returns.write, of, typed(**wrong), at=cn(11, 1, 9), by=WU)
    assert october(office).draft == 1


def test_whoever_had_a_hand_in_it_may_not_sign_it(office: Office) -> None:
    """Wang Fang wrote a version; another wrote after her: she may not sign, He Lin may."""
    of = drafted(office)
    office.act(returns.write, of, typed(), at=cn(11, 1, 9), by=WANG)
    office.act(returns.write, of, typed(note="改"), at=cn(11, 1, 10), by=WU)
    with pytest.raises(SignerIsDrafter):
        office.signs(of, cn(11, 1, 11), by=WANG)
    office.signs(of, cn(11, 1, 11), by=HE)
    assert october(office).signed_by == "he.lin"


@pytest.mark.parametrize("who", [WU, LI, CHEN, GAO])
def test_only_an_approver_signs(office: Office, who: Any) -> None:  # noqa: ANN401
    """Drafter, duty manager, plan owner: none of them."""
    of = drafted(office)
    with pytest.raises(NotPermitted):
        office.signs(of, cn(11, 1, 11), by=who)
    assert october(office).signed_at is None


def test_what_moved_since_it_was_read_is_not_signed(office: Office) -> None:
    """An accident comes to light between the reading and the signature; the sentence says what moved."""
    of = drafted(office)
    office.accident(cn(10, 31, 23))
    with pytest.raises(StaleDraft, match="accidents"):
        office.signs(of, cn(11, 1, 11))
    assert office.letters() == []


def test_what_was_read_is_what_is_sent_once_and_meets_the_day(office: Office) -> None:
    """The desk gets the very text that was signed, under its digest; a second signature is refused."""
    of = filed(office)
    letters = [each for each in office.letters() if each.facts["return"] == of.id]
    assert [each.facts["text"] for each in letters] == [of.text]
    assert letters[0].facts["digest"] == of.digest
    assert "签发人：王芳" in (of.text or "")
    assert letters[0].facts["addressee"] == "ca.henan"
    assert not letters[0].exercise
    assert office.clock(of).state is Standing.MET
    assert office.notes(of)[-2:] == ["signed", "dispatch_settled"]
    assert [to for number, to in office.straight("delivered") if number == of.number] == ["wu.gang", "wang.fang"]
    with pytest.raises(AlreadySigned):
        office.signs(of, cn(11, 2, 11), by=HE)


def test_an_approver_sends_it_back_and_reads_the_next_draft(office: Office) -> None:
    """The drafter hears why; when they have revised it, the one who sent it back is asked."""
    of = drafted(office)
    office.act(returns.ask_to_sign, of, WANG, at=cn(11, 1, 9), by=WU)
    office.act(returns.send_back, of, "缺隐患数据", at=cn(11, 1, 10), by=WANG)
    assert office.straight("sent_back") == [(of.number, "wu.gang")]
    office.act(returns.write, of, typed(), at=cn(11, 1, 11), by=WU)
    assert office.straight("asked") == [(of.number, "wang.fang")] * 2
    assert october(office).sent_back is None


def test_the_annual_summary_waits_for_a_persons_words(office: Office) -> None:
    """Numbers alone are no summary of the year's work."""
    office.come(cn(12, 1))
    of = office.one("group", "2026", regime="cn.miit.annual")
    with pytest.raises(StaleDraft, match="last day that is counted"):
        office.signs(of, cn(12, 1, 9))
    with office.database.begin() as session:
        returns.redraft(session, records.periodic(session, of.id), people=PEOPLE, at=cn(12, 1, 9))
    missing = office.told(of)["missing"]
    assert (missing["holds"], [each["en"] for each in missing["now"]]) == (True, ["main work"])
    with pytest.raises(FieldsMissing, match="main work"):
        office.signs(of, cn(12, 1, 9))
    office.act(returns.write, of, typed(summary="完成安全生产三年行动年度任务。"), at=cn(12, 1, 10), by=WU)
    assert "holds" not in office.told(of)["missing"]
    office.signs(of, cn(12, 1, 11))
    office.come(cn(12, 1, 12))
    assert office.clock(of).met_at is not None
    assert "｜2026年10月｜0｜0｜0｜0｜" in (office.one("group", "2026", regime="cn.miit.annual").text or "")


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_return_that_was_refused_goes_again_by_a_second_person_marked(office: Office) -> None:
    """Drafter, signer and duty manager hear of it; the signer alone may not repeat it; the repeat says what it is."""
    office.wires["portal"].outcome = Rejected(why="格式不符")
    of = filed(office)
    assert {to for number, to in office.straight("failed") if number == of.number} >= {
        "wu.gang",
        "wang.fang",
        "gao.yuan",
    }
    with pytest.raises(SecondPersonWanted):
        office.act(returns.resend, of, at=cn(11, 2, 11), by=WANG)
    office.wires["portal"].outcome = Delivered(receipt={"receipt": "HN-7"})
    office.act(returns.resend, of, at=cn(11, 2, 12), by=HE)
    office.come(cn(11, 2, 13))
    last = [each for each in office.letters() if each.facts["return"] == of.id][-1]
    assert last.facts["subject"].startswith("【重新报送")
    assert last.facts["text"] == of.text
    assert office.clock(of).state is Standing.MET


def test_a_mail_nobody_knows_the_fate_of_is_never_repeated_by_the_machine(office: Office) -> None:
    """Uncertain: told to people; a person's word that it arrived is the receipt."""
    office.wires["portal"].outcome, office.wires["portal"].delivery = Lost(why="timeout"), Delivery.NEITHER
    of = filed(office)
    office.through(cn(11, 3, 0), cn(11, 4, 12))
    assert len([each for each in office.letters() if each.facts["return"] == of.id]) == 1
    more = {"spoken_to": "省局 周工", "spoken_at": cn(11, 2, 12), "reference": "电 7"}
    office.act(returns.confirm_by_hand, of, at=cn(11, 4, 13), by=LI, **more)
    assert office.clock(of).met_at == cn(11, 2, 12)


def test_the_authority_acknowledges_once(office: Office) -> None:
    """By the token that went with it; another token is nobody's; the journal says that it was not one of ours."""
    of = filed(office)
    said = {"who": "省局值班员", "receipt": "HN-1", "said_at": cn(11, 2, 12), "people": PEOPLE, "at": cn(11, 2, 13)}
    with office.database.begin() as session:
        assert returns.acknowledge(session, "x" * 40, **said) is None
        assert returns.acknowledge(session, of.token or "", **said) is not None
        assert returns.acknowledge(session, of.token or "", **(said | {"who": "别人"})) is not None
    assert october(office).acknowledged_by == "省局值班员"
    with office.database.read() as session:
        told = [entry for entry in journal.entries(session, of.matter) if entry.kind == "acknowledged"]
    assert [entry.by for entry in told] == ["authority:省局值班员"]


# --- corrections -----------------------------------------------------------------------------------------------------


def test_a_filed_return_is_put_right_by_another_that_names_it(office: Office) -> None:
    """The first keeps its words; the correction names number and digest, says what was filed and what is right."""
    of = filed(office)
    office.accident(cn(10, 31, 23), facts={"deaths": 1})
    new = office.act(returns.correct, of, "漏报一起", at=cn(11, 3, 9), by=WU)
    assert (new.seq, new.corrects) == (2, of.id)
    letter = office.text(new)
    assert f"本件更正{of.number}" in letter
    assert of.digest in letter.replace(" ", "")
    assert "（1）事故起数：原报0，更正为1。" in letter
    office.signs(new, cn(11, 3, 10))
    office.come(cn(11, 3, 11))
    sent = office.letters()[-1].facts
    assert '"corrects": {"reference": "' + of.number in sent["body"]
    assert office.clock(october(office, seq=2)).state is Standing.MET
    assert october(office).text == of.text


def test_one_correction_at_a_time_and_none_of_what_is_not_filed(office: Office) -> None:
    """A draft is edited; while a correction is being written, the same one is answered."""
    of = drafted(office)
    with pytest.raises(ReturnNotFiled):
        office.act(returns.correct, of, "错", at=cn(11, 1, 9), by=WU)
    office.signs(of, cn(11, 1, 10))
    office.come(cn(11, 1, 11))
    new = office.act(returns.correct, of, "错", at=cn(11, 1, 12), by=WU)
    assert office.act(returns.correct, of, "还是错", at=cn(11, 1, 13), by=WU).id == new.id


def test_a_correction_is_reminded_of_every_morning(office: Office) -> None:
    """It has no day in any rule, and must not be forgotten."""
    of = filed(office)
    new = office.act(returns.correct, of, "错", at=cn(11, 3, 9), by=WU)
    office.through(cn(11, 4, 0), cn(11, 5, 12))
    assert [to for number, to in office.straight("due") if number == new.number].count("wu.gang") >= 2


def test_the_next_return_shows_what_was_filed_and_that_it_no_longer_holds(office: Office) -> None:
    """November stands beside October as it was filed; the accident that came to light is a contradiction."""
    filed(office)
    office.accident(cn(10, 31, 23))
    office.come(cn(11, 30, 9))
    office.come(cn(12, 1))
    november = office.one("henan", "2026-11")
    told = office.told(november)
    assert told["then"]["count"] == {"known": 0, "unknown": 0}
    assert "取自已报送的RET-2026-10-MONTHLY-henan" in office.text(november)
    assert any("事故起数0，按现有记录为1" in each["zh"] for each in told["missing"]["contradictions"])


# --- what cannot happen ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "update periodic_return set text = 'x' where signed_at is not null",
        "update return_draft set drafter = 'x'",
        "delete from return_draft",
    ],
)
def test_what_was_drafted_and_signed_cannot_be_changed_by_hand(office: Office, statement: str) -> None:
    """Not even by SQL."""
    filed(office)
    with pytest.raises(DBAPIError), office.database.engine.begin() as connection:
        connection.execute(text(statement))


def test_the_journal_of_a_return_holds(office: Office) -> None:
    """Opened, reminded, drafted, signed, settled: in the chain, and the chain is whole."""
    of = filed(office)
    assert office.notes(of) == ["return_opened", "return_reminded", "drafted", "signed", "dispatch_settled"]
    with office.database.read() as session:
        assert journal.verify(session, KEY) > 0


def test_every_dispatch_of_a_return_is_real_and_none_of_its_letters_goes_twice(office: Office) -> None:
    """A whole quarter: each unit and month has one letter, and each one's deadline is met by it."""
    for month, last in ((10, 31), (11, 30), (12, 31)):
        office.come(cn(month, last, 9))
        first = cn(month + 1, 1) if month < 12 else cn(1, 1, year=2027)
        office.come(first)
        for unit in ("group", "henan", "shanghai"):
            office.signs(office.one(unit, f"2026-{month}"), first + timedelta(hours=10))
        office.come(first + timedelta(hours=11))
        office.come(first + timedelta(hours=12))
    sent = [each.facts["reference"] for each in office.letters()]
    assert len(sent) == len(set(sent)) == 9
    assert all(not each.exercise for each in office.letters())
    met = [each for each in office.rows(Deadline) if each.kind == "return" and each.state is Standing.MET]
    assert len(met) == 9


def test_a_signature_under_a_lost_receipt_keeps_the_state_of_the_sending(office: Office) -> None:
    """What waits for its portal is not reminded of as unsigned: it is shown as on its way."""
    of = drafted(office)
    office.signs(of, cn(11, 2, 10))
    with office.database.read() as session:
        told = returns.facts(session, records.periodic(session, of.id, lock=False), PEOPLE, at=cn(11, 2, 10))
    assert told["sending"]["state"] == State.PENDING.value
    assert told["signed_by"] == "wang.fang"
