"""When a plan is to be reviewed and drilled, and on which days people are reminded of it.

Days are days of the organisation's zone: what is due on a day is due until its last second there, whatever summer time
does to it. Which rules ask for a drill is data (`drills.yaml`), and so is how people are reminded (`cycles.yaml`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from errors import BadCycles
from escalation.calendar import later
from escalation.clocks import CONFIDENCES
from escalation.fields import Duration, ListOf, Nullable, OneOf, Record, Text
from escalation.marks import Desk, tree
from escalation.regimes.reading import PARTIES
from escalation.rosters import People
from escalation.spans import Span, WorkingDays, iso_duration
from escalation.words import Words
from plans.tiers import Tier

FOLDER = Path(__file__).parent
LONGEST_REVIEW = "P3Y"  # 应急管理部令第2号 art. 35
ANY, GOVERNMENT = "any", "government"
NOON = time(12)  # a day is counted from its noon, which no change of the clocks ever skips
LAST_SECOND = time(23, 59, 59)
ONE_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)


class DrillKind(StrEnum):
    """What a drill was: on the table or in earnest, of what, with whom (interfaces, names)."""

    TABLETOP = "tabletop"
    LIVE = "live"
    CONSTRUCTION_RESCUE = "construction_rescue"
    CLOUD_BC = "cloud_bc"
    INTER_OPERATOR = "inter_operator"
    INTERCONNECT_JOINT_TEST = "interconnect_joint_test"
    CANARY = "canary"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _KINDS[self]


_KINDS = {
    DrillKind.TABLETOP: Words(zh="桌面推演", en="Tabletop exercise"),
    DrillKind.LIVE: Words(zh="实战演练", en="Live drill"),
    DrillKind.CONSTRUCTION_RESCUE: Words(zh="通信建设事故救援演练", en="Construction rescue drill"),
    DrillKind.CLOUD_BC: Words(zh="云服务业务连续性实战演练", en="Cloud business-continuity drill"),
    DrillKind.INTER_OPERATOR: Words(zh="跨企业网间应急演练", en="Drill between operators"),
    DrillKind.INTERCONNECT_JOINT_TEST: Words(zh="网间互联联合测试", en="Joint test of interconnection"),
    DrillKind.CANARY: Words(zh="值守链路自检", en="Self-check of the alarm chain"),
}


class Counted(StrEnum):
    """What the text asks for one drill of."""

    ORGANISATION = "organisation"
    PLAN = "plan"


class Period(StrEnum):
    """Whose number the period is."""

    LAW = "law"
    POLICY = "policy"


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirement:
    """One rule that asks for drills, with its source and how sure it is; `scenarios` empty: whatever the scenario."""

    id: str
    what: Words
    who: Words
    party: frozenset[str]
    tiers: frozenset[Tier]
    scenarios: frozenset[str]
    kinds: frozenset[DrillKind]
    every: Span
    counted: Counted
    period: Period
    deliverable: Words
    source: str
    article: str
    confidence: str

    @property
    def policy(self) -> bool:
        """Whether that this plan is drilled in this period is the house's own rule, not the text's."""
        return self.period is Period.POLICY or self.counted is Counted.ORGANISATION


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminders:
    """On which days before and after the due day people are told, at which hour; all counts are calendar days."""

    before: tuple[timedelta, ...]
    after: tuple[timedelta, ...]
    superior_after: timedelta
    then_every: timedelta
    days: str
    hour: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The house's own rules: how often a plan is reviewed at the least, and how people are reminded."""

    review_every: Span
    review_source: str
    review_confidence: str
    reminders: Reminders
    revise_within: timedelta
    snooze_most: timedelta
    filing: tuple[Filing, ...]


@dataclass(frozen=True, kw_only=True)
class Filing:
    """A rule that asks for the filing 备案 of plans of some tiers by some kinds of party, so long after issue."""

    tiers: frozenset[Tier]
    party: frozenset[str]
    within: WorkingDays
    source: str
    confidence: str


def filing(tier: Tier, party: Collection[str]) -> Filing | None:
    """The first rule that asks for the filing of such a plan; None where none that was read does."""
    return next((each for each in policy().filing if tier in each.tiers and _speaks_to(each.party, party)), None)


def _speaks_to(asked: Collection[str], party: Collection[str]) -> bool:
    return ANY in asked or not set(asked).isdisjoint(party)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What deadlines of plans are reckoned by: whose people, in which zone, which party, under which rules."""

    people: People
    policy: Policy
    requirements: tuple[Requirement, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's zone."""
        return self.people.organisation.tz

    @property
    def party(self) -> tuple[str, ...]:
        """Which kinds of party the organisation is."""
        return self.people.organisation.party


def terms(people: People) -> Terms:
    """The house's own rules for these people."""
    return Terms(people=people, policy=policy(), requirements=requirements())


class Kept(Protocol):
    """What must be known of a plan to say when it is to be reviewed and drilled."""

    @property
    def tier(self) -> str:
        """Its tier."""
        ...

    @property
    def scenarios(self) -> Sequence[str]:
        """The scenarios it stands for."""
        ...

    @property
    def outline(self) -> bool:
        """Whether it is only an outline."""
        ...

    @property
    def in_force_at(self) -> datetime:
        """Since when its version is in force."""
        ...

    @property
    def reviewed_at(self) -> datetime | None:
        """When a person last signed a review."""
        ...

    @property
    def review_every(self) -> str | None:
        """Its own cycle, ISO 8601."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillDue:
    """A drill that a rule asks of a plan: since when the period runs, and until when it is to be held."""

    requirement: Requirement
    since: datetime
    due_at: datetime


# --- arithmetic ------------------------------------------------------------------------------------------------------


def due_day(since: datetime, span: Span, zone: ZoneInfo) -> date:
    """The day in `zone` that lies `span` after the day of `since`; a month's last day where it has no such day."""
    start = datetime.combine(since.astimezone(zone).date(), NOON, tzinfo=zone)
    return later(start, span).date()


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a day in `zone`, in UTC."""
    return datetime.combine(day, LAST_SECOND, tzinfo=zone).astimezone(UTC)


def review_due(plan: Kept, *, default: Span, zone: ZoneInfo) -> datetime:
    """When the plan is to be reviewed at the latest: its own cycle, and never later than the house's."""
    since = plan.reviewed_at or plan.in_force_at
    cycles = [default, *([iso_duration(plan.review_every)] if plan.review_every else [])]
    return end_of(min(due_day(since, each, zone) for each in cycles), zone)


def asked(requirement: Requirement, plan: Kept, party: Collection[str]) -> bool:
    """Whether a rule asks a drill of this plan of this party; an outline cannot be drilled."""
    of_party = ANY in requirement.party or not requirement.party.isdisjoint(party)
    of_scenario = not requirement.scenarios or not requirement.scenarios.isdisjoint(plan.scenarios)
    return of_party and of_scenario and plan.tier in requirement.tiers and not plan.outline


def drills_due(
    plan: Kept,
    party: Collection[str],
    *,
    requirements: Sequence[Requirement],
    held: Mapping[str, datetime],
    since: Mapping[str, datetime],
    zone: ZoneInfo,
) -> list[DrillDue]:
    """Every drill that the rules ask of the plan, with the day it is due.

    `held`: when a drill of each kind was last held. `since`: from when the period of a rule (by id) runs while none
    was held; else it runs from the plan's coming into force. A drill is counted for each plan even where the text
    asks for one of the whole organisation: that is stricter than the text, and `Requirement.policy` says so.
    """
    found = []
    for each in (each for each in requirements if asked(each, plan, party)):
        last = max((held[kind] for kind in each.kinds if kind in held), default=None)
        start = last or since.get(each.id) or plan.in_force_at
        found.append(DrillDue(requirement=each, since=start, due_at=end_of(due_day(start, each.every, zone), zone)))
    return found


# --- reminders -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)  # of thousands of plans many fall due on the same days
def named(day: date, reminders: Reminders, zone: ZoneInfo, *, early: bool) -> datetime:
    """The reminding hour of `day`, or of the nearest day that the policy names: before it (`early`), or after it."""
    trigger = _mornings(reminders.days, reminders.hour, zone)
    midnight = datetime.combine(day, time(), tzinfo=zone)
    if not early:
        return _utc(trigger.get_next_fire_time(None, midnight))
    fire, last = None, trigger.get_next_fire_time(None, midnight - A_WEEK)
    while last is not None and last.date() <= day:
        fire, last = last, trigger.get_next_fire_time(last, last + timedelta(seconds=1))
    return _utc(fire)


@cache
def _mornings(days: str, hour: int, zone: ZoneInfo) -> CronTrigger:
    # Putting one together costs ten times what asking it does; it keeps nothing of what it was asked.
    return CronTrigger(day_of_week=days, hour=hour, timezone=zone)


def _utc(fire: datetime | None) -> datetime:
    if fire is None:
        raise ValueError
    return fire.astimezone(UTC)


def _fixed(due_at: datetime, reminders: Reminders, zone: ZoneInfo) -> list[datetime]:
    day = due_at.astimezone(zone).date()
    ahead = [named(day - each, reminders, zone, early=True) for each in (*reminders.before, timedelta(0))]
    return sorted([*ahead, *(named(day + each, reminders, zone, early=False) for each in reminders.after)])


def first_reminder(due_at: datetime, reminders: Reminders, zone: ZoneInfo) -> datetime:
    """When people are told first; it may have passed: then they are told at once, late and not never."""
    day = due_at.astimezone(zone).date()
    return named(day - max(reminders.before), reminders, zone, early=True)


def next_reminder(due_at: datetime, after: datetime, reminders: Reminders, zone: ZoneInfo) -> datetime:
    """The first reminder later than `after`: those of the policy, then one every so often without end."""
    fixed = _fixed(due_at, reminders, zone)
    if ahead := [each for each in fixed if each > after]:
        return ahead[0]
    day = due_at.astimezone(zone).date() + max(reminders.after)
    step = reminders.then_every
    day += step * max(1, (after.astimezone(zone).date() - day) // step)
    while (fire := named(day, reminders, zone, early=False)) <= after:
        day += step
    return fire


def superior_from(due_at: datetime, reminders: Reminders, zone: ZoneInfo) -> datetime:
    """From when on the owner's superior is told too."""
    return named(due_at.astimezone(zone).date() + reminders.superior_after, reminders, zone, early=False)


def next_ring(
    due_at: datetime, after: datetime, reminders: Reminders, zone: ZoneInfo, *, snoozed_until: datetime | None = None
) -> datetime:
    """When somebody is told next: a snooze silences reminders to the owner, never those to the superior."""
    told = next_reminder(due_at, after, reminders, zone)
    if snoozed_until is None or snoozed_until <= after:
        return told
    above = superior_from(due_at, reminders, zone)
    while told < min(snoozed_until, above):
        told = next_reminder(due_at, told, reminders, zone)
    return min(told, snoozed_until)


class Stage(StrEnum):
    """How a thing that falls due stands."""

    AHEAD = "ahead"
    TODAY = "today"
    OVERDUE = "overdue"


def stage(due_at: datetime, at: datetime, zone: ZoneInfo) -> Stage:
    """Whether its day is to come, is today, or has passed."""
    if at > due_at:
        return Stage.OVERDUE
    return Stage.TODAY if at.astimezone(zone).date() == due_at.astimezone(zone).date() else Stage.AHEAD


# --- the rules, read -------------------------------------------------------------------------------------------------

_LINE = Text(most=300)
_BOTH = Record(required={"zh": _LINE, "en": _LINE})
_DAYS = Duration(least=timedelta(days=1), most=timedelta(days=366))
_CYCLE = Duration(least=timedelta(days=1), most=timedelta(days=3660), calendar=True)
_SURE = OneOf(known=CONFIDENCES, what=("可信度", "confidence"))
_WEEK = r"(mon|tue|wed|thu|fri|sat|sun)([-,](mon|tue|wed|thu|fri|sat|sun))*"

_DRILLS = ListOf(
    of=Record(
        required={
            "id": Text(most=20, pattern=r"[A-Z]\d+(\.[a-z]+)?", form=("编号", "an id such as D1")),
            "what": _BOTH,
            "who": _BOTH,
            "party": ListOf(of=OneOf(known=(*PARTIES, ANY, GOVERNMENT), what=("主体类型", "party")), most=20),
            "tiers": ListOf(of=OneOf(known=tuple(Tier), what=("预案层级", "tier")), most=4),
            "kinds": ListOf(of=OneOf(known=tuple(DrillKind), what=("演练类型", "kind of drill")), most=10),
            "every": _CYCLE,
            "counted": OneOf(known=tuple(Counted), what=("计次方式", "way of counting")),
            "period": OneOf(known=tuple(Period), what=("周期来源", "origin of the period")),
            "deliverable": _BOTH,
            "source": _LINE,
            "article": _LINE,
            "confidence": _SURE,
            "verified_by": Nullable(of=_LINE),
        },
        optional={"scenarios": ListOf(of=Text(most=60), most=40), "quote": _LINE},
    ),
    most=100,
)

_POLICY = Record(
    required={
        "review": Record(
            required={
                "every": _CYCLE,
                "source": _LINE,
                "article": _LINE,
                "confidence": _SURE,
                "verified_by": Nullable(of=_LINE),
                "note": _BOTH,
            }
        ),
        "reminders": Record(
            required={
                "before": ListOf(of=_DAYS, most=6),
                "after": ListOf(of=_DAYS, most=6),
                "superior_after": _DAYS,
                "then_every": _DAYS,
                "days": Text(most=40, pattern=_WEEK, form=("星期，例如 mon-fri", "days of the week such as mon-fri")),
                "hour": Text(most=2, pattern=r"1?\d|2[0-3]", form=("0 至 23 点", "an hour from 0 to 23")),
            }
        ),
        "revision": Record(required={"within": _DAYS}),
        "snooze": Record(required={"most": _DAYS}),
        "filing": ListOf(
            of=Record(
                required={
                    "tiers": ListOf(of=OneOf(known=tuple(Tier), what=("预案层级", "tier")), most=4),
                    "party": ListOf(of=OneOf(known=(*PARTIES, ANY), what=("主体类型", "party")), most=20),
                    "within": Text(
                        most=6, pattern=r"P[1-9]\d{0,2}WD", form=("工作日，例如 P20WD", "working days: P20WD")
                    ),
                    "source": _LINE,
                    "article": _LINE,
                    "confidence": _SURE,
                    "verified_by": Nullable(of=_LINE),
                }
            ),
            most=20,
        ),
    }
)


@cache
def requirements() -> tuple[Requirement, ...]:
    """Which drills the rules ask for, in the order of the file."""
    path = FOLDER / "drills.yaml"
    return read_requirements(path.read_text("utf-8"), path.name)


@cache
def policy() -> Policy:
    """The house's own rules."""
    path = FOLDER / "cycles.yaml"
    return read_policy(path.read_text("utf-8"), path.name)


def read_requirements(text: str, file: str) -> tuple[Requirement, ...]:
    """Read drill requirements; refuse the file with every fault at once (`BadCycles`)."""
    desk = Desk(file)
    root = tree(text, desk)
    content = _DRILLS.read(root, (), desk) if root is not None else None
    if content is not None and not desk.faults:
        _once([each["id"] for each in content], desk)
    if content is None or desk.faults:
        raise BadCycles(desk.faults)
    return tuple(_requirement(each) for each in content)


def _once(ids: Sequence[str], desk: Desk) -> None:
    for n, each in enumerate(ids):
        if each in ids[:n]:
            desk.fault((n, "id"), f"编号“{each}”重复。", f"the id “{each}” stands twice.")


def _requirement(said: Mapping[str, Any]) -> Requirement:
    return Requirement(
        id=said["id"],
        what=Words(**said["what"]),
        who=Words(**said["who"]),
        party=frozenset(said["party"]),
        tiers=frozenset(Tier(each) for each in said["tiers"]),
        scenarios=frozenset(said.get("scenarios", ())),
        kinds=frozenset(DrillKind(each) for each in said["kinds"]),
        every=iso_duration(said["every"]),
        counted=Counted(said["counted"]),
        period=Period(said["period"]),
        deliverable=Words(**said["deliverable"]),
        source=said["source"],
        article=said["article"],
        confidence=said["confidence"],
    )


def read_policy(text: str, file: str) -> Policy:
    """Read the house's own rules; refuse the file with every fault at once (`BadCycles`)."""
    desk = Desk(file)
    root = tree(text, desk)
    content = _POLICY.read(root, (), desk) if root is not None else None
    if content is not None and not desk.faults:
        _not_longer(content["review"]["every"], desk)
    if content is None or desk.faults:
        raise BadCycles(desk.faults)
    return _policy(content)


def _not_longer(every: str, desk: Desk) -> None:
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    if later(new_year, iso_duration(every)) > later(new_year, iso_duration(LONGEST_REVIEW)):
        zh = f"评审周期不得长于 {LONGEST_REVIEW}；请缩短。"
        desk.fault(("review", "every"), zh, f"plans are reviewed every {LONGEST_REVIEW} at the least; shorten it.")


def _policy(said: Mapping[str, Any]) -> Policy:
    told = said["reminders"]
    return Policy(
        review_every=iso_duration(said["review"]["every"]),
        review_source=f"{said['review']['source']} {said['review']['article']}",
        review_confidence=said["review"]["confidence"],
        reminders=Reminders(
            before=tuple(_days(each) for each in told["before"]),
            after=tuple(_days(each) for each in told["after"]),
            superior_after=_days(told["superior_after"]),
            then_every=_days(told["then_every"]),
            days=told["days"],
            hour=int(told["hour"]),
        ),
        revise_within=_days(said["revision"]["within"]),
        snooze_most=_days(said["snooze"]["most"]),
        filing=tuple(_filing(each) for each in said["filing"]),
    )


def _filing(said: Mapping[str, Any]) -> Filing:
    within = iso_duration(said["within"])
    if not isinstance(within, WorkingDays):
        raise TypeError(said["within"])
    return Filing(
        tiers=frozenset(Tier(each) for each in said["tiers"]),
        party=frozenset(said["party"]),
        within=within,
        source=f"{said['source']}{said['article']}",
        confidence=said["confidence"],
    )


def _days(text: str) -> timedelta:
    span = iso_duration(text)
    if not isinstance(span, timedelta):
        raise TypeError(text)
    return span
