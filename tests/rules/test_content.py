"""The playbook reader: what it takes, what it refuses, where, and in which words."""

from __future__ import annotations

import copy
import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from errors import BadPlaybook
from escalation.duties import ClockKind
from escalation.spans import WorkingDays
from playbooks.changes import sentences
from playbooks.content import Playbook, ResponseLevel, canonical, from_canonical, read

LIBRARY = Path(__file__).parents[2] / "plans" / "library"
REGIMES = {
    "cn.telecom2009": ("oral", "brief_written", "monthly_rollup"),
    "cn.so493": ("internal", "initial", "supplementary"),
    "cn.erl2024": ("initial",),
}
CRITERIA = ("cn.telecom2009.level", "cn.so493.level")
TEXT = (LIBRARY / "flood-typhoon.yaml").read_text("utf-8")


def opened(text: str) -> Playbook:
    """Read against the names of this test."""
    return read(text, "plan.yaml", known_regimes=REGIMES, known_criteria=CRITERIA)


def refused(text: str) -> str:
    """The English faults of a text that must be refused."""
    with pytest.raises(BadPlaybook) as caught:
        opened(text)
    return caught.value.sentence("en")


def changed(old: str, new: str, times: int = 1) -> str:
    """The flood plan with one thing changed."""
    assert old in TEXT
    return TEXT.replace(old, new, times)


def line_of(text: str, piece: str) -> int:
    """The line, from 1, that `piece` first stands on."""
    return text[: text.index(piece)].count("\n") + 1


def test_a_plan_is_read_whole() -> None:
    """Everything the file says stands in the playbook, typed."""
    plan = opened(TEXT)
    assert plan.code == "flood-typhoon"
    assert plan.title.said("zh") == "防汛防台风通信保障应急预案"
    assert plan.parent == "general-plan"
    assert [rule.level for rule in plan.levels] == ["I", "II", "III", "IV"]
    assert plan.level("III").period == timedelta(hours=48)
    assert plan.role("liaison").post == "external_liaison"
    first = plan.tasks[0]
    assert (first.id, first.role, first.start, first.due) == ("T01", "commander", "IV", timedelta(minutes=15))
    assert first.evidence is not None
    assert first.evidence.en == "Watch list"
    assert plan.facts[0] == "stations_down"


def test_the_four_clocks_are_told_apart() -> None:
    """Statutory, every, within and immediate clocks keep their anchors and spans, and only the first is the law's."""
    clocks = {duty.id: duty.clock for duty in opened(TEXT).duties}
    assert clocks["D1"].kind is ClockKind.STATUTORY
    assert not clocks["D1"].internal
    every = clocks["D3"]
    assert (every.kind, every.anchor, every.span, every.until) == (
        ClockKind.EVERY,
        "submitted_at[brief_written]",
        timedelta(hours=4),
        "restored_at",
    )
    assert (clocks["D4"].kind, clocks["D4"].span) == (ClockKind.WITHIN, WorkingDays(5))
    assert (clocks["D5"].kind, clocks["D5"].span) == (ClockKind.IMMEDIATE, timedelta(minutes=15))
    assert all(clocks[name].internal for name in ("D3", "D4", "D5"))


@pytest.mark.parametrize(("level", "count"), [("IV", 10), ("III", 19), ("II", 24), ("I", 28)])
def test_a_more_serious_level_adds_tasks_and_drops_none(level: str, count: int) -> None:
    """What stands from level IV stands at III, II and I too."""
    plan = opened(TEXT)
    assert len(plan.tasks_at(level)) == count
    assert {task.id for task in plan.tasks_at("IV")} <= {task.id for task in plan.tasks_at(level)}


@pytest.mark.parametrize("one", list(ResponseLevel))
@pytest.mark.parametrize("other", list(ResponseLevel))
def test_levels_reach_by_rank_and_not_by_spelling(one: ResponseLevel, other: ResponseLevel) -> None:
    """I reaches all, IV only itself."""
    order = ["IV", "III", "II", "I"]
    assert one.reaches(other) == (order.index(one.value) >= order.index(other.value))


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.yaml")), ids=lambda path: path.stem)
def test_canonical_content_comes_back_as_the_same_plan(path: Path) -> None:
    """Through JSON and back, the playbook is equal and its digest the same."""
    plan = read(path.read_text("utf-8"), path.name)
    again = from_canonical(json.loads(json.dumps(canonical(plan))))
    assert again == plan
    assert again.digest == plan.digest
    assert len(plan.digest) == 64


def test_spelling_does_not_move_the_digest_and_content_does() -> None:
    """`PT90M` and `PT1H30M`, quotes and comments are spelling; one more minute is content."""
    one, other = changed("due: PT1H\n", "due: PT90M\n"), changed("due: PT1H\n", "due: 'PT1H30M' # long\n")
    assert opened(one).digest == opened(other).digest
    assert opened(one).digest != opened(TEXT).digest


def test_no_scalar_is_guessed_at() -> None:
    """`no`, `1:30`, `0o17` and a date are the text that was written."""
    text = changed('"Watch list"', "no").replace("值守名单", "1:30", 1).replace('"Stock count"', "2026-11-23", 1)
    tasks = {task.id: task for task in opened(text).tasks}
    assert tasks["T01"].evidence is not None
    assert (tasks["T01"].evidence.en, tasks["T01"].evidence.zh) == ("no", "1:30")
    assert tasks["T06"].evidence is not None
    assert tasks["T06"].evidence.en == "2026-11-23"


FAULTS = [
    ("code: flood-typhoon", "code: Flood", "3 to 40 lower-case letters"),
    ("tier: special", "tier: specials", "did you mean “special”"),
    ("tier: special", "teir: special", "unknown key “teir”; did you mean “tier”?"),
    ("tier: special", "teir: special", "the key “tier” is missing"),
    ("format: tocsin.plan/1", "format: tocsin.plan/9", "did you mean “tocsin.plan/1”"),
    ("family: support", "family: suport", "unknown family “suport”; did you mean “support”"),
    ("criteria: cn.telecom2009.level", "criteria: cn.telecom.level", "did you mean “cn.telecom2009.level”"),
    ("event_class: [disaster,", "event_class: [disasters,", "did you mean “disaster”"),
    ("    role: noc\n", "    role: nco\n", "unknown role “nco”; did you mean “noc”"),
    ("    post: wireless\n", "    post: wirless\n", "unknown post “wirless”; did you mean “wireless”"),
    ("    decided_by: commander\n", "    decided_by: comander\n", "did you mean “commander”"),
    ("regime: cn.telecom2009", "regime: cn.telecom2010", "did you mean “cn.telecom2009”"),
    ("kind: brief_written", "kind: breif_written", "did you mean “brief_written”"),
    ("clock: statutory", "clock: statutary", "did you mean “statutory”"),
    ("until: restored_at", "until: restord_at", "did you mean “restored_at”"),
    ("{from: restored_at, within", "{from: 'submitted_at[first]', within", "unknown filed kind “first”"),
    ("submitted_at[brief_written]", "submitted_at[update]", "unknown filed kind “update”"),
    ("submitted_at[brief_written]", "submitted_at[monthly_rollup]", "unknown filed kind “monthly_rollup”"),
    ("courier: by_hand", "courier: byhand", "did you mean “by_hand”"),
    ("addressee: local_government", "addressee: local_goverment", "did you mean “local_government”"),
    ("signs: approver", "signs: aprover", "did you mean “approver”"),
    ("alone: {post: duty_manager, before: PT30M}", "alone: {post: duty_manger, before: PT30M}", "“duty_manager”"),
    ("alone: {post: duty_manager, before: PT30M}", "alone: {post: duty_manager}", "“before” is missing"),
    ("alone: {post: duty_manager}", "alone: {post: duty_manager, before: PT5M}", "may be signed alone at once"),
    ("before: PT20M", "before: PT4H", "as long as the whole time allowed"),
    ("due: PT15M", "due: 15", "write 1 min to 60 d, such as 15 min (in a file PT15M)"),
    ("due: PT15M", "due: PT0S", "“PT0S” will not do"),
    ("due: PT15M", "due: P90D", "“P90D” will not do"),
    ("due: PT15M", "due: P1M", "“P1M” will not do"),
    ("period: PT24H", "period: soon", "“soon” will not do"),
    ("{wait: PT0S,", "{wait: PT1M,", "the first call does not wait"),
    ("whom: superior", "whom: boss", "unknown person to call “boss”"),
    ("via: room", "via: rom", "did you mean “room”"),
    ("facts: [stations_down,", "facts: [station_down,", "did you mean “stations_down”"),
    ("facts: [stations_down,", "facts: [stations_down, stations_down,", "stands twice"),
    ("  - id: T02\n", "  - id: T01\n", "“T01” stands twice"),
    ("id: Q2", "id: Q1", "“Q1” stands twice"),
    ("  - id: D2\n", "  - id: D1\n", "“D1” stands twice"),
    ("kind: brief_written", "kind: oral", "“cn.telecom2009 · oral · comms_administration” stands twice"),
    ("parent: general-plan", "parent: flood-typhoon", "not its own parent"),
    ("parent: general-plan", "parent: null\nparent: null", "the key “parent” stands twice"),
    ('"Watch list"', '""', "this may not be empty"),
    ('"Watch list"', "null", "this may not be empty"),
    (', en: "Watch list"}', "}", "the key “en” is missing"),
    ('"Watch list"', "[a, b]", "a text is expected here"),
    ('"Watch list"', "&a x", "anchors and aliases"),
    ('"Watch list"', "*a", "anchors and aliases"),
    ('"Watch list"', "!!str x", "tags (!) are refused"),
    ('"Watch list"', "!!python/object/apply:os.system [id]", "tags (!) are refused"),
    ('"Watch list"', '"a\\u202eb"', "holds a control character"),
    ('"Watch list"', '"a\\x00b"', "holds a control character"),
    ('"Watch list"', '"a\u202eb"', "invisible control character U+202E"),
    ('"Watch list"', '"a\x07b"', "invisible control character U+0007"),
    ('"Watch list"', "x" * 400, "at most 300 fit"),
    ("tier: special", "<<: {a: b}\ntier: special", "merge keys"),
    ("tier: special", "? [a]\n: b\ntier: special", "a key must be one plain word"),
    ("stand_down:\n", "stand_down: none\nstand: \n", "a list is expected here"),
    ("ladder:\n", "ladder: [\n", "this is not valid YAML"),
    ("owner: chen.jing", "owner: 陈静", "an id of the people file"),
    ("format: tocsin.plan/1", "--- \nformat: tocsin.plan/1\n---\nx: y", "one file holds one document"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS, ids=[f"{n}" for n in range(len(FAULTS))])
def test_a_fault_is_named_with_what_to_do(old: str, new: str, sentence: str) -> None:
    """One slip is refused in a sentence that names it."""
    assert sentence in refused(changed(old, new))


@pytest.mark.parametrize(
    ("old", "new", "piece"),
    [
        ("tier: special", "tier: specials", "specials"),
        ("    role: noc\n    from: IV\n    due: PT20M", "    role: nco\n    from: IV\n    due: PT20M", "nco"),
        ("until: restored_at", "until: restord_at", "restord_at"),
        ("{wait: PT0S,", "{wait: PT1M,", "PT1M,"),
    ],
)
def test_a_fault_stands_at_the_line_and_column_of_what_is_wrong(old: str, new: str, piece: str) -> None:
    """An editor that jumps to the place lands on the word."""
    text = changed(old, new)
    line = line_of(text, piece)
    column = text.splitlines()[line - 1].index(piece) + 1
    assert f"plan.yaml:{line}:{column}: " in refused(text)


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    """Three slips, three lines, top to bottom, and the same in Chinese."""
    text = (
        changed("tier: special", "tier: specials")
        .replace("due: PT30M", "due: soon", 1)
        .replace("via: room", "via: rom")
    )
    with pytest.raises(BadPlaybook) as caught:
        opened(text)
    lines = [fault.line for fault in caught.value.faults]
    assert len(lines) == 3
    assert lines == sorted(lines)
    assert len(caught.value.sentence("zh").splitlines()) == 3
    assert "您是不是想写“special”" in caught.value.sentence("zh")


def test_a_missing_level_is_a_fault() -> None:
    """All four response levels must be there."""
    start, end = TEXT.index("  II:\n"), TEXT.index("  III:\n")
    assert "the key “II” is missing" in refused(TEXT[:start] + TEXT[end:])


def test_a_level_without_any_task_is_a_fault() -> None:
    """When no task stands from level IV, level IV gives nobody anything to do."""
    start, end = TEXT.index("tasks:\n"), TEXT.index("duties:\n")
    text = TEXT[:start] + TEXT[start:end].replace("from: IV", "from: III") + TEXT[end:]
    assert "response level IV has no task" in refused(text)


def test_a_task_does_not_begin_before_its_role_is_called_out() -> None:
    """A task from level IV of a role from level III would be nobody's at level IV."""
    start = TEXT.index("    role: customer\n    from: III")
    text = TEXT[:start] + TEXT[start:].replace("from: III", "from: IV", 1)
    assert "the task begins at level IV, but its role “customer” only at III" in refused(text)


def test_update_and_final_are_internal_kinds_only() -> None:
    """A statutory clock needs a kind that the regime itself knows."""
    old = 'clock: {from: "submitted_at[brief_written]", every: PT4H, until: restored_at}'
    assert "unknown kind of cn.telecom2009 “update”" in refused(changed(old, "clock: statutory"))


def test_scenarios_are_checked_where_the_house_names_them() -> None:
    """A list of scenarios makes an unknown one a fault; without a list any scenario may be new."""
    with pytest.raises(BadPlaybook, match="did you mean “flood_typhoons”"):
        read(TEXT, known_regimes=REGIMES, known_criteria=CRITERIA, known_scenarios=["flood_typhoons"])


BOMBS = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)),
    "nesting": "a: " + "[" * 100_000,
    "block nesting": "- " * 100_000,
    "size": "a: " + "x" * 300_000,
    "keys": "".join(f"k{n}: v\n" for n in range(20_000)),
    "long key": "k" * 200_000 + ": v\n",
    "documents": "---\n" * 50_000,
    "quotes": '"' * 200_000,
    "question marks": "? " * 100_000,
    "surrogate": "a: \ud800",
    "empty": "",
    "blank": " \n\n",
    "comment": "# nothing\n",
    "list": "- a\n- b\n",
    "scalar": "hello",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_under_a_second(name: str) -> None:
    """Whatever is thrown at it, the reader answers fast, with a sentence, and never with another error."""
    began = time.process_time()
    with pytest.raises(BadPlaybook) as caught:
        opened(BOMBS[name])
    assert time.process_time() - began < 1
    assert caught.value.faults
    assert all(fault.line >= 1 and fault.column >= 1 and fault.zh and fault.en for fault in caught.value.faults)


def test_a_largest_lawful_file_is_read_in_under_a_second() -> None:
    """200 tasks, the most there may be, with long texts, cost no more."""
    tasks = "".join(
        f"  - {{id: X{n}, role: noc, from: IV, due: PT1H, do: {{zh: '{'查' * 100}', en: '{'check ' * 40}'}}}}\n"
        for n in range(170)
    )
    began = time.process_time()
    plan = opened(changed("tasks:\n", "tasks:\n" + tasks))
    assert time.process_time() - began < 1
    assert len(plan.tasks) == 198


def test_every_truncation_is_refused_in_a_sentence() -> None:
    """A file cut off anywhere is refused as a bad playbook, never with a traceback."""
    for cut in range(0, TEXT.index("review:"), 997):
        with pytest.raises(BadPlaybook):
            opened(TEXT[:cut])


def leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path in plain content."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(leaf for key, item in below for leaf in leaves(item, (*path, key)))]


def faults_of(text: str) -> int:
    """How many faults a text has; 0 when it is read."""
    try:
        opened(text)
    except BadPlaybook as bad:
        return len(bad.faults) or pytest.fail("refused without a fault")
    return 0


@pytest.mark.parametrize("wrong", ["", "x\ty", "[]", "{}", "[[[]]]", "null", "不"])
def test_anything_may_stand_anywhere_and_is_answered(wrong: str) -> None:
    """Every value of a plan replaced by another sort of value is read or refused, never an error."""
    content = yaml.safe_load(TEXT)
    for path in leaves(content)[1::7]:
        other = copy.deepcopy(content)
        place = other
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = yaml.safe_load(wrong) if wrong not in {"", "x\ty"} else wrong
        refused = faults_of(json.dumps(other, ensure_ascii=False))
        assert refused or wrong not in {"{}", "[[[]]]"}, path


LEFT_OUT = """
organisation: province
units: [henan, shanghai]
covers: [typhoon, rainstorm]
outline: "true"
review_every: P1Y
references: {equipment: [olt-7], laws: [so493]}
chapters:
  - {title: 总则, text: 本预案适用于全省。}
"""


def test_what_a_file_may_leave_out_is_read_and_comes_back() -> None:
    """The optional keys are part of the plan, of its canonical content and of its digest."""
    plan = opened(TEXT + LEFT_OUT)
    assert (plan.organisation.value, plan.units, plan.outline) == ("province", ("henan", "shanghai"), True)
    assert plan.scenarios == (plan.scenario, "typhoon", "rainstorm")
    assert (plan.references.equipment, plan.chapters[0].title) == (("olt-7",), "总则")
    again = from_canonical(json.loads(json.dumps(canonical(plan))))
    assert (again, again.digest) == (plan, plan.digest)
    assert plan.digest != opened(TEXT).digest


def test_a_plan_without_the_optional_keys_says_nothing_of_them() -> None:
    """A plan written before a key existed keeps its digest: what is left out does not stand in the content."""
    optional = {"organisation", "units", "covers", "outline", "review_every", "references", "chapters"}
    assert not optional & canonical(opened(TEXT)).keys()


def test_every_optional_key_that_changes_is_told() -> None:
    """A reader of the plan as it was reads one sentence for each key that was added."""
    assert len(sentences(opened(TEXT), opened(TEXT + LEFT_OUT), "en")) == len(LEFT_OUT.strip().splitlines())


@pytest.mark.parametrize(
    ("scenario", "refusal"),
    [
        ("flood_typhoon", None),
        ("flood_typhon", "unknown scenario “flood_typhon”; did you mean “flood_typhoon”?"),
        ("meteorite", None),
    ],
)
def test_a_slip_of_a_scenario_is_told_from_a_new_one(scenario: str, refusal: str | None) -> None:
    """Where the register grows, only what is nearly a known name is refused, with that name."""
    text = changed("scenario: flood_typhoon", f"scenario: {scenario}")
    known = ("flood_typhoon", "earthquake")
    if refusal is None:
        assert read(text, known_scenarios=known, scenarios_grow=True).scenario == scenario
    else:
        with pytest.raises(BadPlaybook, match=refusal.replace("?", r"\?")):
            read(text, known_scenarios=known, scenarios_grow=True)
