"""What forms are made of: a modal, its fields, its notes; every field is a block named for it, its element `value`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.parts import (
    INPUT,
    LABEL,
    PLACEHOLDER,
    TITLE,
    VIEW_BLOCKS,
    Doc,
    Facts,
    banner,
    fit,
    option,
    plain,
    section,
    select,
    steady_buttons,
    typed,
)
from bot.words import say

ELEMENT = "value"
TICKS = 10  # Slack's limit of checkboxes


def modal(
    lang: str,
    title: str,
    blocks: Sequence[Doc],
    *,
    callback: str = "",
    submit: str = "",
    private: Mapping[str, Any] | None = None,
    head: Facts | None = None,
) -> Doc:
    """A modal; a drill's stands under its mark. Without `submit` it can only be read."""
    told = steady_buttons(fit([*(banner(head, lang) if head else []), *blocks], VIEW_BLOCKS, lang))
    view: Doc = {"type": "modal", "title": plain(title, TITLE), "close": plain(say("form.close", lang), TITLE)}
    view |= {"blocks": told, "private_metadata": json.dumps(dict(private or {}), ensure_ascii=False)}
    view |= {"callback_id": callback} if callback else {}
    return view | ({"submit": plain(submit, TITLE)} if submit else {})


def about(head: Facts) -> Doc:
    """Which incident the form is about."""
    return section(f"*{typed(head['title'], 120)}* · {typed(head['number'])}")


def _field(block: str, label: str, element: Doc, *, optional: bool, hint: str) -> Doc:
    made: Doc = {"type": "input", "block_id": block, "label": plain(label, LABEL), "element": element}
    made |= {"optional": True} if optional else {}
    return made | ({"hint": plain(hint, LABEL)} if hint else {})


def text(
    block: str,
    label: str,
    *,
    value: str = "",
    optional: bool = False,
    many: bool = False,
    hint: str = "",
    shown: str = "",
    most: int = INPUT,
) -> Doc:
    """A line or several lines of text; `shown` stands greyed in an empty field."""
    element: Doc = {"type": "plain_text_input", "action_id": ELEMENT, "multiline": many, "max_length": most}
    element |= {"initial_value": value[:most]} if value else {}
    element |= {"placeholder": plain(shown, PLACEHOLDER)} if shown else {}
    return _field(block, label, element, optional=optional, hint=hint)


def choice(
    block: str,
    label: str,
    options: Sequence[Doc],
    *,
    chosen: str | None = None,
    optional: bool = False,
    redraws: bool = False,
    hint: str = "",
    shown: str = "",
) -> Doc:
    """One of several; `redraws` tells the door of each choice, so that the form can show what it means."""
    made = _field(block, label, select(ELEMENT, options, chosen=chosen, hint=shown), optional=optional, hint=hint)
    return made | ({"dispatch_action": True} if redraws else {})


def ticks(block: str, label: str, options: Sequence[Doc], *, chosen: Sequence[str] = (), hint: str = "") -> Doc:
    """Any of several, or none: checkboxes, or a list to choose from where there are more than Slack draws."""
    boxes = len(options) <= TICKS
    element: Doc = {"type": "checkboxes" if boxes else "multi_static_select", "action_id": ELEMENT}
    element["options"] = list(options[:100])
    initial = [each for each in options[:100] if each["value"] in chosen]
    element |= {"initial_options": initial} if initial else {}
    return _field(block, label, element, optional=True, hint=hint)


def picked_at(block: str, label: str, *, chosen: int | None = None, optional: bool = False, hint: str = "") -> Doc:
    """An instant, picked by the reader's own clock; `chosen` in Unix seconds."""
    element: Doc = {"type": "datetimepicker", "action_id": ELEMENT}
    element |= {"initial_date_time": chosen} if chosen else {}
    return _field(block, label, element, optional=optional, hint=hint)


def upload_field(block: str, label: str, *, kinds: Sequence[str], hint: str = "") -> Doc:
    """One file from the reader's own machine; `kinds` are the endings it may have, without the dot."""
    element: Doc = {"type": "file_input", "action_id": ELEMENT, "filetypes": list(kinds), "max_files": 1}
    return _field(block, label, element, optional=False, hint=hint)


def people_options(people: Sequence[Facts], lang: str) -> list[Doc]:
    """People to choose from, by name and what they are."""
    return [option(_person(each, lang), each["id"]) for each in people]


def _person(person: Facts, lang: str) -> str:
    title = person.get("title")
    said = (title["zh" if lang == "zh" else "en"] if isinstance(title, Mapping) else title) or ""
    return f"{person['name']} · {said}" if said else str(person["name"])


def pages(content: str, limit: int = 2800) -> list[str]:
    """The text in pieces of at most `limit` characters, cut at line ends where it can be; joined they are the text."""
    found: list[str] = []
    for line in content.splitlines(keepends=True):
        for start in range(0, len(line), limit):
            piece = line[start : start + limit]
            if found and len(found[-1]) + len(piece) <= limit:
                found[-1] += piece
            else:
                found.append(piece)
    return found


def verbatim(content: str) -> list[Doc]:
    """The text exactly as it is: preformatted, so that no emphasis, emoji name or link is read into it."""
    return [_preformatted(piece) for piece in pages(content)]


def _preformatted(piece: str) -> Doc:
    inner = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": piece}]}
    return {"type": "rich_text", "elements": [inner]}
