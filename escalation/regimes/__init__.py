"""The reporting regimes and level criteria of the house: data, each rule with its source and how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from errors import BadRegimes, NoSuchRegime
from escalation.clocks import CONFIDENCES, Regime, Wanted
from escalation.criteria import Criteria
from escalation.marks import Desk
from escalation.regimes.reading import read_criteria, read_regimes, wanted
from escalation.regimes.sheet import Entry, content
from escalation.words import Words

__all__ = [
    "Lists",
    "Titles",
    "all_criteria",
    "all_regimes",
    "criteria",
    "criteria_ids",
    "ids",
    "kinds",
    "lists",
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

    `addressees` gives the kind of authority of the people file that a recipient is, where it is one; `letters` as
    which letter a kind of report is written (a return is none).
    """

    kinds: Mapping[str, Words]
    recipients: Mapping[str, Words]
    channels: Mapping[str, Words]
    anchors: Mapping[str, Words]
    confidences: Mapping[str, Words]
    addressees: Mapping[str, str]
    letters: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Lists:
    """What notices must say: the field lists of the law and of the house.

    `fields` gives the items of each list in their order, by id (`F493.1`); `asks` what an item looks at; `texts` what
    a person writes for a notice whose list asks it; `sure` how sure each list is (`F493`); `base` what is wanted of a
    notice, by notice, where neither a rule nor its regime says so.
    """

    fields: Mapping[str, Words]
    asks: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, Words]
    sure: Mapping[str, str]
    base: Mapping[str, Wanted]

    def wanted(self, name: str, kind: str, notice: str) -> Wanted:
        """What this notice must say: by the rule that asks for its kind, else by its regime, else by the house."""
        regime = all_regimes().get(name)
        for rule in regime.every_rule if regime else ():
            if rule.kind == kind and (rule.now or rule.later):
                return Wanted(now=rule.now, later=tuple(dict.fromkeys((*rule.later, *rule.final))))
        return (regime.letters.get(notice) if regime else None) or self.base[notice]

    def surely(self, wanted: Wanted) -> str:
        """How sure the least sure of the lists is that these fields come from."""
        names = {name.rpartition(".")[0] for name in (*wanted.now, *wanted.later)}
        return min((self.sure[name] for name in names), key=CONFIDENCES.index, default=CONFIDENCES[0])


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
    """The words for kinds, recipients, channels, anchors and confidence marks; raises `BadRegimes`."""
    root = _root("titles.yaml")
    value = Titles(
        kinds=root.table("kinds", _words),
        recipients=root.table("recipients", _words),
        channels=root.table("channels", _words),
        anchors=root.table("anchors", _words),
        confidences=root.table("confidences", _words),
        addressees=dict(_named(root.entry("addressees"))),
        letters=dict(_named(root.entry("letters"))),
    )
    _close(root)
    return value


@cache
def lists() -> Lists:
    """What notices must say; raises `BadRegimes`."""
    root = _root("fields.yaml")
    value = Lists(
        sure=root.table("lists", _sure),
        texts=root.table("texts", _words),
        fields=root.table("fields", _words),
        asks=root.table("fields", lambda entry: entry.names("asks")),
        base=root.table("base", wanted),
    )
    _close(root)
    return value


def _root(name: str) -> Entry:
    desk = Desk(name)
    found = content((_FOLDER / name).read_text("utf-8"), desk)
    return Entry(desk=desk, path=(), content=found if isinstance(found, dict) else {})


def _close(root: Entry) -> None:
    root.close()
    if root.desk.faults:
        raise BadRegimes(root.desk.faults)


def _sure(entry: Entry) -> str:
    confidence = entry.text("confidence")
    entry.is_known("confidence", confidence, CONFIDENCES, ("可信度", "confidence"))
    return confidence


def _words(entry: Entry) -> Words:
    return Words(zh=entry.text("zh"), en=entry.text("en"))


def _named(entry: Entry) -> Iterator[tuple[str, str]]:
    return ((name, entry.text(name)) for name in entry.content)
