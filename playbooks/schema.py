"""The plan format as a JSON Schema (2020-12), made from the field table that plan files are read by.

It says what the form alone can say: an editor completes and checks by it while one types. What holds between the parts
of a plan (an id used once, a task's role, a clock's filing) only `content.read` sees.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from escalation.duties import INSTANTS
from escalation.fields import Duration, Field, ListOf, Nullable, OneOf, Record, Text
from escalation.marks import Path
from escalation.spans import ELAPSED, MONTHS, WORKING_DAYS, iso_text
from playbooks.checks import HOUSE_ROLES, INTERNAL_KINDS, ONCE, Known
from playbooks.content import FORM, Clock, names
from playbooks.titles import named, title

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTITY = "urn:tocsin:schema:plan:1"
_FILING = r"^submitted_at\[[a-z][a-z0-9_]*\]$"


def text() -> str:
    """Answer the schema as the text of `plans/plan.schema.json`."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def schema(known: Known | None = None) -> Schema:
    """Answer the schema of a plan file; `known` gives the names that are defined elsewhere (default: the house's)."""
    press = _Press(known or names())
    return {"$schema": DIALECT, "$id": IDENTITY, **press.said((), FORM)}


class _Press:
    """Writes the schema of each field, with the names that are known at its place."""

    def __init__(self, known: Known) -> None:
        signers = HOUSE_ROLES | frozenset(known.posts)
        self.known: Mapping[str, Collection[str]] = {
            "criteria": known.criteria,
            "roles.post": known.posts,
            "duties.regime": known.regimes,
            "duties.signs": signers,
            "duties.alone.post": signers,
            **({"scenario": known.scenarios} if known.scenarios is not None else {}),
        }
        self.kinds = known.regimes

    def said(self, path: Path, field: Field) -> Schema:
        """Answer the schema of the field at `path`, with its title and what to write, in both languages."""
        about, limits = title(path).hint, _limits(field)
        told = {
            "title": f"{title(path).name.zh} / {title(path).name.en}",
            "description": f"{about.zh}{limits}\n{about.en}{limits}",
        }
        return {**told, **self._form(path, field)}

    def _form(self, path: Path, field: Field) -> Schema:
        match field:
            case Text():
                return self._text(path, field)
            case OneOf(known=known):
                # A flag is the word to the reader; to an editor it is a truth, unless somebody put it in quotes.
                return {"enum": [True, "true"]} if tuple(known) == ("true",) else _names(known)
            case Nullable() | Clock():
                return {"anyOf": list(self._either(path, field))}
            case Duration():
                return _duration(field)
            case ListOf():
                return self._list(path, field)
            case Record():
                return self._record(path, field)
            case _:
                raise TypeError(field)

    def _either(self, path: Path, field: Nullable | Clock) -> Iterator[Schema]:
        if isinstance(field, Nullable):
            yield from (self._form(path, field.of), {"type": "null"})
        else:
            yield {"const": "statutory"}
            yield from (self._record(path, each) for each in field.forms)

    def _text(self, path: Path, field: Text) -> Schema:
        name = named(path)
        if name in self.known:
            return _names(self.known[name])
        if name in ("duties.clock.from", "duties.clock.until"):
            return {"anyOf": [_names(INSTANTS), {"type": "string", "pattern": _FILING}]}
        pattern = {"pattern": f"^(?:{field.pattern})$"} if field.pattern else {}
        return {"type": "string", "minLength": 1, "maxLength": field.most, **pattern}

    def _list(self, path: Path, field: ListOf) -> Schema:
        once = {"uniqueItems": True} if named(path) in ONCE else {}
        items = self._form(path, field.of) if not isinstance(field.of, Record) else self._record(path, field.of)
        return {"type": "array", "minItems": field.least, "maxItems": field.most, **once, "items": items}

    def _record(self, path: Path, field: Record) -> Schema:
        fields = {**field.required, **field.optional}
        return {
            "type": "object",
            "additionalProperties": False,
            "required": list(field.required),
            "properties": {key: self.said((*path, key), each) for key, each in fields.items()},
            **(self._duty() if path == ("duties",) else {}),
        }

    def _duty(self) -> Schema:
        """Answer what holds between the keys of one duty: the kinds of its regime, and when one may sign alone."""
        return {"allOf": [*(_kinds(name, kinds) for name, kinds in self.kinds.items()), _ALONE]}


#: What is due at once may be signed alone at once; anything else says how long before it is due.
_ALONE = {
    "if": {"required": ["clock"], "properties": {"clock": {"type": "object", "required": ["immediate"]}}},
    "then": {"properties": {"alone": {"properties": {"before": False}}}},
    "else": {"properties": {"alone": {"required": ["before"]}}},
}


def _kinds(regime: str, kinds: Collection[str]) -> Schema:
    """Answer that under `regime` only its kinds are owed, and on an internal clock an update or a final report too."""
    return {
        "if": {"required": ["regime"], "properties": {"regime": {"const": regime}}},
        "then": {
            "if": {"properties": {"clock": {"const": "statutory"}}},
            "then": {"properties": {"kind": _names(kinds)}},
            "else": {"properties": {"kind": _names({*kinds, *INTERNAL_KINDS})}},
        },
    }


def _names(known: Iterable[str]) -> Schema:
    # A set has no order of its own, and the file must come out the same each time.
    return {"enum": sorted(known) if isinstance(known, (set, frozenset)) else list(known)}


def _duration(field: Duration) -> Schema:
    spelt = [ELAPSED, MONTHS, WORKING_DAYS] if field.calendar else [ELAPSED]
    pattern = "|".join(f"(?:{each.pattern})" for each in spelt)
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _limits(field: Field) -> str:
    """Answer the range of a duration, which no pattern can say."""
    return f" [{iso_text(field.least)} – {iso_text(field.most)}]" if isinstance(field, Duration) else ""
