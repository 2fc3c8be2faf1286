"""Every modal of the library and of the desk, from every starter plan and from far too much, as Slack takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.views import desk, library, plan_news
from bot.views.parts import View
from bot.views.plan_text import LEAF, leaves, para, paragraphs, rich, whole
from escalation.words import Words
from plans.tiers import OrgLevel, Tier
from playbooks import content, forms
from playbooks.edits import put
from playbooks.forms import NEW, Part
from playbooks.machine import State
from playbooks.shape import References
from playbooks.shelf import Flag, Row
from tests.words.told import AT, PEOPLE, view
from workspace.blocks import message_faults, view_faults
from workspace.kit import too_large

LANGS = ("zh", "en")
LIBRARY = Path(__file__).parents[2] / "plans" / "library"
BOOKS = [content.read(path.read_text("utf-8"), path.name) for path in sorted(LIBRARY.glob("*.yaml"))]
BOOK = max(BOOKS, key=lambda book: len(book.tasks))
HUGE = "很长 <!channel> & *x* " * 120
LABELS = {"role": {role.id: role.title for role in BOOK.roles}}
PRIVATE = {"draft": 1, "part": "tasks", "item": "T01", "revision": 7, "leaf": 0}
CHANGE = {"zh": HUGE, "en": HUGE}
WHO = [
    {"id": f"p{n}", "name": f"人{n}", "title": {"zh": "值守" * 40, "en": "watch"} if n else None} for n in range(150)
]
Doc = dict[str, Any]


def seen(lang: str) -> View:
    """For whom it is drawn."""
    return replace(view(), lang=lang)


def row(n: int = 1, **changed: Any) -> Row:  # noqa: ANN401 -- any field of it
    """A plan with everything beside its state."""
    made = Row(
        code=f"plan-{n}", title=Words(zh=HUGE, en=HUGE), tier=Tier.SPECIAL, organisation=OrgLevel.GROUP, parent=None,
        units=(), scenarios=("cable_cut",), owner="nobody", state=State.IN_FORCE, number=3, digest="d" * 64,
        review_due=AT, flags=tuple(Flag), coming_at=AT, draft=4, draft_state=State.UNDER_REVIEW, depth=9,
    )  # fmt: skip
    return replace(made, **changed)


def hand(person: str | None) -> Doc:
    """A part of the three."""
    return {
        "part": {"zh": "编制", "en": "author"}, "person": person, "stands_for": "he.lin", "note": HUGE,
        "given_at": AT.isoformat(), "expires_at": AT.isoformat(),
    }  # fmt: skip


def facts(**changed: Any) -> Doc:  # noqa: ANN401 -- any fact of it
    """A draft about which there is much to say."""
    comment = {"text": HUGE, "by": "li.wei", "at": AT.isoformat(), "digest": "d" * 64}
    made = {
        "exercise": False, "draft": 1, "code": "cable-cut", "title": CHANGE, "label": "cable-cut · r3 · 9f2c41",
        "digest": "d" * 64, "state": State.DRAFT, "open": True, "revision": 3, "editors": ["chen.jing"] * 30,
        "changed_at": AT.isoformat(), "sent_back": HUGE, "act": "submit", "may_write": True,
        "against": "cable-cut v2 · 9f2c41", "changes": [CHANGE] * 60, "hands": [hand("li.wei"), hand(None), hand(None)],
        "comments": [comment] * 5, "next": WHO, "labels": LABELS, "overtaken": None,
    }  # fmt: skip
    return made | changed


OVERTAKEN = {
    "number": 4, "label": "cable-cut v4 · 9f2c41", "changes": [CHANGE] * 60, "gives_way": [CHANGE] * 60, "faults": [],
}  # fmt: skip

VERSION = {
    "number": 3, "digest": "d" * 64, "state": State.SUPERSEDED, "origin": "issued", "author": "li.wei",
    "reviewer": "wang.fang", "signer": "he.lin", "reason": HUGE, "effective_at": AT.isoformat(),
    "lives_until": AT.isoformat(), "filed_at": AT.isoformat(), "filed_by": "li.wei", "filed_with": HUGE,
    "filed_number": HUGE, "url": "http://127.0.0.1/plans/cable-cut/3?lang=zh",
}  # fmt: skip
MAY = {"write": True, "amend": True, "withdraw": True, "file": True}
ASKED = {"words": "海缆", "tier": "special", "unit": "henan", "state": "in_force"}
UNITS = [{"id": unit.id, "title": {"zh": unit.title.zh, "en": unit.title.en}} for unit in PEOPLE.units.values()]


def page(lang: str, part: str, **changed: Any) -> Doc:  # noqa: ANN401 -- any fact of a row
    """A plan's page at one part."""
    told = leaves(list(paragraphs(BOOK, Part(part), seen(lang)))) if part != library.HISTORY else [[]]
    return library.page(
        lang, row=row(**changed), book=BOOK, part=part, told=told[0], leaf=0, of=3, history=[VERSION] * 40, may=MAY,
        url="http://127.0.0.1/", view=seen(lang),
    )  # fmt: skip


def at_desk(lang: str, part: str, **changed: Any) -> Doc:  # noqa: ANN401 -- any fact of a draft
    """A draft at one part."""
    items = forms.items(BOOK, Part(part)) if part != desk.OVERVIEW else ()
    own = forms.lines(BOOK, Part(part)) if part != desk.OVERVIEW else ()
    return desk.desk(lang, facts=facts(**changed), part=part, items=items, lines_=own, leaf=0, view=seen(lang))


def edit(lang: str, part: Part, item: str | None, **changed: Any) -> Doc:  # noqa: ANN401 -- what moved
    """A form of one part."""
    return desk.edit(
        lang, head=facts(), part=part, item=item, lines_=desk.spoken(forms.lines(BOOK, part, item), lang),
        labels=LABELS, moved=changed.get("moved", ()), private=PRIVATE,
    )  # fmt: skip


def reading(lang: str, act: str, leaf: int = 0, of: int = 1) -> Doc:
    """The draft, to answer for it."""
    told = leaves(whole(BOOK, seen(lang)))[0]
    private = {"draft": 1, "digest": "d" * 64, "lang": lang}
    return desk.reading(
        lang, facts=facts(state=State.UNDER_REVIEW), told=told, leaf=leaf, of=of, act=act, other=False, private=private
    )


def amend(lang: str) -> Doc:
    """An emergency amendment."""
    return desk.amend(
        lang, facts=facts(), part=Part.TASKS, item="T01", items=forms.items(BOOK, Part.TASKS),
        lines_=desk.spoken(forms.lines(BOOK, Part.TASKS, "T01"), lang), labels=LABELS, until=1_800_000_000,
        private={**PRIVATE, "at": 1},
    )  # fmt: skip


MODALS: dict[str, Callable[[str], Doc]] = {
    "library": lambda lang: library.library(
        lang, rows=[row(n) for n in range(10)], total=2000, page=7, asked=ASKED, units=UNITS * 60, view=seen(lang)
    ),
    "library empty": lambda lang: library.library(
        lang, rows=[], total=0, page=0, asked=dict.fromkeys(ASKED, ""), units=UNITS, view=seen(lang)
    ),
    **{f"page {part}": lambda lang, part=part: page(lang, part) for part in (*Part, library.HISTORY)},
    "page withdrawn": lambda lang: page(lang, "head", state=State.WITHDRAWN, draft=None, draft_state=None),
    "comments": lambda lang: library.comments(lang, title=CHANGE, told=facts()["comments"] * 12, view=seen(lang)),
    "no comments": lambda lang: library.comments(lang, title=CHANGE, told=[], view=seen(lang)),
    **{f"desk {part}": lambda lang, part=part: at_desk(lang, part) for part in (*Part, desk.OVERVIEW)},
    **{
        f"desk to {act or 'look at'}": lambda lang, act=act: at_desk(lang, desk.OVERVIEW, act=act, against=None)
        for act in ("review", "sign", "issue", "")
    },
    **{
        f"desk overtaken, {name}": lambda lang, more=more: at_desk(lang, desk.OVERVIEW, overtaken=OVERTAKEN | more)
        for name, more in {"joined": {}, "as it is": {"gives_way": []}, "no plan": {"faults": [CHANGE] * 60}}.items()
    },
    "desk overtaken, to read": lambda lang: at_desk(lang, desk.OVERVIEW, overtaken=OVERTAKEN, may_write=False),
    "desk closed": lambda lang: at_desk(lang, Part.TASKS.value, open=False, sent_back=None, changes=[]),
    **{f"edit {part}": lambda lang, part=part: edit(lang, part, None) for part in Part if forms.lines(BOOK, part)},
    **{
        f"edit an item of {part}": lambda lang, part=part: edit(lang, part, forms.items(BOOK, part)[0].id)
        for part in Part
        if forms.items(BOOK, part)
    },
    "edit a new task": lambda lang: edit(lang, Part.TASKS, NEW),
    "edit what moved": lambda lang: edit(lang, Part.TASKS, "T01", moved=[CHANGE] * 8),
    **{f"read to {act or 'know'}": lambda lang, act=act: reading(lang, act) for act in ("review", "sign", "")},
    "read the first leaf": lambda lang: reading(lang, "sign", 0, 3),
    "read the last leaf": lambda lang: reading(lang, "sign", 2, 3),
    "difference": lambda lang: desk.difference(lang, facts=facts()),
    "no difference": lambda lang: desk.difference(lang, facts=facts(changes=[])),
    "submit": lambda lang: desk.submit(lang, facts=facts(), reviewers=WHO, private=PRIVATE),
    "submit to nobody": lambda lang: desk.submit(lang, facts=facts(), reviewers=[], private=PRIVATE),
    **{
        f"reason to {what}": lambda lang, what=what: desk.reason(lang, what, facts=facts(), private=PRIVATE)
        for what in desk.REASONS
    },
    "issue": lambda lang: desk.issue(lang, facts=facts(), private=PRIVATE, view=seen(lang)),
    "new": lambda lang: desk.new(
        lang,
        starters=[{"code": f"plan-{n}", "title": CHANGE} for n in range(300)],
        units=UNITS,
        chosen={"starter": "plan-7"},
    ),
    "filing": lambda lang: desk.filing(lang, facts=facts(), private=PRIVATE),
    "amend": amend,
    "upload": lambda lang: desk.upload(lang, facts=facts(), private=PRIVATE),
    "uploaded": lambda lang: desk.uploaded(lang, told=["x"] * 90),
}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", MODALS)
def test_slack_takes_every_modal_of_a_plan(name: str, lang: str) -> None:
    """Titles, texts, options and blocks stay within Slack's limits, whatever the facts hold; nothing typed mentions."""
    doc = MODALS[name](lang)
    assert view_faults(doc, "modal") == []
    assert not too_large(doc)
    said = [block["text"]["text"] for block in doc["blocks"] if block.get("text", {}).get("type") == "mrkdwn"]
    assert "<!channel>" not in "".join(said)
    shown = [doc[part]["text"] for part in ("title", "submit", "close") if part in doc]
    assert all("…" not in each for each in shown), shown


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.code)
def test_every_starter_plan_can_be_read_whole_and_edited(book: Any, lang: str) -> None:  # noqa: ANN401 -- a playbook
    """Each part, each leaf and each form of each starter plan is taken, and saved as it was shown it says the same."""
    told = whole(book, seen(lang))
    for each in leaves(told):
        assert len(rich(each)) <= 60
    assert _text(rich(told)) == "".join("".join(text for text, _ in each) + "\n" for each in told)
    for part in Part:
        for item in (None, *(each.id for each in forms.items(book, part))):
            shown = desk.spoken(forms.lines(book, part, item), lang)
            doc = desk.edit(
                lang, head=facts(), part=part, item=item, lines_=shown, labels={}, moved=(), private=PRIVATE
            )
            assert view_faults(doc, "modal") == []
            fields = {block["block_id"]: _held(block) for block in doc["blocks"] if block["type"] == "input"}
            assert desk.changed(shown, fields) == {}
            texts = {name: said for name, said in desk.joined(fields).items() if not _ticked(shown, name)}
            assert put(book, part, item, texts).digest == book.digest, (part, item)


def _ticked(shown: Any, name: str) -> bool:  # noqa: ANN401 -- lines
    return any(line.field == name and line.many and line.choices for line in shown)


def _held(block: Doc) -> Any:  # noqa: ANN401 -- text, or a list of values
    element = block["element"]
    if element["type"] == "plain_text_input":
        return element.get("initial_value", "")
    if "initial_option" in element:
        return element["initial_option"]["value"]
    if element["type"] in ("checkboxes", "multi_static_select"):
        return [each["value"] for each in element.get("initial_options", ())]
    return ""


def _text(blocks: list[Doc]) -> str:
    return "".join(each["text"] for block in blocks for part in block["elements"] for each in part["elements"])


def test_a_long_chapter_is_written_in_several_fields_and_comes_back_whole() -> None:
    """Slack takes 3,000 characters in a field: a longer text is cut at line ends, and joined it is the text."""
    text = "\n".join(f"第{n}条 " + "应当立即报告。" * 20 for n in range(60))
    pieces = desk.cut_up(text)
    assert 1 < len(pieces) <= desk.PIECES
    assert desk.joined({f"text#3#{n}": piece for n, piece in enumerate(pieces, start=1)})["text"] == text
    assert desk.cut_up("一" * 5000) == [], "one line longer than a field is left to the file"


def test_ticks_keep_the_order_that_stood() -> None:
    """Slack sends ticks in the order of the boxes: what was there keeps its place, what is new comes after."""
    line = next(each for each in forms.lines(BOOK, Part.FACTS) if each.many)
    boxes = [each for each in line.choices if each in line.value.split("\n")]
    assert desk.changed([line], {"facts#1": boxes}) == {}
    assert boxes != line.value.split("\n"), "a plan whose order differs from the boxes'"
    new = next(each for each in line.choices if each not in boxes)
    assert desk.changed([line], {"facts#1": [new, *boxes]}) == {"facts": f"{line.value}\n{new}"}


def test_nothing_is_signed_before_the_last_leaf() -> None:
    """The button that answers for a plan stands under its last words."""
    assert "submit" not in reading("zh", "sign", 0, 3)
    assert reading("zh", "sign", 2, 3)["callback_id"] == "plan_sign"
    assert reading("zh", "review", 0, 1)["callback_id"] == "plan_agree"
    assert "submit" not in reading("zh", "", 0, 1)


@pytest.mark.parametrize("lang", LANGS)
def test_an_overtaken_draft_offers_the_two_ways_on_and_nothing_else(lang: str) -> None:
    """Taken over in one press where that makes a plan, kept knowingly; neither submitted nor answered for meanwhile."""
    for act in ("submit", "review", "sign", "issue"):
        pressed = str(at_desk(lang, desk.OVERVIEW, act=act, overtaken=OVERTAKEN)["blocks"])
        assert "'plan_take_over_press'" in pressed
        assert "'plan_keep_press'" in pressed
        assert f"'plan_{act}_open'" not in pressed
        assert pressed.count("'primary'") == 1
    no_plan = str(at_desk(lang, desk.OVERVIEW, overtaken=OVERTAKEN | {"faults": [CHANGE]}))
    assert ("'plan_take_over_press'" in no_plan, "'plan_keep_press'" in no_plan) == (False, True)
    reader = str(at_desk(lang, desk.OVERVIEW, overtaken=OVERTAKEN, may_write=False))
    assert ("'plan_take_over_press'" in reader, "'plan_keep_press'" in reader) == (False, False)


def test_a_leaf_holds_the_longest_paragraph() -> None:
    """What is longer than a block is cut into several, and not a character is lost."""
    told = [para("一、总则", "\n" + "字" * 20_000), para("完")]
    assert sum(len(text) for each in leaves(told)[0] for text, _ in each) <= LEAF
    assert _text(rich(told)) == "一、总则\n" + "字" * 20_000 + "\n完\n"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("act", ["review", "sign", "issue", "write", "issued"])
def test_slack_takes_the_card_of_each_step(act: str, lang: str) -> None:
    """Who is wanted reads what is wanted, by whom, and has one button."""
    told = facts(act=act, by="li.wei", at=AT.isoformat(), why=HUGE, effective_at=AT.isoformat(), to="wang.fang")
    made = plan_news.plan_step(told, seen(lang))
    assert message_faults(made["blocks"]) == []
    buttons = [each for block in made["blocks"] if block["type"] == "actions" for each in block["elements"]]
    assert len(buttons) == 1
    assert "<!channel>" not in made["text"]


@pytest.mark.parametrize("lang", LANGS)
def test_a_plans_page_says_titles_and_the_id_only_where_it_is_looked_for(lang: str) -> None:
    """Its parent, criteria, classes of event, equipment, posts and regimes are called what people call them."""
    book = replace(BOOK, parent="general-plan", references=References(equipment=("otdr",), laws=("gone",)))
    known = {
        "parent": {"general-plan": Words(zh="总体预案", en="General plan")},
        "references.equipment": {"otdr": Words(zh="光时域反射仪", en="OTDR unit")},
    }
    told = "\n".join("".join(text for text, _ in each) for each in whole(book, seen(lang), known))
    assert {"zh": "总体预案 (general-plan)", "en": "General plan (general-plan)"}[lang] in told
    assert {"zh": "光时域反射仪 (otdr)", "en": "OTDR unit (otdr)"}[lang] in told
    assert "gone" in told  # what no register knows any more says its id
    assert BOOK.criteria not in told
    assert all(each not in told for each in BOOK.event_class if "_" in each)
    assert all(f"· {duty.regime}\n" not in told for duty in BOOK.duties)


def test_a_task_on_the_desk_says_when_and_who() -> None:
    """By when, which role, what is to be done."""
    task = BOOK.tasks[0]
    said = {each.id: each.words for each in forms.items(BOOK, Part.TASKS)}[task.id]
    assert said.zh.startswith(f"{task.id} · T+")
    assert BOOK.role(task.role).title.zh in said.zh
    assert task.do.en in said.en
