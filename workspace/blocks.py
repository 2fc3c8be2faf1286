"""Block Kit's state: what each element holds, what a view's values are, what a press sends; rules are in `kit`."""

from __future__ import annotations

import copy
import secrets
from typing import TYPE_CHECKING, Any

from workspace.kit import message_faults, view_faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from workspace.refusals import Doc

__all__ = [
    "action_of",
    "elements",
    "find_element",
    "kept_state",
    "message_faults",
    "settle",
    "shortcomings",
    "state_of",
    "value_of",
    "view_faults",
]

# Element type → (key of its value in Slack's state, key of its initial value, whether it holds many).
HOLDS: dict[str, tuple[str, str, bool]] = {
    "plain_text_input": ("value", "initial_value", False),
    "number_input": ("value", "initial_value", False),
    "email_text_input": ("value", "initial_value", False),
    "url_text_input": ("value", "initial_value", False),
    "rich_text_input": ("rich_text_value", "initial_value", False),
    "file_input": ("files", "", True),
    "datepicker": ("selected_date", "initial_date", False),
    "timepicker": ("selected_time", "initial_time", False),
    "datetimepicker": ("selected_date_time", "initial_date_time", False),
    "checkboxes": ("selected_options", "initial_options", True),
    "radio_buttons": ("selected_option", "initial_option", False),
    "static_select": ("selected_option", "initial_option", False),
    "external_select": ("selected_option", "initial_option", False),
    "users_select": ("selected_user", "initial_user", False),
    "conversations_select": ("selected_conversation", "initial_conversation", False),
    "channels_select": ("selected_channel", "initial_channel", False),
    "multi_static_select": ("selected_options", "initial_options", True),
    "multi_external_select": ("selected_options", "initial_options", True),
    "multi_users_select": ("selected_users", "initial_users", True),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", True),
    "multi_channels_select": ("selected_channels", "initial_channels", True),
}
TEXT_INPUTS = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
SENTENCES = {
    "required": {"en": "Please complete this required field.", "zh": "此项必填。"},
    "short": {"en": "Enter at least {limit} characters.", "zh": "至少输入 {limit} 个字符。"},
    "long": {"en": "Enter at most {limit} characters.", "zh": "最多输入 {limit} 个字符。"},
    "number": {"en": "Enter a number.", "zh": "请输入数字。"},
    "whole": {"en": "Enter a whole number.", "zh": "请输入整数。"},
    "low": {"en": "Enter {limit} or more.", "zh": "不得小于 {limit}。"},
    "high": {"en": "Enter {limit} or less.", "zh": "不得大于 {limit}。"},
}


def settle(blocks: list[Doc]) -> list[Doc]:
    """Give blocks as Slack stores them: every block with a block_id, every element with an action_id."""
    settled = copy.deepcopy(blocks)
    for block in settled:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        for element in _inside(block):
            element.setdefault("action_id", secrets.token_urlsafe(4))
        _settle_texts(block)
    return settled


def _settle_texts(value: object) -> None:
    if isinstance(value, list):
        for each in value:
            _settle_texts(each)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for each in value.values():
            _settle_texts(each)


def _inside(block: Doc) -> Iterator[Doc]:
    """The interactive elements of one block."""
    kind = block.get("type")
    if kind == "input" and "element" in block:
        yield block["element"]
    elif kind == "actions":
        yield from block.get("elements", [])
    elif kind == "section" and block.get("accessory", {}).get("type", "image") != "image":
        yield block["accessory"]


def elements(blocks: Iterable[Doc]) -> Iterator[tuple[str, Doc]]:
    """Every interactive element with its block_id, in order."""
    for block in blocks:
        for element in _inside(block):
            yield block["block_id"], element


def find_element(blocks: Iterable[Doc], block_id: str, action_id: str) -> Doc | None:
    """The element of this block_id and action_id."""
    for found_in, element in elements(blocks):
        if found_in == block_id and element["action_id"] == action_id:
            return element
    return None


def _initial(element: Doc) -> Doc:
    key, initial_key, many = HOLDS[element["type"]]
    return {"type": element["type"], key: element.get(initial_key, [] if many else None)}


def state_of(blocks: Iterable[Doc], typed: Mapping[str, Any]) -> Doc:
    """Slack's `state.values`: every element that holds a value, as typed, else as it was set at first."""
    values: Doc = {}
    for block_id, element in elements(blocks):
        if element["type"] in HOLDS:
            given = typed.get(block_id, {}).get(element["action_id"])
            values.setdefault(block_id, {})[element["action_id"]] = given if given is not None else _initial(element)
    return values


def kept_state(typed: Mapping[str, Any], blocks: Iterable[Doc]) -> Doc:
    """What was typed in elements that are still there, by the same block_id, action_id and type."""
    kept: Doc = {}
    for block_id, element in elements(blocks):
        given = typed.get(block_id, {}).get(element["action_id"])
        if given is not None and given.get("type") == element["type"]:
            kept.setdefault(block_id, {})[element["action_id"]] = given
    return kept


def value_of(element: Doc, raw: list[str]) -> Doc:
    """Make one entry of `state.values` from the strings a form sends (none, one or many).

    Options are found by their value; a datetimepicker takes Unix seconds.
    """
    key, _, many = HOLDS[element["type"]]
    given = [each for each in raw if each != ""]
    held: object
    if key in ("selected_option", "selected_options"):
        chosen = [option for option in options_of(element) if option["value"] in given]
        held = chosen if many else (chosen[0] if chosen else None)
    elif many:
        held = given
    elif key == "selected_date_time":
        held = int(given[0]) if given else None
    else:
        held = given[0] if given else None
    return {"type": element["type"], key: held}


def options_of(element: Doc) -> list[Doc]:
    """All options of an element, those of groups included."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def action_of(element: Doc, block_id: str, given: Doc, action_ts: str) -> Doc:
    """One entry of a payload's `actions`: the element as it stands, with what the person chose."""
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id, "action_ts": action_ts}
    if element["type"] == "button":
        kept = {key: element[key] for key in ("text", "value", "style", "url") if key in element}
        return action | kept
    key = HOLDS[element["type"]][0] if element["type"] in HOLDS else "selected_option"
    shown = {name: element[name] for name in ("placeholder",) if name in element}
    return action | shown | {key: given.get(key)}


def shortcomings(blocks: Iterable[Doc], values: Mapping[str, Any], *, lang: str) -> dict[str, str]:
    """What Slack's own client refuses before it submits: block_id → sentence."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            held = values.get(block["block_id"], {}).get(element["action_id"], {})
            sentence = _shortcoming(element, held, optional=block.get("optional", False))
            if sentence is not None:
                found[block["block_id"]] = SENTENCES[sentence[0]][lang].format(limit=sentence[1])
    return found


def _shortcoming(element: Doc, held: Doc, *, optional: bool) -> tuple[str, object] | None:
    key, _, _ = HOLDS[element["type"]]
    value = held.get(key)
    if value in (None, "", []):
        return None if optional else ("required", "")
    if element["type"] == "number_input":
        return _bad_number(element, value)
    if element["type"] in TEXT_INPUTS:
        return _bad_length(element, value)
    return None


def _bad_length(element: Doc, value: str) -> tuple[str, object] | None:
    if len(value) < element.get("min_length", 0):
        return "short", element["min_length"]
    if len(value) > element.get("max_length", 3000):
        return "long", element.get("max_length", 3000)
    return None


def _bad_number(element: Doc, value: str) -> tuple[str, object] | None:
    try:
        number = float(value)
    except ValueError:
        return "number", ""
    if not element.get("is_decimal_allowed", False) and number != int(number):
        return "whole", ""
    if "min_value" in element and number < float(element["min_value"]):
        return "low", element["min_value"]
    if "max_value" in element and number > float(element["max_value"]):
        return "high", element["max_value"]
    return None
