"""The kinds of field our YAML files are made of: each reads one node into plain content, or notes its faults.

What is read is JSON-able; what could not be read is left out (None in a list), and stands on the desk as a fault.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

import yaml

from errors import BadSpan
from escalation.marks import Desk, Path, is_null, shortened
from escalation.spans import Months, Span, iso_duration, iso_text, span_words


class Field(Protocol):
    """Reads the node that stands at `path`; None when it could not, with the fault on the desk."""

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> Any:  # noqa: ANN401 - plain content of any shape
        """Answer the plain content of `node`."""
        ...


def said(node: yaml.Node, desk: Desk) -> str | None:
    """Answer a scalar's text without surrounding blanks; None and a fault when it is a list, a mapping or nothing."""
    if not isinstance(node, yaml.ScalarNode):
        desk.fault(node, "这里应当是一段文字。", "a text is expected here.")
        return None
    text = str(node.value).strip()
    if is_null(node):
        desk.fault(node, "这里不能为空；请填写。", "this may not be empty; fill it in.")
        return None
    if re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]", text.replace("\n", " ")):
        desk.fault(node, "文字里有控制字符；请删除。", "the text holds a control character; delete it.")
        return None
    return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A text of at most `most` characters, of the form `pattern` where one is given (said as `form`: zh, en)."""

    most: int
    pattern: str | None = None
    form: tuple[str, str] = ("", "")

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> str | None:
        """Answer the text."""
        desk.marks[path] = node
        text = said(node, desk)
        if text is None:
            return None
        if self.pattern and not re.fullmatch(self.pattern, text):
            zh, en = self.form
            desk.fault(
                node, f"“{shortened(text)}”的写法不对；应为{zh}。", f"“{shortened(text)}” is not {en}; correct it."
            )
            return None
        if len(text) > self.most:
            desk.fault(
                node,
                f"文字有 {len(text)} 个字符，最多 {self.most} 个；请缩短。",
                f"the text has {len(text)} characters, at most {self.most} fit; shorten it.",
            )
            return None
        return text


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOf:
    """One of the `known` names; `what` (zh, en) says what they name."""

    known: Collection[str]
    what: tuple[str, str]

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> str | None:
        """Answer the name."""
        desk.marks[path] = node
        text = said(node, desk)
        if text is None or text in self.known:
            return text
        desk.unknown(node, self.what, text, self.known)
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Nullable:
    """A field that may say `null`."""

    of: Field

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> Any:  # noqa: ANN401 - as `of`
        """Answer what `of` reads, or None."""
        desk.marks[path] = node
        return None if is_null(node) else self.of.read(node, path, desk)


_EXAMPLES: Final = (timedelta(minutes=15), timedelta(hours=4), timedelta(days=2), timedelta(days=30), Months(12))


@dataclass(frozen=True, kw_only=True, slots=True)
class Duration:
    """An ISO 8601 duration between `least` and `most`; working days (`P5WD`) and months only where `calendar`."""

    least: timedelta
    most: timedelta
    calendar: bool = False

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> str | None:
        """Answer the duration in its one canonical spelling."""
        desk.marks[path] = node
        text = said(node, desk)
        span = span_of(text) if text is not None else None
        if text is not None and not self._fits(span):
            least, most, such = span_words(self.least), span_words(self.most), span_words(self.example)
            written, text = iso_text(self.example), shortened(text)
            desk.fault(
                node,
                f"“{text}”不能用；请写 {least.zh}至 {most.zh}之间的时长，例如 {such.zh}（文件中写 {written}）。",
                f"“{text}” will not do; write {least.en} to {most.en}, such as {such.en} (in a file {written}).",
            )
            return None
        return iso_text(span) if span is not None else None

    @property
    def example(self) -> Span:
        """A duration that it takes."""
        return next((each for each in _EXAMPLES if self._fits(each)), self.least)

    def _fits(self, span: Span | None) -> bool:
        """Whether the span is of the right sort and in range."""
        if isinstance(span, timedelta):
            return self.least <= span <= self.most
        return span is not None and self.calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class ListOf:
    """A list of `least` to `most` items."""

    of: Field
    most: int
    least: int = 1

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> list[Any] | None:
        """Answer the items; None stands for each that could not be read."""
        desk.marks[path] = node
        if not isinstance(node, yaml.SequenceNode):
            desk.fault(
                node, "这里应当是一个列表（每项以“- ”开头）。", "a list is expected here (each item begins with “- ”)."
            )
            return None
        if not self.least <= len(node.value) <= self.most:
            desk.fault(
                node,
                f"这里有 {len(node.value)} 项；应有 {self.least} 至 {self.most} 项。",
                f"there are {len(node.value)} items here; {self.least} to {self.most} are expected.",
            )
        return [self.of.read(item, (*path, n), desk) for n, item in enumerate(node.value)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A mapping with the keys of `required`, and perhaps those of `optional`; no others."""

    required: Mapping[str, Field]
    optional: Mapping[str, Field] = field(default_factory=dict)

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> dict[str, Any] | None:
        """Answer what was read, key by key; a key that could not be read is left out."""
        desk.marks[path] = node
        if not isinstance(node, yaml.MappingNode):
            keys = ", ".join(self.required)
            desk.fault(node, f"这里应当是若干字段：{keys}。", f"keys are expected here: {keys}.")
            return None
        fields = {**self.required, **self.optional}
        values = {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        for name, (key, _) in values.items():
            if name not in fields:
                desk.unknown(key, ("字段", "key"), name, fields)
        for name in self.required:
            if name not in values:
                desk.fault(node, f"缺少字段“{name}”；请补上。", f"the key “{name}” is missing; add it.")
        return {
            name: content
            for name, reader in fields.items()
            if name in values and (content := reader.read(values[name][1], (*path, name), desk)) is not None
        }


def span_of(text: str) -> Span | None:
    """Answer the span of an ISO 8601 duration, None when it is none."""
    try:
        return iso_duration(text)
    except BadSpan:
        return None
