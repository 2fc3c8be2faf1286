"""A cable cut on our own network: a level by a person, a portal that is down, a letter nobody knows the fate of."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.story.house import House, standing, until
from tests.story.team import Team


def test_a_portal_that_is_down_gets_one_notice_once_it_is_back(engine: str, tmp_path: Path) -> None:
    """500, then a lost answer: sent again each time, received once, and the clock is met by that one receipt."""
    with standing(tmp_path / "var", database_url=engine) as house:
        team = Team(house)
        said = {"title": "东海段双缆阻断", "scenario": "submarine_cable", "unit": "shanghai"}
        assert team.declare("li", **said) == {}
        assert team.activate("li", "III", event_level="III", reason="单缆中断，迂回后利用率超过85%") == {}
        assert team.phone("wang", "口头快报", "上海局 值班室 周工") == {}
        house.desk_fault("500")
        assert team.sign("wang", "首报") == {}
        until(lambda: house.dispatches()["portal", "pending"], 10, what="kept to be sent again")
        house.desk_fault("lose_answer")
        _minutes_pass(house)
        until(lambda: house.dispatches()["portal", "delivered"], 10, what="delivered")
        house.acknowledge(team.arrived(1)[0].receipt, by="上海局")
        until(lambda: "机关已确认" in team.li.log(), 10, what="acknowledged in the room")
        entries = [each for each in house.log() if each["event"] == "portal"]
        assert [bool(each.get("repeat")) for each in entries] == [False, True]
        assert len({each["sha256"] for each in entries}) == 1
        assert "上海局 值班室 周工" in team.li.log()


def _minutes_pass(house: House) -> None:
    for _ in range(4):
        if house.dispatches()["portal", "delivered"]:
            return
        house.settle()
        house.set_clock(house.now + timedelta(seconds=25))
        until(lambda: house.dispatches()["portal", "claimed"] == 0, 15)
        house.move_to(house.now + timedelta(seconds=5))


def test_a_letter_nobody_knows_the_fate_of_is_told_to_people_and_never_sent_again_by_itself(house: House) -> None:
    """The mail server takes the letter and hangs up: the room reads what to do next, the desk has one letter."""
    team = Team(house)
    assert team.declare("gao", title="黄河滩区基站退服", scenario="flood_typhoon", unit="henan") == {}
    assert team.activate("gao", "IV") == {}
    house.desk_fault("lose_answer", on="mail")
    assert team.sign("wang", "县级人民政府") == {}
    until(lambda: "是否送达不明" in team.gao.log(), 15, what="the room is told")
    assert "0371-5550-2200" in team.gao.log()
    house.move_to(house.now + timedelta(minutes=3))
    ours = [each for each in house.received() if each.via == "mail" and each.to == ("gov.zhengdong@desk.invalid",)]
    assert len(ours) == 1
    assert team.gao.there("notice_resend")
