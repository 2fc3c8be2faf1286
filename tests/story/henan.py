"""Henan, July 2021, lived through on the page: what was published becomes follow-ups, dated as it was.

Published (MIIT, people.cn, gov.cn; see the figures below): the situation reports of 21 July 10:00, 23 July 08:00 and
25 July 08:00, and all of Zhengzhou restored on 27 July 12:00. Our assumptions, and only these: that the operator
declared on 20 July 18:00, who pressed what, and when between those dates; that a person judged the event level II on
the evening of 20 July, before any figure of users was known. The 62 hours are counted from the assumed 18:00; no
other figure here was made up.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.story.house import House, Received, until
from tests.story.team import Team, local

TITLE = "河南“7·20”特大暴雨通信中断"
ORAL, FIRST, FOLLOW, FINAL, COUNTY = "口头快报", "首报", "续报", "终报", "县级人民政府"
ROLES = {
    "zhang": "网络监控", "zhao": "无线抢修", "liu": "传输抢修", "sun": "动力保障", "wu": "物资后勤", "zhou": "对外联络",
    "sarah": "客户服务",
}  # fmt: skip
HOLDERS = {
    "gao": ("T01", "T11", "T20", "T25"), "zhang": ("T02", "T03", "T12"), "sun": ("T04", "T05", "T13", "T23"),
    "wu": ("T06", "T07", "T19", "T24"), "zhou": ("T08", "T17", "T21", "T27"), "zhao": ("T09", "T15", "T16", "T26"),
    "liu": ("T10", "T14", "T22"), "sarah": ("T18", "T28"),
}  # fmt: skip
EARLY = {"zhang": ("T02",), "wu": ("T07",), "sun": ("T04",), "zhou": ("T08",)}
#: What each dated report said: (month, day, hour), facts, words.
Report = tuple[tuple[int, int, int], dict[str, str], str]
REPORTS: tuple[Report, ...] = (
    (
        (7, 21, 10),
        {"stations_restored": "6300"},
        "抢通光缆170条，275公里。出动5847人次、车辆2691台次、发电油机3629台次、卫星电话21部，发送预警短信3181万条。",
    ),
    (
        (7, 23, 8),
        {
            "stations_down": "61900",
            "stations_restored": "44300",
            "stations_total": "454000",
            "cables_down": "3359",
            "users_affected": "977000",
            "duration_hours": "62",
        },
        (
            "受损光缆3359条，3500公里，已抢修1599条，2291公里；影响固定网用户32.6万户、移动网用户97.7万户。"
            "郑州累计退服3.52万个，恢复2.69万个，仍有8300个退服，占郑州基站7.9万个的10.5%。"
        ),
    ),
    ((7, 25, 8), {"stations_down": "69100", "stations_restored": "58900"}, "各项数据为累计数，按网管中心统计续报。"),
    ((7, 27, 12), {}, "郑州市通信已全部恢复。"),
)
Step = tuple[str, Callable[[], None]]


@dataclass
class Henan:
    """The story on one house: `steps` are pressed in their order; between two of them the house may be restarted."""

    house: House

    def __post_init__(self) -> None:
        """Bring the people."""
        self.team = Team(self.house)

    def steps(self) -> Iterator[Step]:
        """Every step with its label."""
        yield "07-20 18:00 宣布 declared (assumed)", self.declared
        yield "07-20 18:05 启动 II activated", self.activated
        yield "07-20 18:10 到岗 roles taken", self.manned
        yield "07-20 18:30 政府报告、口头快报 county and oral report", self.told_first
        yield "07-21 01:00 响应升为 I level raised", self.raised
        yield "07-21 06:30 首报 first notice", self.first_notice
        for seq, (dated, _, _) in enumerate(REPORTS, 1):
            month, day, hour = dated
            yield f"{month:02}-{day:02} {hour:02}:00 续报 {seq} follow-up {seq}", functools.partial(self.follow_up, seq)
        yield "07-27 12:10 全部恢复 restored", self.restored
        yield "07-27 18:00 任务清零 every task done", self.all_done
        yield "07-28 10:00 终报 final report", self.final_report
        yield "07-28 11:00 终止、复盘、关闭 stood down, reviewed, closed", self.ended

    # --- the evening of 20 July

    def declared(self) -> None:
        """The duty manager declares."""
        _well(self.team.declare("gao", title=TITLE, scenario="flood_typhoon", unit="henan"))

    def activated(self) -> None:
        """Response level II; the event is judged II (重大) by a person."""
        self.house.move_to(local(7, 20, 18, 5))
        _well(self.team.activate("gao", "II", event_level="II", reason="初判"))
        self.team.gao.press("role_take", beside="安全监督", within_s=15)

    def manned(self) -> None:
        """Everybody answers the call; the first tasks are ticked."""
        self.house.move_to(local(7, 20, 18, 10))
        for who, title in ROLES.items():
            self.team.take(who, title)
        for who, codes in EARLY.items():
            for code in codes:
                _well(self.team.tick(who, code))

    def told_first(self) -> None:
        """The county government by mail, the administration by phone."""
        self.house.move_to(local(7, 20, 18, 30))
        _well(self.team.sign("wang", COUNTY))
        _well(self.team.phone("wang", ORAL, "省局值班室 刘工"))
        self._arrived_and_read(1)

    # --- the days after

    def raised(self) -> None:
        """The administration starts its level I response; ours follows."""
        self.house.move_to(local(7, 21, 1))
        _well(self.team.set_level("gao", "I", "省通信管理局启动一级响应", event_level="II"))

    def first_notice(self) -> None:
        """The written brief report, within 24 hours."""
        self.house.move_to(local(7, 21, 6, 30))
        words = {"impact": "郑州等地基站大量退服，巩义市米河镇通信全阻。", "measures": "启动一级响应，全力抢修。"}
        _well(self.team.write("zhou", FIRST, **words))
        _well(self.team.sign("wang", FIRST))
        self._arrived_and_read(2)

    def follow_up(self, seq: int) -> None:
        """One dated situation report: figures, words, signature, receipt."""
        (month, day, hour), known, words = REPORTS[seq - 1]
        at = local(month, day, hour)
        self.house.move_to(at)
        if known:
            _well(self.team.facts("zhang", at.strftime("%Y-%m-%d %H:%M"), **known))
        if "users_affected" in known:
            _well(self.team.set_level("gao", "I", "受影响用户97.7万户、超过1小时，按事实定为I级", event_level="I"))
        _well(self.team.write("zhou", FOLLOW, measures=words))
        _well(self.team.sign("wang", FOLLOW))
        self._arrived_and_read(2 + seq)

    def restored(self) -> None:
        """Service is back: the follow-ups end, the final report is owed."""
        self.house.move_to(local(7, 27, 12, 10))
        known = {"restored_at": "2021-07-27 12:00", "handled_at": "2021-07-27 12:00"}
        _well(self.team.facts("zhang", "2021-07-27 12:00", **known))

    def all_done(self) -> None:
        """What is left is ticked by who holds the role."""
        self.house.move_to(local(7, 27, 18))
        for who, codes in HOLDERS.items():
            for code in codes:
                if code not in EARLY.get(who, ()):
                    _well(self.team.tick(who, code))

    def final_report(self) -> None:
        """Complete, or it could not be signed."""
        self.house.move_to(local(7, 28, 10))
        words = {
            "summary": "7月19日起河南遭遇特大暴雨，全省通信大面积中断；7月27日12时郑州市通信全部恢复。",
            "impact": "累计退服基站6.91万个，受损光缆3359条；影响移动网用户97.7万户、固定网用户32.6万户。",
            "cause": "特大暴雨引发市电中断、光缆损毁和机房进水。",
            "measures": "一级响应，跨区调度，逐站发电，抢修光缆。",
            "next": "复盘易涝机房和单路由乡镇。",
            "requests": "无。",
        }
        _well(self.team.write("zhou", FINAL, **words))
        _well(self.team.sign("wang", FINAL))
        self._arrived_and_read(7)

    def ended(self) -> None:
        """Stand down, review, close."""
        self.house.move_to(local(7, 28, 11))
        _well(self.team.stand_down("gao", 0, 1, 2, 3, 4, 5))
        _well(self.team.review("gao", R1="见时间线。", R2="累计数由6.19万增至6.91万，是新增退服，不是错误。"))
        _well(self.team.close("gao"))
        until(lambda: "已关闭" in self.team.gao.log(), 15, what="closed in the room")

    def _arrived_and_read(self, count: int) -> Received:
        """It arrives at the desk; the officer acknowledges; the room shows it."""
        newest = self.team.arrived(count)[-1]
        self.house.acknowledge(newest.receipt)
        until(lambda: _told(self.house, newest.receipt), 15, what=f"{newest.title} told back")
        return newest


def _told(house: House, receipt: str) -> bool:
    return any(each["event"] == "told" and each["receipt"] == receipt for each in house.log())


def _well(wrong: object) -> None:
    assert not wrong, wrong
