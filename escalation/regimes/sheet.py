"""A file's mappings asked key by key: what is missing, wrong or never asked for is a fault with its line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from errors import BadSpan
from escalation.marks import Desk, Path, tree
from escalation.spans import Span, iso_duration
from escalation.words import Words

#: Plain content: mappings, lists, texts and None.
Plain = Any

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,9})?([eE][+-]?\d{1,2})?", re.ASCII)


def content(text: str, desk: Desk) -> Plain:
    """The plain content of a YAML (or JSON) text, every value's place noted on the desk; None if it was refused."""
    root = tree(_without_tabs(text), desk)
    return plain(root, (), desk) if root is not None else None


def _without_tabs(text: str) -> str:
    """JSON may be indented with tabs, YAML may not; the columns stay as they are."""
    return text.replace("\t", " ") if text.lstrip().startswith(("{", "[")) else text


def plain(node: yaml.Node, path: Path, desk: Desk) -> Plain:
    """A node as plain content: a scalar stays the text of the file, a bare `null`, `~` or nothing is None."""
    desk.marks[path] = node
    if isinstance(node, yaml.MappingNode):
        named = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
        return {key.value: plain(value, (*path, key.value), desk) for key, value in named}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item, (*path, n), desk) for n, item in enumerate(node.value)]
    unquoted = not getattr(node, "style", None)  # None or empty, as the loader pleases
    nothing = unquoted and node.value in {"", "~", "null", "Null", "NULL"}
    return None if nothing else str(node.value)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One mapping that stands at `path`."""

    desk: Desk
    path: Path
    content: Mapping[str, Plain]
    asked: set[str] = field(default_factory=set)

    def __contains__(self, key: str) -> bool:
        """Whether the key is there and says something."""
        return self.content.get(key) is not None

    def raw(self, key: str) -> Plain:
        """What stands under the key; None when absent."""
        self.asked.add(key)
        return self.content.get(key)

    def fault(self, key: str, zh: str, en: str) -> None:
        """Note a fault at the key's value."""
        self.desk.fault((*self.path, key), zh, en)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that must be there, unless a default is given."""
        value = self.raw(key)
        if isinstance(value, str):
            return value
        if value is not None or default is None:
            self.fault(key, f"“{key}”应为文字；请补上。", f"“{key}” must be a text; add it.")
        return default or ""

    def maybe(self, key: str) -> str | None:
        """A text, or None."""
        return self.text(key) if key in self else self.raw(key)

    def truth(self, key: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        value = self.raw(key)
        if value is None:
            return default
        if value not in {"true", "false"}:
            self.fault(key, "应为 true 或 false。", "write true or false.")
        return bool(value == "true")

    def names(self, key: str) -> tuple[str, ...]:
        """A text, or a list of texts."""
        value = self.raw(key)
        items = [] if value is None else value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) for item in items):
            self.fault(key, "应为一个名称或名称列表。", "write one name or a list of names.")
            return ()
        return tuple(items)

    def known(self, key: str, known: Mapping[str, Any] | tuple[str, ...], what: tuple[str, str]) -> tuple[str, ...]:
        """A text or a list of texts, each among `known`."""
        return tuple(name for name in self.names(key) if self.is_known(key, name, known, what))

    def is_known(self, key: str, name: str, known: Mapping[str, Any] | tuple[str, ...], what: tuple[str, str]) -> bool:
        """Whether `name` is among `known`; if not, it is a fault."""
        if name not in known:
            self.desk.unknown((*self.path, key), what, name, known)
        return name in known

    def words(self, key: str) -> Words:
        """A text in both languages."""
        entry = self.entry(key)
        words = Words(zh=entry.text("zh"), en=entry.text("en"))
        entry.close()
        return words

    def every_words(self, key: str) -> tuple[Words, ...]:
        """A list of texts in both languages."""
        return tuple(Words(zh=entry.text("zh"), en=entry.text("en")) for entry in self.entries(key))

    def span(self, key: str) -> Span | None:
        """A duration, or None."""
        value = self.raw(key)
        try:
            return iso_duration(str(value)) if value is not None else None
        except BadSpan as bad:
            self.fault(key, bad.sentence("zh"), bad.sentence("en"))
            return None

    def day(self, key: str) -> date | None:
        """A date, `YYYY-MM-DD`, or None."""
        value = self.raw(key)
        try:
            return date.fromisoformat(str(value)) if value is not None else None
        except ValueError:
            self.fault(key, "日期应写作 YYYY-MM-DD。", "write the date as YYYY-MM-DD.")
            return None

    def entry(self, key: str) -> Entry:
        """The mapping under the key; an empty one when absent."""
        value = self.raw(key)
        if value is not None and not isinstance(value, dict):
            self.fault(key, f"“{key}”应为若干字段。", f"“{key}” must be a mapping.")
        return Entry(desk=self.desk, path=(*self.path, key), content=value if isinstance(value, dict) else {})

    def entries(self, key: str) -> Iterator[Entry]:
        """Each mapping of the list under the key; what each was never asked for is a fault."""
        yield from listed(self.raw(key), self.desk, (*self.path, key))

    def table(self, key: str, read: Callable[[Entry], Any]) -> dict[str, Any]:
        """The mapping under the key, each of its mappings read."""
        entry = self.entry(key)
        return {name: read(entry.entry(name)) for name in entry.content}

    def close(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self.content:
            if key not in self.asked:
                self.desk.unknown(_KeyOf(self.desk, (*self.path, key)).node, ("字段", "key"), key, self.asked)


@dataclass(frozen=True)
class _KeyOf:
    """Where a key itself stands, rather than its value."""

    desk: Desk
    path: Path

    @property
    def node(self) -> yaml.Node | Path:
        above = self.desk.marks.get(self.path[:-1])
        pairs = above.value if isinstance(above, yaml.MappingNode) else []
        return next((key for key, _ in pairs if key.value == self.path[-1]), self.path)


def listed(value: Plain, desk: Desk, path: Path) -> Iterator[Entry]:
    """Each mapping of a list; closed after it was read."""
    if value is not None and not isinstance(value, list):
        desk.fault(path, "这里应当是一个列表。", "a list is expected here.")
        return
    for n, item in enumerate(value or []):
        if not isinstance(item, dict):
            desk.fault((*path, n), "这里应当是若干字段。", "keys are expected here.")
            continue
        entry = Entry(desk=desk, path=(*path, n), content=item)
        yield entry
        entry.close()


def number_text(value: str) -> bool:
    """Whether a text is a plain number of a size that can be counted with: `12`, `0.5`, `1e6`."""
    return bool(_NUMBER.fullmatch(value))
