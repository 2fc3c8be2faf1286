"""Registers as spreadsheets: what was written comes back, nothing runs as a formula, every fault is named at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import BadRegister
from escalation.words import Words
from plans import sheets
from plans.sheets import Known, Row

KNOWN = Known(units={"group", "henan"}, people={"chen.jing"}, scenarios={"cable_cut", "flood"})
HEAD = "id,zh,en,unit,owner,class,fallback_zh,fallback_en,scenarios\n"
SOUND = "ring-7,环,Ring,henan,chen.jing,transmission,备,spare,cable_cut flood\n"

NASTY = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("'=+-@＝＋－＠,;\"\n\t"), max_size=60)
TEXT = NASTY.map(str.strip)
SAID = TEXT.filter(bool)


def row(name: str, zh: str, en: str, facts: dict[str, Any]) -> Row:
    """A row with what it tells, blanks left out."""
    return Row(name=name, title=Words(zh=zh, en=en), unit="henan", owner=None, facts=facts)


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "class": SAID,
        "fallback": st.fixed_dictionaries({"zh": SAID, "en": SAID}),
        "scenarios": st.lists(st.sampled_from(["cable_cut", "flood"]), min_size=1, max_size=3),
    },
)
ROWS = st.lists(
    st.builds(row, st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True), SAID, SAID, FACTS),
    max_size=5,
    unique_by=lambda each: each.name,
)


def read(text: str | bytes) -> tuple[Row, ...]:
    """Read a sheet of equipment."""
    return sheets.read(text.encode() if isinstance(text, str) else text, "equipment", KNOWN, "e.csv")


def faults(text: str | bytes) -> list[tuple[int, int, str]]:
    """What is refused: line, column, sentence."""
    with pytest.raises(BadRegister) as refused:
        read(text)
    assert all(fault.zh != fault.en for fault in refused.value.faults)
    return [(fault.line, fault.column, fault.en) for fault in refused.value.faults]


@given(ROWS)
def test_what_was_written_is_read(rows: list[Row]) -> None:
    """Out and in again gives the same rows, whatever people typed into them."""
    assert list(read(sheets.write("equipment", rows))) == rows


@given(ROWS)
def test_no_cell_begins_as_a_formula(rows: list[Row]) -> None:
    """A spreadsheet that opens the sheet runs nothing that somebody typed."""
    for line in csv.reader(io.StringIO(sheets.write("equipment", rows), newline="")):
        assert not [cell for cell in line if cell.startswith(tuple("=+-@＝＋－＠\t\r"))]


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("gb18030"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace(",", "\t").encode(),
        lambda text: (text + ",,,,,,,,\n\n").encode(),
    ],
    ids=["bom", "gb18030", "crlf", "semicolons", "tabs", "blank lines"],
)
def test_however_a_spreadsheet_saved_it(saved: Callable[[str], bytes]) -> None:
    """As Excel in Chinese or in Europe saves it, the same row is read."""
    assert read(saved(HEAD + SOUND)) == read(HEAD + SOUND)
    assert read(HEAD + SOUND)[0].facts["scenarios"] == ["cable_cut", "flood"]


def test_every_fault_in_one_answer_with_line_and_column() -> None:
    """A blank name, a bad one, a twin, an unknown unit, person and scenario, a half translation: all at once."""
    bad = (
        HEAD
        + SOUND
        + ',"环\n线",Ring,henann,nobody,x,,,cable_cat\n'
        + "Ring 8,环,,henan,,x,备,,flood\n"
        + SOUND
        + "short,环\n"
    )
    told = faults(bad)
    assert [(line, column) for line, column, _ in told] == [
        (3, 1), (3, 4), (3, 5), (3, 9), (5, 3), (5, 1), (5, 8), (6, 1), (7, 3),
    ]  # fmt: skip
    assert told[1][2] == "unknown unit “henann”; did you mean “henan”?"
    assert told[3][2] == "unknown scenario “cable_cat”; did you mean “cable_cut”?"


def test_a_wrong_head_names_its_columns() -> None:
    """A column nobody knows, one that stands twice, one that is missing."""
    told = faults("id,zh,zh,clas\n")
    assert [(line, column) for line, column, _ in told] == [(1, 3), (1, 4), (1, 1)]
    assert "did you mean “class”?" in told[1][2]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        b"\xff\xfe\x00\xd8\xff",
        HEAD.encode() + b'"open',
        HEAD.encode() + SOUND.encode() * 3 + b"\x00" * 9,
        HEAD.encode() + b"x," * 2_000_000,
        HEAD.encode() + b"".join(b"e%d,a,b,,,,,,\n" % n for n in range(sheets.MAX_ROWS + 1)),
        HEAD.encode() + "x,环\u0001,Ring,,,,,,\n".encode(),
        HEAD.encode() + f"x,{'环' * 500},Ring,,,,,,\n".encode(),
    ],
    ids=["empty", "blank", "no encoding", "open quote", "nul", "huge", "too many", "unseen", "too long"],
)
def test_what_is_no_sheet_is_refused_in_words(text: bytes) -> None:
    """Whatever the file holds, the answer is a sentence with a place."""
    assert faults(text)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    """No content makes the reader stumble."""
    said = "read"
    try:
        read(text)
    except BadRegister as refused:
        said = refused.sentence("zh")
    assert said
