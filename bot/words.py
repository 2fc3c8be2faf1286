"""The sentences of the chat surface, each in 简体中文 and English, filled with facts."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

from escalation.words import Words

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "chat"


@cache
def catalogue() -> Mapping[str, Words]:
    """Every sentence by its key, from all files of `templates/chat`; a key that stands twice is refused."""
    found: dict[str, Words] = {}
    for path in sorted(TEMPLATES.glob("*.yaml")):
        for key, said in yaml.safe_load(path.read_text("utf-8")).items():
            if key in found:
                raise KeyError(f"{path.name}: {key} stands twice")
            found[key] = Words(zh=said["zh"], en=said["en"])
    return MappingProxyType(found)


def keys() -> tuple[str, ...]:
    """Every key of the catalogue."""
    return tuple(catalogue())


def say(key: str, lang: str, /, **facts: object) -> str:
    """The sentence of `key` in `lang` (`zh` or `en`), filled; `KeyError` for a key or a fact that is missing.

    `{n:task is|tasks are}` says the first part when the fact is one, else the second.
    """
    return _COUNTED.vformat(catalogue()[key].said(lang), (), facts)


class _Counted(string.Formatter):
    """Fills a sentence; a format with a bar in it is a choice by number."""

    def format_field(self, value: object, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if bar:
            return one if value == 1 else many
        return format(value, format_spec)


_COUNTED = _Counted()
