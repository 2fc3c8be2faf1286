"""Two changes of one plan brought together: what another version changed, over a draft that began before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from escalation.words import Words
from playbooks import edits
from playbooks.changes import changes
from playbooks.shape import Playbook, canonical, from_canonical

_GONE: Final = object()  # what a content does not hold
_Join = Callable[[Any, Any, Any], Any]


def taken_over(base: Playbook, mine: Playbook, theirs: Playbook) -> Playbook:
    """Answer `mine` with everything that `theirs` changed of `base`; where both changed the same, theirs stands.

    Roles, tasks, duties and questions are told apart by their ids, chapters by their titles, levels by their names;
    a text stands or gives way whole. Raises `BadEdit` where the two together make no plan.
    """
    content = _of_keys(_PARTS, canonical(base), canonical(mine), canonical(theirs))
    return edits.checked(from_canonical(content))


def gave_way(base: Playbook, mine: Playbook, theirs: Playbook, both: Playbook) -> tuple[Words, ...]:
    """Every change of `mine` that does not stand in `both`, as a sentence."""
    kept = {*changes(theirs, both), *changes(base, theirs)}
    return tuple(each for each in changes(base, mine) if each not in kept)


def _whole(base: object, mine: object, theirs: object) -> object:
    return mine if theirs == base else theirs


def _of_keys(joins: Mapping[str, _Join], base: Any, mine: Any, theirs: Any) -> Any:  # noqa: ANN401 -- JSON of any shape
    """Bring mappings together key by key; what one of them lacks altogether stands or goes whole."""
    if not all(isinstance(each, Mapping) for each in (base, mine, theirs)):
        return _whole(base, mine, theirs)
    found = {
        key: joins.get(key, _whole)(base.get(key, _GONE), mine.get(key, _GONE), theirs.get(key, _GONE))
        for key in {**mine, **theirs}
    }
    return {key: value for key, value in found.items() if value is not _GONE}


def _named(key: str, base: Any, mine: Any, theirs: Any) -> Any:  # noqa: ANN401 -- as above
    """Bring lists together item by item; the order is mine, unless they changed it."""
    before, own, other = (_by(key, each) for each in (base, mine, theirs))
    common = [name for name in before if name in other]
    moved = common != [name for name in other if name in before]
    order = _order(list(other), list(own)) if moved else _order(list(own), list(other))
    joined = {name: _of_keys({}, *(each.get(name, _GONE) for each in (before, own, other))) for name in order}
    return [item for item in joined.values() if item is not _GONE]


def _by(key: str, listed: Any) -> dict[str, Any]:  # noqa: ANN401 -- as above
    return {} if listed is _GONE else {item[key]: item for item in listed}


def _order(first: list[str], second: Sequence[str]) -> list[str]:
    """Answer the names of the first, each further one of the second after the one that it follows there."""
    found = list(first)
    for n, name in enumerate(second):
        if name not in found:
            before = next((each for each in reversed(second[:n]) if each in found), None)
            found.insert(found.index(before) + 1 if before is not None else 0, name)
    return found


_ITEMS: Final = partial(_named, "id")
_LEVEL: Final = partial(_of_keys, {})
_PARTS: Final[Mapping[str, _Join]] = {
    "levels": partial(_of_keys, dict.fromkeys(("I", "II", "III", "IV"), _LEVEL)),
    **dict.fromkeys(("roles", "tasks", "duties", "assessment", "review"), _ITEMS),
    "chapters": partial(_named, "title"),
    "ladder": _LEVEL,
    "references": _LEVEL,
}
