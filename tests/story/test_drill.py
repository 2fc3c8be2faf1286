"""A drill from the declaration to the close: every way out is used, and nothing leaves."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from escalation.records import Deadline, Standing
from plans.records import DRILL_DUE, Drilled, open_triggers
from tests.story.house import House, standing, until
from tests.story.plans import enter, opened
from tests.story.team import Team

TASKS = ("T01", "T02", "T03", "T04", "T05", "T06", "T07", "T08", "T09", "T10")
WORDS = {"summary": "演练科目", "impact": "演练", "cause": "演练", "measures": "演练", "next": "演练", "requests": "无"}


def test_a_drill_leaves_nothing_at_the_regulators_desk(engine: str, tmp_path: Path) -> None:
    """Phone, portal and mail are all gone through; the desk's log stays empty and every card says 演练."""
    with standing(tmp_path / "var", database_url=engine) as house:
        enter(house, "flood-typhoon")
        team = Team(house)
        wrong = team.declare("gao", title="防汛桌面推演", scenario="flood_typhoon", unit="henan", drill=["drill"])
        assert wrong == {}
        assert team.activate("gao", "IV", event_level="II") == {}
        team.take("zhang", "网络监控")
        for code in TASKS:
            assert team.tick("zhang", code) == {}
        assert team.sign("wang", "县级人民政府") == {}
        assert team.phone("wang", "口头快报", "导调组") == {}
        assert team.sign("wang", "首报") == {}
        until(lambda: house.dispatches()["portal", "delivered"], 10, what="the first notice lies on the shelf")
        known = {"users_affected": "977000", "duration_hours": "2", "restored_at": house.now.isoformat()}
        assert team.facts("zhang", house.now.isoformat(), **known, handled_at=house.now.isoformat()) == {}
        assert team.write("zhang", "终报", **WORDS) == {}
        assert team.sign("wang", "终报") == {}
        until(lambda: house.dispatches()["portal", "delivered"] == 2, 10, what="the final report lies on the shelf")
        assert "note" in team.stand_down("gao", 0, 1), "unmet criteria want a reason"
        assert team.gao.fill(note="演练到此为止") == {}
        team.gao.press("review_open")
        assert team.gao.fill(q__R1="按时到岗", plan_fault="保障车电话已停机", drill_kind="live") == {}
        house.rest()
        assert team.close("gao") == {}
        until(lambda: "已关闭" in team.gao.log(), 10, what="closed")
        cards = [each.text for each in team.gao.messages() if "Tocsin 应用" in each.text]
        assert len(cards) > 12
        assert [text for text in cards if "演练" not in text] == []
        assert house.log() == []
        _counts(house)


def _counts(house: House) -> None:
    """The drill meets the yearly rule; what its review found wrong with the plan is a revision task with its number."""
    database = opened(house)
    with database.read() as session:
        row = session.scalars(select(Drilled)).one()
        assert (row.plan, row.kind) == ("flood-typhoon", "live")
        (fault,) = open_triggers(session, row.plan)
        assert fault.source == row.incident
        assert "保障车" in fault.why["zh"]
        first = session.scalars(
            select(Deadline)
            .where(Deadline.kind == DRILL_DUE, Deadline.matter == "plan:flood-typhoon")
            .order_by(Deadline.id)
        ).first()
        assert first is not None
        assert first.state is Standing.MET
    database.close()
