"""What may be known of an incident: each fact's name, its words, and how a typed value is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from errors import BadValue, InTheFuture
from escalation.words import Words


class Sort(StrEnum):
    """What a fact's value is."""

    COUNT = "count"
    AMOUNT = "amount"
    FLAG = "flag"
    INSTANT = "instant"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One fact that may be known: its name is fixed, its words are what people read."""

    name: str
    title: Words
    unit: Words
    sort: Sort


def _count(name: str, zh: str, en: str, unit: str, sort: Sort = Sort.COUNT) -> Kind:
    unit_zh, _, unit_en = unit.partition("|")
    return Kind(name=name, title=Words(zh=zh, en=en), unit=Words(zh=unit_zh, en=unit_en), sort=sort)


def _instant(name: str, zh: str, en: str) -> Kind:
    return Kind(name=name, title=Words(zh=zh, en=en), unit=Words(zh="时间", en="time"), sort=Sort.INSTANT)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        _count("users_affected", "受影响用户", "Users affected", "户|users"),
        _count("duration_hours", "中断时长", "Duration", "小时|hours", Sort.AMOUNT),
        _count("stations_down", "累计退服基站", "Base stations down, cumulative", "个|stations"),
        _count("stations_restored", "已恢复基站", "Base stations restored", "个|stations"),
        _count("stations_total", "基站总数", "Base stations in all", "个|stations"),
        _count("cables_down", "中断光缆", "Cables cut", "条|cables"),
        _count(
            "inter_operator_voice_total_block_hours",
            "网间话音全阻时长",
            "Inter-operator voice blocked",
            "小时|hours",
            Sort.AMOUNT,
        ),
        _count("deaths", "死亡人数", "Deaths", "人|people"),
        _count("missing", "失踪人数", "Missing", "人|people"),
        _count("serious_injuries", "重伤人数", "Serious injuries", "人|people"),
        _count("direct_loss_yuan", "直接经济损失", "Direct loss", "元|yuan", Sort.AMOUNT),
        _count("user_minutes", "用户分钟", "User minutes", "用户·分钟|user-minutes"),
        _count("affects_911", "影响紧急呼叫", "Affects emergency calls", "是/否|yes/no", Sort.FLAG),
        _count("personal_information_persons", "涉及个人信息人数", "Persons whose data is concerned", "人|people"),
        _count(
            "sensitive_information_persons",
            "涉及敏感个人信息人数",
            "Persons whose sensitive data is concerned",
            "人|people",
        ),
        _instant("occurred_at", "发生时间", "Occurred at"),
        _instant("detected_at", "监测发现时间", "Detected at"),
        _instant("discovered_at", "发现时间", "Discovered at"),
        _instant("aware_at", "获知时间", "Became aware at"),
        _instant("site_reported_to_head_at", "现场报告单位负责人时间", "Site told the head at"),
        _instant("casualty_changed_at", "伤亡人数变化时间", "Casualties changed at"),
        _instant("new_fact_at", "新情况出现时间", "New fact at"),
        _instant("restored_at", "恢复时间", "Restored at"),
        _instant("handled_at", "处置完毕时间", "Handled at"),
        _instant("month_end", "月末", "Month end"),
        # Set by the house itself when a person decides; never typed.
        _instant("classified_at", "定级时间", "Classified at"),
        _instant("level_changed_at", "级别变更时间", "Level changed at"),
        _instant("response_ended_at", "响应终止时间", "Response ended at"),
    )
}

#: How serious an event level is; an unknown one is below all.
RANKS: Mapping[str | None, int] = {None: 0, "IV": 1, "III": 2, "II": 3, "I": 4}

#: Instants that the house records itself.
OWN = frozenset({"classified_at", "level_changed_at", "response_ended_at"})

_SCALES = {"万": 10_000, "亿": 100_000_000, "k": 1_000, "K": 1_000, "m": 1_000_000, "M": 1_000_000}
_NUMBER = re.compile(r"(\d[\d, ]*(?:\.\d+)?)\s*([万亿kKmM]?)")
#: Typed to take back what turned out not to be so: the fact is unknown again, its history stays.
UNKNOWN = frozenset({"待核实", "不明", "未知", "撤回", "unknown", "not known", "?", "？"})
#: Instants that cannot lie before the event began.
AFTERWARDS = ("restored_at", "handled_at")
_YES, _NO = frozenset({"是", "yes", "y", "true", "1"}), frozenset({"否", "no", "n", "false", "0"})
_CLOCKS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M", "%Y年%m月%d日%H:%M", "%Y-%m-%d %H:%M:%S")
_TODAY = re.compile(r"(\d{1,2})[:：](\d{2})")
SKEW = timedelta(minutes=2)  # a reader's clock may run ahead of ours


def read(name: str, typed: str, *, tz: ZoneInfo, at: datetime) -> Any:  # noqa: ANN401 -- a number, a flag or an instant
    """The value that was typed for `name`, JSON-able; `97.7万` is 977000; refuses what it cannot read."""
    kind = KINDS[name]
    if typed.strip().lower() in UNKNOWN:
        return None
    match kind.sort:
        case Sort.INSTANT:
            return read_instant(kind.title, typed, tz=tz, at=at).isoformat()
        case Sort.FLAG:
            return _flag(kind, typed)
        case _:
            return _number(kind, typed)


def read_instant(title: Words, typed: str, *, tz: ZoneInfo, at: datetime) -> datetime:
    """The instant that was typed, in the organisation's zone unless it has an offset; it must have come."""
    instant = _instant_of(typed.strip(), tz=tz, at=at)
    if instant is None:
        expected = Words(
            zh="请写成 2026-07-20 18:00，或当天的 18:00。", en="must look like 2026-07-20 18:00, or 18:00 for today."
        )
        raise BadValue(field=title, expected=expected)
    if instant > at + SKEW:
        raise InTheFuture(when=instant.astimezone(tz).strftime("%Y-%m-%d %H:%M"))
    return instant


def _instant_of(typed: str, *, tz: ZoneInfo, at: datetime) -> datetime | None:
    today = _TODAY.fullmatch(typed)
    if today is not None and int(today[1]) < 24 and int(today[2]) < 60:  # noqa: PLR2004 -- a clock's face
        return at.astimezone(tz).replace(hour=int(today[1]), minute=int(today[2]), second=0, microsecond=0)
    for clock in _CLOCKS:
        try:
            return datetime.strptime(typed, clock).replace(tzinfo=tz)
        except ValueError:
            continue
    try:
        instant = datetime.fromisoformat(typed)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=tz)


def _flag(kind: Kind, typed: str) -> bool:
    said = typed.strip().lower()
    if said not in _YES | _NO:
        raise BadValue(field=kind.title, expected=Words(zh="请填“是”或“否”。", en="must be yes or no."))
    return said in _YES


def _number(kind: Kind, typed: str) -> int | float:
    found = _NUMBER.fullmatch(typed.strip())
    if found is None:
        expected = Words(zh="请填数字，例如 977000 或 97.7万。", en="must be a number, such as 977000 or 97.7万.")
        raise BadValue(field=kind.title, expected=expected)
    value = round(float(found[1].replace(",", "").replace(" ", "")) * _SCALES.get(found[2], 1), 6)
    if kind.sort is Sort.COUNT and value != int(value):
        raise BadValue(field=kind.title, expected=Words(zh="请填整数。", en="must be a whole number."))
    return int(value) if value == int(value) else value


def said(name: str, value: object, lang: str, *, tz: ZoneInfo) -> str:
    """A value as people read it: grouped digits, local time; unknown is said, never left blank."""
    kind = KINDS[name]
    if value is None:
        return "待核实" if lang == "zh" else "not yet known"
    match kind.sort:
        case Sort.INSTANT:
            return datetime.fromisoformat(str(value)).astimezone(tz).strftime("%Y-%m-%d %H:%M")
        case Sort.FLAG:
            return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
        case _:
            grouped = f"{value:,}".replace(",", " ") if isinstance(value, int | float) else str(value)
            return f"{grouped} {kind.unit.said(lang)}"
