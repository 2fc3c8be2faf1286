"""The reporting regimes and level criteria of the house: data, each rule with its source and how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from errors import BadRegimes, NoSuchRegime
from escalation.clocks import Regime
from escalation.criteria import Criteria
from escalation.marks import Desk
from escalation.regimes.reading import read_criteria, read_regimes
from escalation.regimes.sheet import Entry, content
from escalation.words import Words

__all__ = [
    "Titles",
    "all_criteria",
    "all_regimes",
    "criteria",
    "criteria_ids",
    "ids",
    "kinds",
    "read_criteria",
    "read_regimes",
    "regime",
    "titles",
]

_FOLDER = Path(__file__).parent
_T = TypeVar("_T", Regime, Criteria)


@dataclass(frozen=True, kw_only=True)
class Titles:
    """The words people read for what the regimes name by id.

    `fields` gives the items of each field list in their order, by id; `addressees` the kind of authority of the
    people file that a recipient is, where it is one.
    """

    kinds: Mapping[str, Words]
    recipients: Mapping[str, Words]
    channels: Mapping[str, Words]
    anchors: Mapping[str, Words]
    confidences: Mapping[str, Words]
    fields: Mapping[str, Words]
    addressees: Mapping[str, str]


@cache
def all_regimes() -> Mapping[str, Regime]:
    """Every regime of the house by id, in the order of the files."""
    texts = ((path.name, path.read_text("utf-8")) for path in sorted(_FOLDER.glob("regimes-*.yaml")))
    return _by_id(value for name, text in texts for value in read_regimes(text, name))


@cache
def all_criteria() -> Mapping[str, Criteria]:
    """Every table of level criteria by id."""
    texts = ((path.name, path.read_text("utf-8")) for path in sorted(_FOLDER.glob("criteria-*.yaml")))
    return _by_id(value for name, text in texts for value in read_criteria(text, name))


def _by_id(values: Iterable[_T]) -> Mapping[str, _T]:
    return MappingProxyType({value.id: value for value in values})


def regime(name: str) -> Regime:
    """The regime of that id; raises `NoSuchRegime`."""
    found = all_regimes().get(name)
    if found is None:
        raise NoSuchRegime(regime=name, known=", ".join(all_regimes()))
    return found


def criteria(name: str) -> Criteria:
    """The criteria of that id; raises `NoSuchRegime`."""
    found = all_criteria().get(name)
    if found is None:
        raise NoSuchRegime(regime=name, known=", ".join(all_criteria()))
    return found


def ids() -> tuple[str, ...]:
    """The ids of all regimes."""
    return tuple(all_regimes())


def criteria_ids() -> tuple[str, ...]:
    """The ids of all level criteria."""
    return tuple(all_criteria())


def kinds(name: str) -> tuple[str, ...]:
    """The kinds of report that a regime knows; raises `NoSuchRegime`."""
    return regime(name).kinds


@cache
def titles() -> Titles:
    """The words for kinds, recipients, channels, anchors, confidence marks and fields; raises `BadRegimes`."""
    desk = Desk("titles.yaml")
    found = content((_FOLDER / "titles.yaml").read_text("utf-8"), desk)
    root = Entry(desk=desk, path=(), content=found if isinstance(found, dict) else {})
    value = Titles(
        kinds=root.table("kinds", _words),
        recipients=root.table("recipients", _words),
        channels=root.table("channels", _words),
        anchors=root.table("anchors", _words),
        confidences=root.table("confidences", _words),
        fields=root.table("fields", _words),
        addressees=dict(_addressees(root.entry("addressees"))),
    )
    root.close()
    if desk.faults:
        raise BadRegimes(desk.faults)
    return value


def _words(entry: Entry) -> Words:
    return Words(zh=entry.text("zh"), en=entry.text("en"))


def _addressees(entry: Entry) -> Iterator[tuple[str, str]]:
    return ((name, entry.text(name)) for name in entry.content)
