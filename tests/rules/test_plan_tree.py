"""The tree of plans: nobody is an orphan, nobody stands in a circle, nobody is looser than what stands above."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation.duties import Addressee, Alone, ClockKind, Courier, Duty, DutyClock, Notice
from escalation.spans import Months, Span, WorkingDays
from escalation.words import Words
from plans.tiers import OrgLevel, Tier
from plans.tree import Node, faults, looser, no_longer

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
STATUTORY = DutyClock(kind=ClockKind.STATUTORY)


def within(span: Span, anchor: str = "aware_at") -> DutyClock:
    """An internal target."""
    return DutyClock(kind=ClockKind.WITHIN, anchor=anchor, span=span)


def every(span: Span, until: str = "restored_at") -> DutyClock:
    """A recurring one."""
    return DutyClock(kind=ClockKind.EVERY, anchor="aware_at", span=span, until=until)


def at_once(span: Span) -> DutyClock:
    """At once, with a target."""
    return DutyClock(kind=ClockKind.IMMEDIATE, anchor="aware_at", span=span)


def duty(clock: DutyClock, name: str = "D1", *, kind: str = "first", to: str = "comms_administration") -> Duty:
    """A duty with that clock."""
    return Duty(
        id=name,
        regime="cn.telecom2009",
        kind=kind,
        notice=Notice.FIRST,
        title=Words(zh="首报", en="First"),
        addressee=Addressee(to),
        courier=Courier.PORTAL,
        clock=clock,
        signs="approver",
        alone=Alone(post="commander", before=timedelta(0)),
    )


def node(code: str, tier: Tier, parent: str | None = None, *duties: Duty, level: OrgLevel = OrgLevel.GROUP) -> Node:
    """A plan of the tree."""
    title = Words(zh=f"预案{code}", en=f"Plan {code}")
    return Node(code=code, title=title, tier=tier, organisation=level, parent=parent, duties=duties)


TOP = node("top", Tier.COMPREHENSIVE)
SPECIAL = node("special", Tier.SPECIAL, "top")
STANDING = {"top": TOP, "special": SPECIAL}


def test_the_highest_comprehensive_plan_stands_under_none() -> None:
    """The group's comprehensive plan is the root; a first one of a province too, while nothing stands above it."""
    assert faults(TOP, {}) == ()
    assert faults(replace(TOP, code="henan", organisation=OrgLevel.PROVINCE), {}) == ()


def test_a_comprehensive_plan_below_names_the_one_above() -> None:
    """As soon as a higher organisation has one, a lower comprehensive plan without a parent is an orphan."""
    lower = node("henan", Tier.COMPREHENSIVE, level=OrgLevel.PROVINCE)
    (said,) = faults(lower, STANDING)
    assert "top" in said.en
    assert faults(replace(lower, parent="top"), STANDING) == ()


@pytest.mark.parametrize("tier", [Tier.SPECIAL, Tier.ONSITE, Tier.ACTION_CARD])
def test_no_orphans(tier: Tier) -> None:
    """Every lower tier names its parent, and the sentence says of which tier it is."""
    (said,) = faults(node("x", tier), STANDING)
    assert "上位预案" in said.zh


def test_the_parent_stands() -> None:
    """A parent that is not in force is none."""
    (said,) = faults(node("x", Tier.SPECIAL, "gone"), STANDING)
    assert "gone" in said.zh


def test_no_circle() -> None:
    """A plan under its own child, under itself, or under a circle of others is refused, and nothing hangs."""
    for child in (replace(SPECIAL, parent="procedure"), replace(SPECIAL, parent="special")):
        standing = STANDING | {"procedure": node("procedure", Tier.SPECIAL, "special")}
        assert any("环" in each.zh for each in faults(child, standing))
    ring = {"a": node("a", Tier.SPECIAL, "b"), "b": node("b", Tier.SPECIAL, "a")}
    assert any("环" in each.zh for each in faults(node("x", Tier.SPECIAL, "a"), ring))


def test_every_fault_at_once() -> None:
    """Tier, level and clock are all said together."""
    parent = node("card", Tier.ACTION_CARD, "special", duty(STATUTORY), level=OrgLevel.CITY)
    child = node("x", Tier.SPECIAL, "card", duty(within(HOUR)), level=OrgLevel.PROVINCE)
    assert len(faults(child, STANDING | {"card": parent})) == 3


@pytest.mark.parametrize(
    ("own", "above", "fits"),
    [
        (STATUTORY, STATUTORY, True),
        (within(MINUTE), STATUTORY, False),
        (STATUTORY, within(HOUR), False),
        (within(HOUR), within(HOUR), True),
        (within(HOUR + MINUTE), within(HOUR), False),
        (within(MINUTE, "occurred_at"), within(HOUR), False),
        (at_once(MINUTE), within(HOUR), True),
        (within(MINUTE), at_once(HOUR), False),
        (at_once(HOUR), at_once(MINUTE), False),
        (every(HOUR), every(HOUR), True),
        (every(HOUR, "handled_at"), every(HOUR), False),
        (within(MINUTE), every(HOUR), False),
        (every(2 * HOUR), every(HOUR), False),
    ],
)
def test_no_looser_than_its_parent(own: DutyClock, above: DutyClock, fits: bool) -> None:
    """For the same regime and kind the lower plan's clock is as strict as the parent's, or a sentence says why not."""
    child, parent = replace(SPECIAL, duties=(duty(own),)), replace(TOP, duties=(duty(above, "D9"),))
    said = looser(child, parent)
    assert (said == ()) is fits
    assert all("D1" in each.zh and "D9" in each.en for each in said)


def test_another_kind_is_not_compared() -> None:
    """What the parent does not owe cannot be looser; another office's clock counts only where the same has none."""
    parent = replace(TOP, duties=(duty(within(HOUR)), duty(within(MINUTE), "D2", to="ministry")))
    assert looser(replace(SPECIAL, duties=(duty(within(2 * HOUR), kind="final"),)), parent) == ()
    assert looser(replace(SPECIAL, duties=(duty(within(HOUR)),)), parent) == ()
    assert len(looser(replace(SPECIAL, duties=(duty(within(HOUR), to="local_government"),)), parent)) == 1


@pytest.mark.parametrize(
    ("span", "than", "surely"),
    [
        (timedelta(days=28), Months(1), True),
        (timedelta(days=29), Months(1), False),
        (Months(1), timedelta(days=31), True),
        (Months(1), timedelta(days=30), False),
        (Months(1), Months(2), True),
        (WorkingDays(5), WorkingDays(5), True),
        (WorkingDays(1), timedelta(days=90), False),
        (timedelta(hours=1), WorkingDays(5), False),
    ],
)
def test_only_what_is_surely_no_longer(span: Span, than: Span, surely: bool) -> None:
    """Months are counted at their worst, working days only against working days."""
    assert no_longer(span, than) is surely
