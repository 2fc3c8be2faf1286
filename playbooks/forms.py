"""A playbook as forms show it: parts, their items, and every text in them as a line that can be edited.

The lines come from the field table that plan files are read by, so a field added there stands in the form too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from errors import BadEdit, FieldFault
from escalation.fields import Duration, Field, ListOf, Nullable, OneOf, Record, Text, span_of
from escalation.marks import Path
from escalation.spans import span_words
from escalation.words import Words
from playbooks.checks import HOUSE_ROLES, Known
from playbooks.content import FORM, Clock, names
from playbooks.shape import Plain, Playbook, Task, canonical
from playbooks.titles import TITLES, named, title

#: The item that is still to be written.
NEW = "+"

Content = dict[str, Any]


class Part(StrEnum):
    """What is edited at a time."""

    HEAD = "head"
    LEVELS = "levels"
    ROLES = "roles"
    TASKS = "tasks"
    DUTIES = "duties"
    LADDER = "ladder"
    FACTS = "facts"
    ASSESSMENT = "assessment"
    STAND_DOWN = "stand_down"
    REVIEW = "review"
    REFERENCES = "references"
    CHAPTERS = "chapters"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return Words(zh="基本情况", en="Head") if self is Part.HEAD else TITLES[self.value].name


#: The fields of a part that stand once, by their paths in the file.
OWN: Mapping[Part, tuple[Path, ...]] = {
    Part.HEAD: tuple(
        (key,)
        for key in (
            "code", "title", "tier", "scenario", "scenario_title", "family", "owner", "parent", "organisation",
            "units", "covers", "outline", "review_every", "event_class", "criteria", "scope", "source",
        )
    ),
    Part.LADDER: (("ladder", "repeat"),),
    Part.FACTS: (("facts",),),
    Part.REFERENCES: tuple(("references", key) for key in ("equipment", "posts", "sites", "laws")),
}  # fmt: skip
#: Where the items of a part stand.
LISTED: Mapping[Part, Path] = {
    Part.LEVELS: ("levels",),
    Part.ROLES: ("roles",),
    Part.TASKS: ("tasks",),
    Part.DUTIES: ("duties",),
    Part.LADDER: ("ladder", "rungs"),
    Part.ASSESSMENT: ("assessment",),
    Part.STAND_DOWN: ("stand_down",),
    Part.REVIEW: ("review",),
    Part.CHAPTERS: ("chapters",),
}
_FIRST_IDS = {Part.TASKS: "T01", Part.DUTIES: "D1", Part.ASSESSMENT: "Q1", Part.REVIEW: "R1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One item of a part: its id (a number, counted from 1, where it has none of its own) and what people read."""

    id: str
    words: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One editable text of a form.

    `field` names it when it is put back; `choices` are the only values it takes, if there are any; `many` says that it
    holds one value a line; `most` is how many characters fit (each value's, where there are many); `reads` says a
    duration in words.
    """

    field: str
    title: Words
    hint: Words
    value: str
    required: bool
    choices: tuple[str, ...] = ()
    many: bool = False
    most: int | None = None
    reads: Words | None = None


# --- what a form shows


def items(playbook: Playbook, part: Part) -> tuple[Item, ...]:
    """Answer the items of a part in their order; none for a part that stands once."""
    if part not in LISTED:
        return ()
    listed = at(canonical(playbook), LISTED[part]) or []
    if isinstance(listed, Mapping):
        return tuple(Item(id=name, words=title(("levels", name)).name) for name in listed)
    if part is Part.TASKS:
        return tuple(Item(id=task.id, words=_task(playbook, task)) for task in playbook.tasks)
    ids = _ids(listed)
    return tuple(Item(id=name, words=_label(part, name, item)) for name, item in zip(ids, listed, strict=True))


def _task(playbook: Playbook, task: Task) -> Words:
    """Answer what people read for a task: by when, who, what."""
    due, role = span_words(task.due), playbook.role(task.role).title
    zh, en = (
        f"{task.id} · T+{span} · {who} · {do}"
        for span, who, do in ((due.zh, role.zh, task.do.zh), (due.en, role.en, task.do.en))
    )
    return Words(zh=zh, en=en)


def lines(playbook: Playbook, part: Part, item: str | None = None, *, known: Known | None = None) -> tuple[Line, ...]:
    """Answer the lines of a part's own fields, or those of one item; of `NEW`, blank ones with the id proposed."""
    content = copied(playbook)
    choices = _choices(playbook, known or names())
    if item is None:
        return tuple(
            line
            for path in OWN.get(part, ())
            for line in _lines(path, field_of(path), at(content, path), choices, required=wanted(path))
        )
    path = LISTED[part]
    written = _proposed(playbook, part) if item == NEW else at(content, item_path(content, part, item))
    record = record_of(part)
    return tuple(
        line
        for key, field in {**record.required, **record.optional}.items()
        for line in _lines((*path, key), field, written.get(key), choices, required=key in record.required, cut=path)
    )


def next_id(playbook: Playbook, part: Part) -> str:
    """Answer the id a new item would have: one above the highest, spelt like it; "" where people choose a name."""
    taken = [item.id for item in items(playbook, part)]
    found = [match for name in taken if (match := re.fullmatch(r"([A-Z][A-Za-z-]*)(\d+)", name))]
    if part not in _FIRST_IDS:
        return ""
    if not found:
        return _FIRST_IDS[part]
    last = max(found, key=lambda match: int(match[2]))
    return f"{last[1]}{int(last[2]) + 1:0{len(last[2])}}"


# --- where things stand ----------------------------------------------------------------------------------------------


def at(content: Any, path: Path) -> Any:  # noqa: ANN401 - JSON-able content of any shape
    """Answer what stands at a path; None where a key is left out."""
    for key in path:
        if isinstance(content, Mapping) and key not in content:
            return None
        content = content[key]
    return content


def _ids(listed: Sequence[Plain]) -> list[str]:
    return [str(item.get("id", n)) for n, item in enumerate(listed, start=1)]


def place(content: Content, part: Part, item: str) -> str | int:
    """Answer the key or index of an item, of a new one the place after the last."""
    listed = at(content, LISTED[part])
    if part is Part.CHAPTERS and listed is None:
        listed = content["chapters"] = []
    if isinstance(listed, Mapping):
        return item if item in listed else _missing(part, item)
    if item == NEW:
        return len(listed)
    ids = _ids(listed)
    return ids.index(item) if item in ids else _missing(part, item)


def _missing(part: Part, item: str) -> NoReturn:
    zh = f"预案中已没有“{part.words.zh}”{item}；它可能刚被他人删除，请重新打开。"
    en = f"the plan has no {item} under “{part.words.en}” any more; somebody may have deleted it. Open it again."
    raise BadEdit((FieldFault(field="", zh=zh, en=en),))


def item_path(content: Content, part: Part, item: str) -> Path:
    """Answer where an item stands, or a new one would; raises `BadEdit` when there is no such item."""
    return LISTED[part] + (place(content, part, item),)


def copied(playbook: Playbook) -> Content:
    """Answer canonical content that may be changed, without what says nothing."""
    content = canonical(playbook)
    for duty in content["duties"]:
        if isinstance(duty["clock"], dict) and "immediate" in duty["clock"]:
            del duty["alone"]["before"]
    return content


# --- the fields, from the reader's own table -------------------------------------------------------------------------


def field_of(path: Path) -> Field:
    """Answer the field of the table at a path without numbers."""
    field: Field = FORM
    for key in path:
        while isinstance(field, (ListOf, Nullable)):
            field = field.of
        if not isinstance(field, Record):
            raise KeyError(path)
        field = {**field.required, **field.optional}[str(key)]
    return field


def wanted(path: Path) -> bool:
    """Whether the key at a path may not be left out."""
    above = field_of(path[:-1])
    return isinstance(above, Record) and path[-1] in above.required


def record_of(part: Part) -> Record:
    """Answer the record that each item of a part is."""
    path = LISTED[part]
    field = field_of((*path, "I")) if part is Part.LEVELS else field_of(path)
    found = field.of if isinstance(field, ListOf) else field
    if not isinstance(found, Record):
        raise TypeError(part)
    return found


def _lines(
    path: Path,
    field: Field,
    value: Any,  # noqa: ANN401 - JSON-able content of any shape
    choices: Mapping[str, Sequence[str]],
    *,
    required: bool,
    cut: Path = (),
) -> Iterator[Line]:
    """Yield the lines of one field; a field of fields has several. `cut` is what their names do not repeat."""
    match field:
        case Nullable():
            yield from _lines(path, field.of, value, choices, required=False, cut=cut)
        case Record():
            for key, each in {**field.required, **field.optional}.items():
                below = (value or {}).get(key)
                wanted = required and key in field.required
                yield from _lines((*path, key), each, below, choices, required=wanted, cut=cut)
        case Clock():
            for key, text in _clock_texts(value).items():
                yield _line((*path, key), Text(most=60), text, choices, required=key == "kind", cut=cut)
        case _:
            yield _line(path, field, value, choices, required=required, cut=cut)


def _line(
    path: Path,
    field: Field,
    value: Any,  # noqa: ANN401 - JSON-able content of any shape
    choices: Mapping[str, Sequence[str]],
    *,
    required: bool,
    cut: Path,
) -> Line:
    many = isinstance(field, ListOf)
    leaf = field.of if isinstance(field, ListOf) else field
    text = "\n".join(value) if many and value else _plain(value)
    span = span_of(text) if isinstance(leaf, Duration) or path[-1] == "span" else None
    known = tuple(leaf.known) if isinstance(leaf, OneOf) else tuple(choices.get(named(path), ()))
    return Line(
        field=".".join(str(key) for key in path[len(cut) :]),
        title=_named(path),
        hint=title(path).hint,
        value=text,
        required=required,
        choices=known,
        many=many,
        most=leaf.most if isinstance(leaf, Text) else None,
        reads=span_words(span) if span is not None else None,
    )


def _plain(value: object) -> str:
    return "true" if value is True else str(value or "")


def _named(path: Path) -> Words:
    """Answer what a line is called; each language of a text is named with what it is the text of."""
    own = title(path).name
    if path[-1] not in ("zh", "en") or not named(path[:-1]):
        return own
    above = title(path[:-1]).name
    return Words(zh=f"{above.zh}（{own.zh}）", en=f"{above.en} ({own.en})")


def _choices(playbook: Playbook, known: Known) -> dict[str, Sequence[str]]:
    """Answer the names that are known at each field whose names are defined elsewhere."""
    roles, signers = [role.id for role in playbook.roles], sorted({*HOUSE_ROLES, *known.posts})
    return {
        "criteria": sorted(known.criteria),
        "scenario": sorted(known.scenarios or ()),
        "levels.decided_by": [*roles, *sorted(HOUSE_ROLES.difference(roles))],
        "roles.post": sorted(known.posts),
        "tasks.role": roles,
        "duties.regime": sorted(known.regimes),
        "duties.clock.kind": CLOCK_KINDS,
        "duties.signs": signers,
        "duties.alone.post": signers,
    }


def _proposed(playbook: Playbook, part: Part) -> Content:
    """Answer what a new item begins with."""
    return {"id": next_id(playbook, part)} if next_id(playbook, part) else {}


def _label(part: Part, name: str, item: Plain) -> Words:
    """Answer what people read for an item of a list."""
    key = {Part.ASSESSMENT: "ask", Part.REVIEW: "ask"}.get(part, "title")
    if part is Part.LADDER:
        return Words(zh=f"第 {name} 次呼叫", en=f"call {name}")
    if part is Part.CHAPTERS:
        return Words(zh=item["title"], en=item["title"])
    words = item if part is Part.STAND_DOWN else item[key]
    return Words(zh=f"{name} {words['zh']}", en=f"{name} {words['en']}")


CLOCK_KINDS = ("statutory", "within", "every", "immediate")
CLOCK_LINES = ("kind", "from", "span", "until")


def _clock_texts(clock: str | Plain | None) -> dict[str, str]:
    """Answer a duty's clock as four lines: its sort, where it starts, how long, until when."""
    if not isinstance(clock, Mapping):
        return {"kind": clock or "", "from": "", "span": "", "until": ""}
    kind = next(kind for kind in CLOCK_KINDS if kind in clock)
    span = clock.get("target") or clock[kind]
    return {"kind": kind, "from": clock["from"], "span": span, "until": clock.get("until", "")}
