"""Block Kit's rules: what Slack refuses in blocks, elements, composition objects and views, and with which words.

Source: Slack's Block Kit reference (blocks, block elements, composition objects, views), read in November 2026.
Blocks known here: actions, context, divider, header, image, input, markdown, rich_text, section. Others are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workspace.refusals import Doc

Rule = Callable[[object, str, list[str]], None]

MESSAGE_BLOCKS, VIEW_BLOCKS, VIEW_BYTES = 50, 100, 250_000
MARKDOWN_LENGTH = 12_000


def _fault(found: list[str], path: str, sentence: str) -> None:
    found.append(f"{sentence} [json-pointer:{path}]")


# ------------------------------------------------------------------ simple rules


def _string(limit: int, least: int = 0) -> Rule:
    def rule(value: object, path: str, found: list[str]) -> None:
        if not isinstance(value, str):
            _fault(found, path, "must be a string")
        elif len(value) > limit:
            _fault(found, path, f"must be less than {limit + 1} characters")
        elif len(value) < least:
            _fault(found, path, f"must be more than {least - 1} characters")

    return rule


def _boolean(value: object, path: str, found: list[str]) -> None:
    if not isinstance(value, bool):
        _fault(found, path, "must be a boolean")


def _integer(low: int, high: int) -> Rule:
    def rule(value: object, path: str, found: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            _fault(found, path, "must be an integer")
        elif not low <= value <= high:
            _fault(found, path, f"must be between {low} and {high}")

    return rule


def _one_of(*allowed: str) -> Rule:
    def rule(value: object, path: str, found: list[str]) -> None:
        if value not in allowed:
            _fault(found, path, f"must be one of: {', '.join(allowed)}")

    return rule


def _pattern(shape: str, words: str) -> Rule:
    def rule(value: object, path: str, found: list[str]) -> None:
        if not isinstance(value, str) or not re.fullmatch(shape, value):
            _fault(found, path, f"must match {words}")

    return rule


def _many(each: Rule, low: int, high: int) -> Rule:
    def rule(value: object, path: str, found: list[str]) -> None:
        if not isinstance(value, list):
            _fault(found, path, "must be an array")
            return
        if len(value) < low:
            _fault(found, path, f"no fewer than {low} items allowed" if low > 1 else "must not be empty")
        if len(value) > high:
            _fault(found, path, f"no more than {high} items allowed")
        for index, item in enumerate(value):
            each(item, f"{path}/{index}", found)

    return rule


def _anything(value: object, path: str, found: list[str]) -> None:
    """Leave a part Slack checks more closely than this module does."""


def _thing(needed: Mapping[str, Rule], allowed: Mapping[str, Rule]) -> Rule:
    """Rule for an object with these fields, and `type` as its caller found it; other fields are refused."""
    known = {**needed, **allowed, "type": _anything}

    def rule(value: object, path: str, found: list[str]) -> None:
        if not isinstance(value, Mapping):
            _fault(found, path, "must be an object")
            return
        for name in needed:
            if name not in value:
                _fault(found, path, f"missing required field: {name}")
        for name, part in value.items():
            if name in known:
                known[name](part, f"{path}/{name}", found)
            else:
                _fault(found, path, f"invalid additional property: {name}")

    return rule


def _both(*rules: Rule) -> Rule:
    def rule(value: object, path: str, found: list[str]) -> None:
        for each in rules:
            each(value, path, found)

    return rule


def _kind_of(table: Mapping[str, Rule], allowed: Iterable[str]) -> Rule:
    """Rule for an object whose `type` picks its rule, among those allowed here."""
    names = frozenset(allowed)

    def rule(value: object, path: str, found: list[str]) -> None:
        kind = value.get("type") if isinstance(value, Mapping) else None
        if not isinstance(kind, str):
            _fault(found, path, "missing required field: type")
        elif kind not in names:
            _fault(found, f"{path}/type", f"unsupported type: {kind}")
        else:
            table[kind](value, path, found)

    return rule


# ----------------------------------------------------------- composition objects


def _text(limit: int, *kinds: str) -> Rule:
    length = _string(limit, 1)
    shapes = {
        "plain_text": _thing({"text": length}, {"emoji": _boolean}),
        "mrkdwn": _thing({"text": length}, {"verbatim": _boolean}),
    }
    return _kind_of(shapes, kinds)


def _plain(limit: int) -> Rule:
    return _text(limit, "plain_text")


def _either(limit: int) -> Rule:
    return _text(limit, "plain_text", "mrkdwn")


CONFIRM = _thing(
    {"title": _plain(100), "text": _either(300), "confirm": _plain(30), "deny": _plain(30)},
    {"style": _one_of("primary", "danger")},
)


def _option(text: Rule, description: Rule, *, url: bool = False) -> Rule:
    extra = {"url": _string(3000)} if url else {}
    return _thing({"text": text, "value": _string(150, 1)}, {"description": description, **extra})


PLAIN_OPTION = _option(_plain(75), _plain(75))
MARKED_OPTION = _option(_either(75), _either(75))
OVERFLOW_OPTION = _option(_plain(75), _plain(75), url=True)
GROUP = _thing({"label": _plain(75), "options": _many(PLAIN_OPTION, 1, 100)}, {})
DISPATCH = _thing({}, {"trigger_actions_on": _many(_one_of("on_enter_pressed", "on_character_entered"), 1, 2)})


# -------------------------------------------------------------- relations inside


def _exactly_one(first: str, second: str) -> Rule:
    def rule(value: object, path: str, found: list[str]) -> None:
        if isinstance(value, Mapping) and (first in value) == (second in value):
            _fault(found, path, f"must have exactly one of: {first}, {second}")

    return rule


def _initial_is_offered(value: object, path: str, found: list[str]) -> None:
    if not isinstance(value, Mapping):
        return
    offered = _offered(value)
    chosen = [value["initial_option"]] if "initial_option" in value else value.get("initial_options", [])
    if isinstance(chosen, list) and any(each not in offered for each in chosen):
        _fault(found, path, "initial option must exactly match one of the options")


def _offered(element: Mapping[str, object]) -> list[object]:
    offered = element.get("options", [])
    found = list(offered) if isinstance(offered, list) else []
    groups = element.get("option_groups", [])
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, Mapping) and isinstance(group.get("options"), list):
            found.extend(group["options"])
    return found


def _values_differ(value: object, path: str, found: list[str]) -> None:
    if isinstance(value, Mapping):
        values = [each.get("value") for each in _offered(value) if isinstance(each, Mapping)]
        if len(values) != len({str(each) for each in values}):
            _fault(found, path, "option values must be unique")


# ---------------------------------------------------------------------- elements

_NAMED: dict[str, Rule] = {"action_id": _string(255, 1)}
_ASKED: dict[str, Rule] = {**_NAMED, "confirm": CONFIRM, "focus_on_load": _boolean}
_HINTED: dict[str, Rule] = {**_ASKED, "placeholder": _plain(150)}
_TYPED: dict[str, Rule] = {
    **_NAMED,
    "placeholder": _plain(150),
    "focus_on_load": _boolean,
    "dispatch_action_config": DISPATCH,
}
_ID = _string(255, 1)
_DATE = _pattern(r"\d{4}-\d{2}-\d{2}", "YYYY-MM-DD")
_TIME = _pattern(r"([01]\d|2[0-3]):[0-5]\d", "HH:mm")
_FILTER = _thing(
    {},
    {
        "include": _many(_one_of("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": _boolean,
        "exclude_bot_users": _boolean,
    },
)
_PICTURE = _thing({"alt_text": _string(2000)}, {"image_url": _string(3000), "slack_file": _anything})


def _choice(extra: Mapping[str, Rule], *, many: bool) -> Rule:
    counted = {"max_selected_items": _integer(1, 100)} if many else {}
    return _thing({}, {**_HINTED, **extra, **counted})


def _static(*, many: bool) -> Rule:
    initial: dict[str, Rule] = (
        {"initial_options": _many(PLAIN_OPTION, 1, 100)} if many else {"initial_option": PLAIN_OPTION}
    )
    offered = {"options": _many(PLAIN_OPTION, 1, 100), "option_groups": _many(GROUP, 1, 100)}
    shape = _choice({**offered, **initial}, many=many)
    return _both(shape, _exactly_one("options", "option_groups"), _initial_is_offered)


def _lookup(name: str, extra: Mapping[str, Rule], *, many: bool) -> Rule:
    initial = {f"initial_{name}s": _many(_ID, 1, 100)} if many else {f"initial_{name}": _ID}
    response = {} if many else {"response_url_enabled": _boolean}
    return _choice({**initial, **extra, **(response if extra or name == "channel" else {})}, many=many)


def _marked(*, many: bool) -> Rule:
    initial: dict[str, Rule] = (
        {"initial_options": _many(MARKED_OPTION, 1, 10)} if many else {"initial_option": MARKED_OPTION}
    )
    shape = _thing({"options": _many(MARKED_OPTION, 1, 10)}, {**_ASKED, **initial})
    return _both(shape, _initial_is_offered, _values_differ)


_CONVERSATIONS: dict[str, Rule] = {"default_to_current_conversation": _boolean, "filter": _FILTER}
_EXTERNAL: dict[str, Rule] = {"min_query_length": _integer(0, 3000)}

ELEMENTS: dict[str, Rule] = {
    "button": _thing(
        {"text": _plain(75)},
        {
            **_NAMED,
            "url": _string(3000),
            "value": _string(2000),
            "style": _one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": _string(75),
        },
    ),
    "checkboxes": _marked(many=True),
    "radio_buttons": _marked(many=False),
    "overflow": _thing({"options": _many(OVERFLOW_OPTION, 2, 5)}, {**_NAMED, "confirm": CONFIRM}),
    "datepicker": _thing({}, {**_HINTED, "initial_date": _DATE}),
    "timepicker": _thing({}, {**_HINTED, "initial_time": _TIME, "timezone": _string(100)}),
    "datetimepicker": _thing({}, {**_ASKED, "initial_date_time": _integer(10**9, 10**10 - 1)}),
    "static_select": _static(many=False),
    "multi_static_select": _static(many=True),
    "external_select": _choice({**_EXTERNAL, "initial_option": PLAIN_OPTION}, many=False),
    "multi_external_select": _choice({**_EXTERNAL, "initial_options": _many(PLAIN_OPTION, 1, 100)}, many=True),
    "users_select": _lookup("user", {}, many=False),
    "multi_users_select": _lookup("user", {}, many=True),
    "conversations_select": _lookup("conversation", _CONVERSATIONS, many=False),
    "multi_conversations_select": _lookup("conversation", _CONVERSATIONS, many=True),
    "channels_select": _lookup("channel", {}, many=False),
    "multi_channels_select": _lookup("channel", {}, many=True),
    "plain_text_input": _thing(
        {},
        {
            **_TYPED,
            "initial_value": _string(3000),
            "multiline": _boolean,
            "min_length": _integer(0, 3000),
            "max_length": _integer(1, 3000),
        },
    ),
    "number_input": _thing(
        {"is_decimal_allowed": _boolean},
        {**_TYPED, "initial_value": _string(100), "min_value": _string(100), "max_value": _string(100)},
    ),
    "email_text_input": _thing({}, {**_TYPED, "initial_value": _string(3000)}),
    "url_text_input": _thing({}, {**_TYPED, "initial_value": _string(3000)}),
    "rich_text_input": _thing({}, {**_TYPED, "initial_value": _anything}),
    "file_input": _thing({}, {**_NAMED, "filetypes": _many(_string(20, 1), 1, 100), "max_files": _integer(1, 10)}),
    "image": _both(_PICTURE, _exactly_one("image_url", "slack_file")),
}
_SELECTS = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
_MULTI = tuple(f"multi_{each}" for each in _SELECTS)
_PICKERS = ("datepicker", "timepicker", "checkboxes", "radio_buttons")
_INPUTS = ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input")
IN_ACTIONS = ("button", "overflow", "datetimepicker", *_PICKERS, *_SELECTS)
IN_SECTION = ("button", "overflow", "image", *_PICKERS, *_SELECTS, *_MULTI)
IN_INPUT = ("datetimepicker", *_INPUTS, *_PICKERS, *_SELECTS, *_MULTI)


# ------------------------------------------------------------------------ blocks

_CONTEXT_TABLE: dict[str, Rule] = {
    "image": ELEMENTS["image"],
    "plain_text": _plain(3000),
    "mrkdwn": _text(3000, "mrkdwn"),
}
_RICH = _kind_of(
    dict.fromkeys(
        ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"),
        _thing(
            {"elements": _many(_anything, 0, 1000)}, dict.fromkeys(("style", "indent", "offset", "border"), _anything)
        ),
    ),
    ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"),
)
_BLOCK: dict[str, Rule] = {"block_id": _string(255, 1)}


def _section_says_something(value: object, path: str, found: list[str]) -> None:
    if isinstance(value, Mapping) and "text" not in value and "fields" not in value:
        _fault(found, path, "missing required field: text")


BLOCKS: dict[str, Rule] = {
    "section": _both(
        _thing(
            {},
            {
                **_BLOCK,
                "text": _either(3000),
                "fields": _many(_either(2000), 1, 10),
                "accessory": _kind_of(ELEMENTS, IN_SECTION),
                "expand": _boolean,
            },
        ),
        _section_says_something,
    ),
    "header": _thing({"text": _plain(150)}, _BLOCK),
    "divider": _thing({}, _BLOCK),
    "context": _thing({"elements": _many(_kind_of(_CONTEXT_TABLE, _CONTEXT_TABLE), 1, 10)}, _BLOCK),
    "actions": _thing({"elements": _many(_kind_of(ELEMENTS, IN_ACTIONS), 1, 25)}, _BLOCK),
    "image": _both(
        _thing(
            {"alt_text": _string(2000)},
            {**_BLOCK, "image_url": _string(3000), "slack_file": _anything, "title": _plain(2000)},
        ),
        _exactly_one("image_url", "slack_file"),
    ),
    "input": _thing(
        {"label": _plain(2000), "element": _kind_of(ELEMENTS, IN_INPUT)},
        {**_BLOCK, "hint": _plain(2000), "optional": _boolean, "dispatch_action": _boolean},
    ),
    "rich_text": _thing({"elements": _many(_RICH, 1, 1000)}, _BLOCK),
    "markdown": _thing({"text": _string(MARKDOWN_LENGTH, 1)}, _BLOCK),
}
IN_MESSAGE = tuple(BLOCKS)
IN_VIEW = tuple(each for each in BLOCKS if each != "markdown")


def _ids_differ(blocks: Iterable[object], path: str, found: list[str]) -> None:
    seen: set[object] = set()
    for index, block in enumerate(blocks):
        if isinstance(block, Mapping):
            name = block.get("block_id")
            if name is not None and name in seen:
                _fault(found, f"{path}/{index}/block_id", f"duplicate block_id: {name}")
            seen.add(name)
            _actions_differ(block, f"{path}/{index}", found)


def _actions_differ(block: Mapping[str, object], path: str, found: list[str]) -> None:
    elements = block.get("elements")
    if block.get("type") != "actions" or not isinstance(elements, list):
        return
    names = [each["action_id"] for each in elements if isinstance(each, Mapping) and "action_id" in each]
    for name in dict.fromkeys(each for each in names if names.count(each) > 1):
        _fault(found, f"{path}/elements", f"duplicate action_id: {name}")


def _block_faults(blocks: object, path: str, *, limit: int, allowed: Iterable[str]) -> list[str]:
    found: list[str] = []
    _many(_kind_of(BLOCKS, allowed), 0, limit)(blocks, path, found)
    if isinstance(blocks, list):
        _ids_differ(blocks, path, found)
    return found


def message_faults(blocks: object) -> list[str]:
    """Everything Slack would refuse in a message's blocks, in Slack's words; empty when it would take them."""
    return _block_faults(blocks, "/blocks", limit=MESSAGE_BLOCKS, allowed=IN_MESSAGE)


# ------------------------------------------------------------------------- views

_VIEW: dict[str, Rule] = {
    "private_metadata": _string(3000),
    "callback_id": _string(255),
    "external_id": _string(255),
}
_MODAL: dict[str, Rule] = {
    **_VIEW,
    "submit": _plain(24),
    "close": _plain(24),
    "clear_on_close": _boolean,
    "notify_on_close": _boolean,
    "submit_disabled": _boolean,
}
VIEWS: dict[str, Rule] = {
    "modal": _thing({"title": _plain(24), "blocks": _anything}, _MODAL),
    "home": _thing({"blocks": _anything}, _VIEW),
}


def view_faults(view: object, kind: str) -> list[str]:
    """Everything Slack would refuse in a view of this kind (`modal` or `home`)."""
    found: list[str] = []
    _kind_of(VIEWS, (kind,))(view, "/view", found)
    if isinstance(view, Mapping) and "blocks" in view:
        found += _block_faults(view["blocks"], "/view/blocks", limit=VIEW_BLOCKS, allowed=IN_VIEW)
    if not found and isinstance(view, dict):
        _view_relations(view, kind, found)
    return found


def _view_relations(view: Doc, kind: str, found: list[str]) -> None:
    inputs = [each for each in view["blocks"] if each["type"] == "input"]
    if kind == "modal" and inputs and "submit" not in view:
        _fault(found, "/view", "missing required field: submit (the view has an input block)")
    if json.dumps(view["blocks"]).count('"focus_on_load": true') > 1:
        _fault(found, "/view/blocks", "only one element may have focus_on_load")


def too_large(view: object) -> bool:
    """Say whether a view is larger than Slack's 250 kB."""
    return len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES
