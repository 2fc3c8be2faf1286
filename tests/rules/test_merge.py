"""Two changes of one plan brought together, by hand: what each changed alone stands, in an order both know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errors import BadEdit
from escalation.spans import Months
from escalation.words import Words
from playbooks import edits
from playbooks.merge import gave_way, taken_over
from playbooks.shape import Chapter, Playbook
from tests.acts.incident_house import small

BASE = edits.checked(small())
ONE, TWO = BASE.tasks[:2]


def said(text: str) -> Words:
    """The same in both languages."""
    return Words(zh=text, en=text)


def task(name: str) -> Playbook:
    """The plan with one more task at its end."""
    return replace(BASE, tasks=(*BASE.tasks, replace(ONE, id=name)))


def test_one_side_alone_stands() -> None:
    """Where only one changed anything, that is the answer; where neither did, nothing moves."""
    theirs = replace(BASE, scope=said("范围"), review_every=Months(12))
    assert taken_over(BASE, BASE, theirs) == theirs
    assert taken_over(BASE, theirs, BASE) == theirs
    assert taken_over(BASE, BASE, BASE) == BASE
    assert gave_way(BASE, theirs, BASE, theirs) == ()


def test_fields_of_one_item_are_told_apart() -> None:
    """One changes what a task says, the other its proof: the task has both."""
    mine = replace(BASE, tasks=(replace(ONE, do=said("先核对")), *BASE.tasks[1:]))
    theirs = replace(BASE, tasks=(replace(ONE, evidence=said("照片")), *BASE.tasks[1:]))
    assert taken_over(BASE, mine, theirs).tasks[0] == replace(ONE, do=said("先核对"), evidence=said("照片"))


def test_a_text_gives_way_whole() -> None:
    """Both worded the same: theirs in both languages, never half of each; that mine gave way is said."""
    mine = replace(BASE, scope=Words(zh="甲", en=BASE.scope.en))
    theirs = replace(BASE, scope=Words(zh=BASE.scope.zh, en="b"))
    both = taken_over(BASE, mine, theirs)
    assert both.scope == theirs.scope
    assert len(gave_way(BASE, mine, theirs, both)) == 1


def test_items_of_both_stand_where_their_authors_put_them() -> None:
    """New ones after what they followed; what one took out is out, what the other put in is in."""
    mine = replace(BASE, tasks=(ONE, replace(ONE, id="T50"), *BASE.tasks[1:]))
    theirs = replace(BASE, tasks=(*BASE.tasks[:-1], replace(ONE, id="T60")))
    names = [each.id for each in taken_over(BASE, mine, theirs).tasks]
    last = BASE.tasks[-1].id
    assert last not in names
    assert names[:3] == [ONE.id, "T50", TWO.id]
    assert names[-1] == "T60"


def test_an_order_that_they_changed_is_theirs() -> None:
    """Mine stays in where it followed."""
    turned = replace(BASE, tasks=tuple(reversed(BASE.tasks)))
    names = [each.id for each in taken_over(BASE, task("T90"), turned).tasks]
    assert [name for name in names if name != "T90"] == [each.id for each in turned.tasks]
    assert names.index("T90") == names.index(BASE.tasks[-1].id) + 1


def test_chapters_go_by_their_titles() -> None:
    """Each adds one: both stand; the first that a plan ever has too."""
    mine, theirs = (replace(BASE, chapters=(Chapter(title=each, text="x"),)) for each in ("甲", "乙"))
    assert {each.title for each in taken_over(replace(BASE, chapters=()), mine, theirs).chapters} == {"甲", "乙"}
    before = replace(BASE, chapters=(Chapter(title="总则", text="x"),))
    mine, theirs = (replace(before, chapters=(*before.chapters, *each.chapters)) for each in (mine, theirs))
    assert [each.title for each in taken_over(before, mine, theirs).chapters] == ["总则", "乙", "甲"]


def test_what_makes_no_plan_is_refused() -> None:
    """A task of a role that the other side took out is the reader's to refuse."""
    role = BASE.tasks[0].role
    mine = replace(
        BASE,
        roles=tuple(each for each in BASE.roles if each.id != role),
        tasks=tuple(replace(each, role="nobody_here") if each.role == role else each for each in BASE.tasks),
    )
    with pytest.raises(BadEdit):
        taken_over(BASE, mine, task("T90"))
