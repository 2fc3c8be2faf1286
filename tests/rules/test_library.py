"""The plans that come with the house: complete, in both languages, and each its own."""

from __future__ import annotations

import re
from itertools import permutations
from pathlib import Path

import pytest

from escalation import regimes, rosters
from escalation.duties import ClockKind, Courier, Duty, Notice
from escalation.spans import WorkingDays, iso_duration
from escalation.words import Words
from plans import tree
from plans.tiers import Tier, may_be_parent, parents_of
from playbooks.content import POSTS, Playbook, canonical, read
from playbooks.lineage import node_of

ROOT = Path(__file__).parents[2]
PLANS = {
    path.stem: read(path.read_text("utf-8"), path.name) for path in sorted((ROOT / "plans/library").glob("*.yaml"))
}
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
LEVELS = ("IV", "III", "II", "I")
each_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
CARDS = {code for code, plan in PLANS.items() if plan.tier is Tier.ACTION_CARD}
OUTLINES = {code for code, plan in PLANS.items() if plan.outline}
ALIKE = 0.6  # of all the character pairs, or words, that two sentences have between them


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
    assert {(plan.scenario, plan.family.value) for plan in PLANS.values()} >= {
        ("flood_typhoon", "support"),
        ("core_network", "own_network"),
        ("submarine_cable", "own_network"),
        ("datacentre_fire_power", "own_network"),
    }


def test_a_scenario_finds_one_plan() -> None:
    """No scenario of its own stands in two plans: who declares it is not asked which is meant."""
    own = [plan.scenario for plan in PLANS.values()]
    assert len(own) == len(set(own))


@each_plan
def test_every_plan_stands_under_another_but_the_comprehensive_one(plan: Playbook) -> None:
    """The plan above comes with the house too, and is of a tier that may stand there."""
    if plan.tier is Tier.COMPREHENSIVE:
        assert plan.parent is None
    else:
        assert plan.parent in PLANS
        assert may_be_parent(PLANS[plan.parent].tier, plan.tier)


@each_plan
def test_a_plan_is_named_as_its_file(plan: Playbook) -> None:
    """Code and file agree, so that a lint's line leads to the plan."""
    assert PLANS[plan.code] is plan


def fits(plan: Playbook) -> tuple[range, range, int]:
    """How many tasks and roles a plan of its kind has, and how many tasks each level adds at least."""
    if plan.outline:
        return range(3, 7), range(1, 10), 0
    if plan.tier is Tier.ACTION_CARD:
        return range(8, 13), range(1, 3), 1
    return range(18, 29), range(5, 10), 2


@each_plan
def test_every_level_adds_work_and_the_whole_is_walkable(plan: Playbook) -> None:
    """A deep plan has 18 to 28 tasks and 5 to 9 roles, a card 8 to 12 for one or two; each level adds work."""
    tasks, roles, added = fits(plan)
    counts = [len(plan.tasks_at(level)) for level in LEVELS]
    assert counts[-1] in tasks
    assert all(more - fewer >= added for fewer, more in zip([0, *counts], counts, strict=False))
    assert len(plan.roles) in roles
    assert {task.role for task in plan.tasks} == {role.id for role in plan.roles}


@each_plan
def test_somebody_commands_from_the_first_level_on(plan: Playbook) -> None:
    """Every plan but a card, which is in the hands of its post, has its commander at level IV."""
    assert any(role.id == "commander" for role in plan.roles_at("IV")) or plan.code in CARDS | OUTLINES


@each_plan
def test_a_deep_plan_asks_before_and_after(plan: Playbook) -> None:
    """Six questions of assessment or more, four criteria of stand-down with a number in some, five to review."""
    if plan.outline:
        return
    assert len(plan.assessment) >= 6
    assert len(plan.review) >= 5
    assert len(plan.stand_down) >= 4
    assert any(re.search(r"\d", words.zh) for words in plan.stand_down)


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
    assert len(pairs) > (30 if plan.code in CARDS | OUTLINES else 80)
    for zh, en in pairs:
        assert re.search(r"[\u4e00-\u9fff]", zh), zh
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", en), en
        assert re.search(r"[A-Za-z]{3}", en), en


@each_plan
def test_the_communications_administration_gets_all_four_notices(plan: Playbook) -> None:
    """Oral by hand and brief written by the portal on the law's clocks; updates and the final on internal ones.

    Asked of every plan for trouble of the network. A card for such trouble owes nothing itself: the plan above it does,
    and told twice is a duplicate.
    """
    if "network_operation" not in plan.event_class:
        assert plan.duties or plan.outline
        return
    if plan.code in CARDS:
        assert plan.duties == ()
        assert plan.parent is not None
        assert owed(PLANS[plan.parent], "cn.telecom2009", "brief_written")
        return
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
        lawful = "电信网络运行监督管理办法" in rule.when.zh or "国务院令第493号" in rule.when.zh
        assert lawful or "暂定" in rule.when.zh, rule.level
        assert lawful or "provisional" in rule.when.en, rule.level


def bigrams(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters of a Chinese sentence, its punctuation left out."""
    bare = re.sub(r"\W", "", text).lower()
    return frozenset(bare[n : n + 2] for n in range(len(bare) - 1))


def tokens(text: str) -> frozenset[str]:
    """The words and figures of an English sentence."""
    return frozenset(re.findall(r"[a-z0-9]+(?:\.[0-9]+)?", text.lower()))


SENTENCES = {
    language: {code: [parts(getattr(task.do, language)) for task in plan.tasks] for code, plan in PLANS.items()}
    for language, parts in (("zh", bigrams), ("en", tokens))
}


def shared(first: list[frozenset[str]], second: list[frozenset[str]]) -> float:
    """The share of the first's sentences that stand in the second, word for word or nearly so."""
    return sum(any(alike(one, other) >= ALIKE for other in second) for one in first) / len(first)


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of their parts that two sentences have in common (Jaccard)."""
    return len(one & other) / len(one | other)


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize(("one", "other"), list(permutations(PLANS, 2)))
def test_no_two_plans_are_one_plan_twice(one: str, other: str, language: str) -> None:
    """At most a fifth of the task sentences of one plan stand in another, in either language."""
    assert shared(SENTENCES[language][one], SENTENCES[language][other]) <= 1 / 5


def test_the_measure_finds_a_copy() -> None:
    """A sentence with its figure changed counts as the same, another task of the trade does not."""
    said = "拉出故障前24小时全部变更，按时间差排序，标出可回退的前3项。"
    copied, other = said.replace("24", "48"), "核对固定油机在市电失电后15秒内起动、30秒内合闸带载。"
    assert shared([bigrams(said)], [bigrams(other), bigrams(copied)]) == 1
    assert shared([bigrams(said)], [bigrams(other)]) == 0
    assert alike(tokens("Start the set within 15 seconds."), tokens("Start the set within 30 seconds.")) >= ALIKE


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


def test_no_plan_of_the_library_is_looser_than_its_parent() -> None:
    """A draft made from any starter plan can be submitted: the tree finds no fault with the library."""
    nodes = {plan.code: node_of(plan) for plan in PLANS.values()}
    faults = {code: tree.faults(node, {k: v for k, v in nodes.items() if k != code}) for code, node in nodes.items()}
    assert {code: found for code, found in faults.items() if found} == {}
