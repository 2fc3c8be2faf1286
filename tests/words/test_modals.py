"""Every form and modal: drawn in both languages, within Slack's limits, with the fields the door reads."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.views import addresses, home, modals, stamping, withdrawing
from bot.views.forms import pages
from bot.views.levels import AS_GRADED
from bot.views.parts import esc
from escalation import regimes
from escalation.notices import WRITTEN
from plans.cycles import DrillKind
from tests.words.told import AT, PEOPLE, after, told, view
from workspace.blocks import view_faults
from workspace.kit import too_large

LANGS = ("zh", "en")
Doc = dict[str, Any]
LONG = "很长 <!channel> & *x* " * 200


def _head(exercise: bool = False) -> Doc:
    return next(each for each in told().status if each["exercise"] == exercise)


def _both(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def _filing(**changed: object) -> Doc:
    return told().filings[0] | {"signed_at": None, "exercise": False} | changed


def _task(n: int = 1, **changed: object) -> Doc:
    made = {
        "code": f"T{n:02d}",
        "role": "noc",
        "do": _both("查"),
        "evidence": _both("工单号"),
        "due_at": AT.isoformat(),
    }
    return made | {"late": False, "assignee": None, "done_by": None, "done_at": None, "given": None} | changed


def _rendered(text: str) -> Doc:
    gaps = {"missing_now": [_both("原因")], "missing_later": [], "contradictions": [_both("数字不符")]}
    return {"title": "首报", "text": text, "digest": "d" * 64, "version": 3, "sure": "MEM", **gaps}


ADDRESS = {
    "id": 1, "title": _both(LONG), "channel": "portal", "was": "https://a.example/" + "x" * 180, "now": "https://<b>",
}  # fmt: skip
SCENARIOS = [
    {
        "id": f"s{n}",
        "title": _both(f"场景{n}"),
        "plan": f"plan-{n} v1 · 9f2c41",
        "plan_title": _both("预案"),
        "facts": [],
    }
    for n in range(12)
]
UNITS = [{"id": f"u{n}", "title": _both(f"单位{n}")} for n in range(1234)]
CHOSEN = {"title": "海缆断了", "scenario": "s3", "unit": "u777", "since": "2026-11-23 09:00", "drill": True}
ROLES = [{"role": f"r{n}", "title": _both("角色" * 40), "holder": "li.wei" if n % 2 else None} for n in range(30)]
COLLEAGUES = [{"id": f"p{n}", "name": f"人{n}", "title": _both("值守") if n else None} for n in range(300)]
QUESTIONS = [{"id": f"Q{n}", "ask": _both("为什么" * 90), "answer": LONG} for n in range(30)]
HISTORY = [{"value": "977 000 户", "as_of": AT.isoformat(), "source": LONG, "by": "张强"}] * 5
ROWS = [
    {"name": name, "title": _both(name), "unit": _both("户"), "sort": sort, "current": LONG, "history": HISTORY}
    for name, sort in (
        ("occurred_at", "instant"),
        ("users_affected", "count"),
        *((f"f{n}", "count") for n in range(30)),
    )
]
REASONS = [{"code": "TASKS_OPEN", "text": _both(LONG), "action_id": "tasks_open", "value": "INC-1"}] * 50
GRADED = {
    "level": "III",
    "provisional": True,
    "unknown": ["deaths"],
    "drivers": ["users_affected"],
    "values": {"users_affected": 977_000},
    "clause": LONG,
    "confidence": "MEM",
}
PLAN = {
    "code": "cable-cut",
    "title": _both(LONG),
    "label": "cable-cut v3 · 9f2c41",
    "number": 3,
    "digest": "d" * 64,
    "owner": "chen.jing",
    "reviewed_at": None,
    "drilled_at": None,
    "in_force_at": AT.isoformat(),
}
MORNINGS = [{"text": f"2026-12-0{n} 09:00", "at": after(n).isoformat()} for n in range(1, 5)]
HOMES: Doc = {"mine": [], "to_sign": [], "open": [], "due": [], "on_duty": [], "at": AT.isoformat()}


def _full_home() -> Doc:
    mine = [{"head": _head(flag), "roles": ROLES, "tasks": [_task(n) for n in range(60)]} for flag in (False, True)] * 8
    on_duty = [{"role": "duty_manager", "people": ["li.wei"]}, {"role": "unheard_of", "people": ["he.lin", "nobody"]}]
    told_due = [{"text": _both(LONG), "at": AT.isoformat()}] * 40
    calls = [{"head": _head(), "role": "noc", "role_title": _both(LONG)}] * 20
    return HOMES | {
        "called": calls,
        "to_activate": told().status * 10,
        "sent_back": [_filing(sent_back=LONG)] * 20,
        "mine": mine,
        "to_sign": told().filings * 20,
        "open": told().status * 20,
        "due": told_due,
        "on_duty": on_duty,
    }


MODALS: dict[str, Callable[[str], Doc]] = {
    "declare": lambda lang: modals.declare(
        lang,
        scenarios=SCENARIOS,
        units=UNITS,
        chosen=CHOSEN,
        facts=["users_affected", "deaths"],
        more=True,
        error=LONG,
        view=view(),
    ),
    "declare at first": lambda lang: modals.declare(
        lang,
        scenarios=SCENARIOS,
        units=UNITS[:1],
        chosen={"since": "2026-11-23 09:00"},
        facts=[],
        more=False,
        view=view(),
    ),
    "declare without a plan": lambda lang: modals.declare(
        lang, scenarios=[], units=UNITS, chosen={}, facts=[], more=False, view=view()
    ),
    "twin": lambda lang: modals.twin(
        lang, number="INC-1", title=LONG, who="李伟", when="11-23 09:00", private={"a": 1}
    ),
    "activate": lambda lang: _level(lang, "activate"),
    "level": lambda lang: _level(lang, "change"),
    "facts": lambda lang: modals.facts(
        lang, head=_head(), rows=ROWS, source_default="张强", private={"number": "I"}, units=UNITS[:40], affected=["u3"]
    ),
    "assess": lambda lang: modals.assess(lang, head=_head(), questions=QUESTIONS, version=2, private={}),
    "assess freely": lambda lang: modals.assess(lang, head=_head(), questions=[], version=0, private={}),
    "review": lambda lang: modals.review(lang, head=_head(True), questions=QUESTIONS, version=0, private={}),
    "review of a drill": lambda lang: modals.review(
        lang,
        head=_head(True),
        questions=QUESTIONS,
        version=1,
        private={},
        plan_fault=LONG,
        kinds=[{"id": kind.value, "title": {"zh": kind.words.zh, "en": kind.words.en}} for kind in DrillKind],
        kind="live",
    ),
    "plan_review": lambda lang: modals.plan_review(lang, plan=PLAN, change=False, url="http://x/", view=view()),
    "plan_review to change": lambda lang: modals.plan_review(
        lang, plan=PLAN, change=True, url="http://x/", view=view()
    ),
    "plan_snooze": lambda lang: modals.plan_snooze(lang, plan=PLAN, deadline=7, days=MORNINGS, view=view()),
    "evidence": lambda lang: modals.evidence(lang, head=_head(), task=_task(), private={}),
    "release": lambda lang: modals.release(lang, head=_head(), title=_both(LONG), private={}),
    "drop_task": lambda lang: modals.drop_task(lang, head=_head(), task=_task(do=_both(LONG)), private={}),
    "add_task": lambda lang: modals.add_task(lang, head=_head(), roles=ROLES, private={"role": "r3"}),
    "add_task early": lambda lang: modals.add_task(lang, head=_head(), roles=[], private={}),
    "hand_over": lambda lang: modals.hand_over(
        lang, head=_head(), roles=ROLES, people=COLLEAGUES, private={}, view=view()
    ),
    "twin with its room": lambda lang: modals.twin(
        lang, number="INC-1", title=LONG, who="李伟", when="11-23 09:00", state="responding", room="C0ROOM"
    ),
    "drop_rest": lambda lang: _drop_rest(lang, 250),
    "drop_rest few": lambda lang: _drop_rest(lang, 3),
    "drop_rest none": lambda lang: _drop_rest(lang, 0),
    "stand_down without criteria": lambda lang: _stand_down(lang, 0),
    "stand_down": lambda lang: _stand_down(lang, 5),
    "stand_down long": lambda lang: _stand_down(lang, 30),
    "close_blocked": lambda lang: modals.close_blocked(lang, head=_head(), reasons=REASONS),
    "close": lambda lang: modals.close_confirm(lang, head=_head(), private={}),
    "cancel": lambda lang: modals.cancel(lang, head=_head(), private={}),
    "merge": lambda lang: modals.merge(lang, head=_head(), others=told().status, private={}),
    "merge with nothing": lambda lang: modals.merge(lang, head=_head(), others=[], private={}),
    "sign": lambda lang: _notice(lang, "sign"),
    "ask": lambda lang: _notice(lang, "ask"),
    "ask nobody": lambda lang: _notice(lang, "ask", approvers=[]),
    "wait": lambda lang: _notice(lang, "wait"),
    "notice signed": lambda lang: _notice(lang, "wait", filing=_filing(signed_at=AT.isoformat())),
    "notice too long": lambda lang: _notice(lang, "sign", text="字" * 200_000),
    "send_back": lambda lang: modals.send_back(lang, filing=_filing(), private={}),
    "edit_draft": lambda lang: modals.edit_draft(
        lang,
        filing=_filing(),
        asked=(*WRITTEN, *regimes.lists().texts),
        written={"summary": LONG},
        carried=dict.fromkeys(WRITTEN, LONG),
        private={},
    ),
    "correct": lambda lang: _correct(lang, changes=MOVED),
    "correct words": lambda lang: _correct(lang, written={"cause": "停电。", "why": "理由"}),
    "correct everything": lambda lang: _correct(
        lang, changes=MOVED, written=dict.fromkeys([*WRITTEN, *regimes.lists().texts], LONG), text="字" * 60_000
    ),
    "notice fill": lambda lang: _notice(lang, "fill", holds=True, until=None, forms=["words", "facts", "level"]),
    "notice fill until": lambda lang: _notice(lang, "fill", holds=True, until=after(30).isoformat(), forms=[]),
    "recall": lambda lang: withdrawing.withdraw(lang, filing=_filing(), private={}),
    "scan": lambda lang: stamping.scan(lang, filing=_filing(), private={}),
    "address": lambda lang: addresses.confirm(lang, ADDRESS, private={}),
    "address none": lambda lang: addresses.confirm(lang, ADDRESS | {"was": None}, private={}),
    "notice to an unconfirmed address": lambda lang: _notice(lang, "sign", filing=_filing(unconfirmed=ADDRESS)),
    "announce": lambda lang: modals.announce(
        lang, head=_head(), kinds=[{"id": "warning", "title": _both(LONG)}], offices=UNITS[:9], private={}
    ),
    "reports": lambda lang: _reports(lang, 60),
    "reports none": lambda lang: _reports(lang, 0),
    "phone": lambda lang: _phone(lang, exercise=False),
    "phone in a drill": lambda lang: _phone(lang, exercise=True),
    "timeline": lambda lang: modals.timeline(
        lang, head=_head(), lines=[{"at": AT.isoformat(), "text": esc(LONG)}] * 900, older=True
    ),
    "timeline empty": lambda lang: modals.timeline(lang, head=_head(), lines=[], older=False),
    "tasks": lambda lang: modals.tasks(lang, head=_head(), rows=[_task(n, do=_both(LONG)) for n in range(200)]),
    "tasks none": lambda lang: modals.tasks(lang, head=_head(), rows=[]),
    "mine": lambda lang: modals.mine(lang, found=_full_home()["mine"], view=view()),
    "mine nothing": lambda lang: modals.mine(lang, found=[], view=view()),
    "text": lambda lang: modals.text_modal(lang, LONG, LONG * 40),
}


MOVED = [
    {"name": "users_affected", "was": 80_000, "now": 120_000, "wrong": True},
    {"name": "restored_at", "was": AT.isoformat(), "now": None, "wrong": False},
] * 6


def _reports(lang: str, n: int) -> Doc:
    clocks = [clock for status in told().status for clock in status["clocks"]]
    forgotten = [{**clocks[0], "title": _both(LONG), "file": "INC-1|r|k|to" if each % 2 else None} for each in range(n)]
    at, v = AT.isoformat(), view(lang)
    return modals.reports(lang, head=_head(), clocks=clocks[:n], forgotten=forgotten, at=at, view=v)


def _level(lang: str, mode: str) -> Doc:
    levels = [{"level": each, "when": _both(LONG)} for each in ("I", "II", "III", "IV")]
    return modals.level(
        lang, head=_head(), mode=mode, levels=levels, chosen="II", event_level=None, graded=GRADED,
        preview={"tasks": 5, "roles": 3, "clocks": 2}, reason_needed=mode == "change",
        private={"number": "I", "mode": mode},
    )  # fmt: skip


def _stand_down(lang: str, n: int) -> Doc:
    criteria = [_both(f"{i} " + "条件" * 80) for i in range(n)]
    return modals.stand_down(lang, head=_head(), criteria=criteria, open=REASONS, private={})


def _drop_rest(lang: str, n: int) -> Doc:
    waiting = [_task(each, code=f"T{each:03d}", do=_both(LONG)) for each in range(n)]
    return modals.drop_rest(lang, head=_head(), tasks=waiting, private={"number": "INC-1"})


def _correct(lang: str, *, text: str = "首报全文\n", **said: Any) -> Doc:  # noqa: ANN401
    filed = {"reference": "INC-1/D2/1", "text": text, "written": {}, "changes": []} | said
    return modals.correct(lang, filing=_filing(), filed=filed, written={}, private={}, view=view(lang))


def _notice(
    lang: str,
    mode: str,
    *,
    text: str = "正文\n第二行\n",
    filing: Doc | None = None,
    holds: bool = False,
    until: str | None = None,
    forms: list[str] | None = None,
    **changed: Any,  # noqa: ANN401
) -> Doc:
    given = {"approvers": [{"id": "wang.fang", "name": "王芳"}], "alone_from": after(20).isoformat()} | changed
    return modals.notice(
        lang,
        filing=filing or _filing(),
        rendered=_rendered(text) | {"holds": holds, "until": until, "forms": forms or []},
        mode=mode,
        private={"digest": "d"},
        view=view(),
        **given,
    )


def _phone(lang: str, *, exercise: bool) -> Doc:
    return modals.phone(
        lang, filing=_filing(exercise=exercise), rendered=_rendered("念这个"), phone="021-5550-1182",
        now_text="2026-11-23 09:00", private={},
    )  # fmt: skip


def _said(doc: Doc) -> str:
    return json.dumps(doc, ensure_ascii=False)


def _fields(doc: Doc) -> list[str]:
    return [block["block_id"] for block in doc["blocks"] if block["type"] == "input"]


def _field(doc: Doc, name: str) -> Doc:
    return next(block for block in doc["blocks"] if block.get("block_id") == name)


# --- all of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", MODALS)
def test_slack_takes_every_modal(name: str, lang: str) -> None:
    """Titles, texts, options and blocks stay within Slack's limits, whatever the facts hold."""
    doc = MODALS[name](lang)
    assert view_faults(doc, "modal") == []
    assert not too_large(doc)
    assert "<!channel>" not in "".join(
        block["text"]["text"] for block in doc["blocks"] if block.get("text", {}).get("type") == "mrkdwn"
    )


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", MODALS)
def test_every_title_and_submit_is_whole(name: str, lang: str) -> None:
    """24 characters are enough for each title and each submit button (only a text's own title may be cut)."""
    doc = MODALS[name](lang)
    shown = [doc[part]["text"] for part in ("title", "submit", "close") if part in doc]
    assert name in ("text", "sign", "ask", "wait", *(n for n in MODALS if n.startswith(("notice", "ask")))) or all(
        "…" not in each for each in shown
    )


def test_every_field_is_a_block_of_its_name_with_the_element_value() -> None:
    """The door reads what was typed by its block; the element is always called the same."""
    for make in MODALS.values():
        for block in make("zh")["blocks"]:
            if block["type"] == "input":
                assert block["element"]["action_id"] == "value"


def test_every_modal_is_drawn_here() -> None:
    """A modal that is not tried is found."""
    drawn = inspect.getsource(inspect.getmodule(test_every_modal_is_drawn_here) or json)
    assert [name for name in modals.__all__ if f"modals.{name}(" not in drawn] == []


@pytest.mark.parametrize(
    ("name", "callback", "fields"),
    [
        ("declare", "declare", ["title", "scenario", "unit", "since", "drill", "fact:users_affected", "fact:deaths"]),
        ("twin", "declare_anyway", []),
        ("activate", "activate", ["level", "event_level", "reason"]),
        ("level", "level", ["level", "event_level", "reason"]),
        ("assess freely", "assess", ["q:note"]),
        ("evidence", "evidence", ["evidence"]),
        ("drop_task", "drop_task", ["why"]),
        ("release", "release", ["why"]),
        ("add_task", "add_task", ["text", "role", "due"]),
        ("hand_over", "hand_over", ["role", "to"]),
        ("drop_rest", "drop_rest", ["codes", "why"]),
        ("drop_rest few", "drop_rest", ["codes", "why"]),
        ("stand_down", "stand_down", ["criteria", "note"]),
        ("stand_down long", "stand_down", ["criteria", "note"]),
        ("close", "close", []),
        ("cancel", "cancel", ["reason"]),
        ("merge", "merge", ["into"]),
        ("sign", "sign", []),
        ("ask", "ask", ["whom"]),
        ("send_back", "send_back", ["why"]),
        ("edit_draft", "edit_draft", [*WRITTEN, *regimes.lists().texts]),
        ("correct", "correct", ["why", "corrected"]),
        ("correct words", "correct", ["why", "said:cause", "said:why", "corrected"]),
        ("recall", "notice_recall", ["why"]),
        ("address", "address", []),
        ("scan", "notice_scan", ["scan"]),
        ("announce", "announce", ["kind", "to"]),
        ("phone", "phone", ["spoken_to", "spoken_at", "reference"]),
        ("plan_review", "plan_review", ["finding"]),
        ("plan_review to change", "plan_review", ["finding"]),
        ("plan_snooze", "plan_snooze", ["until", "reason"]),
    ],
)
def test_a_form_has_its_callback_and_its_fields_in_order(name: str, callback: str, fields: list[str]) -> None:
    """What the door listens for is what the form sends."""
    doc = MODALS[name]("en")
    assert doc["callback_id"] == callback
    assert "submit" in doc
    assert _fields(doc) == fields


def test_what_is_only_read_has_no_submit() -> None:
    """Nothing can be submitted where nothing can be done."""
    for name in (
        "close_blocked",
        "wait",
        "ask nobody",
        "notice signed",
        "notice too long",
        "timeline",
        "tasks",
        "merge with nothing",
        "drop_rest none",
    ):
        assert "submit" not in MODALS[name]("zh"), name


def test_private_facts_come_back_as_json() -> None:
    """What the door puts in comes back with the submission."""
    assert json.loads(MODALS["level"]("zh")["private_metadata"]) == {"number": "I", "mode": "change"}


# --- declare ---------------------------------------------------------------------------------------------------------


def test_the_declaration_has_the_labels_that_others_rely_on() -> None:
    """The names of the page are fixed."""
    doc = MODALS["declare at first"]("en")
    labels = {block["block_id"]: block["label"]["text"] for block in doc["blocks"] if block["type"] == "input"}
    assert (
        labels.items()
        >= {"title": "What happened", "scenario": "Scenario", "unit": "Where", "since": "Since when"}.items()
    )
    assert _field(doc, "drill")["element"]["options"][0]["text"]["text"] == "This is a drill"
    assert _field(doc, "drill")["element"]["options"][0]["value"] == "drill"
    assert doc["submit"]["text"] == "Declare"


def test_four_fields_are_asked_and_the_rest_is_behind_more() -> None:
    """Declaring waits for nothing: four fields, a switch, and *More*."""
    doc = MODALS["declare at first"]("en")
    assert _fields(doc) == ["title", "scenario", "unit", "since", "drill"]
    more = doc["blocks"][-1]["elements"][0]
    assert (more["action_id"], more["value"]) == ("declare_more", "more")
    assert json.loads(doc["private_metadata"]) == {"more": False}
    assert json.loads(MODALS["declare"]("en")["private_metadata"]) == {"more": True}


def test_the_plan_that_would_start_stands_under_its_scenario() -> None:
    """With its version; the select tells the door of each choice."""
    doc = MODALS["declare"]("en")
    at = doc["blocks"].index(_field(doc, "scenario"))
    assert doc["blocks"][at]["dispatch_action"] is True
    assert "plan-3 v1 · 9f2c41" in _said(doc["blocks"][at + 1])


def test_what_was_typed_stands_when_the_form_is_drawn_again() -> None:
    """Nothing typed is lost, of 1 234 units the chosen one neither."""
    doc = MODALS["declare"]("zh")
    assert _field(doc, "title")["element"]["initial_value"] == "海缆断了"
    assert _field(doc, "unit")["element"]["initial_option"]["value"] == "u777"
    assert _field(doc, "drill")["element"]["initial_options"][0]["value"] == "drill"


# --- levels, facts, the end ------------------------------------------------------------------------------------------


def test_the_level_form_shows_why_and_what_it_would_start() -> None:
    """The proposal with its reason, what is unknown, and the preview, before anything starts."""
    said = _said(MODALS["level"]("en"))
    for part in (
        "977 000",
        "Users affected",
        "Deaths",
        "Starts 5 tasks and calls 3 roles",
        "starts 2 clocks",
        "unverified",
    ):
        assert part in said
    assert _field(MODALS["level"]("en"), "level")["dispatch_action"] is True


def test_the_event_level_is_a_scale_of_its_own_and_may_be_left_open() -> None:
    """No decision is a choice, and it is the first; an option's value is never empty."""
    element = _field(MODALS["activate"]("zh"), "event_level")["element"]
    assert [each["value"] for each in element["options"]] == [AS_GRADED, "I", "II", "III", "IV"]
    assert element["initial_option"]["value"] == AS_GRADED


def test_a_change_of_level_needs_its_reason_and_an_activation_does_not() -> None:
    """Raising the level is in the journal with its reason; starting waits for nothing."""
    assert "optional" not in _field(MODALS["level"]("zh"), "reason")
    assert _field(MODALS["activate"]("zh"), "reason")["optional"] is True


def test_counts_are_asked_before_instants_with_the_last_three_values() -> None:
    """Figures first; each with what it was."""
    doc = MODALS["facts"]("zh")
    assert _fields(doc)[0] == "fact:users_affected"
    assert _fields(doc)[-5:] == ["fact:occurred_at", "as_of", "source", "note", "affected"]
    history = doc["blocks"][doc["blocks"].index(_field(doc, "fact:users_affected")) + 1]
    assert history["elements"][0]["text"].count("977 000 户") == 3


def test_criteria_are_read_whole_though_choices_are_short() -> None:
    """Slack cuts a choice; the sentences stand above in full, by their numbers; ticks come back as indices."""
    doc = MODALS["stand_down"]("zh")
    assert "条件" * 80 in _said(doc)
    assert [each["value"] for each in _field(doc, "criteria")["element"]["options"]] == ["0", "1", "2", "3", "4"]
    assert _field(MODALS["stand_down long"]("zh"), "criteria")["element"]["type"] == "multi_static_select"


@pytest.mark.parametrize(
    ("name", "element", "n"), [("drop_rest", "multi_static_select", 100), ("drop_rest few", "checkboxes", 3)]
)
def test_what_nobody_will_do_is_ticked_and_read_whole(name: str, element: str, n: int) -> None:
    """All that can be chosen is chosen; each task stands above with its code; the reason must be given."""
    doc = MODALS[name]("zh")
    codes = _field(doc, "codes")["element"]
    assert codes["type"] == element
    assert [each["value"] for each in codes["initial_options"]] == [f"T{each:03d}" for each in range(n)]
    above = "".join(block["text"]["text"] for block in doc["blocks"] if block["type"] == "section")
    assert all(f"`T{each:03d}`" in above for each in range(n))
    assert "optional" not in _field(doc, "why")
    assert ("另有 150 项" in _said(doc)) is (name == "drop_rest")


def test_a_note_is_asked_for_where_a_criterion_is_not_ticked() -> None:
    """The label says when the note is required; without criteria there is nothing to explain."""
    assert "required when a criterion is not ticked" in _field(MODALS["stand_down"]("en"), "note")["label"]["text"]
    assert _field(MODALS["stand_down without criteria"]("en"), "note")["label"]["text"] == "Note"


def test_a_twin_is_joined_before_another_is_declared() -> None:
    """*Join it* is the primary button; state and room of the open one are told where they are known."""
    doc = MODALS["twin with its room"]("en")
    join = next(block for block in doc["blocks"] if block["type"] == "actions")["elements"][0]
    assert (join["action_id"], join["style"]) == ("join_room", "primary")
    assert " · responding 处置中 · <#C0ROOM>" in _said(doc)
    assert "<#" not in _said(MODALS["twin"]("en"))


def test_what_keeps_an_incident_open_stands_with_its_button() -> None:
    """Each reason carries what mends it."""
    doc = modals.close_blocked("en", head=_head(), reasons=REASONS[:2])
    pressed = [block["accessory"] for block in doc["blocks"] if "accessory" in block]
    assert [(each["action_id"], each["value"]) for each in pressed] == [("tasks_open", "INC-1")] * 2


# --- notices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["正文\n第二行\n", "x" * 9000, "行\n" * 4000, "*粗* :fire: <https://a> &amp; ~x~ `y`\n\n\n末", "\n", "a\u2028b\n"],
)
@pytest.mark.parametrize("mode", ["sign", "ask", "wait"])
def test_the_text_is_shown_exactly_as_it_will_go(text: str, mode: str) -> None:
    """To the last character, without emphasis or emoji read into it, in pieces that Slack takes."""
    doc = _notice("zh", mode, text=text)
    assert view_faults(doc, "modal") == []
    parts = [block["elements"][0] for block in doc["blocks"] if block["type"] == "rich_text"]
    assert "".join(part["elements"][0]["text"] for part in parts) == text
    assert {part["type"] for part in parts} == {"rich_text_preformatted"}
    assert all(len(part["elements"][0]["text"]) <= 3000 for part in parts)
    assert "d" * 64 in _said(doc)


def test_pieces_end_at_line_ends() -> None:
    """A letter is not torn in the middle of a line unless the line itself is too long."""
    assert pages("一行\n" * 10, limit=7) == ["一行\n一行\n"] * 5
    assert pages("长" * 10, limit=4) == ["长长长长", "长长长长", "长长"]


def test_what_cannot_be_shown_whole_cannot_be_signed() -> None:
    """A text beyond what one modal holds has no submit, and says why."""
    doc = MODALS["notice too long"]("en")
    assert "cannot be signed here" in _said(doc)
    assert "callback_id" not in doc


def test_the_signer_may_send_it_back() -> None:
    """*Sign and send* with *Send back* beside it; what is missing is marked."""
    doc = MODALS["sign"]("en")
    assert doc["submit"]["text"] == "Sign and send"
    pressed = [each for block in doc["blocks"] if block["type"] == "actions" for each in block["elements"]]
    assert pressed[0]["action_id"] == "notice_send_back"
    assert pressed[0]["value"] == str(_filing()["filing"])
    assert "1 field is missing, may follow in the next report: 原因" in _said(doc)
    assert "1 contradiction: 数字不符" in _said(doc)


@pytest.mark.parametrize(
    ("name", "said"), [("notice fill", "才能签发：原因"), ("notice fill until", "起可以先报后补）：原因")]
)
def test_what_must_be_there_first_is_filled_in_and_not_signed(name: str, said: str) -> None:
    """While a gap holds it up there is nothing to submit: it says so, and the forms that mend it stand there."""
    doc = MODALS[name]("zh")
    assert "submit" not in doc
    assert "⚠️ 缺 1 项，补齐才能签发" in _said(doc)
    assert said in _said(doc)
    pressed = [each["action_id"] for block in doc["blocks"] if block["type"] == "actions" for each in block["elements"]]
    forms = ["notice_edit", "facts_open", "level_open"] if name == "notice fill" else ["notice_edit"]
    assert pressed == [*forms, "notice_send_back"]


def test_a_correction_shows_what_was_filed() -> None:
    """The filed text stands under the form to its last line, and each of its words in a field as it was filed."""
    doc = MODALS["correct words"]("zh")
    held = {block["block_id"]: block["element"].get("initial_value") for block in doc["blocks"] if "element" in block}
    assert held == {"why": None, "said:cause": "停电。", "said:why": "理由", "corrected": None}
    assert "首报全文" in _said(doc["blocks"][-1])
    assert "受影响用户：原报8万户，应为12万户" in _said(MODALS["correct"]("zh"))


def test_a_text_that_was_carried_says_from_where() -> None:
    """A field that an earlier notice's words stand in names that notice; one of one's own has nothing beside it."""
    fields = {block["block_id"]: block for block in MODALS["edit_draft"]("en")["blocks"] if "element" in block}
    assert fields["cause"]["hint"]["text"].startswith("Carried over from ")
    assert "hint" not in fields["scene"]


@pytest.mark.parametrize("lang", LANGS)
def test_a_drill_is_not_dialled(lang: str) -> None:
    """The script of a drill has no number, and says so."""
    drill, real = MODALS["phone in a drill"](lang), MODALS["phone"](lang)
    assert "021-5550-1182" in _said(real)
    assert "021-5550-1182" not in _said(drill)
    assert ("不要拨打" if lang == "zh" else "do not dial") in _said(drill)
    assert "【演练】" in _said(drill["blocks"][0])


# --- Home, timeline --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("full", [False, True])
def test_slack_takes_home(lang: str, full: bool) -> None:
    """Empty and overfull alike."""
    doc = home.home(lang, me=PEOPLE.person("li.wei"), facts=_full_home() if full else HOMES, view=view())
    assert view_faults(doc, "home") == []
    assert not too_large(doc)


def test_an_empty_home_is_kind() -> None:
    """Nothing to do is said, with the two ways to begin."""
    said = _said(home.home("en", me=PEOPLE.person("sarah.lim"), facts=HOMES, view=view()))
    for part in ("Hello, Sarah Lim", "Nothing waits for you now", "All is calm", "No review or drill is due"):
        assert part in said
    assert said.count('"declare_open"') == 2


def test_home_shows_what_is_mine_before_what_is_open() -> None:
    """To sign, then my tasks by due time, then everything else."""
    tasks = [_task(2, due_at=(AT + timedelta(hours=2)).isoformat()), _task(1)]
    facts = HOMES | {"mine": [{"head": _head(), "roles": ROLES[:1], "tasks": tasks}], "to_sign": [_filing()]}
    said = _said(home.home("en", me=PEOPLE.person("li.wei"), facts=facts | {"open": [_head()]}, view=view()))
    order = ["notice_read", '|T01"', '|T02"', "Open incidents"]
    assert [said.index(part) for part in order] == sorted(said.index(part) for part in order)


def test_home_says_first_what_waits_for_me() -> None:
    """Called, to activate, sent back, then to sign and my tasks; each with its one button."""
    back = _filing(sent_back="缺少原因", asked=None)
    facts = HOMES | {
        "called": [{"head": _head(), "role": "noc", "role_title": {"zh": "网络监控", "en": "Network watch"}}],
        "to_activate": [_head()],
        "sent_back": [back],
        "to_sign": [_filing(sent_back=None, filing=99), back],
        "mine": [{"head": _head(), "roles": ROLES[:1], "tasks": [_task(1)]}],
    }
    doc = home.home("en", me=PEOPLE.person("li.wei"), facts=facts, view=view())
    pressed = [block["accessory"] for block in doc["blocks"] if "accessory" in block]
    number = _head()["number"]
    mine = [each for each in pressed if each["action_id"] != "declare_open"]
    assert [(each["action_id"], each["value"]) for each in mine] == [
        ("role_take", f"{number}|noc"),
        ("activate_open", number),
        ("notice_edit", str(back["filing"])),
        ("notice_read", "99"),
        ("task_done", f"{number}|T01"),
    ]
    assert "Network watch" in _said(doc)
    assert "Nothing waits" not in _said(doc)


def test_home_links_the_rooms() -> None:
    """From an open incident one press leads to its room; while it is being made there is no link."""
    for room, linked in (({"channel": "C0ROOM"}, True), (None, False)):
        facts = HOMES | {"open": [_head() | {"room": room}]}
        said = _said(home.home("zh", me=PEOPLE.person("li.wei"), facts=facts, view=view()))
        assert ("<#C0ROOM>" in said) is linked


def test_the_newest_of_a_long_timeline_is_kept() -> None:
    """What does not fit is the oldest, and that is said."""
    lines = [{"at": AT.isoformat(), "text": f"第{n}条 {'x' * 500}"} for n in range(1200)]
    said = _said(modals.timeline("zh", head=_head(), lines=lines, older=False))
    assert "第1199条" in said
    assert "第0条" not in said
    assert "更早的记录没有显示" in said
