"""A hostile YAML text read as a tree of plain strings that remember their line and column.

Nothing is constructed: every scalar stays the text that stands in the file, so `no`, `1:30` and `2026-11-23` are never
guessed at. Anchors, aliases, merge keys, tags, several documents, duplicate keys, control characters, deep nesting and
large files are refused before the tree is built, so a bomb costs nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from errors import FileFault

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_FAULTS = 200

#: Where a value stands: keys and indices from the root.
Path = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# C0 without tab and line ends, DEL and C1, the byte order mark, line separators, and the bidirectional overrides that
# let a reader see another text than the one that is sent.
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


class Desk:
    """Collects the faults of one file, and where each of its values stands."""

    def __init__(self, file: str) -> None:
        """Start with nothing found in `file`, the name that faults are printed with."""
        self.file = file
        self.marks: dict[Path, yaml.Node] = {}
        self._faults: list[FileFault] = []

    @property
    def faults(self) -> tuple[FileFault, ...]:
        """Every fault found, in the order of the file; at most `MAX_FAULTS`."""
        return tuple(sorted(self._faults, key=lambda fault: (fault.line, fault.column)))

    @property
    def full(self) -> bool:
        """Whether so many faults were found that more help nobody."""
        return len(self._faults) >= MAX_FAULTS

    def fault(self, where: yaml.Node | Path, zh: str, en: str) -> None:
        """Note a fault at a node, or at the value that was read from `where` (or the nearest above it)."""
        node = where if isinstance(where, yaml.Node) else self._standing_at(where)
        self.at(*_place(node.start_mark if node else None), zh, en)

    def at(self, line: int, column: int, zh: str, en: str) -> None:
        """Note a fault at a line and column, both counted from 1."""
        if not self.full:
            self._faults.append(FileFault(file=self.file, line=line, column=column, zh=zh, en=en))

    def unknown(self, where: yaml.Node | Path, what: tuple[str, str], value: str, known: Iterable[str]) -> None:
        """Note that `value` is no known `what` (Chinese, English), and name the nearest one that is."""
        if self.full:
            return
        names = sorted(known)
        near = difflib.get_close_matches(value[:60], names, n=1, cutoff=0.5)
        value = shortened(value)
        said_zh = f"您是不是想写“{near[0]}”？" if near else f"可用的有：{'、'.join(names[:12])}。"
        said_en = f"did you mean “{near[0]}”?" if near else f"known are: {', '.join(names[:12])}."
        zh, en = what
        self.fault(where, f"不认识的{zh}“{value}”；{said_zh}", f"unknown {en} “{value}”; {said_en}")

    def _standing_at(self, path: Path) -> yaml.Node | None:
        """Answer the node of `path`, or of the nearest value above it."""
        return next((self.marks[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.marks), None)


def is_null(node: yaml.Node) -> bool:
    """Whether the node says nothing: left out, blank, or a bare `null` or `~` (in quotes they are words)."""
    if not isinstance(node, yaml.ScalarNode):
        return False
    # The C loader calls a plain scalar's style "", the pure one None.
    return not node.value.strip() or (not node.style and node.value in {"null", "Null", "NULL", "~"})


def _place(mark: Any) -> tuple[int, int]:  # noqa: ANN401 - the C and the pure loader have a mark each
    """Answer a mark's line and column, counted from 1."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def shortened(value: str) -> str:
    """Answer `value` short enough to stand in a sentence."""
    return value if len(value) <= 60 else value[:57] + "…"  # noqa: PLR2004 - a sentence's room


def tree(text: str, desk: Desk) -> yaml.Node | None:
    """Answer the root of `text`; or None, and the reasons on the desk, when the text is not one plain YAML document."""
    before = len(desk.faults)
    for check in (_small, _printable, _plain):
        check(text, desk)
        if len(desk.faults) > before:
            return None
    root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    if root is None:
        desk.at(1, 1, "文件是空的；请写入内容。", "the file is empty; write its content.")
    else:
        _unique(root, desk)
    return root


def _small(text: str, desk: Desk) -> None:
    """Refuse a file above the limit; a plan of 30 tasks has about 25 KB."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        desk.at(
            1,
            1,
            f"文件有 {size} 字节，上限是 {MAX_BYTES} 字节；请拆成几个文件。",
            f"the file has {size} bytes, the limit is {MAX_BYTES}; split it into several files.",
        )


def _printable(text: str, desk: Desk) -> None:
    """Refuse characters that cannot be seen."""
    for number, line in enumerate(text.split("\n"), start=1):
        found = CONTROL.search(line.rstrip("\r"))
        if found:
            name = f"U+{ord(found[0]):04X}"
            desk.at(
                number,
                found.start() + 1,
                f"这里有看不见的控制字符 {name}；请删除。",
                f"there is an invisible control character {name} here; delete it.",
            )
            return


def _plain(text: str, desk: Desk) -> None:
    """Refuse what a plan never needs, anchors and tags and a second document among it, and what is no YAML."""
    try:
        for event, zh, en in _refused(yaml.parse(text, Loader=_LOADER)):
            desk.at(*_place(event.start_mark), zh, en)
            return
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = shortened(getattr(error, "problem", None) or "syntax error")
        desk.at(
            *_place(mark),
            f"不是有效的 YAML（{problem}）；请检查缩进、冒号和引号。",
            f"this is not valid YAML ({problem}); check indentation, colons and quotes.",
        )


def _refused(events: Iterable[yaml.Event]) -> Iterator[tuple[yaml.Event, str, str]]:
    """Yield each event that is refused, with the sentence in both languages."""
    depth, documents = 0, 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            yield event, *_ANCHORED
        elif getattr(event, "tag", None):
            yield event, *_TAGGED
        elif depth > MAX_DEPTH:
            yield event, *_DEEP
        elif documents > 1:
            yield event, *_SEVERAL


_ANCHORED = (
    "不允许使用锚点和别名（& 和 *）；请把内容写全。",
    "anchors and aliases (& and *) are refused; write the content out.",
)
_TAGGED = (
    "不允许使用类型标签（!）；请删除标签，直接写文字。",
    "tags (!) are refused; delete the tag and write plain text.",
)
_DEEP = (f"嵌套超过 {MAX_DEPTH} 层；请减少层次。", f"nested deeper than {MAX_DEPTH} levels; make it flatter.")
_SEVERAL = ("一个文件只能有一份文档；请删除多余的“---”。", "one file holds one document; remove the extra “---”.")


def _unique(node: yaml.Node, desk: Desk) -> None:
    """Refuse keys that stand twice, that merge, or that are no plain text, in `node` and everything below."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _unique(item, desk)
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            _key(key, first, desk)
            _unique(value, desk)


def _key(key: yaml.Node, first: dict[str, int], desk: Desk) -> None:
    """Check one key against those that stand before it in the same mapping."""
    if not isinstance(key, yaml.ScalarNode):
        desk.fault(key, "字段名必须是一个词。", "a key must be one plain word.")
    elif key.value == "<<":
        desk.fault(key, "不允许使用合并键“<<”；请把内容写全。", "merge keys “<<” are refused; write the content out.")
    elif key.value in first:
        desk.fault(
            key,
            f"字段“{shortened(key.value)}”重复，前一个在第 {first[key.value]} 行；请只保留一个。",
            f"the key “{shortened(key.value)}” stands twice, first on line {first[key.value]}; keep one.",
        )
    else:
        first[key.value] = key.start_mark.line + 1
