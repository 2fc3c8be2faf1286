"""Every card, drawn from what a whole house really tells, and from far too much."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.views import parts, sheet, timeline
from bot.views.cards import CARDS
from bot.views.mail import mail_text
from bot.views.parts import cut_marked, esc, span
from tests.words.told import PEOPLE, after, cards, told, view
from workspace.blocks import message_faults

ROOT = Path(__file__).resolve().parents[2]
LANGS = ("zh", "en")
#: Orders to the room or to a courier, not messages.
NOT_CARDS = {"notice", "call_sheet", "home"}
HUGE_TEXT = "海缆断了 <!channel> & *x* `y` " * 150
LONG = {
    "title",
    "zh",
    "en",
    "label",
    "source",
    "note",
    "why",
    "reason",
    "given",
    "article",
    "caution",
    "clause",
    "answer",
}
MANY = {
    "clocks",
    "roles",
    "figures",
    "open",
    "rows",
    "whom",
    "criteria",
    "answers",
    "now",
    "later",
    "contradictions",
    "who",
}


def swollen(value: Any, key: str = "") -> Any:  # noqa: ANN401 -- JSON of any shape
    """The same facts with every free text and every list far too long."""
    match value:
        case str() if key in LONG:
            return value + HUGE_TEXT
        case dict():
            return {name: swollen(inner, name) for name, inner in value.items()}
        case list():
            grown = [swollen(each, key) for each in value]
            return grown * 90 if key in MANY else grown
        case _:
            return value


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 -- Slack's JSON
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _buttons(card: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [each for block in card["blocks"] if block["type"] == "actions" for each in block["elements"]]
    return rows + [block["accessory"] for block in card["blocks"] if "accessory" in block]


def _newest(kind: str, **wanted: object) -> dict[str, Any]:
    return [f for k, f in cards() if k == kind and all(f.get(n) == v for n, v in wanted.items())][-1]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("local", [False, True])
def test_everything_a_house_tells_can_be_drawn(lang: str, local: bool) -> None:
    """Every dispatch of a whole incident and a whole drill makes a message that Slack takes."""
    for kind, facts in cards():
        card = CARDS[kind](facts, view(lang, local=local))
        assert card["text"].strip(), kind
        assert message_faults(card["blocks"]) == [], kind


@pytest.mark.parametrize("lang", LANGS)
def test_too_much_is_cut_and_never_refused(lang: str) -> None:
    """Texts and lists far beyond Slack's limits are cut with … or counted, without an exception."""
    drawn = set()
    for kind, facts in cards():
        if (kind, facts.get("state")) in drawn:
            continue
        drawn.add((kind, facts.get("state")))
        card = CARDS[kind](swollen(facts), view(lang, local=True))
        assert message_faults(card["blocks"]) == [], kind
        assert len(card["text"]) <= 3000


def test_every_kind_that_is_told_has_a_card() -> None:
    """A kind of dispatch without a card would be found by a person at night; it is found here."""
    code = [path.read_text("utf-8") for path in (ROOT / "incidents").glob("*.py")]
    news = {kind for text in code for kind in re.findall(r'show\.news\(\s*session,\s*of,\s*"(\w+)"', text)}
    kinds = news | {kind for kind, _ in told().dispatches if not kind.startswith("room.")} - NOT_CARDS
    kinds |= {"notice_failed", "notice_uncertain", "call", "filing"}
    assert kinds - set(CARDS) == set()


def test_what_was_typed_mentions_nobody() -> None:
    """A title with <!channel> in it calls nobody, in the blocks and in the notification line."""
    for kind, facts in cards():
        card = CARDS[kind](swollen(facts), view("zh"))
        for text in (card["text"], *_texts(card["blocks"])):
            assert "<!channel>" not in text, kind
            assert "<@U0LIWEI>" not in text or kind in ("calls", "call", "clock", "notice_failed"), kind


def test_a_drill_says_so_everywhere_and_a_real_one_nowhere() -> None:
    """【演练】 stands in the line and on top of every drill's card, and 🚨 in none."""
    for kind, facts in cards():
        if "exercise" not in facts:
            continue
        for lang in LANGS:
            card = CARDS[kind](facts, view(lang))
            drawn = json.dumps(card, ensure_ascii=False)
            if facts["exercise"]:
                assert card["text"].startswith("【演练】"), kind
                assert "【演练】" in card["blocks"][0]["text"]["text"], kind
                assert "🚨" not in drawn, kind
            else:
                assert "【演练】" not in drawn, kind


def test_no_token_is_cut_in_two() -> None:
    """What is cut ends before a date or an entity, never inside one."""
    marked = "x" * 40 + "<!date^1795395600^{time}|09:00>" + esc("<&>") * 9
    for limit in range(10, len(marked)):
        shown = cut_marked(marked, limit)
        assert len(shown) <= limit
        assert shown.count("<") == shown.count(">")
        assert not re.search(r"&[a-z]*(?![a-z;])", shown)


# --- the status card -------------------------------------------------------------------------------------------------


TITLE = {"zh": "首报", "en": "First"}


def _status(**changed: object) -> dict[str, Any]:
    return told().status[0] | changed


@pytest.mark.parametrize(
    ("state", "step", "first"),
    [
        ("declared", {"step": "activate"}, "activate_open"),
        ("responding", {"step": "sign", "filing": 7, "title": {"zh": "首报", "en": "First"}}, "notice_read"),
        ("responding", {"step": "fill", "filing": 7, "title": TITLE, "forms": ["words"]}, "notice_edit"),
        ("responding", {"step": "fill", "filing": 7, "title": TITLE, "forms": ["facts"]}, "facts_open"),
        ("responding", {"step": "fill", "filing": 7, "title": TITLE, "forms": ["level"]}, "level_open"),
        ("responding", {"step": "facts"}, "facts_open"),
        ("stood_down", {"step": "review"}, "review_open"),
        ("reviewed", {"step": "close"}, "close_press"),
    ],
)
def test_there_is_one_next_step_and_four_buttons_at_most(state: str, step: dict[str, Any], first: str) -> None:
    """The first button is the primary one and the only one; there are never more than four."""
    card = CARDS["status"](_status(state=state, next=step), view("en"))
    row = card["blocks"][-1]["elements"]
    assert (row[0]["action_id"], row[0]["style"]) == (first, "primary")
    assert len(row) <= 4
    assert [each for each in row[1:] if each.get("style") == "primary"] == []
    assert 2 <= len(row[-1]["options"]) <= 5
    assert all(option["value"].endswith("|INC-2026-0001") for option in row[-1]["options"])


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_what_is_over_has_no_buttons(state: str) -> None:
    """A closed or cancelled incident can only be read."""
    assert _buttons(CARDS["status"](_status(state=state, next={"step": "none"}), view("zh"))) == []


def _draft(**missing: Any) -> dict[str, Any]:  # noqa: ANN401
    gaps = {"now": [{"zh": "原因", "en": "cause"}], "later": [], "contradictions": [], "sure": "V-text"}
    first = next(each for each in told().filings if each["draft"])
    unsigned = {"signed_at": None, "sending": None, "acknowledged_at": None, "sent_back": None, "carried": []}
    return {**first, **unsigned, "missing": gaps | missing}


@pytest.mark.parametrize("courier", ["portal", "by_hand"])
def test_a_card_offers_signing_only_where_no_gap_holds_it_up(courier: str) -> None:
    """A gap that may follow is said as one, and it is signed; one that may not is filled in first, and then signed."""
    facts = _draft(holds=False)
    facts["clock"] = {**facts["clock"], "courier": courier}
    free = CARDS["filing"](facts, view("zh"))
    assert "缺 1 项，可在续报补报：原因" in str(free)
    assert _buttons(free)[0]["action_id"] == ("notice_phone" if courier == "by_hand" else "notice_read")
    facts["missing"] |= {"holds": True, "until": None, "forms": ["words"]}
    held = CARDS["filing"](facts, view("zh"))
    assert "缺 1 项，补齐才能签发：原因" in str(held)
    assert "草稿，待补齐" in held["text"]
    assert [(each["action_id"], each["text"]["text"]) for each in _buttons(held)] == [
        ("notice_edit", "填写"),
        ("notice_read", "阅读"),
    ]
    facts["missing"]["until"] = after(30).isoformat()
    assert "起可以先报后补）：原因" in str(CARDS["filing"](facts, view("zh")))


def test_carried_words_are_marked_with_where_they_stand() -> None:
    """A line for each earlier notice whose words stand in a draft as they stood there."""
    rows = [("cause", "INC-1/D2/1"), ("scene", "INC-1/D2/1"), ("summary", "INC-1/D3/1")]
    facts = _draft() | {"carried": [{"name": name, "reference": reference} for name, reference in rows]}
    card = str(CARDS["filing"](facts, view("zh")))
    assert "沿用 INC-1/D2/1 的文字，请核对：原因、现场情况" in card
    assert "沿用 INC-1/D3/1 的文字，请核对：事件概要" in card


def test_a_notice_by_phone_is_phoned_and_not_signed() -> None:
    """The primary button of an oral report opens the script."""
    facts = _status(state="responding")
    clock = {**facts["clocks"][0], "courier": "by_hand", "filing": 7}
    facts |= {"clocks": [clock], "next": {"step": "sign", "filing": 7, "title": clock["title"]}}
    assert _buttons(CARDS["status"](facts, view("zh")))[0]["action_id"] == "notice_phone"


def test_three_vacant_roles_have_a_button_and_the_rest_are_named() -> None:
    """Vacant roles are called by a button each, three at most."""
    facts = _newest("status", state="responding", exercise=False)
    facts = facts | {"roles": [each | {"holder": None} for each in facts["roles"]]}
    takes = [each for each in _buttons(CARDS["status"](facts, view("zh"))) if each["action_id"] == "role_take"]
    assert [each["value"] for each in takes] == [f"INC-2026-0001|{role['role']}" for role in facts["roles"][:3]]
    assert f"还有 {len(facts['roles']) - 3} 个角色空缺" in json.dumps(
        CARDS["status"](facts, view("zh")), ensure_ascii=False
    )


CLOCK = {
    "title": {"zh": "首报", "en": "First notice"},
    "recipient": {"zh": "省局", "en": "the province"},
    "internal": False,
    "immediate": False,
    "target_at": None,
    "would_have_been_due_at": None,
    "source": "电管〔2009〕187号",
    "article": "第七条",
    "confidence": "V-page",
    "caution": None,
    "unasked": False,
    "state": "running",
    "anchor": "aware_at",
    "due_at": after(42).isoformat(),
    "was_due_at": None,
    "met_at": None,
    "late": False,
    "filing": 7,
    "courier": "portal",
    "seq": 1,
}


def _line(lang: str = "en", **changed: object) -> str:
    card = CARDS["status"](_status(state="responding", clocks=[CLOCK | changed], at=after(0).isoformat()), view(lang))
    return next(text for text in _texts(card["blocks"]) if "→" in text)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            r"due <!date\^1795398120\^{date_short_pretty} {time}\|2026-11-23 09:42 .Asia/Shanghai.> .42 min left.",
        ),
        ({}, r"电管〔2009〕187号 第七条 · page source, not verified"),
        ({"confidence": "V-text"}, "text read"),
        ({"confidence": "MEM"}, "unverified"),
        ({"state": "late", "late": True, "due_at": after(-90).isoformat()}, r"⚠️ .*\(90 min late\)"),
        ({"state": "not_started", "due_at": None, "anchor": "restored_at"}, "waits for when service was restored"),
        ({"state": "not_started", "due_at": None, "anchor": "level"}, "waits for the event level"),
        (
            {"state": "not_started", "due_at": None, "anchor": "submitted_at[oral]"},
            "waits for “Oral report” to be filed",
        ),
        (
            {"immediate": True, "due_at": None, "target_at": after(15).isoformat()},
            r"at once · internal target: due .*15 min left",
        ),
        ({"internal": True}, "internal target"),
        ({"was_due_at": after(20).isoformat()}, "was due"),
        ({"would_have_been_due_at": after(20).isoformat()}, "would have been due"),
        ({"unasked": True}, "the level now does not ask for it"),
        ({"state": "met", "met_at": after(3).isoformat()}, "✅ .*done"),
        ({"state": "met", "met_at": after(3).isoformat(), "late": True}, r"\(late\)"),
        ({"due_at": None}, "a person must set it"),
    ],
)
def test_a_clock_says_what_is_due_by_which_rule_and_how_sure(changed: dict[str, Any], said: str) -> None:
    """Absolute first, relative second; its source and how sure it is; what moved; what it waits for."""
    assert re.search(said, _line(**changed))


def test_an_immediate_duty_is_given_no_number_of_the_law() -> None:
    """立即 is not a number: it is said, with the internal target named as internal."""
    line = _line("zh", immediate=True, due_at=None, target_at=after(15).isoformat())
    assert "立即 · 内部目标：截止" in line
    assert line.index("立即") < line.index("截止")


@pytest.mark.parametrize("due", [{"due_at": None, "target_at": after(15).isoformat(), "immediate": True}, {}])
def test_a_target_of_our_own_is_called_so_once(due: dict[str, Any]) -> None:
    """A plan's own duty says that its target is internal, and says it once."""
    assert _line("zh", internal=True, source="", article="", confidence="", **due).count("内部目标") == 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(59, "0 min left"), (42 * 60 + 59, "42 min left"), (2 * 3600 + 60, "2 h 1 min left"), (-3 * 86400, "3 days late")],
)
def test_time_that_is_left_is_rounded_down(seconds: int, said: str) -> None:
    """Nobody is told that there is more time than there is."""
    assert span(seconds, "en") == said


def test_a_figure_tells_its_source_and_what_was_said_before() -> None:
    """977 000 as of when, from whom, was 80 000; what is not known is said."""
    drawn = json.dumps(CARDS["status"](told().status[0], view("zh")), ensure_ascii=False)
    assert "*977 000 户*" in drawn
    assert "NOC" in drawn
    assert "原报 80 000 户" in drawn
    assert "待核实：" in drawn


def test_an_undetermined_event_level_is_never_level_four() -> None:
    """Unknown is not zero."""
    card = CARDS["status"](_status(event_level=None, event_level_decided=False, graded={"unknown": ["deaths"]}), view())
    drawn = json.dumps(card, ensure_ascii=False)
    assert "未定级" in drawn
    assert "Ⅳ级" not in drawn


# --- tasks, calls, notices -------------------------------------------------------------------------------------------


def test_a_call_notifies_and_carries_its_button() -> None:
    """Who is called is mentioned, and one press takes the role."""
    facts = _newest("calls", exercise=False)
    card = CARDS["calls"](facts, view("zh"))
    drawn = json.dumps(card)
    assert facts["rows"]
    assert all(f"<@{PEOPLE.person(who).slack}>" in drawn for row in facts["rows"] for who in row["whom"])
    assert [each["value"] for each in _buttons(card)] == [f"{facts['number']}|{row['role']}" for row in facts["rows"]]


@pytest.mark.parametrize("lang", LANGS)
def test_a_role_that_is_taken_is_no_longer_called(lang: str) -> None:
    """Its holder stands in its place without a button; the line counts the vacant ones, and says when none is."""
    facts = _newest("calls", exercise=False)
    rows = [row | {"holder": None} for row in facts["rows"]]
    one = [rows[0] | {"holder": "zhang.qiang"}, *rows[1:]]
    card = CARDS["calls"](facts | {"rows": one}, view(lang))
    assert [each["value"] for each in _buttons(card)] == [f"{facts['number']}|{row['role']}" for row in rows[1:]]
    assert f" {len(rows) - 1} " in card["text"]
    taken = next(text for text in _texts(card["blocks"]) if text.startswith("✅"))
    assert "张强" in taken
    assert "📣" not in taken
    held = CARDS["calls"](facts | {"rows": [row | {"holder": "zhang.qiang"} for row in rows]}, view(lang))
    assert ("全部到岗" if lang == "zh" else "all roles are taken") in held["text"]
    assert _buttons(held) == []


def test_an_open_task_is_ticked_with_one_press() -> None:
    """Each open task has *Done* with its own value; one select says that one is on it."""
    facts = _newest("tasks", exercise=False, role="commander")
    facts = next(f for k, f in cards() if k == "tasks" and f["open"])
    card = CARDS["tasks"](facts, view("zh"))
    done = [each["value"] for each in _buttons(card) if each["action_id"] == "task_done"]
    assert done == [f"{facts['number']}|{task['code']}" for task in facts["open"]]
    select = next(each for each in _buttons(card) if each["action_id"] == "task_take_select")
    assert [each["value"] for each in select["options"]] == done


def _filing(**changed: object) -> dict[str, Any]:
    base = told().filings[0]
    unsigned = {
        "signed_at": None,
        "signed_by": None,
        "sent_back": None,
        "sending": None,
        "acknowledged_at": None,
        "digest": None,
    }
    mail = {"clock": base["clock"] | {"courier": "portal", "phone": "0371-5550-1182", "met_at": None}}
    return base | unsigned | mail | changed


def _sending(state: str, **outcome: object) -> dict[str, Any]:
    return {"state": state, "courier": "portal", "outcome": outcome, "attempt": 1, "settled_at": after(14).isoformat()}


MOVED = {"name": "users_affected", "was": 80_000, "now": 120_000, "wrong": False}
SEAL = {"until": after(20).isoformat(), "pdf": "a" * 64, "held": True, "scan": None, "scan_state": None}
SIGNED = {"signed_at": after(13).isoformat(), "signed_by": "wang.fang", "digest": "d" * 64}


@pytest.mark.parametrize(
    ("changed", "said", "pressed"),
    [
        ({}, "draft, to be signed", ["notice_read", "notice_edit"]),
        ({"draft": 0}, "no draft yet", []),
        ({"sent_back": "缺少原因"}, "sent back, to be revised", ["notice_edit", "notice_read"]),
        (SIGNED, "signed", []),
        (SIGNED | {"sending": _sending("pending")}, "on its way", ["more"]),
        (SIGNED | {"signed_for": "he.lin", "sending": _sending("pending")}, "王芳 on behalf of 何琳", ["more"]),
        (
            SIGNED
            | {"sending": _sending("cancelled")}
            | {"recalled": {"by": "wang.fang", "at": after(14).isoformat(), "why": "<b>"}},
            "Recalled by 王芳",
            [],
        ),
        (
            SIGNED | {"sending": _sending("pending"), "seal": SEAL},
            "Waits for the sealed scan; at ",
            ["scan_open", "more"],
        ),
        (
            SIGNED | {"sending": _sending("delivered"), "seal": SEAL | {"held": False}},
            "It left without its seal",
            ["correct_open", "scan_open"],
        ),
        (
            SIGNED
            | {"sending": _sending("delivered")}
            | {"seal": SEAL | {"held": False, "scan": {"by": "zhang.qiang"}, "scan_state": "uncertain"}},
            "did not arrive or nobody knows",
            ["correct_open"],
        ),
        (
            {"unconfirmed": {"id": 7, "was": None, "now": "https://<x>"}},
            "changed from “(none)” to “https://&lt;x&gt;” and no second person has confirmed it",
            ["notice_read", "notice_edit", "address_open", "notice_phone"],
        ),
        (SIGNED | {"sending": _sending("with_person")}, "a person has to deliver it", ["notice_phone"]),
        (SIGNED | {"sending": _sending("delivered", receipt="HN-2026-1182")}, "Receipt HN-2026-1182", ["correct_open"]),
        (
            SIGNED | {"sending": _sending("rejected", why="格式不符")},
            "phone 0371-5550-1182",
            ["notice_phone", "notice_resend", "more"],
        ),
        (SIGNED | {"sending": _sending("uncertain")}, "ask whether it arrived", ["notice_phone", "notice_resend"]),
        (SIGNED | {"sending": _sending("cancelled")}, "it did not leave", []),
        (
            SIGNED
            | {"sending": _sending("delivered"), "acknowledged_at": after(20).isoformat(), "acknowledged_by": "<b>"},
            "Acknowledged by &lt;b&gt;",
            ["correct_open"],
        ),
        (
            SIGNED | {"sending": _sending("delivered"), "moved": [MOVED]},
            "Sent users affected 80,000 users, now 120,000 users",
            ["correct_open"],
        ),
        (
            SIGNED | {"sending": _sending("delivered"), "moved": [MOVED | {"wrong": True}]},
            "should be 120,000 users: send a correction",
            ["correct_open"],
        ),
        (
            SIGNED | {"sending": _sending("delivered"), "correction": {"filing": 9, "signed": False}},
            "A correction is drafted and waits to be signed",
            ["correct_open"],
        ),
        (SIGNED | {"sending": _sending("delivered"), "state": "closed"}, "Delivered", []),
        ({"corrects": "INC-1/D2/1"}, "Corrects INC-1/D2/1", ["notice_read", "notice_edit"]),
    ],
)
def test_a_notice_says_where_it_stands_and_what_to_do(changed: dict[str, Any], said: str, pressed: list[str]) -> None:
    """From draft to receipt each state has its sentence and its own buttons, the first of them primary.

    What has arrived asks for nothing, unless it was wrong: only then is its correction the next right thing.
    """
    card = CARDS["filing"](_filing(**changed), view("en"))
    assert message_faults(card["blocks"]) == []
    assert said in json.dumps(card, ensure_ascii=False)
    assert [each["action_id"] for each in _buttons(card)] == pressed
    calm = pressed == ["more"] or (pressed[:1] == ["correct_open"] and "should be" not in said)
    assert not pressed or (_buttons(card)[0].get("style") == "primary") is not calm


def test_a_drills_cards_have_no_number_to_dial() -> None:
    """Whoever reads a drill's failed notice at night is not led to phone the real authority."""
    facts = _filing(**SIGNED, sending=_sending("rejected"), exercise=True)
    for kind in ("filing", "notice_failed"):
        drawn = json.dumps(CARDS[kind](facts, view("zh")), ensure_ascii=False)
        assert "0371-5550-1182" not in drawn
        assert "不要拨打" in drawn


def test_sending_again_asks_once_more() -> None:
    """A repeat is a person's decision, never a slip of the thumb."""
    card = CARDS["filing"](_filing(**SIGNED, sending=_sending("uncertain")), view("zh"))
    assert "confirm" in next(each for each in _buttons(card) if each["action_id"] == "notice_resend")


@pytest.mark.parametrize(("kind", "state"), [("notice_failed", "rejected"), ("notice_uncertain", "uncertain")])
@pytest.mark.parametrize("lang", LANGS)
def test_a_failed_notice_names_people_and_the_number(kind: str, state: str, lang: str) -> None:
    """Who commands and who signed are notified, with the number to phone."""
    facts = _filing(**SIGNED, sending=_sending(state, why="<!here>"))
    card = CARDS[kind](facts, view(lang))
    drawn = json.dumps(card, ensure_ascii=False)
    assert message_faults(card["blocks"]) == []
    assert "<@U0WANGFANG>" in drawn
    assert "0371-5550-1182" in drawn
    assert "<!here>" not in drawn


def test_a_clock_warns_those_who_can_act() -> None:
    """The warning mentions them and carries the one next step."""
    facts = _newest("clock", exercise=False)
    card = CARDS["clock"](facts, view("zh"))
    assert "<@U0LIWEI>" in json.dumps(card)
    assert len(_buttons(card)) == (1 if facts["clock"]["filing"] else 0)


def test_a_whisper_is_said_as_it_is() -> None:
    """A refusal's sentence reaches the presser with what was typed made harmless."""
    card = CARDS["whisper"]({"text": "不能 <!channel>\n请重试"}, view("zh"))
    assert "不能 &lt;!channel&gt;\n请重试" in card["blocks"][0]["text"]["text"]
    assert message_faults(card["blocks"]) == []


def test_the_duty_room_tells_a_newcomer_how_to_begin() -> None:
    """What it is, the two buttons, who is on duty; in the local workspace how to try; empty is said kindly."""
    facts: dict[str, Any] = {"open": [], "at": after(0).isoformat()}
    local, real = (
        json.dumps(CARDS["duty_card"](facts, view("en", local=flag)), ensure_ascii=False) for flag in (True, False)
    )
    assert "Act as 李伟 (duty manager), press Declare." in local
    assert "Act as" not in real
    assert "All is calm" in real
    pressed = [(each["action_id"], each.get("value", "")) for each in _buttons(CARDS["duty_card"](facts, view("en")))]
    assert pressed == [("declare_open", ""), ("declare_open", "drill")]


def test_the_duty_room_links_the_rooms() -> None:
    """An open incident stands with its room."""
    head = told().status[0] | {"room": {"channel": "C0ROOM"}}
    card = CARDS["duty_card"]({"open": [head], "at": after(0).isoformat()}, view("zh"))
    assert "<#C0ROOM>" in json.dumps(card)


# --- mail, paper, the journal ----------------------------------------------------------------------------------------


def test_an_owner_reads_all_their_gaps_and_a_superior_whose_they_are() -> None:
    """Every unit is one word, some are named and counted; only the superior is told the owner."""
    owner, superior = (_newest("gap_due", to=who, owner="chen.jing") for who in ("chen.jing", "he.lin"))
    some = owner | {"rows": [owner["rows"][0] | {"all_units": False, "more_units": 7}]}
    every, named, above = (json.dumps(CARDS["gap_due"](facts, view("en"))) for facts in (owner, some, superior))
    assert "every unit" in every
    assert "Group headquarters" in named
    assert "and 7 more units" in named
    assert "Owner:" in above
    assert "Owner:" not in every


@pytest.mark.parametrize("lang", LANGS)
def test_a_letter_has_no_chat_marks(lang: str) -> None:
    """When chat is silent, the mail tells dates and names in plain words, and the number to phone."""
    facts = _newest("clock", exercise=False)
    subject, text = mail_text("clock", facts, view(lang))
    assert facts["number"] in subject
    assert "\n" not in subject
    assert not re.search(r"<!date|<@|&lt;|&amp;", subject + text)
    assert "李伟" in text
    assert facts["clock"]["phone"] in text


@pytest.mark.parametrize("lang", LANGS)
def test_the_call_sheet_tells_whom_to_phone_and_what_to_say(lang: str) -> None:
    """Numbers, scripts and roles are on the page; what was typed is no markup."""
    script = _filing(script="念：<script>alert(1)</script>")
    status = told().status[0]
    page = sheet.html(status, [script], view(lang), tasks=[])
    assert "0371-5550-1182" in page
    assert "<script>" not in page
    assert "138-5550-0001" in page
    assert "【演练】" not in page


def test_a_drills_call_sheet_has_no_number_to_dial() -> None:
    """The authority's number is not printed on a drill's sheet; the page says that it is one."""
    status = next(each for each in told().status if each["exercise"])
    page = sheet.html(status, [_filing(script="念", exercise=True)], view("zh"))
    assert "【演练】" in page
    assert "0371-5550-1182" not in page


@pytest.mark.parametrize("lang", LANGS)
def test_a_changed_plan_says_what_changed_and_offers_one_press(lang: str) -> None:
    """Each change is a line; the one button moves the incident and asks once more; once moved it goes."""
    told = [facts for kind, facts in cards() if kind == "plan_changed"]
    waiting = next(facts for facts in told if facts["moved"] is None)
    drawn = CARDS["plan_changed"](waiting, view(lang))
    (button,) = _buttons(drawn)
    assert button["value"] == f"{waiting['number']}|{waiting['now']['id']}"
    assert "confirm" in button
    said = str(drawn["blocks"])
    assert all(parts.typed(each[lang], 500) in said for each in waiting["changes"])
    moved = next(facts for facts in told if facts["moved"] is not None)
    assert _buttons(CARDS["plan_changed"](moved, view(lang))) == []
    many = waiting | {"changes": [{"zh": f"第 {n} 处 <!channel>", "en": f"no. {n} <!channel>"} for n in range(400)]}
    assert "<!channel>" not in str(CARDS["plan_changed"](many, view(lang)))


@pytest.mark.parametrize("lang", LANGS)
def test_a_filing_says_by_when_or_that_it_could_not_be_counted(lang: str) -> None:
    """Ahead of time, late, and without a date: each says what to do next."""
    told = [facts for kind, facts in cards() if kind == "plan_filing"]
    said = [str(CARDS["plan_filing"](facts, view(lang))["blocks"]) for facts in told]
    assert {facts["late"] for facts in told} == {True, False}
    assert any(facts["due_at"] is None for facts in told)
    for facts, each in zip(told, said, strict=True):
        assert ("2028" in each) is (facts["due_at"] is None)
        assert facts["plan"]["label"] in each


def test_every_kind_of_journal_entry_has_a_sentence() -> None:
    """Whatever the floors below write, the timeline tells."""
    wanted = set()
    for folder in ("incidents", "escalation", "playbooks"):
        for path in (ROOT / folder).glob("*.py"):
            wanted |= set(re.findall(r'journal\.write\(\s*session,\s*[^,]+,\s*"(\w+)"', path.read_text("utf-8")))
    assert {"declared", "clock_rang", "absorbed", "issued", "amended", "plan_moved"} <= wanted
    assert wanted - set(timeline.SENTENCES) == set()


@pytest.mark.parametrize("lang", LANGS)
def test_the_journal_of_a_whole_house_can_be_read(lang: str) -> None:
    """Each entry that was really written is one sentence, without a mention and without a raw mapping."""
    for kind, body, by in told().entries:
        said = timeline.sentence(kind, body, by, lang, PEOPLE)
        assert said
        assert "incident:" not in said
        assert "notice:" not in said
        assert "<!channel>" not in said
        assert "{'" not in said, kind
    assert timeline.sentence("no_such_kind", {}, "tocsin", lang, PEOPLE)


TITLE = {"zh": "书面首报", "en": "First written report"}
ROLE = {"zh": "网络监控", "en": "Network watch"}


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("role_taken", {"role": "noc", "role_title": ROLE, "person": "zhang.qiang"}, "张强 took Network watch"),
        ("role_taken", {"role": "noc", "person": "zhang.qiang"}, "张强 took noc"),
        (
            "roles_called",
            {"roles": [{"role": "noc", "title": ROLE, "whom": ["zhang.qiang"]}]},
            "X called roles: Network watch (张强)",
        ),
        (
            "handed_over",
            {"role": "noc", "role_title": ROLE, "from": None, "to": "li.wei"},
            "X handed over Network watch: — → 李伟",
        ),
        ("drafted", {"duty": "D2", "seq": 1, "title": TITLE, "draft": 1}, "X drafted First written report, v1"),
        ("drafted", {"duty": "D2", "seq": 3, "title": "Follow-up", "draft": 1}, "X drafted Follow-up #3, v1"),
        ("clock_rang", {"name": "D2", "seq": 1, "title": TITLE, "ring": "due"}, "⚠️ Due now: First written report"),
        (
            "deadline_cancelled",
            {"name": "D3", "seq": 1, "title": TITLE, "why": "restored_at"},
            "⏱ First written report is no longer owed: “Restored at” is known",
        ),
        ("deadline_cancelled", {"name": "D3", "seq": 1, "why": "not for us"}, "⏱ D3 is no longer owed: not for us"),
        ("deadline_moved", {"name": "D3", "seq": 1, "was": None, "due": None}, "⏱ D3: clock worked out anew"),
        (
            "dispatch_settled",
            {"key": "notice:INC-1:D2:1", "state": "delivered", "receipt": "HN-7", "title": TITLE},
            "✅ Delivered: the notice “First written report”, receipt HN-7",
        ),
        (
            "dispatch_settled",
            {"key": "notice:INC-1:D2:1", "state": "delivered", "spoken_to": "值守", "by_hand": True},
            "✅ Reported by a person: the notice “D2”, taken by 值守",
        ),
        ("dispatch_settled", {"key": "incident:1:room", "state": "delivered", "channel": "C1"}, "✅ The room is made"),
        (
            "dispatch_settled",
            {"key": "incident:1:room", "state": "rejected", "why": "restricted_action"},
            "⚠️ The room could not be made, because: restricted_action",
        ),
        (
            "dispatch_settled",
            {"key": "incident:1:call:noc:2:li.wei", "state": "uncertain"},
            "⚠️ Not known whether it arrived: a call to a role",
        ),
        ("dispatch_settled", {"key": "incident:1:status:44", "state": "uncertain"}, ""),
        ("dispatch_settled", {"key": "incident:1:room.topic:4", "state": "rejected"}, ""),
        (
            "recalled",
            {"key": "notice:INC-1:D2:1", "why": "误报"},
            "X took back the notice “D2”: 误报",
        ),
        (
            "task_dropped",
            {"code": "T02", "do": {"zh": "列出。", "en": "List it."}, "why": "needless"},
            "X: T02 is not needed: List it, because: needless",
        ),
    ],
)
def test_the_timeline_says_titles_and_not_ids(kind: str, body: dict[str, Any], said: str) -> None:
    """A title beside an id is said for it; what was sent is told in words; the edit of a card is told by nothing."""
    assert timeline.sentence(kind, body, "X", "en", PEOPLE) == said
