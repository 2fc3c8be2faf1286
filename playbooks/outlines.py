"""The chapters that plan documents usually have, by which an imported one is compared (`plans/outlines.yaml`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from escalation.words import Words

_FILE = Path(__file__).resolve().parents[1] / "plans" / "outlines.yaml"
#: What the law asks of every plan, whatever standard it follows.
LAW = "cn.erl2024.art28"


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """One usual chapter, and the words by which its heading is known."""

    name: Words
    words: tuple[str, ...]

    def stands_in(self, headings: Iterable[str]) -> bool:
        """Whether one of the headings says it."""
        return any(word in heading.lower() for heading in headings for word in self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """The chapters of one standard or law; `confidence` is how sure it is that they are these."""

    id: str
    title: Words
    confidence: str
    chapters: tuple[Usual, ...]

    def missing(self, headings: Iterable[str]) -> tuple[Words, ...]:
        """Answer the chapters that no heading names."""
        said = tuple(headings)
        return tuple(each.name for each in self.chapters if not each.stands_in(said))


def nearest(headings: Iterable[str]) -> Outline | None:
    """Answer the standard's outline that the headings come nearest to; None when they have nothing of any."""
    said = tuple(headings)
    found = {each: len(each.chapters) - len(each.missing(said)) for each in outlines() if each.id != LAW}
    # The share alone would favour short outlines, the number alone long ones.
    best = max(found, key=lambda each: found[each] ** 2 / len(each.chapters))
    return best if found[best] else None


def law() -> Outline:
    """Answer what the law asks of every plan."""
    return next(each for each in outlines() if each.id == LAW)


@cache
def outlines() -> tuple[Outline, ...]:
    """Answer every outline of the house, in the order of the file."""
    return tuple(_outline(each) for each in yaml.safe_load(_FILE.read_text("utf-8")))


def _outline(content: Mapping[str, Any]) -> Outline:
    return Outline(
        id=content["id"],
        title=Words(**content["title"]),
        confidence=content["confidence"],
        chapters=tuple(
            Usual(name=Words(zh=each["zh"], en=each["en"]), words=tuple(word.lower() for word in each["words"]))
            for each in content["chapters"]
        ),
    )
