"""A playbook as the text of a plan file, in one spelling: what `content.read` reads back with the same digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from playbooks.shape import FORMAT, Chapter, Plain, Playbook, canonical

#: Where a plan file finds the schema that editors complete and check by: plan files stand in a folder beside it.
SCHEMA = "../plan.schema.json"

#: The keys of a file in their order, a blank line before each group.
_GROUPS = (
    ("format", "code", "title", "tier", "scenario", "scenario_title", "family", "owner", "parent", "organisation",
     "units", "covers", "outline", "review_every", "references", "source", "scope", "event_class", "criteria"),
    ("levels",), ("roles",), ("tasks",), ("duties",), ("ladder",), ("facts",), ("assessment",), ("stand_down",),
    ("review",), ("chapters",),
)  # fmt: skip

#: What a reader takes in at one glance stands on one line.
_GLANCE, _FEW = 100, 3  # characters, keys
_NEVER = 1 << 30  # characters a line may have before the emitter would fold it


def yaml_text(playbook: Playbook, *, schema: str = SCHEMA) -> str:
    """Answer the plan file of `playbook`, with a first line by which editors find its schema (a path or address)."""
    return _file(_tidy(canonical(playbook)), schema)


def skeleton_text(code: str, chapters: Iterable[Chapter], *, like: Playbook | None = None, schema: str = SCHEMA) -> str:
    """Answer the file of a plan that is still to be written: what runs comes from `like`, or is left blank.

    It is an outline until its owner says otherwise, and `content.read` names every blank with its line.
    """
    whole = _tidy(canonical(like)) if like is not None else _blank()
    kept = [{"title": each.title, "text": each.text} for each in chapters]
    return _file({**whole, "code": code, "outline": True, "chapters": kept}, schema)


# --- what a file says -----------------------------------------------------------------------------------------------


def _tidy(content: Plain) -> dict[str, Any]:
    """Answer canonical content as a person would write it: no key that says nothing."""
    tidy = {**content, "tasks": [_task(task) for task in content["tasks"]]}
    tidy["duties"] = [_duty(duty) for duty in content["duties"]]
    return {**tidy, "outline": True} if "outline" in tidy else tidy


def _task(task: Plain) -> dict[str, Any]:
    return {key: value for key, value in task.items() if value is not None}


def _duty(duty: Plain) -> dict[str, Any]:
    # What is due at once may be signed alone at once: the reader refuses a span there.
    at_once = isinstance(duty["clock"], Mapping) and "immediate" in duty["clock"]
    return {**duty, "alone": {"post": duty["alone"]["post"]}} if at_once else dict(duty)


def _blank() -> dict[str, Any]:
    """Answer the content of a plan in which everything is still to be written."""
    words = {"zh": None, "en": None}
    level = {"when": words, "measures": words, "decided_by": None, "period": None}
    named = dict.fromkeys(("code", "tier", "scenario", "family", "owner", "parent", "criteria"))
    return {
        **named,
        "format": FORMAT,
        "title": words,
        "scenario_title": words,
        "source": [None],
        "scope": words,
        "event_class": [None],
        "levels": dict.fromkeys(("I", "II", "III", "IV"), level),
        "roles": [{"id": None, "title": words, "post": None, "from": None, "brief": words}],
        "tasks": [{"id": "T01", "role": None, "from": None, "due": None, "do": words}],
        "duties": [],
        "ladder": {"rungs": [{"wait": "PT0S", "whom": None, "via": None}], "repeat": None},
        "facts": [],
        "assessment": [{"id": "Q1", "ask": words}],
        "stand_down": [words],
        "review": [{"id": "R1", "ask": words}],
    }


# --- how it is written ----------------------------------------------------------------------------------------------


class _Press(yaml.SafeDumper):
    """Writes no anchors, which the reader refuses, and indents the items of a list."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- the library's signature
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)


def _file(content: Plain, schema: str) -> str:
    parts = ("".join(_entry(key, content[key]) for key in group if key in content) for group in _GROUPS)
    return f"# yaml-language-server: $schema={schema}\n" + "\n".join(part for part in parts if part)


def _entry(key: str, value: object) -> str:
    node = yaml.MappingNode("tag:yaml.org,2002:map", [(_node(key), _node(value))], flow_style=False)
    written: str = yaml.serialize(node, Dumper=_Press, allow_unicode=True, width=_NEVER)
    return written


def _node(value: object) -> yaml.Node:
    """Answer the node of a value: short things on one line, long and typed texts over several."""
    match value:
        case Mapping():
            pairs = [(_node(key), _node(each)) for key, each in value.items()]
            return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=_short(value))
        case list():
            return yaml.SequenceNode("tag:yaml.org,2002:seq", [_node(each) for each in value], flow_style=_short(value))
        case bool():
            return yaml.ScalarNode("tag:yaml.org,2002:bool", "true" if value else "false")
        case None:
            return yaml.ScalarNode("tag:yaml.org,2002:null", "null")
        case _:
            words = str(value)
            return yaml.ScalarNode("tag:yaml.org,2002:str", words, style="|" if "\n" in words else None)


def _short(value: Mapping[str, Any] | list[Any]) -> bool:
    """Whether it is taken in at one glance: few plain things of one line, or few short ones under their keys."""
    if isinstance(value, list):
        return not any(isinstance(item, Mapping) for item in value) and _width(value) <= _GLANCE
    deep = (item for item in value.values() if isinstance(item, Mapping))
    return len(value) <= _FEW and all(_short(item) for item in deep) and _width(value) <= _GLANCE


def _width(value: object) -> int:
    """Answer how many characters a value has on one line; more than any line when it has several."""
    match value:
        case Mapping():
            return sum(len(key) + 2 + _width(item) + 2 for key, item in value.items())
        case list():
            return sum(_width(item) + 2 for item in value)
        case str() if "\n" in value:
            return _NEVER
        case _:
            return len(str(value))
