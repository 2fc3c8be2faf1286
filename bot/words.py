"""The sentences of the chat surface, each in 简体中文 and English, filled with facts."""

from __future__ import annotations

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
    """The sentence of `key` in `lang` (`zh` or `en`), filled; `KeyError` for a key or a fact that is missing."""
    return catalogue()[key].said(lang).format_map(facts)
