"""Registers as spreadsheets: CSV read with every fault at once, and written so that no cell runs as a formula."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, assert_never

from errors import BadRegister, FileFault
from escalation.words import Words

MAX_BYTES: Final = 2_000_000
MAX_ROWS: Final = 2000  # written in one transaction, and nobody else writes meanwhile
MAX_FAULTS: Final = 200
NAME_MOST, TEXT_MOST = 60, 400
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
# What a spreadsheet runs (full-width signs too, as some do), and what we have quoted already.
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r]")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Sort(StrEnum):
    """What a column holds: plain text, text in both languages (two columns), ids of scenarios in a row."""

    TEXT = "text"
    BOTH = "both"
    SCENARIOS = "scenarios"


#: What an entry tells beside its name, title, unit and owner, by register.
FACTS: Final[Mapping[str, Mapping[str, Sort]]] = {
    "scenarios": {"class": Sort.TEXT, "worst": Sort.BOTH, "source": Sort.TEXT},
    "equipment": {"class": Sort.TEXT, "fallback": Sort.BOTH, "scenarios": Sort.SCENARIOS},
    "posts": {"risk": Sort.BOTH, "control": Sort.BOTH, "scenarios": Sort.SCENARIOS},
    "sites": {"class": Sort.TEXT, "watch": Sort.BOTH, "scenarios": Sort.SCENARIOS},
    "laws": {"number": Sort.TEXT, "effective_from": Sort.TEXT, "source": Sort.TEXT},
}
_HEAD = ("id", "zh", "en", "unit", "owner")
_WANTED = ("id", "zh", "en")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One entry of a register as people write it."""

    name: str
    title: Words
    unit: str | None = None
    owner: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """The names that a sheet may use: units, people (None: any), and scenarios; and the rows that stand, by name."""

    units: Collection[str] | None
    people: Collection[str] | None
    scenarios: Collection[str] = ()
    standing: Mapping[str, Row] = field(default_factory=dict)


def columns(register: str) -> tuple[str, ...]:
    """The sheet's columns, in order."""
    facts = FACTS[register].items()
    return (*_HEAD, *(column for name, sort in facts for column in _columns(name, sort)))


def _columns(name: str, sort: Sort) -> tuple[str, ...]:
    return (f"{name}_zh", f"{name}_en") if sort is Sort.BOTH else (name,)


# --- out -------------------------------------------------------------------------------------------------------------


def write(register: str, rows: Iterable[Row]) -> str:
    """The sheet of these rows; reading it gives the same rows."""
    names = columns(register)
    return lines([names, *([line[name] for name in names] for line in map(cells, rows))])


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV, each cell harmless to a spreadsheet."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_defused(cell) for cell in row] for row in rows)
    return out.getvalue()


def cells(row: Row) -> dict[str, str]:
    """An entry's cells by their column; what it does not tell is blank."""
    found = {"id": row.name, "zh": row.title.zh, "en": row.title.en, "unit": row.unit or "", "owner": row.owner or ""}
    for name, value in row.facts.items():
        match value:
            case Mapping():
                found |= {f"{name}_zh": value["zh"], f"{name}_en": value["en"]}
            case list() | tuple():
                found[name] = " ".join(value)
            case _:
                found[name] = str(value)
    return _Blank(found)


_cells = cells  # where a line's own cells have the name


class _Blank(dict[str, str]):
    """Cells by their column; what an entry does not tell is blank."""

    def __missing__(self, key: str) -> str:
        return ""


def _defused(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


# --- in --------------------------------------------------------------------------------------------------------------


def read(content: bytes, register: str, known: Known, file: str) -> tuple[Row, ...]:
    """Read a sheet: UTF-8, or GB 18030 as Chinese spreadsheets save it; comma, semicolon or tab between cells.

    A column that the sheet has not says nothing: of a row that stands it stays as it is. Refuses it with every fault at
    once (`BadRegister`): the line, and the column of the sheet, both from 1.
    """
    desk = _Desk(file)
    rows = list(_rows(content, desk))
    found = _read(rows, register, known, desk) if rows and not desk.faults else ()
    if desk.faults:
        raise BadRegister(tuple(desk.faults))
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: tuple[str, ...]


class _Desk:
    """Where faults are noted."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[FileFault] = []

    def fault(self, line: int, column: int, zh: str, en: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(FileFault(file=self.file, line=line, column=column, zh=zh, en=en))

    def unknown(self, line: int, column: int, what: Words, value: str, known: Collection[str]) -> None:
        near = difflib.get_close_matches(value[:NAME_MOST], sorted(known), n=1, cutoff=0.5)
        value = value[:NAME_MOST]
        zh = f"您是不是想写“{near[0]}”？" if near else f"可用的有：{'、'.join(sorted(known)[:12])}。"
        en = f"did you mean “{near[0]}”?" if near else f"known are: {', '.join(sorted(known)[:12])}."
        self.fault(line, column, f"不认识的{what.zh}“{value}”；{zh}", f"unknown {what.en} “{value}”; {en}")


_UNIT = Words(zh="单位", en="unit")
_PERSON = Words(zh="人员", en="person")
_SCENARIO = Words(zh="场景", en="scenario")
_COLUMN = Words(zh="列", en="column")


def _rows(content: bytes, desk: _Desk) -> Iterator[_Line]:
    """The sheet's lines that say anything, each with the number of its first line in the file."""
    text = _text(content, desk)
    if text is None:
        return
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    number, count = 1, 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                count += 1
                yield _Line(number, tuple(map(_plain, cells)))
            number = reader.line_num + 1
            if count > MAX_ROWS + 1:  # the first names the columns
                zh, en = (
                    f"超过 {MAX_ROWS} 行；请分成几个文件。",
                    f"there are more than {MAX_ROWS} rows; make it several files.",
                )
                desk.fault(number, 1, zh, en)
                return
    except csv.Error:
        said = ("引号没有成对，或文件不是 CSV。", "quotes do not match, or this is no CSV file.")
        desk.fault(number, 1, *said)
    if not count:
        desk.fault(1, 1, "文件是空的；第一行应是列名。", "the file is empty; its first line holds the column names.")


def _text(content: bytes, desk: _Desk) -> str | None:
    if len(content) > MAX_BYTES:
        desk.fault(1, 1, f"文件超过 {MAX_BYTES} 字节。", f"the file is larger than {MAX_BYTES} bytes.")
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    desk.fault(1, 1, "文字编码无法识别；请存为 UTF-8。", "the encoding is not known; save it as UTF-8.")
    return None


def _read(rows: Sequence[_Line], register: str, known: Known, desk: _Desk) -> tuple[Row, ...]:
    head, *body = rows
    sheet = _Sheet(register=register, where=_header(head, columns(register), desk), known=known, desk=desk)
    return tuple(sheet.row(line) for line in body if _whole(line, head, desk))


def _header(head: _Line, wanted: Sequence[str], desk: _Desk) -> dict[str, int]:
    where: dict[str, int] = {}
    for n, name in enumerate(head.cells, start=1):
        if name not in wanted:
            desk.unknown(head.number, n, _COLUMN, name, wanted)
        elif name in where:
            desk.fault(head.number, n, f"列“{name}”重复。", f"the column “{name}” stands twice.")
        where.setdefault(name, n)
    for name in wanted:
        if name in _WANTED and name not in where:
            desk.fault(head.number, 1, f"缺少列“{name}”。", f"the column “{name}” is missing.")
    return where


def _whole(line: _Line, head: _Line, desk: _Desk) -> bool:
    if len(line.cells) == len(head.cells):
        return True
    n, wanted = len(line.cells), len(head.cells)
    zh = f"这一行有 {n} 格，应有 {wanted} 格（文字里有逗号时请加引号）。"
    en = f"this line has {n} cells, {wanted} are expected (put quotes around text with a comma)."
    desk.fault(line.number, min(n, wanted) + 1, zh, en)
    return False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sheet:
    """A sheet whose columns are known: reads one line after the other."""

    register: str
    where: Mapping[str, int]
    known: Known
    desk: _Desk
    seen: set[str] = field(default_factory=set)

    def row(self, line: _Line) -> Row:
        """One entry; what is wrong with it is on the desk."""
        given = {name: line.cells[n - 1] for name, n in self.where.items()}
        before = self.known.standing.get(given.get("id", ""))
        cells = _Blank({**(_cells(before) if before is not None else {}), **given})
        for name in self.where:
            self._text(line.number, name, cells[name])
        self._name(line.number, cells["id"])
        self._names(line.number, "unit", _UNIT, [cells["unit"]] if cells["unit"] else (), self.known.units)
        self._names(line.number, "owner", _PERSON, [cells["owner"]] if cells["owner"] else (), self.known.people)
        return Row(
            name=cells["id"],
            title=Words(zh=cells["zh"], en=cells["en"]),
            unit=cells["unit"] or None,
            owner=cells["owner"] or None,
            facts=dict(self._facts(line.number, cells)),
        )

    def _text(self, line: int, name: str, cell: str) -> None:
        column = self.where[name]
        if not cell and name in _WANTED:
            self.desk.fault(line, column, f"“{name}”不能为空。", f"“{name}” must not be blank.")
        if len(cell) > TEXT_MOST:
            zh, en = f"“{name}”超过 {TEXT_MOST} 字。", f"“{name}” is longer than {TEXT_MOST} characters."
            self.desk.fault(line, column, zh, en)
        if _UNSEEN.search(cell):
            en = f"“{name}” holds a character that cannot be seen."
            self.desk.fault(line, column, f"“{name}”里有看不见的字符。", en)

    def _name(self, line: int, name: str) -> None:
        column, shown = self.where.get("id", 1), name[:NAME_MOST]
        if name and (len(name) > NAME_MOST or not NAME.fullmatch(name)):
            zh = f"编号“{shown}”应由小写字母、数字、点、横线、下划线组成，不超过 {NAME_MOST} 字。"
            en = f"the id “{shown}” takes lower-case letters, digits, dots, dashes, at most {NAME_MOST} of them."
            self.desk.fault(line, column, zh, en)
        if name and name in self.seen:
            self.desk.fault(line, column, f"编号“{shown}”重复。", f"the id “{shown}” stands twice.")
        self.seen.add(name)

    def _names(self, line: int, column: str, what: Words, named: Iterable[str], known: Collection[str] | None) -> None:
        for each in named if column in self.where else ():
            if known is not None and each not in known:
                self.desk.unknown(line, self.where[column], what, each, known)

    def _facts(self, line: int, cells: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        for name, sort in FACTS[self.register].items():
            match sort:
                case Sort.TEXT:
                    found: Any = cells[name]
                case Sort.BOTH:
                    found = self._both(line, cells, name)
                case Sort.SCENARIOS:
                    found = cells[name].replace(",", " ").replace(";", " ").split()
                    self._names(line, name, _SCENARIO, found, self.known.scenarios)
                case _:
                    assert_never(sort)
            if found:
                yield name, found

    def _both(self, line: int, cells: Mapping[str, str], name: str) -> dict[str, str]:
        found = {lang: cells[f"{name}_{lang}"] for lang in ("zh", "en")}
        blank = [lang for lang, text in found.items() if not text]
        if len(blank) == 1:
            column, lang = self.where.get(f"{name}_{blank[0]}", 1), _LANGS[blank[0]]
            self.desk.fault(line, column, f"“{name}”缺少{lang.zh}。", f"“{name}” wants its {lang.en} text too.")
        return found if not blank else {}


_LANGS = {"zh": Words(zh="中文", en="Chinese"), "en": Words(zh="英文", en="English")}
