"""When plans are reviewed and drilled, and on which days people are reminded: arithmetic by days of a zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from errors import BadCycles
from escalation.calendar import months_later
from escalation.spans import Months, WorkingDays
from plans import cycles
from plans.cycles import Counted, DrillKind, Period, Stage
from plans.tiers import Tier

ROOT = Path(__file__).parents[2]
SHANGHAI, BERLIN, CHATHAM = (ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "Pacific/Chatham"))
POLICY = cycles.policy()
TELLS = POLICY.reminders
OPERATOR = ("basic_operator_province", "basic_operator_hq")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A plan as the rules see it."""

    tier: str = "special"
    scenarios: Sequence[str] = ("cable_cut",)
    outline: bool = False
    in_force_at: datetime = datetime(2026, 1, 31, 1, 0, tzinfo=UTC)
    reviewed_at: datetime | None = None
    review_every: str | None = None


def local(year: int, month: int, day: int, hour: int = 12, zone: ZoneInfo = SHANGHAI) -> datetime:
    """An instant by the clock on the wall."""
    return datetime(year, month, day, hour, tzinfo=zone)


def drills(plan: Kept, *party: str, held: dict[str, datetime] | None = None) -> dict[str, cycles.DrillDue]:
    """What is asked of a plan, by rule."""
    found = cycles.drills_due(
        plan, party or OPERATOR, requirements=cycles.requirements(), held=held or {}, since={}, zone=SHANGHAI
    )
    return {each.requirement.id: each for each in found}


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "span", "day"),
    [
        (local(2026, 1, 31), Months(1), date(2026, 2, 28)),
        (local(2028, 1, 31), Months(1), date(2028, 2, 29)),
        (local(2028, 2, 29), Months(12), date(2029, 2, 28)),
        (local(2028, 2, 29), Months(36), date(2031, 2, 28)),
        (local(2026, 8, 31), Months(6), date(2027, 2, 28)),
        (local(2026, 12, 31), timedelta(days=30), date(2027, 1, 30)),
        (local(2026, 9, 30), WorkingDays(1), date(2026, 10, 8)),
    ],
)
def test_a_cycle_ends_on_a_day_of_the_calendar(since: datetime, span: cycles.Span, day: date) -> None:
    """Months keep the day or take the month's last; leap years and the October holidays are known."""
    assert cycles.due_day(since, span, SHANGHAI) == day


def test_the_day_is_the_organisations_not_utcs() -> None:
    """Signed at 01:00 in Shanghai it is the new day there, though UTC still has the old one."""
    signed = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)  # 2 March, 01:00 in Shanghai
    assert cycles.due_day(signed, Months(12), SHANGHAI) == date(2027, 3, 2)
    assert cycles.due_day(signed, Months(12), BERLIN) == date(2027, 3, 1)


@pytest.mark.parametrize("day", [date(2027, 3, 27), date(2027, 3, 28), date(2027, 10, 30), date(2027, 10, 31)])
def test_a_day_ends_with_its_last_second_whatever_the_clocks_do(day: date) -> None:
    """The nights of the change to and from summer time end a day like any other."""
    end = cycles.end_of(day, BERLIN).astimezone(BERLIN)
    assert (end.date(), end.hour, end.minute, end.second) == (day, 23, 59, 59)
    assert (end + timedelta(seconds=1)).astimezone(UTC).astimezone(BERLIN).date() > day


@given(
    since=some.integers(0, 40 * 365 * 86_400).map(
        lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    count=some.integers(1, 60),
    zone=some.sampled_from([SHANGHAI, BERLIN, CHATHAM]),
)
def test_months_by_day_agree_with_months_by_instant(since: datetime, count: int, zone: ZoneInfo) -> None:
    """Keyed by the local date, a span of months never drifts over midnight."""
    expected = months_later(since.astimezone(zone).replace(hour=12, minute=0, second=0, microsecond=0), count)
    assert cycles.due_day(since, Months(count), zone) == expected.date()


# --- reviews ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_reviewed_within_three_years_of_its_last_review() -> None:
    """Never reviewed, the cycle runs from its coming into force; a signed review moves it."""
    plan = Kept(in_force_at=local(2026, 2, 28))
    due = cycles.review_due(plan, default=POLICY.review_every, zone=SHANGHAI)
    assert due == cycles.end_of(date(2029, 2, 28), SHANGHAI)
    reviewed = replace(plan, reviewed_at=local(2028, 2, 29))
    due = cycles.review_due(reviewed, default=POLICY.review_every, zone=SHANGHAI)
    assert due == cycles.end_of(date(2031, 2, 28), SHANGHAI)


@pytest.mark.parametrize(("own", "year"), [("P1Y", 2027), ("P5Y", 2029), (None, 2029)])
def test_a_plan_may_ask_for_less_and_never_for_more(own: str | None, year: int) -> None:
    """Its own cycle counts where it is shorter than the house's."""
    plan = Kept(in_force_at=local(2026, 6, 1), review_every=own)
    due = cycles.review_due(plan, default=Months(36), zone=SHANGHAI)
    assert due.astimezone(SHANGHAI).date() == date(year, 6, 1)


# --- drills ----------------------------------------------------------------------------------------------------------


def test_the_rules_are_those_of_the_law_with_their_marks() -> None:
    """D1 to D8 stand with source, frequency and confidence; what the law leaves open says that it is policy."""
    found = {each.id: each for each in cycles.requirements()}
    assert [*found] == ["D1", "D2", "D3", "D4", "D5", "D6.drill", "D6.test", "D7", "D8"]
    every = {"D1": 12, "D2": 6, "D3": 6, "D4": 24, "D5": 36, "D6.drill": 12, "D6.test": 6, "D7": 12, "D8": 6}
    assert {name: each.every for name, each in found.items()} == {name: Months(n) for name, n in every.items()}
    sure = {"D1": "V-page", "D2": "V-page", "D5": "V-page"}
    assert {name: each.confidence for name, each in found.items()} == {name: sure.get(name, "V-text") for name in found}
    assert {name for name, each in found.items() if each.period is Period.POLICY} == {"D6.drill", "D6.test", "D7", "D8"}
    asked_of_each = {name for name, each in found.items() if each.counted is Counted.PLAN}
    assert asked_of_each == {"D5", "D6.drill", "D6.test", "D7"}
    assert not found["D5"].policy
    assert found["D1"].policy, "the text asks for one of the organisation; one a plan is the house's own"
    assert all(each.source and each.article for each in found.values())
    raw = (ROOT / "plans" / "drills.yaml").read_text("utf-8")
    assert raw.count("verified_by: null") == raw.count("verified_by:") == len(found), "only a person sets it"


@pytest.mark.parametrize(
    ("plan", "party", "asked"),
    [
        (Kept(tier="comprehensive"), OPERATOR, {"D1"}),
        (Kept(tier="special"), OPERATOR, {"D1"}),
        (Kept(tier="onsite"), OPERATOR, {"D2"}),
        (Kept(tier="action_card"), OPERATOR, set()),
        (Kept(tier="special", outline=True), OPERATOR, set()),
        (Kept(scenarios=("interconnection",)), OPERATOR, {"D1", "D6.drill", "D6.test"}),
        (Kept(scenarios=("cloud_region",)), OPERATOR, {"D1"}),
        (Kept(scenarios=("cloud_region",)), ("cloud_operator",), {"D1", "D7"}),
        (Kept(tier="onsite", scenarios=("confined_space",)), OPERATOR, {"D2", "D8"}),
        (Kept(tier="onsite", scenarios=("confined_space",)), ("construction_contractor",), {"D2", "D3", "D8"}),
        (Kept(tier="special"), ("other",), {"D1"}),
    ],
)
def test_drills_are_asked_by_tier_scenario_and_party(plan: Kept, party: tuple[str, ...], asked: set[str]) -> None:
    """Nobody is asked what the rule does not ask of them; what is asked of governments is asked of no operator."""
    assert set(drills(plan, *party)) == asked


def test_a_drill_is_due_a_period_after_the_last_of_its_kind() -> None:
    """A test of a link is no drill of the plan, and the other way round; a tabletop exercise is no joint test."""
    plan = Kept(scenarios=("interconnection",), in_force_at=local(2026, 3, 31))
    held = {"tabletop": local(2026, 8, 31), "canary": local(2026, 12, 1)}
    found = {name: each.due_at.astimezone(SHANGHAI).date() for name, each in drills(plan, held=held).items()}
    assert found == {"D1": date(2027, 8, 31), "D6.drill": date(2027, 3, 31), "D6.test": date(2026, 9, 30)}
    assert drills(plan, held=held)["D1"].since == held["tabletop"]


def test_a_period_goes_on_from_where_it_began() -> None:
    """A new version of a plan that was never drilled postpones nothing."""
    plan = Kept(in_force_at=local(2026, 11, 1))
    found = cycles.drills_due(
        plan, OPERATOR, requirements=cycles.requirements(), held={}, since={"D1": local(2026, 1, 15)}, zone=SHANGHAI
    )
    assert [each.due_at for each in found] == [cycles.end_of(date(2027, 1, 15), SHANGHAI)]


# --- reminders -------------------------------------------------------------------------------------------------------

DUE = cycles.end_of(date(2026, 12, 15), SHANGHAI)  # a Tuesday


def told(due_at: datetime = DUE, zone: ZoneInfo = SHANGHAI, most: int = 8, **more: datetime) -> list[datetime]:
    """The first reminders, on the wall's clock."""
    found = [cycles.first_reminder(due_at, TELLS, zone)]
    while len(found) < most:
        found.append(cycles.next_ring(due_at, found[-1], TELLS, zone, snoozed_until=more.get("snoozed_until")))
    return [each.astimezone(zone) for each in found]


def test_reminders_stand_before_at_and_after_and_do_not_end() -> None:
    """30 and 7 days ahead, on the day, 1 and 7 days after, then every week: at nine, on a weekday."""
    days = [(11, 13), (12, 8), (12, 15), (12, 16), (12, 22), (12, 29), (1, 5), (1, 12)]
    assert [(each.month, each.day) for each in told()] == days
    assert {each.hour for each in told()} == {9}
    assert all(each.weekday() < 5 for each in told(most=30))


def test_a_reminder_ahead_is_never_told_after_its_day() -> None:
    """Due on a Sunday, it is told on the Friday before; what comes after the day is told on the Monday."""
    sunday = cycles.end_of(date(2026, 12, 13), SHANGHAI)
    days = [(each.month, each.day) for each in told(sunday, most=6)]
    assert days == [(11, 13), (12, 4), (12, 11), (12, 14), (12, 21), (12, 28)]


@given(
    due=some.dates(date(2026, 1, 1), date(2040, 1, 1)),
    zone=some.sampled_from([SHANGHAI, BERLIN, CHATHAM]),
    passed=some.integers(-2000, 2000),
)
def test_the_next_reminder_is_always_later_and_never_far(due: date, zone: ZoneInfo, passed: int) -> None:
    """Whenever one asks, in any zone, the next one lies ahead, at nine by the wall, within ten days once it is late."""
    due_at = cycles.end_of(due, zone)
    after = due_at + timedelta(hours=passed)
    following = cycles.next_reminder(due_at, after, TELLS, zone)
    assert following > after
    assert following.astimezone(zone).hour == 9
    if passed >= 0:
        assert following - after <= timedelta(days=10)


def test_a_snooze_silences_the_owner_and_not_the_superior() -> None:
    """Put off past the day, the next one to be told is the superior, a week after; else the owner, when it ends."""
    until = local(2026, 12, 11, 9)
    on_the_8th = local(2026, 12, 8, 9)
    assert cycles.next_ring(DUE, on_the_8th, TELLS, SHANGHAI, snoozed_until=until) == until
    far = local(2027, 1, 7, 9)
    assert cycles.next_ring(DUE, on_the_8th, TELLS, SHANGHAI, snoozed_until=far) == local(2026, 12, 22, 9)
    assert cycles.superior_from(DUE, TELLS, SHANGHAI) == local(2026, 12, 22, 9)
    assert cycles.next_ring(DUE, far, TELLS, SHANGHAI, snoozed_until=far) == local(2027, 1, 12, 9)


def test_the_stage_is_told_by_the_day() -> None:
    """On the day itself it is due today until the last second."""
    assert cycles.stage(DUE, local(2026, 12, 14, 23), SHANGHAI) is Stage.AHEAD
    assert cycles.stage(DUE, local(2026, 12, 15, 0), SHANGHAI) is Stage.TODAY
    assert cycles.stage(DUE, DUE + timedelta(seconds=1), SHANGHAI) is Stage.OVERDUE


# --- the files -------------------------------------------------------------------------------------------------------


def text(name: str) -> str:
    """A file of rules."""
    return (ROOT / "plans" / name).read_text("utf-8")


def test_the_house_may_shorten_the_cycle_and_not_lengthen_it() -> None:
    """P1Y is read; P4Y is refused at its line."""
    assert cycles.read_policy(text("cycles.yaml").replace("every: P3Y", "every: P1Y"), "c").review_every == Months(12)
    with pytest.raises(BadCycles) as refused:
        cycles.read_policy(text("cycles.yaml").replace("every: P3Y", "every: P4Y"), "c")
    assert refused.value.sentence("en").startswith("c:3:")
    assert "P3Y" in refused.value.sentence("zh")


def test_every_fault_of_a_rule_file_is_named_at_once() -> None:
    """An unknown party, tier, kind and mark, each with its line."""
    broken = text("drills.yaml").replace("party: [any]", "party: [anybody]", 1).replace("tabletop", "tabeltop", 1)
    broken = broken.replace("V-page", "sure", 1).replace("id: D2", "id: D1", 1)
    with pytest.raises(BadCycles) as refused:
        cycles.read_requirements(broken, "d")
    said = refused.value.sentence("en")
    assert len(refused.value.faults) == 3
    assert "“tabletop”" in said
    with pytest.raises(BadCycles) as twice:
        cycles.read_requirements(text("drills.yaml").replace("id: D2", "id: D1", 1), "d")
    assert "stands twice" in twice.value.sentence("en")


def test_kinds_and_tiers_have_words() -> None:
    """Every kind of drill is said in both languages, and every tier is asked for something or nothing on purpose."""
    assert all(kind.words.zh and kind.words.en for kind in DrillKind)
    assert {tier for each in cycles.requirements() for tier in each.tiers} == set(Tier) - {Tier.ACTION_CARD}


@pytest.mark.parametrize(
    ("tier", "party", "article"),
    [
        (Tier.COMPREHENSIVE, ["cloud_operator"], "第二十六条"),
        (Tier.SPECIAL, [], "第二十六条"),
        (Tier.ONSITE, ["basic_operator_hq"], None),
        (Tier.ONSITE, ["basic_operator_hq", "construction_contractor"], "第七条"),
        (Tier.ACTION_CARD, ["construction_contractor"], None),
    ],
)
def test_a_filing_is_owed_where_a_rule_asks_for_it(tier: Tier, party: list[str], article: str | None) -> None:
    """Of comprehensive and special plans by everybody, of on-site procedures by construction; of a card by nobody."""
    found = cycles.filing(tier, party)
    assert (found is not None) is (article is not None)
    if found is not None:
        assert found.source.endswith(str(article))
        assert found.within == WorkingDays(20)
