"""What a periodic return counts: cases in, sums and tables out; what is not known is counted apart, never as zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from escalation.returns import amount
from escalation.words import Words

Facts = dict[str, Any]
Number = int | Decimal

WORK_SAFETY, NETWORK = "work_safety", "network_operation"
LEVELS = ("I", "II", "III", "IV")
MAJOR = frozenset({"I", "II", "III"})  # 较大及以上
#: What is summed of accidents, by fact.
HARM = ("deaths", "missing", "serious_injuries", "direct_loss_yuan")
#: What only a person can give while the house keeps no such ledger.
HAZARDS = ("hazards_found", "hazards_closed", "major_found", "major_closed")

#: How drills are called that a record names by the house's own word.
DRILLS: Mapping[str, Words] = {
    "tabletop": Words(zh="桌面推演", en="tabletop"),
    "live": Words(zh="实战演练", en="live"),
    "construction_rescue": Words(zh="通信建设事故救援演练", en="construction rescue"),
    "cloud_bc": Words(zh="云服务业务连续性演练", en="cloud business continuity"),
    "inter_operator": Words(zh="跨企业网间演练", en="inter-operator"),
    "interconnect_joint_test": Words(zh="网间互联联合测试", en="joint interconnection test"),
    "canary": Words(zh="检验性小演练", en="canary"),
}

TITLES: Mapping[str, Words] = {
    "count": Words(zh="事故起数", en="accidents"),
    "network": Words(zh="网络运行事故起数", en="network incidents"),
    "deaths": Words(zh="死亡人数", en="deaths"),
    "missing": Words(zh="下落不明人数", en="missing"),
    "serious_injuries": Words(zh="重伤人数", en="serious injuries"),
    "direct_loss_yuan": Words(zh="直接经济损失（元）", en="direct loss (yuan)"),
    "drills": Words(zh="演练次数", en="drills"),
    "hazards_found": Words(zh="排查隐患", en="hazards found"),
    "hazards_closed": Words(zh="完成整改", en="hazards closed"),
    "major_found": Words(zh="其中重大隐患", en="of them major"),
    "major_closed": Words(zh="重大隐患完成整改", en="major hazards closed"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One incident as a return sees it; `occurred` says whether `at` is its occurrence or only its declaration."""

    number: str
    title: str
    scenario: Words
    classes: frozenset[str]
    exercise: bool
    at: datetime
    occurred: bool
    level: str | None
    facts: Mapping[str, Any]
    cause: str | None = None
    drill: str | None = None

    @property
    def accident(self) -> bool:
        """Whether it is a work-safety accident; a drill never is."""
        return WORK_SAFETY in self.classes and not self.exercise

    @property
    def network(self) -> bool:
        """Whether it is an incident of network operation; a drill never is."""
        return NETWORK in self.classes and not self.exercise


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """A sum over cases: what is known of it, and in how many cases it is not known."""

    known: Number
    unknown: int

    @property
    def value(self) -> Number | None:
        """The sum while nothing is missing from it, else None."""
        return None if self.unknown else self.known

    @property
    def told(self) -> Facts:
        """As finished facts: numbers that are no whole numbers as text."""
        return {"known": plain(self.known), "unknown": self.unknown}


def plain(number: Number) -> int | str:
    """A number as JSON keeps it exactly."""
    return int(number) if number == int(number) else str(number)


def total(values: Iterable[Any]) -> Sum:
    """The sum of values of which some may be None: unknown."""
    found = list(values)
    known = [Decimal(str(value)) for value in found if value is not None]
    return Sum(known=sum(known, Decimal(0)), unknown=len(found) - len(known))


def within(cases: Iterable[Case], start: datetime, end: datetime) -> list[Case]:
    """The cases from `start` up to, and without, `end`, in their order of time."""
    return sorted((case for case in cases if start <= case.at < end), key=lambda case: (case.at, case.number))


def figures(cases: Sequence[Case]) -> Facts:
    """The figures of a period: accidents and their harm, network incidents by level, drills."""
    accidents = [case for case in cases if case.accident]
    network = [case for case in cases if case.network]
    return {
        "count": Sum(known=len(accidents), unknown=0).told,
        **{name: total(case.facts.get(name) for case in accidents).told for name in HARM},
        "network": Sum(known=len(network), unknown=0).told,
        **{f"network_{level}": _count(case.level == level for case in network) for level in LEVELS},
        "network_ungraded": _count(case.level is None for case in network),
        "drills": _count(case.exercise for case in cases),
    }


def _count(held: Iterable[bool]) -> Facts:
    return Sum(known=sum(held), unknown=0).told


def by_class(cases: Iterable[Case]) -> list[Facts]:
    """The accidents by what kind of accident they are, the most frequent first."""
    rows = _grouped((case for case in cases if case.accident), lambda case: case.scenario)
    return [
        {
            "name": {"zh": name.zh, "en": name.en},
            "count": len(group),
            **{each: total(case.facts.get(each) for case in group).told for each in HARM},
        }
        for name, group in rows
    ]


def drills(cases: Iterable[Case]) -> list[Facts]:
    """The drills by scenario and kind (None: nobody has noted its kind), the most frequent first."""
    held = _grouped((case for case in cases if case.exercise), lambda case: (case.scenario, case.drill))
    return [
        {"name": _both(name), "kind": _both(DRILLS.get(kind)) or kind, "count": len(group)}
        for (name, kind), group in held
    ]


def _both(words: Words | None) -> dict[str, str] | None:
    return {"zh": words.zh, "en": words.en} if words else None


def _grouped(cases: Iterable[Case], by: Callable[[Case], Any]) -> list[tuple[Any, list[Case]]]:
    groups: dict[Any, list[Case]] = {}
    for case in cases:
        groups.setdefault(by(case), []).append(case)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def listed(cases: Iterable[Case]) -> list[Facts]:
    """Cases as rows of a list."""
    return [
        {
            "number": case.number,
            "title": case.title,
            "scenario": {"zh": case.scenario.zh, "en": case.scenario.en},
            "at": case.at.isoformat(),
            "occurred": case.occurred,
            "level": case.level,
            "facts": {name: case.facts.get(name) for name in (*HARM, "users_affected", "duration_hours")},
            "cause": case.cause,
        }
        for case in cases
    ]


def major(cases: Iterable[Case]) -> list[Case]:
    """The accidents and network incidents of level III and above 较大及以上."""
    return [case for case in cases if (case.accident or case.network) and case.level in MAJOR]


def ungraded(cases: Iterable[Case]) -> list[Case]:
    """The accidents and network incidents that nobody could grade yet: any of them may be of level III or above."""
    return [case for case in cases if (case.accident or case.network) and case.level is None]


def ordinary(cases: Iterable[Case]) -> list[Case]:
    """The network incidents that are rolled up: level IV, and those that nobody could grade yet."""
    return [case for case in cases if case.network and case.level not in MAJOR]


# --- what cannot be, and what is missing -----------------------------------------------------------------------------


def contradictions(facts: Mapping[str, Any]) -> Iterator[Words]:
    """What cannot all be right, one sentence each: typed figures, and what was filed before against the records now."""
    yield from _hazards(facts["written"])
    previous = facts["previous"]
    if previous is not None and previous["filed"] is not None:
        for name, filed in previous["filed"].items():
            yield from _moved(name, filed, previous["now"].get(name), facts["before"])


def _hazards(written: Mapping[str, str]) -> Iterator[Words]:
    found, closed, major_found, major_closed = (number(written.get(name)) for name in HAZARDS)
    for part, whole, names in (
        (major_found, found, ("major_found", "hazards_found")),
        (major_closed, closed, ("major_closed", "hazards_closed")),
    ):
        if part is not None and whole is not None and part > whole:
            few, many = TITLES[names[0]], TITLES[names[1]]
            yield Words(
                zh=f"{few.zh}（{part}）多于{many.zh}（{whole}），请核对。",
                en=f"{few.en} ({part}) exceed {many.en} ({whole}); check them.",
            )


def _moved(
    name: str, filed: Mapping[str, Any], now: Mapping[str, Any] | None, before: Mapping[str, str]
) -> Iterator[Words]:
    if name not in TITLES or now is None or filed == now:
        return
    title = TITLES[name]
    yield Words(
        zh=f"{before['zh']}已报{title.zh}{amount(filed, 'zh')}，按现有记录为{amount(now, 'zh')}，"
        "请更正上期或在说明中写明。",
        en=f"{before['en']} was filed with {title.en}: {amount(filed, 'en')}; the records now say {amount(now, 'en')}. "
        "Correct that return, or explain it in the note.",
    )


def _cases(count: int) -> str:
    return "case" if count == 1 else "cases"


def missing(facts: Mapping[str, Any]) -> Iterator[Words]:
    """What the return should say and does not: unknown harm, ungraded incidents, figures that nobody has typed."""
    now = facts["now"]
    for name in HARM:
        if now[name]["unknown"]:
            count, title = now[name]["unknown"], TITLES[name]
            yield Words(zh=f"{title.zh}（{count}起待核实）", en=f"{title.en} ({count} {_cases(count)} to be verified)")
    ungraded = now["network_ungraded"]["known"]
    if ungraded:
        yield Words(zh=f"{ungraded}起网络运行事故未定级", en=f"the level of {ungraded} network {_cases(ungraded)}")
    yield from _untyped(facts)


def _untyped(facts: Mapping[str, Any]) -> Iterator[Words]:
    written = facts["written"]
    if number(written.get("hazards_found")) is None or number(written.get("hazards_closed")) is None:
        yield Words(zh="隐患排查治理数据", en="the figures of hazards found and closed")
    if not facts["covered"] and not written.get("note"):
        yield Words(zh="本系统开始记录之前的情况", en="what happened before this record begins")


def number(typed: str | None) -> int | None:
    """A figure that a person typed; None where nothing is typed."""
    return int(typed) if typed else None
