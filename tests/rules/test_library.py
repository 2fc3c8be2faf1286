"""The plans that come with the house: complete, in both languages, and each its own."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from escalation import regimes, rosters
from escalation.duties import ClockKind, Courier, Duty, Notice
from escalation.spans import WorkingDays, iso_duration
from escalation.words import Words
from plans.tiers import Tier, may_be_parent, parents_of
from playbooks.content import POSTS, Playbook, canonical, read

ROOT = Path(__file__).parents[2]
PLANS = {
    path.stem: read(path.read_text("utf-8"), path.name) for path in sorted((ROOT / "plans/library").glob("*.yaml"))
}
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
LEVELS = ("IV", "III", "II", "I")
each_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)


def spoken(value: object) -> list[tuple[str, str]]:
    """Every bilingual text below some plain content."""
    if isinstance(value, dict) and value.keys() == {"zh", "en"}:
        return [(value["zh"], value["en"])]
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [pair for item in below for pair in spoken(item)]


def owed(plan: Playbook, regime: str, kind: str) -> list[Duty]:
    """The duties of one regime and kind."""
    return [duty for duty in plan.duties if (duty.regime, duty.kind) == (regime, kind)]


def test_the_four_scenarios_of_the_notice_have_a_plan() -> None:
    """Flood, core network, submarine cable, and data centre stand ready at the first start."""
    assert {(plan.scenario, plan.family.value) for plan in PLANS.values()} == {
        ("flood_typhoon", "support"),
        ("core_network", "own_network"),
        ("submarine_cable", "own_network"),
        ("datacentre_fire_power", "own_network"),
    }


@each_plan
def test_a_plan_is_named_as_its_file(plan: Playbook) -> None:
    """Code and file agree, so that a lint's line leads to the plan."""
    assert PLANS[plan.code] is plan


@each_plan
def test_every_level_adds_work_and_the_whole_is_walkable(plan: Playbook) -> None:
    """15 to 30 tasks, every level adds at least two, every role has one, five to nine roles."""
    counts = [len(plan.tasks_at(level)) for level in LEVELS]
    assert 15 <= counts[-1] <= 30
    assert all(more - fewer >= 2 for fewer, more in zip([0, *counts], counts, strict=False))
    assert 5 <= len(plan.roles) <= 9
    assert {task.role for task in plan.tasks} == {role.id for role in plan.roles}
    assert any(role.id == "commander" for role in plan.roles_at("IV"))


@each_plan
def test_a_task_says_how_far_or_to_which_value(plan: Playbook) -> None:
    """Each task names a figure in both languages; only some ask for evidence: a tick is one press where it can be."""
    for task in plan.tasks:
        assert re.search(r"\d|[一二两三四五六七八九十]", task.do.zh), task.id
        assert re.search(r"\d|\b(one|two|three|four|five|six|ten|hourly|first|second|daily)\b", task.do.en), task.id
    assert 0 < sum(task.evidence is not None for task in plan.tasks) < len(plan.tasks)


@each_plan
def test_both_languages_say_the_same_figures(plan: Playbook) -> None:
    """A number of two or more digits that stands in a task's Chinese stands in its English too."""
    for task in plan.tasks:
        english = task.do.en.replace(" ", "")
        for number in re.findall(r"\d{2,}(?:\.\d+)?", task.do.zh):
            assert number in english, (task.id, number)


@each_plan
def test_chinese_is_chinese_and_english_is_english(plan: Playbook) -> None:
    """No half-translated text: every pair has Chinese characters on one side only."""
    pairs = spoken(canonical(plan))
    assert len(pairs) > 80
    for zh, en in pairs:
        assert re.search(r"[\u4e00-\u9fff]", zh), zh
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", en), en
        assert re.search(r"[A-Za-z]{3}", en), en


@each_plan
def test_the_communications_administration_gets_all_four_notices(plan: Playbook) -> None:
    """Oral by hand and brief written by the portal on the law's clocks; updates and the final on internal ones."""
    (oral,) = owed(plan, "cn.telecom2009", "oral")
    (brief,) = owed(plan, "cn.telecom2009", "brief_written")
    (update,) = owed(plan, "cn.telecom2009", "update")
    (final,) = owed(plan, "cn.telecom2009", "final")
    assert [duty.addressee.value for duty in (oral, brief, update, final)] == ["comms_administration"] * 4
    assert (oral.courier, oral.notice, oral.clock.kind) == (Courier.BY_HAND, Notice.ORAL, ClockKind.STATUTORY)
    assert (brief.courier, brief.notice, brief.clock.kind) == (Courier.PORTAL, Notice.FIRST, ClockKind.STATUTORY)
    assert (update.clock.anchor, update.clock.span) == ("submitted_at[brief_written]", iso_duration("PT4H"))
    assert (update.clock.until, update.clock.internal) == ("restored_at", True)
    assert (final.clock.anchor, final.clock.span, final.clock.internal) == ("restored_at", WorkingDays(5), True)


def test_the_flood_plan_tells_the_county_government_at_once() -> None:
    """By mail, with an internal target of 15 minutes, as the law gives no number."""
    (duty,) = owed(PLANS["flood-typhoon"], "cn.erl2024", "initial")
    assert (duty.addressee.value, duty.courier, duty.notice) == ("local_government", Courier.MAIL, Notice.FIRST)
    assert (duty.clock.kind, duty.clock.span) == (ClockKind.IMMEDIATE, iso_duration("PT15M"))


def test_the_data_centre_plan_reports_an_accident_to_both_authorities() -> None:
    """Order 493 art. 9 names the emergency authority and the supervising department; both get first and changes."""
    plan = PLANS["datacentre-fire-power"]
    assert set(plan.event_class) == {"network_operation", "work_safety"}
    for kind in ("initial", "supplementary"):
        duties = owed(plan, "cn.so493", kind)
        assert {duty.addressee.value for duty in duties} == {"emergency_authority", "comms_administration"}
        assert all(duty.clock.kind is ClockKind.STATUTORY for duty in duties)


@each_plan
def test_nothing_is_owed_under_a_regime_the_house_does_not_know(plan: Playbook) -> None:
    """Every statutory duty names a kind that its regime's own rules have."""
    for duty in plan.duties:
        assert duty.regime in regimes.ids()
        if duty.clock.kind is ClockKind.STATUTORY:
            assert duty.kind in regimes.kinds(duty.regime)


@each_plan
def test_every_post_and_person_is_in_the_sample_people_file(plan: Playbook) -> None:
    """A newcomer's first incident finds somebody for each role."""
    held = {post for person in PEOPLE.people.values() for roles in person.roles.values() for post in roles}
    assert {role.post for role in plan.roles} <= held
    assert {role.post for role in plan.roles} <= POSTS
    assert plan.owner in set(PEOPLE.people)
    assert {duty.signs for duty in plan.duties} | {duty.alone.post for duty in plan.duties} <= held


@each_plan
def test_a_level_of_our_own_making_says_so(plan: Playbook) -> None:
    """Where a criterion isn't law, the reader sees that it is the operator's provisional table."""
    for rule in plan.levels:
        lawful = "电信网络运行监督管理办法" in rule.when.zh
        assert lawful or "暂定" in rule.when.zh, rule.level
        assert lawful or "provisional" in rule.when.en, rule.level


@pytest.mark.parametrize(("one", "other"), list(combinations(PLANS, 2)))
def test_no_two_plans_are_one_plan_twice(one: str, other: str) -> None:
    """At most a fifth of the task sentences of one plan stand in another, word for word or nearly so."""
    first, second = ([task.do.zh for task in PLANS[name].tasks] for name in (one, other))
    shared = sum(any(alike(sentence, candidate) > 0.6 for candidate in second) for sentence in first)
    assert shared <= len(first) / 5


def alike(one: str, other: str) -> float:
    """The share of character pairs that two Chinese sentences have in common."""
    pairs = [{text[n : n + 2] for n in range(len(text) - 1)} for text in (one, other)]
    return len(pairs[0] & pairs[1]) / len(pairs[0] | pairs[1])


@pytest.mark.parametrize(
    ("parent", "child", "lawful"),
    [
        ("comprehensive", "comprehensive", True),
        ("comprehensive", "special", True),
        ("special", "special", True),
        ("special", "onsite", True),
        ("onsite", "action_card", True),
        ("special", "comprehensive", False),
        ("onsite", "special", False),
        ("action_card", "action_card", False),
        ("action_card", "onsite", False),
        ("comprehensive", "action_card", False),
    ],
)
def test_a_plan_stands_under_a_plan_of_its_tier_or_above(parent: str, child: str, lawful: object) -> None:
    """上位预案: the same tier of a higher organisation, or a higher tier; a card is never a parent."""
    assert may_be_parent(Tier(parent), Tier(child)) is lawful
    assert (Tier(parent) in parents_of(Tier(child))) is lawful


@pytest.mark.parametrize("tier", list(Tier))
def test_each_tier_has_a_title_in_both_languages(tier: Tier) -> None:
    """People never read an id."""
    assert isinstance(tier.words, Words)
    assert tier.words.zh != tier.words.en
