"""A plan falls due while months pass: its owner is reminded, puts it off, the superior hears of it, it is signed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from escalation.records import Deadline, Standing
from plans.records import Review, plan
from tests.story.house import standing, until
from tests.story.plans import enter, opened
from tests.story.team import Team, local

ISSUED = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)  # 10:00 in Zhengzhou
CODE, TITLE = "flood-typhoon", "防汛防台风通信保障应急预案"


def test_a_plan_falls_due_is_put_off_and_signed(tmp_path: Path) -> None:
    """Reminded ahead, snoozed, overdue, the superior told, reviewed by its owner, and due again a year on."""
    with standing(tmp_path / "var", at=ISSUED) as house:
        enter(house, CODE)
        house.move_to(local(2, 1, 10, year=2028))
        team = Team(house)
        chen, he = (team.at_duty_room(name) for name in ("chen", "he"))
        house.settle()
        chen.go("Tocsin")
        until(lambda: chen.there("plan_review_open", beside=TITLE), 15, what="the reminder in the owner's messages")
        assert "预案评审将于" in chen.log()
        house.move_to(local(2, 23, 10, year=2028))
        assert chen.press("plan_snooze_open", beside=TITLE) is not None
        modal = chen.modal()
        assert modal is not None
        choices = [each.attrs["value"] for each in modal.every("option") if each.attrs.get("value")]
        assert chen.fill(until=choices[-1], reason="等待新版导则") == {}
        house.move_to(local(3, 10, 10, year=2028))
        he.go("Tocsin")
        until(lambda: "尚未办理" in he.log(), 15, what="the superior is told")
        assert f"预案评审已超期：{TITLE}" not in chen.log(), "the owner put it off"
        chen.press("plan_review_open", beside=TITLE)
        assert chen.fill(finding="与新版导则逐条核对，无需修改") == {}
        until(lambda: "✅ 已评审" in chen.log(), 15, what="the reminder says that it is done")
        database = opened(house)
        with database.read() as session:
            (signed,) = session.scalars(select(Review)).all()
            assert (signed.reviewed_by, signed.change) == ("chen.jing", False)
            assert signed.digest == plan(session, CODE).digest
            due = session.scalars(
                select(Deadline).where(
                    Deadline.kind == "plan_review",
                    Deadline.state == Standing.RUNNING,
                    Deadline.matter == f"plan:{CODE}",
                )
            ).one()
            assert due.due_at is not None
            assert due.due_at.astimezone(ISSUED.tzinfo).date().isoformat() == "2029-03-10"
        database.close()
        told = house.run("plans", "due", "--lang", "zh").stdout
        assert "演练：" in told
        assert "【已超期】" in told, "the drill was due with the review, and nobody held one"
        assert "BEGIN:VEVENT" in house.run("plans", "due", "--ical").stdout
        chen.go("duty-room").say("/plan due")
        until(lambda: "我的" in chen.log(), 15, what="the list of what is due")
        chen.press("plan_calendar_press")
        chen.go("Tocsin")
        until(lambda: "导入日历即可" in chen.log(), 15, what="the calendar file in the owner's messages")
        home = chen.home()
        assert home is not None
        assert "到期的预案与演练" in home.text
