"""The month ends: the return is there, a second person signs it, the desk has it once; a nil return too."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.story.house import House, standing, until
from tests.story.page import Person
from tests.story.team import CN


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of 2026 by Beijing's clocks."""
    return datetime(2026, month, day, hour, minute, tzinfo=CN)


def monthly(house: House) -> list[str]:
    """The titles of the returns that the desk has."""
    return [each.title for each in house.received() if "生产安全事故信息" in each.title]


def sign(person: Person, beside: str) -> None:
    """Read it in the duty room, and sign what was read."""
    modal = person.press("return_read", beside=beside)
    assert modal is not None
    assert person.submit() == {}


def test_a_month_ends_and_each_return_reaches_the_desk_once(engine: str, tmp_path: Path) -> None:
    """Shanghai had an accident and Henan none: drafts come by themselves, are completed, signed, and acknowledged."""
    with standing(tmp_path / "var", database_url=engine, at=local(9, 30, 23, 50)) as house:
        sun, wu, wang = (Person(house, who) for who in ("U0SUNLEI", "U0WUGANG", "U0WANGFANG"))
        house.move_to(local(10, 12, 9))
        sun.go("duty-room").say("/incident")
        accident = {"title": "管道施工坍塌", "scenario": "construction_accident", "unit": "shanghai"}
        assert sun.fill(**accident) == {}
        house.move_to(local(10, 31, 9))
        assert "尚未报送" in wu.go("Tocsin").log()
        house.move_to(local(11, 1, 0, 1))
        until(lambda: "零报告" in wang.go("duty-room").log(), 15, what="the drafts are in the duty room")
        modal = wu.go("duty-room").press("return_edit", beside="上海市公司")
        assert modal is not None
        assert set(wu.fill(hazards_found="很多")) >= {"hazards_found"}
        assert wu.fill(hazards_found="12", hazards_closed="9", hazards_source="安全部台账") == {}
        sign(wang.go("duty-room"), "上海市公司")
        sign(wang, "河南省公司")
        until(lambda: len(monthly(house)) == 2, 15, what="both are at the desk")
        shanghai, henan = (next(each for each in house.received() if each.title.startswith(f"东方通信集团{unit}"))
                           for unit in ("上海", "河南"))  # fmt: skip
        assert "｜事故起数（起）｜1｜" in shanghai.text
        assert "安全部台账" in shanghai.text
        assert henan.title.endswith("（零报告）")
        house.acknowledge(henan.receipt, by="豫局")
        until(lambda: "机关已确认" in wang.log(), 15, what="acknowledged")
        house.move_to(local(11, 4, 9))
        assert len(monthly(house)) == 2
        told = wang.say("/report returns")
        assert "上海市公司" in (told.text if told is not None else wang.log() + wang.notices())
