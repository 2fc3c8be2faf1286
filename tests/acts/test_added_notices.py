"""Notices beside the plan's: corrections, announcements, what a plan forgot, one notice for each administration."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from errors import BadValue, FieldsMissing, NoSuchDuty, NotPermitted, NotSent, SignerIsDrafter
from escalation import notices
from escalation.duties import Addressee, Notice
from escalation.records import Standing
from incidents import add, carry, learn, picture, records, report, run
from incidents.records import Draft, Filing
from store.database import Database
from tests.acts.incident_house import CHEN, GAO, HE, PEOPLE, WANG, ZHANG, Scene

WHY = "首报时统计口径有误"


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house with one small plan."""
    return Scene(database, at)


@pytest.fixture
def told(scene: Scene) -> str:
    """An incident whose first notice said 80 000 users and has arrived."""
    number = scene.active()
    scene.facts(number, {"users_affected": 80_000}, minute=2)
    scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal")
    assert scene.due(number, "clock")["D2"].met_at is not None
    return number


def _correct(scene: Scene, number: str, why: str = WHY, *, minute: float = 7) -> None:
    scene.on(add.correct, number, "D2", why, minute=minute, by=ZHANG)


def _text(scene: Scene, number: str, duty: str) -> str:
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        notice = records.filing_of(session, of, duty, 1)
        assert notice is not None
        return report.shown(session, notice, to=WANG)[1].text


# --- what was sent and is otherwise now ------------------------------------------------------------------------------


def test_a_sent_figure_that_changes_is_noted_on_its_notice(scene: Scene, told: str) -> None:
    """The notice's card says what it said and what is so now; an earlier notice that nobody sent says nothing."""
    scene.facts(told, {"users_affected": 120_000}, minute=6)
    filing = scene.filings(told)["D2"]
    assert filing.moved == [{"name": "users_affected", "was": 80_000, "now": 120_000, "wrong": False}]
    card = scene.dispatches(told, "filing")[-1]
    assert (card.facts["filing"], card.facts["moved"]) == (filing.id, filing.moved)
    assert scene.filings(told)["D1"].moved == []


def test_a_figure_of_a_time_that_was_reported_was_wrong(scene: Scene, told: str) -> None:
    """A figure as of an hour that the notice had covered was wrong when it was sent; a later one has developed."""
    more = {"as_of": scene.after(2), "source": "NOC"}
    scene.do(learn.set_facts, told, {"users_affected": 120_000}, minute=6, by=ZHANG, **more)
    assert scene.filings(told)["D2"].moved[0]["wrong"] is True


def test_what_comes_back_is_no_longer_noted(scene: Scene, told: str) -> None:
    """A figure that returns to what was sent leaves nothing to correct."""
    scene.facts(told, {"users_affected": 120_000}, minute=6)
    scene.facts(told, {"users_affected": 80_000}, minute=7)
    assert scene.filings(told)["D2"].moved == []


# --- correction ------------------------------------------------------------------------------------------------------


def test_a_correction_names_what_it_puts_right(scene: Scene, told: str) -> None:
    """It is a notice of its own: number and digest of the first, field by field, sent to the same office; both link."""
    scene.facts(told, {"users_affected": 120_000}, minute=6)
    _correct(scene, told)
    first = scene.filings(told)["D2"]
    text = _text(scene, told, "X1")
    assert f"编号{told}/D2/1，回执R" in text
    assert f"被更正文件摘要：{first.digest}" in text
    assert "（1）受影响用户：原报8万户，应为12万户。" in text
    assert f"二、更正原因\n　　{WHY}\n" in text
    scene.sign(told, "X1", minute=8)
    scene.carry(9, "portal")
    body = json.loads(scene.wires["portal"].carried[-1].facts["body"])
    assert body["corrects"] == {"reference": f"{told}/D2/1", "digest": first.digest}
    with scene.database.read() as session:
        notice = session.get_one(Filing, first.id)
        assert [each.duty for each in records.corrections(session, notice)] == ["X1"]
        assert (notice.text, notice.digest) == (first.text, first.digest)
    assert scene.filings(told)["D2"].moved == []  # the correction speaks now
    assert scene.due(told, "clock")["X1"].state is Standing.MET


def test_a_correction_is_signed_by_another(scene: Scene, told: str) -> None:
    """Who drafted it does not sign it, and nobody signs it alone, whatever the plan says of the first notice."""
    scene.facts(told, {"users_affected": 120_000}, minute=6)
    scene.on(add.correct, told, "D2", WHY, minute=7, by=WANG)
    with pytest.raises(SignerIsDrafter):
        scene.sign(told, "X1", minute=8)
    with pytest.raises(NotPermitted):
        scene.sign(told, "X1", minute=400, by=GAO)
    assert scene.sign(told, "X1", minute=9, by=HE).key == f"notice:{told}:X1:1"


def test_a_correction_says_why(scene: Scene, told: str) -> None:
    """Without its reason, or with nothing that differs, it is not signed."""
    _correct(scene, told, "")
    with pytest.raises(FieldsMissing, match="what is corrected, Why it was wrong"):
        scene.sign(told, "X1", minute=8)


def test_correct_twice_is_one_correction(scene: Scene, told: str) -> None:
    """Of two who press, the second finds the first one's draft; after it was signed a new one begins."""
    scene.facts(told, {"users_affected": 120_000}, minute=6)
    _correct(scene, told)
    _correct(scene, told, minute=7.5)
    assert set(scene.filings(told)) >= {"X1"}
    assert "X2" not in scene.filings(told)


def test_a_text_is_corrected_by_writing_it_anew(scene: Scene, told: str) -> None:
    """A wrong word is put right as a figure is: what it said, what it should say."""
    _correct(scene, told)
    words = {"wrong_because": WHY, "cause": "光缆被挖断"}
    scene.on(report.write, told, "X1", words, minute=8, by=ZHANG)
    assert "（1）原因：原报待核实，应为光缆被挖断。" in _text(scene, told, "X1")


def _written(scene: Scene, number: str, duty: str, seq: int = 1) -> Draft:
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        notice = records.filing_of(session, of, duty, seq)
        assert notice is not None
        draft = records.newest_draft(session, notice)
        assert draft is not None
        return draft


def _as_filed(scene: Scene, number: str, duty: str, seq: int = 1) -> dict[str, Any]:
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        notice = records.filing_of(session, of, duty, seq)
        assert notice is not None
        return report.as_filed(session, of, notice)


def _filed(scene: Scene, **words: str) -> str:
    """An incident whose first notice said these words and has arrived."""
    number = scene.active()
    scene.on(report.write, number, "D2", words, minute=2, by=ZHANG)
    scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal")
    return number


def test_a_correction_begins_with_what_was_filed(scene: Scene) -> None:
    """Its form holds the notice's own words; what is changed of them is what is corrected, the rest is not told."""
    number = _filed(scene, cause="停电。", summary="机房断电。")
    words = {"cause": "光缆被挖断。", "corrected": "联系电话：原报0371-1，应为0371-2。\n\n地点：原报新乡，应为郑州"}
    scene.on(add.correct, number, "D2", WHY, words, minute=7, by=ZHANG)
    assert _written(scene, number, "X1").written["summary"] == "机房断电。"
    text = _text(scene, number, "X1")
    assert "（1）原因：原报停电，应为光缆被挖断。\n" in text
    assert "（2）联系电话：原报0371-1，应为0371-2。\n" in text
    assert "（3）地点：原报新乡，应为郑州。\n" in text
    assert "机房断电" not in text
    assert scene.sign(number, "X1", minute=8)


def test_a_word_that_is_taken_out_is_corrected(scene: Scene) -> None:
    """A text that should not have been filed is corrected by leaving it empty: it is to be verified again."""
    number = _filed(scene, cause="停电。")
    scene.on(add.correct, number, "D2", WHY, {"cause": ""}, minute=7, by=ZHANG)
    assert "（1）原因：原报停电，应为待核实。" in _text(scene, number, "X1")


def test_who_corrects_sees_the_notice_as_it_was_sent(scene: Scene, told: str) -> None:
    """Its text, its words and what is known differently now, though a later notice has told it; a draft has none."""
    scene.facts(told, {"users_affected": 120_000}, minute=5)
    scene.on(report.write, told, "D3", {"cause": "停电。"}, minute=5, by=ZHANG)
    scene.sign(told, "D3", minute=6)
    scene.carry(7, "portal")
    first, second = _as_filed(scene, told, "D2"), _as_filed(scene, told, "D3")
    assert first["text"] == scene.filings(told)["D2"].text
    assert first["changes"] == [{"name": "users_affected", "was": 80_000, "now": 120_000}]
    assert (first["written"], second["written"], second["changes"]) == ({}, {"cause": "停电。"}, [])
    with pytest.raises(NotSent):
        _as_filed(scene, told, "D3", 2)


# --- what a follow-up takes over -------------------------------------------------------------------------------------


def test_a_follow_up_takes_over_the_words_and_not_the_figures(scene: Scene) -> None:
    """It begins with the first notice's typed words, marked with its number; the figures are those known now."""
    number = _filed(scene, cause="停电。", impact="郑州全市")
    scene.facts(number, {"users_affected": 120_000}, minute=5)
    draft = _written(scene, number, "D3")
    assert (draft.written["cause"], draft.written["impact"]) == ("停电。", "郑州全市")
    text = _text(scene, number, "D3")
    assert "停电。" in text
    assert "12万户" in text
    card = [each for each in scene.dispatches(number, "filing") if each.facts["duty"] == "D3"][-1]
    assert {(each["name"], each["reference"]) for each in card.facts["carried"]} == {
        ("cause", f"{number}/D2/1"),
        ("impact", f"{number}/D2/1"),
    }


def test_what_is_edited_is_no_longer_carried(scene: Scene) -> None:
    """A word that a person changes is theirs, and stays theirs; what they left follows what was filed since."""
    number = _filed(scene, cause="停电。", impact="郑州全市")
    scene.on(report.write, number, "D3", {"cause": "光缆断", "impact": "郑州全市"}, minute=5, by=HE)
    scene.on(add.correct, number, "D2", WHY, {"impact": "郑州、新乡"}, minute=6, by=ZHANG)
    scene.sign(number, "X1", minute=7)
    scene.carry(8, "portal")
    draft = _written(scene, number, "D3")
    assert (draft.written["cause"], draft.written["impact"]) == ("光缆断", "郑州、新乡")
    assert carry.kept(draft.facts) == ["impact"]
    assert draft.facts["carried"]["impact"]["reference"] == f"{number}/X1/1"


def test_a_word_that_was_taken_out_does_not_come_back(scene: Scene) -> None:
    """Who empties a carried text has emptied it; facts that come later do not write it in again."""
    number = _filed(scene, cause="停电。")
    scene.on(report.write, number, "D3", {"cause": ""}, minute=5, by=ZHANG)
    scene.facts(number, {"users_affected": 120_000}, minute=6)
    assert _written(scene, number, "D3").written["cause"] == ""
    scene.sign(number, "D3", minute=7)
    scene.carry(8, "portal")
    assert _written(scene, number, "D3", 2).written["cause"] == ""


def test_whose_words_are_carried_has_a_hand_in_it(scene: Scene) -> None:
    """Nobody signs their own words because a first notice has carried them; who signed that one may sign again."""
    number = scene.active()
    scene.on(report.write, number, "D2", {"cause": "停电。"}, minute=2, by=HE)
    scene.facts(number, {"users_affected": 1}, minute=2.5)
    scene.sign(number, "D2", minute=3)
    scene.carry(4, "portal")
    scene.facts(number, {"users_affected": 120_000}, minute=5)
    with pytest.raises(SignerIsDrafter):
        scene.sign(number, "D3", minute=6, by=HE)
    assert scene.sign(number, "D3", minute=6, by=WANG)


def test_each_office_has_its_own_words(scene: Scene) -> None:
    """What one province was told in words is not carried into another's follow-up."""
    number = scene.active()
    scene.do(learn.reach, number, ["shanghai"], minute=2, by=ZHANG)
    scene.on(report.write, number, "D2", {"cause": "停电。"}, minute=2, by=ZHANG)
    scene.sign(number, "D2", minute=3)
    scene.sign(number, "D2@shanghai", minute=3)
    scene.carry(4, "portal")
    assert _written(scene, number, "D3").written["cause"] == "停电。"
    assert _written(scene, number, "D3@shanghai").written["cause"] == ""


def test_a_final_takes_over_what_still_holds(scene: Scene) -> None:
    """The final begins with the last follow-up's words, but not with what was planned or asked for on the way."""
    number = _filed(scene, cause="停电。", next="继续抢修", requests="请协调油料")
    scene.facts(number, {"restored_at": scene.after(30).isoformat()}, minute=31)
    written = _written(scene, number, "D4").written
    assert (written["cause"], written["next"], written["requests"]) == ("停电。", "", "")


# --- what holds a signature up ---------------------------------------------------------------------------------------


def _missing(scene: Scene, number: str, duty: str) -> dict[str, Any]:
    found: dict[str, Any] = _written(scene, number, duty).facts["missing"]
    return found


def test_a_card_says_whether_a_gap_holds_it_up(scene: Scene) -> None:
    """A list from memory holds nothing up; an announcement and a correction wait for every item, on the right form."""
    number = scene.active()
    assert _missing(scene, number, "D2")["now"] != []
    assert _missing(scene, number, "D2")["holds"] is False
    scene.do(add.announce, number, Notice.WARNING, Addressee.LOCAL_GOVERNMENT, minute=2, by=ZHANG)
    held = _missing(scene, number, "X1")
    assert (held["holds"], held["until"], held["forms"]) == (True, None, ["words"])


def test_what_waits_to_be_filled_in_is_the_next_step(scene: Scene, told: str) -> None:
    """The status card does not offer to sign what would be refused: it offers the form that lacks something."""
    _correct(scene, told, "")
    with scene.database.read() as session:
        of = records.incident(session, told, lock=False)
        due = scene.due(told, "clock")["X1"]
        clock = picture.clock(session, due, at=scene.after(8))
        assert clock["fill"] == ["words"]
        step = picture.next_step(of, [clock], [], at=scene.after(8))
    assert (step["step"], step["forms"]) == ("fill", ["words"])


def test_only_what_was_sent_is_corrected(scene: Scene) -> None:
    """A draft is edited, not corrected."""
    number = scene.active()
    with pytest.raises(NotSent):
        scene.on(add.correct, number, "D2", WHY, minute=3, by=ZHANG)


def test_the_follow_up_compares_with_the_correction(scene: Scene, told: str) -> None:
    """After a correction the next notice counts from what it put right."""
    scene.facts(told, {"users_affected": 60_000}, minute=6)
    _correct(scene, told)
    scene.sign(told, "X1", minute=8)
    scene.carry(9, "portal")
    scene.facts(told, {"users_affected": 70_000}, minute=10)
    text = _text(scene, told, "D3")
    assert "受影响用户：累计7万户，本期增加1万户（此前报6万户）" in text


# --- announcements ---------------------------------------------------------------------------------------------------


def test_a_warning_goes_to_an_office_of_the_unit_whole(scene: Scene) -> None:
    """It waits for every item of article 64, is signed by another, and goes to the office chosen."""
    number = scene.active()
    scene.do(add.announce, number, Notice.WARNING, Addressee.LOCAL_GOVERNMENT, minute=2, by=ZHANG)
    with pytest.raises(FieldsMissing):
        scene.sign(number, "X1", minute=3)
    words = dict.fromkeys(("warning_kind", "warning_level", "begins", "reaches", "cautions", "advice"), "填写")
    scene.on(report.write, number, "X1", words, minute=4, by=ZHANG)
    scene.sign(number, "X1", minute=5)
    scene.carry(6, "mail")
    parcel = scene.wires["mail"].carried[-1]
    assert (parcel.facts["addressee"], parcel.facts["to"]) == ("gov.zhengdong", "gov.zhengdong@desk.invalid")
    assert "发布时间：" in parcel.facts["text"]


def test_a_changed_level_says_both(scene: Scene) -> None:
    """The notice of a changed response level tells the level before and the one that stands."""
    number = scene.active("II")
    scene.do(run.set_level, number, "I", reason="扩大", minute=2)
    scene.do(add.announce, number, Notice.LEVEL_CHANGE, Addressee.COMMS_ADMINISTRATION, minute=3, by=ZHANG)
    assert "调整前的响应级别：Ⅱ级\n　　响应级别：Ⅰ级\n" in _text(scene, number, "X1")


def test_no_other_office_and_no_drill_letter_of_a_real_incident(scene: Scene) -> None:
    """Only the unit's own offices are written to; a real incident sends no notice of a drill."""
    number = scene.active()
    with pytest.raises(BadValue):
        scene.do(add.announce, number, Notice.WARNING, Addressee.FCC, minute=2, by=ZHANG)
    with pytest.raises(BadValue):
        scene.do(add.announce, number, Notice.DRILL, Addressee.LOCAL_GOVERNMENT, minute=2, by=ZHANG)


def test_a_drills_letter_lies_on_the_shelf(scene: Scene) -> None:
    """Whatever is announced of a drill says so and never leaves the house."""
    number = scene.active(exercise=True)
    scene.do(add.announce, number, Notice.DRILL, Addressee.COMMS_ADMINISTRATION, minute=2, by=ZHANG)
    names = notices.texts("cn.telecom2009", "drill", "drill")
    scene.on(report.write, number, "X1", dict.fromkeys(names, "填写"), minute=3, by=ZHANG)
    scene.sign(number, "X1", minute=4)
    scene.carry(5, "portal")
    assert scene.wires["portal"].carried == []
    assert scene.shelf.carried[-1].facts["subject"].startswith("【演练】")


# --- what the plan forgot --------------------------------------------------------------------------------------------


def _forgotten(scene: Scene, number: str, minute: float = 2) -> list[tuple[str, str, str]]:
    with scene.database.read() as session:
        of = records.incident(session, number, lock=False)
        found = add.forgotten(session, of, people=PEOPLE, at=scene.after(minute))
        return [(each.owed.regime, each.owed.kind, each.owed.recipient) for each in found]


def test_what_the_plan_forgot_is_shown_and_filed(scene: Scene) -> None:
    """A regime asks the ministry too: it is listed, and filed with the regime's own clock and source."""
    number = scene.active()
    wanted = ("cn.telecom2009", "brief_written", "miit_ict_administration")
    assert wanted in _forgotten(scene, number)
    assert ("cn.telecom2009", "brief_written", "comms_administration") not in _forgotten(scene, number)
    scene.do(add.file, number, *wanted, minute=3, by=ZHANG)
    due = scene.due(number, "clock")
    assert due["X1"].due_at == due["D2"].due_at
    assert due["X1"].facts["recipient"]["en"].startswith("MIIT")
    assert wanted not in _forgotten(scene, number)
    assert scene.sign(number, "X1", minute=4).facts["addressee"] == "miit"


def test_nobody_files_what_no_regime_asks(scene: Scene) -> None:
    """What is filed is one of those listed."""
    number = scene.active()
    with pytest.raises(NoSuchDuty):
        scene.do(add.file, number, "us.fcc.911", "notification", "facility_911", minute=3, by=ZHANG)


# --- several provinces -----------------------------------------------------------------------------------------------


def test_each_province_gets_its_own_notice(scene: Scene) -> None:
    """A further province's administration is owed the same notices once, and a unit under it is not a second one."""
    number = scene.active()
    scene.do(learn.reach, number, ["shanghai", "dc.huadong", "henan.zhengzhou"], minute=2, by=ZHANG)
    due = scene.due(number, "clock")
    assert {name for name in due if name.startswith("D2")} == {"D2", "D2@shanghai"}
    assert due["D2@shanghai"].facts["recipient"]["zh"] == "上海市通信管理局"
    assert due["D2@shanghai"].due_at == due["D2"].due_at
    assert "地点：河南省公司；同时涉及上海市公司" in _text(scene, number, "D2")
    scene.sign(number, "D2", minute=3)
    scene.sign(number, "D2@shanghai", minute=3)
    scene.carry(4, "portal")
    assert [each.facts["addressee"] for each in scene.wires["portal"].carried] == ["ca.henan", "ca.shanghai"]
    due = scene.due(number, "clock")
    assert {name for name in due if name.startswith("D3")} == {"D3", "D3@shanghai"}  # each its own follow-ups


def test_a_unit_taken_back_leaves_what_is_owed(scene: Scene) -> None:
    """Nothing owed disappears: the other province's notice stays and waits for a person."""
    number = scene.active()
    scene.do(learn.reach, number, ["shanghai"], minute=2, by=ZHANG)
    scene.do(learn.reach, number, [], minute=3, by=CHEN)
    due = scene.due(number, "clock")["D2@shanghai"]
    assert (due.state, due.facts["unasked"]) == (Standing.RUNNING, True)
