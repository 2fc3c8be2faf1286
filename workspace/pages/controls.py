"""Block Kit's elements as form controls: what each holds, what it offers, and what the posted form says was chosen."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from workspace import blocks
from workspace.pages import mrkdwn
from workspace.pages.mrkdwn import Names
from workspace.refusals import Doc

SELECTS = {"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
CHOICES = {f"multi_{each}" for each in SELECTS} | {"checkboxes"}


def name_of(block_id: str, element: Mapping[str, Any]) -> str:
    """Give the name a control has in its form."""
    return f"{block_id}|{element['action_id']}"


def id_of(*parts: str) -> str:
    """Give an id for the page, safe in any attribute, that stays the same from one showing to the next."""
    return "i" + hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:12]


def held(element: Mapping[str, Any], values: Mapping[str, Any], block_id: str) -> list[str]:
    """Give what an element holds as the strings its control shows: option values, ids, a text, a date."""
    entry = values.get(block_id, {}).get(element["action_id"], {})
    if element["type"] not in blocks.HOLDS:
        return []
    value = entry.get(blocks.HOLDS[element["type"]][0])
    many = value if isinstance(value, list) else [value]
    return [str(_held(each)) for each in many if each not in (None, "")]


def _held(each: object) -> object:
    """An option's value, a file's id, or the thing itself."""
    return each.get("value", each.get("id")) if isinstance(each, dict) else each


def files_held(element: Mapping[str, Any], values: Mapping[str, Any], block_id: str) -> list[Doc]:
    """Give the files that a file field holds: id and name."""
    entry = values.get(block_id, {}).get(element["action_id"], {})
    return [each for each in entry.get("files") or () if isinstance(each, dict)]


def offered(element: Mapping[str, Any], people: list[Doc], rooms: list[Doc]) -> list[dict[str, Any]]:
    """Give what an element lets one choose: `{group, choices: [{value, text, description}]}`, ungrouped first."""
    kind = element["type"]
    if kind.endswith("users_select"):
        return [_group("", [_choice(each["id"], each["real_name"]) for each in people if not each["is_bot"]])]
    if kind.endswith(("conversations_select", "channels_select")):
        return [_group("", [_choice(each["id"], f"#{each['name']}") for each in rooms if not each["is_archived"]])]
    groups = [_group("", [_option(each) for each in element.get("options", [])])] if element.get("options") else []
    for each in element.get("option_groups", []):
        label = mrkdwn.bare(each["label"]["text"])
        groups.append(_group(label, [_option(option) for option in each["options"]]))
    return groups


def _group(label: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"group": label, "choices": choices}


def _choice(value: str, text: str) -> dict[str, Any]:
    return {"value": value, "text": {"type": "plain_text", "text": text}, "description": None, "url": ""}


def _option(option: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": option["value"],
        "text": option["text"],
        "description": option.get("description"),
        "url": option.get("url", ""),
    }


def moment(held_values: list[str]) -> str:
    """Give Unix seconds as ISO 8601 in UTC; the page's script turns it into the reader's own time."""
    return datetime.fromtimestamp(int(held_values[0]), tz=UTC).isoformat() if held_values else ""


def confirmation(element: Mapping[str, Any], names: Names) -> str:
    """Give an element's confirm dialog as JSON of plain strings, or nothing."""
    confirm = element.get("confirm")
    if not confirm:
        return ""
    asked = {
        "title": mrkdwn.bare(confirm["title"]["text"]),
        "text": str(mrkdwn.text(confirm["text"], names).striptags()),
        "yes": mrkdwn.bare(confirm["confirm"]["text"]),
        "no": mrkdwn.bare(confirm["deny"]["text"]),
        "style": confirm.get("style", "primary"),
    }
    return json.dumps(asked, ensure_ascii=False)


def presses_on(block_kind: str, block: Mapping[str, Any], element: Mapping[str, Any]) -> str:
    """Say what makes a control act at once: nothing, `change`, `enter` or `typing`."""
    if block_kind != "input":
        return "change"
    if not block.get("dispatch_action"):
        return ""
    if element["type"] not in blocks.TEXT_INPUTS:
        return "change"
    on = element.get("dispatch_action_config", {}).get("trigger_actions_on", ["on_enter_pressed"])
    return "typing" if "on_character_entered" in on else "enter"


def typed(standing: Iterable[Doc], form: Mapping[str, list[str]]) -> Doc:
    """Read a posted form (`block|action` → strings) as Slack's `state.values`; controls not posted are left out."""
    values: Doc = {}
    for block_id, element, raw in _posted(standing, form):
        values.setdefault(block_id, {})[element["action_id"]] = blocks.value_of(element, raw)
    return values


def _posted(standing: Iterable[Doc], form: Mapping[str, list[str]]) -> Iterator[tuple[str, Doc, list[str]]]:
    for block_id, element in blocks.elements(standing):
        raw = form.get(name_of(block_id, element))
        if element["type"] in blocks.HOLDS and raw is not None:
            yield block_id, element, [_clean(element, each) for each in raw]


def _clean(element: Mapping[str, Any], raw: str) -> str:
    """Take a number as people write it: grouped by spaces or commas, full-width digits."""
    if element["type"] != "number_input":
        return raw
    return raw.strip().translate(str.maketrans("０１２３４５６７８９．－", "0123456789.-", " ,，\u00a0\u202f"))


def chosen(element: Doc, raw: list[str]) -> Doc:
    """Give what a press carries: the element's new value, or the option picked from an overflow menu."""
    if element["type"] == "overflow":
        picked = [option for option in element["options"] if option.get("value") in raw]
        return {"selected_option": picked[0] if picked else None}
    if element["type"] in blocks.HOLDS:
        return blocks.value_of(element, [_clean(element, each) for each in raw])
    return {}
