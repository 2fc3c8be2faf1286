"""Block Kit's rules and state, by themselves."""

# ruff: noqa: ANN401 - the fixtures live in conftest, which tests cannot import; Bolt injects by name

from __future__ import annotations

from typing import Any

import pytest

from workspace import blocks
from workspace.kit import message_faults, view_faults


def plain(length: int) -> dict[str, Any]:
    """A plain text of this length."""
    return {"type": "plain_text", "text": "x" * length}


def section(length: int = 1, **extra: Any) -> dict[str, Any]:
    """A section with a text of this length."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}} | extra


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    """A row of elements."""
    return {"type": "actions", "elements": list(elements)}


def button(**extra: Any) -> dict[str, Any]:
    """A button."""
    return {"type": "button", "text": plain(1)} | extra


def option(value: str = "v", text: int = 1) -> dict[str, Any]:
    """An option."""
    return {"text": plain(text), "value": value}


def select(**extra: Any) -> dict[str, Any]:
    """A select with one option."""
    return {"type": "static_select", "options": [option()]} | extra


def entry(element: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """An input around an element."""
    return {"type": "input", "label": plain(1), "element": element} | extra


CONFIRM = {"title": plain(100), "text": plain(300), "confirm": plain(30), "deny": plain(30)}

TAKEN: list[list[dict[str, Any]]] = [
    [section(3000)] * 50,
    [{"type": "header", "text": plain(150)}, {"type": "divider"}],
    [section(1, fields=[plain(2000)] * 10, accessory=button(value="v" * 2000, style="danger", confirm=CONFIRM))],
    [{"type": "context", "elements": [plain(1), {"type": "image", "image_url": "https://e.org/i", "alt_text": "i"}]}],
    [actions(*[button(action_id=str(n)) for n in range(25)])],
    [actions({"type": "overflow", "options": [option("1"), option("2")]}, select(initial_option=option()))],
    [actions({"type": "datetimepicker", "initial_date_time": 1795460815}, {"type": "users_select"})],
    [section(1, accessory={"type": "checkboxes", "options": [option(str(n)) for n in range(10)]})],
    [entry({"type": "number_input", "is_decimal_allowed": False, "min_value": "0"}, hint=plain(2000))],
    [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}],
]


@pytest.mark.parametrize("given", TAKEN)
def test_what_slack_takes_is_taken(given: list[dict[str, Any]]) -> None:
    """At the limits themselves nothing is refused."""
    assert message_faults(given) == []


REFUSED: list[tuple[list[Any], str]] = [
    ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    ([section(3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    ([section(0)], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
    ([section(1, fields=[plain(2001)])], "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
    ([section(1, fields=[plain(1)] * 11)], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    ([section(1, colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
    ([{"type": "carousel"}], "unsupported type: carousel [json-pointer:/blocks/0/type]"),
    ([{"type": "header", "text": plain(151)}], "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
    (["text"], "missing required field: type [json-pointer:/blocks/0]"),
    ([actions()], "must not be empty [json-pointer:/blocks/0/elements]"),
    ([actions(*[button()] * 26)], "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    (
        [actions(button(text=plain(76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        [actions(button(value="v" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    ([actions(button(style="blue"))], "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
    (
        [actions(button(confirm={"title": plain(1)}))],
        "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    (
        [actions(button(action_id="a"), button(action_id="a"))],
        "duplicate action_id: a [json-pointer:/blocks/0/elements]",
    ),
    (
        [section(1, block_id="b"), section(1, block_id="b")],
        "duplicate block_id: b [json-pointer:/blocks/1/block_id]",
    ),
    ([section(1, block_id="b" * 256)], "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    (
        [actions({"type": "overflow", "options": [option()]})],
        "no fewer than 2 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    ([actions(select(options=[]))], "must not be empty [json-pointer:/blocks/0/elements/0/options]"),
    (
        [actions(select(options=[option("v" * 151)]))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    (
        [actions(select(options=[option(text=76)]))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    (
        [actions(select(options=[option(str(n)) for n in range(101)]))],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        [actions(select(initial_option=option("other")))],
        "initial option must exactly match one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    (
        [actions({"type": "static_select"})],
        "must have exactly one of: options, option_groups [json-pointer:/blocks/0/elements/0]",
    ),
    (
        [actions({"type": "plain_text_input"})],
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    (
        [{"type": "context", "elements": [plain(1)] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        [entry({"type": "plain_text_input", "placeholder": plain(151)})],
        "must be less than 151 characters [json-pointer:/blocks/0/element/placeholder/text]",
    ),
]


@pytest.mark.parametrize(("given", "fault"), REFUSED)
def test_what_slack_refuses_is_refused_with_its_place(given: list[Any], fault: str) -> None:
    """One step past each limit is refused, and the sentence names the place."""
    assert fault in message_faults(given)


def view(**extra: Any) -> dict[str, Any]:
    """A modal at its limits."""
    return {"type": "modal", "title": plain(24), "submit": plain(24), "close": plain(24), "blocks": [section()]} | extra


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (view(title=plain(25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (view(submit=plain(25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
        (view(private_metadata="m" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (view(blocks=[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (view(type="home"), "unsupported type: home [json-pointer:/view/type]"),
        (view(theme="dark"), "invalid additional property: theme [json-pointer:/view]"),
        ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
        (
            {"type": "modal", "title": plain(1), "blocks": [entry({"type": "plain_text_input"})]},
            "missing required field: submit (the view has an input block) [json-pointer:/view]",
        ),
        (
            view(blocks=[entry({"type": "plain_text_input", "focus_on_load": True})] * 2),
            "only one element may have focus_on_load [json-pointer:/view/blocks]",
        ),
        (None, "missing required field: type [json-pointer:/view]"),
    ],
)
def test_views_have_their_own_limits(given: object, fault: str) -> None:
    """Titles, buttons, metadata, counts and relations of a modal are checked."""
    assert view_faults(view(), "modal") == []
    assert fault in view_faults(given, "modal")


def test_state_holds_every_field_as_typed_or_as_set_at_first() -> None:
    """`state.values` has each element that holds a value: what was typed, else its initial value, else nothing."""
    settled = blocks.settle(
        [
            entry({"type": "plain_text_input", "action_id": "t", "initial_value": "first"}, block_id="a"),
            entry(select(action_id="s"), block_id="b"),
            entry({"type": "checkboxes", "action_id": "c", "options": [option()]}, block_id="c"),
            actions(button(action_id="x")) | {"block_id": "d"},
        ]
    )
    typed = {"b": {"s": blocks.value_of(settled[1]["element"], ["v"])}}
    assert blocks.state_of(settled, typed) == {
        "a": {"t": {"type": "plain_text_input", "value": "first"}},
        "b": {"s": {"type": "static_select", "selected_option": settled[1]["element"]["options"][0]}},
        "c": {"c": {"type": "checkboxes", "selected_options": []}},
    }


@pytest.mark.parametrize(
    ("element", "value", "expected"),
    [
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "请输入整数。"),
        ({"type": "number_input", "is_decimal_allowed": True}, "many", "请输入数字。"),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": "0"}, "-1", "不得小于 0。"),
        ({"type": "number_input", "is_decimal_allowed": False, "max_value": "9"}, "10", "不得大于 9。"),
        ({"type": "plain_text_input", "min_length": 3}, "ab", "至少输入 3 个字符。"),
        ({"type": "plain_text_input", "max_length": 3}, "abcd", "最多输入 3 个字符。"),
        ({"type": "plain_text_input"}, "", "此项必填。"),
        ({"type": "number_input", "is_decimal_allowed": False}, "12", None),
    ],
)
def test_the_client_refuses_before_the_app_is_asked(element: dict[str, Any], value: str, expected: str | None) -> None:
    """Required, length and number rules are said in the person's language."""
    settled = blocks.settle([entry(element | {"action_id": "a"}, block_id="b")])
    values = {"b": {"a": {"type": element["type"], "value": value}}}
    assert blocks.shortcomings(settled, values, lang="zh").get("b") == expected
