"""A plan changed through the lines of a form: what stays, what follows, what is refused and at which line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from errors import BadEdit
from playbooks.changes import sentences
from playbooks.content import read
from playbooks.edits import moved, put, removed
from playbooks.forms import NEW, Line, Part, items, lines, next_id
from playbooks.shape import Playbook

LIBRARY = Path(__file__).parents[2] / "plans" / "library"
PLAN = read((LIBRARY / "flood-typhoon.yaml").read_text("utf-8"))
CABLE = read((LIBRARY / "submarine-cable.yaml").read_text("utf-8"))
TASK = {"role": "noc", "from": "III", "due": "PT20M", "do.zh": "核对甲站。", "do.en": "Check station A."}


def refused(act: Callable[[], Playbook]) -> dict[str, str]:
    """The English faults of an edit that must be refused, by field."""
    with pytest.raises(BadEdit) as caught:
        act()
    assert all(fault.zh and fault.en for fault in caught.value.faults)
    return {fault.field: fault.en for fault in caught.value.faults}


def line(of: Playbook, part: Part, item: str | None, field: str) -> Line:
    """One line of a form."""
    return {each.field: each for each in lines(of, part, item)}[field]


@pytest.mark.parametrize("part", Part)
@pytest.mark.parametrize("plan", [PLAN, CABLE], ids=lambda plan: plan.code)
def test_a_form_saved_as_it_was_opened_changes_nothing(plan: Playbook, part: Part) -> None:
    """Every part and every item, put back as shown, gives the same digest."""
    for item in (None, *(each.id for each in items(plan, part))):
        said = {each.field: each.value for each in lines(plan, part, item)}
        assert put(plan, part, item, said).digest == plan.digest, (part, item)


def test_every_part_can_be_reached_and_is_named() -> None:
    """No part is empty of both lines and items (chapters and references may be), and each has words."""
    for part in Part:
        assert part.words.zh
        assert part.words.en
        assert lines(PLAN, part) or items(PLAN, part) or part is Part.CHAPTERS


def test_a_changed_task_is_one_sentence() -> None:
    """A due time said in words becomes a duration, and nothing else moves."""
    changed = put(PLAN, Part.TASKS, "T01", {"due": "1小时30分钟"})
    assert sentences(PLAN, changed, "en") == ["task T01: due is now “after 1 h 30 min” instead of “after 15 min”."]


@pytest.mark.parametrize(
    ("said", "iso"),
    [
        ("15 分钟", "PT15M"),
        ("2 h", "PT2H"),
        ("1 day 6 hours", "P1DT6H"),
        ("90min", "PT1H30M"),
        ("pt20m", None),
        ("PT20M", "PT20M"),
        ("3 天", "P3D"),
    ],
)
def test_durations_may_be_said_in_words(said: str, iso: str | None) -> None:
    """What people write for a span is read; what is no span is refused at its line."""
    if iso is None:
        assert set(refused(lambda: put(PLAN, Part.TASKS, "T01", {"due": said}))) == {"due"}
    else:
        assert line(put(PLAN, Part.TASKS, "T01", {"due": said}), Part.TASKS, "T01", "due").value == iso


@pytest.mark.parametrize(
    ("said", "iso"), [("3 年", "P36M"), ("6 months", "P6M"), ("1 year 6 months", "P18M"), ("250 个工作日", "P250WD")]
)
def test_a_review_cycle_may_be_said_in_calendar_words(said: str, iso: str) -> None:
    """Months and working days stay what they are; they are not turned into days."""
    assert line(put(PLAN, Part.HEAD, None, {"review_every": said}), Part.HEAD, None, "review_every").value == iso


def test_spans_that_do_not_go_together_are_refused() -> None:
    """A month and a day have no fixed length together; the reader says so."""
    assert set(refused(lambda: put(PLAN, Part.HEAD, None, {"review_every": "1 month 3 days"}))) == {"review_every"}


def test_a_new_task_gets_the_next_number() -> None:
    """One above the highest, spelt like it, and it stands at the end."""
    last = items(PLAN, Part.TASKS)[-1].id
    proposed = next_id(PLAN, Part.TASKS)
    assert int(proposed[1:]) == int(last[1:]) + 1
    assert line(PLAN, Part.TASKS, NEW, "id").value == proposed
    added = put(PLAN, Part.TASKS, NEW, TASK)
    assert added.tasks[:-1] == PLAN.tasks
    assert (added.tasks[-1].id, added.tasks[-1].evidence) == (proposed, None)


def test_a_number_that_was_used_is_not_used_again_while_a_higher_one_stands() -> None:
    """A gap is not filled: who remembers T02 must not meet another."""
    fewer = removed(PLAN, Part.TASKS, "T02")
    assert next_id(fewer, Part.TASKS) == next_id(PLAN, Part.TASKS)


def test_every_fault_of_a_form_stands_at_its_line() -> None:
    """A half-filled form is answered once, each blank by its name; the plan is as it was."""
    said = refused(lambda: put(PLAN, Part.TASKS, NEW, {"do.zh": "只有中文"}))
    assert set(said) == {"role", "from", "due", "do.en"}
    said = refused(lambda: put(PLAN, Part.TASKS, "T01", {"role": "comander", "due": "soon", "evidence.en": ""}))
    assert set(said) == {"role", "due", "evidence.en"}
    assert "did you mean “commander”?" in said["role"]


def test_a_number_that_stands_already_is_refused_at_the_number() -> None:
    """Two tasks of one id are no tasks to tick."""
    assert refused(lambda: put(PLAN, Part.TASKS, NEW, {**TASK, "id": "T01"})) == {
        "id": "“T01” stands twice; use another or delete one."
    }


def test_a_role_that_is_renamed_keeps_its_work() -> None:
    """Its tasks and the levels it decides follow the new name."""
    changed = put(PLAN, Part.ROLES, "commander", {"id": "chief"})
    assert {task.role for task in changed.tasks} == {task.role for task in PLAN.tasks} - {"commander"} | {"chief"}
    assert [level.decided_by for level in changed.levels] == [
        "chief" if level.decided_by == "commander" else level.decided_by for level in PLAN.levels
    ]


def test_a_role_with_tasks_is_not_taken_away() -> None:
    """The refusal says which task still wants it, as the form shows no such line."""
    with pytest.raises(BadEdit) as caught:
        removed(PLAN, Part.ROLES, "noc")
    assert all(fault.field == "" for fault in caught.value.faults)
    assert "任务 · T02 · 由谁做" in caught.value.sentence("zh")


def test_a_level_is_never_taken_away() -> None:
    """All four stand; moving one is nothing."""
    assert refused(lambda: removed(PLAN, Part.LEVELS, "II")).keys() == {""}
    assert moved(PLAN, Part.LEVELS, "II", to=4) is PLAN


def test_what_somebody_else_deleted_is_said() -> None:
    """A form opened on an item that is gone answers with a sentence."""
    assert "no T99" in refused(lambda: put(PLAN, Part.TASKS, "T99", TASK))[""]
    assert "no V " in refused(lambda: put(PLAN, Part.LEVELS, "V", {}))[""]


def test_an_item_moves_within_its_list() -> None:
    """To a place counted from 1; beyond the ends is the end."""
    first = [task.id for task in moved(PLAN, Part.TASKS, "T03", to=1).tasks][:3]
    assert first == ["T03", "T01", "T02"]
    assert moved(PLAN, Part.TASKS, "T01", to=999).tasks[-1].id == "T01"


def test_the_first_call_cannot_be_made_to_wait() -> None:
    """A rule between the rungs is told at the rung that broke it."""
    assert set(refused(lambda: put(PLAN, Part.LADDER, "1", {"wait": "5 min"}))) == {"wait"}
    assert put(PLAN, Part.LADDER, None, {"ladder.repeat": "7 min"}).ladder.repeat.total_seconds() == 420


CLOCKS = [
    ({"clock.kind": "statutory", "kind": "oral", "notice": "oral"}, {"id"}),
    ({"clock.kind": "within", "clock.span": "5 working days", "clock.from": "restored_at"}, set()),
    ({"clock.kind": "immediate", "clock.span": "10 min", "alone.before": ""}, set()),
    ({"clock.kind": "immediate", "clock.span": "10 min"}, {"alone.before"}),
    ({"clock.kind": "immediate", "clock.span": "2 d", "alone.before": ""}, {"clock.span"}),
    ({"clock.kind": "sometimes"}, {"clock.kind"}),
    ({"clock.kind": ""}, {"clock.kind"}),
    ({"clock.from": "nowhere"}, {"clock.from"}),
    ({"clock.span": ""}, {"clock.span"}),
    ({"clock.until": ""}, {"clock.until"}),
]


@pytest.mark.parametrize(("said", "wrong"), CLOCKS, ids=str)
def test_a_clock_is_four_lines(said: dict[str, str], wrong: set[str]) -> None:
    """Every sort of clock can be said, and what is wrong with one stands at one of the four lines."""
    if wrong == {"id"}:
        # The same duty twice: told of the duty, which has no line of its own.
        assert refused(lambda: put(PLAN, Part.DUTIES, "D3", said)).keys() == {""}
    elif wrong:
        assert refused(lambda: put(PLAN, Part.DUTIES, "D3", said)).keys() == wrong
    else:
        changed = put(PLAN, Part.DUTIES, "D3", said)
        again = {each.field: each.value for each in lines(changed, Part.DUTIES, "D3")}
        assert put(changed, Part.DUTIES, "D3", again).digest == changed.digest
        assert changed.digest != PLAN.digest


def test_lists_are_one_value_a_line() -> None:
    """Blank lines are nothing; an unknown value is refused at the line of them all."""
    changed = put(PLAN, Part.HEAD, None, {"source": "甲\n\n  乙  \n", "units": "hn\ngd"})
    assert (changed.source, changed.units) == (("甲", "乙"), ("hn", "gd"))
    assert set(refused(lambda: put(PLAN, Part.HEAD, None, {"event_class": "disaster\nflod"}))) == {"event_class"}
    assert set(refused(lambda: put(PLAN, Part.HEAD, None, {"event_class": ""}))) == {"event_class"}


def test_a_chapter_comes_and_goes() -> None:
    """The last chapter taken away leaves the plan as it was before there were any."""
    added = put(PLAN, Part.CHAPTERS, NEW, {"title": "一、总则", "text": "null\r\n\r\n第二行\t尾"})
    assert added.chapters[0].text == "null\n\n第二行 尾"
    assert removed(added, Part.CHAPTERS, "1").digest == PLAN.digest


def test_invisible_characters_are_not_kept() -> None:
    """What nobody meant to type, a half surrogate or a bidirectional override, does not enter a plan."""
    changed = put(PLAN, Part.TASKS, "T01", {"do.en": "Check\u202e the\ud800 site\x00."})
    assert changed.tasks[0].do.en == "Check the site."


def test_a_plan_too_large_to_be_a_file_is_refused() -> None:
    """What could be saved but not imported again is not saved."""
    full = PLAN
    for n in range(4):
        full = put(full, Part.CHAPTERS, NEW, {"title": f"第{n}章", "text": "预案" * 9_000})
    with pytest.raises(BadEdit, match="262144"):
        put(full, Part.CHAPTERS, NEW, {"title": "末章", "text": "预案" * 9_000})


def test_choices_are_those_of_the_plan_and_the_house() -> None:
    """Roles are offered by the plan, posts and regimes by the house."""
    assert line(PLAN, Part.TASKS, "T01", "role").choices == tuple(role.id for role in PLAN.roles)
    assert "cn.so493" in line(PLAN, Part.DUTIES, "D1", "regime").choices
    assert line(PLAN, Part.TASKS, "T01", "due").reads is not None
    assert line(PLAN, Part.HEAD, None, "tier").choices == ("comprehensive", "special", "onsite", "action_card")


SPANS = {
    (part, line.field): (plan, part, item, line.field)
    for plan in (PLAN, CABLE)
    for part in Part
    for item in (None, *(each.id for each in items(plan, part)[-3:]))
    for line in lines(plan, part, item)
    if line.reads is not None or line.field == "review_every"
}


@pytest.mark.parametrize(("plan", "part", "item", "field"), SPANS.values(), ids=[field for _, field in SPANS])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_duration_is_refused_with_an_example_that_its_field_takes(
    plan: Playbook, part: Part, item: str | None, field: str, lang: str
) -> None:
    """What the sentence gives as an example, in words or as in a file, is taken where it was refused."""
    with pytest.raises(BadEdit) as refused:
        put(plan, part, item, {field: "很快"})
    (fault,) = [each for each in refused.value.faults if each.field == field]
    such, written = re.findall(r"(?:例如|such as) (.+?) ?[（(](?:文件中写|in a file) (\w+)[）)]", fault.said(lang))[0]
    assert all(_taken(plan, part, item, field, said) for said in (such, written))
    hint = line(plan, part, item, field).hint.said(lang)
    (examples,) = re.findall(r"(?:例如|such as) ([^（(]+)[（(]", hint, re.IGNORECASE)
    assert all(_taken(plan, part, item, field, said.strip()) for said in re.split("、| or ", examples))


def _taken(plan: Playbook, part: Part, item: str | None, field: str, said: str) -> bool:
    """Whether the field takes it; that another field no longer fits to it is that one's own matter."""
    try:
        put(plan, part, item, {field: said})
    except BadEdit as bad:
        return all(each.field != field for each in bad.faults)
    return True
