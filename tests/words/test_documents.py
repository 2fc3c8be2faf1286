"""The documents of a notice: the signed words and no others, on the page the standard asks for, in every format."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx as word
import pypdf
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from errors import BadDocument, BadDocumentNumber, MissingGlyph, NotTheSignedText
from escalation import documents, notices
from escalation.documents import Letter, Paper, cap, chinese, fonts, letter_of, numerals, sitrep, spoken
from escalation.documents.docx import CHARACTERS, GRID, LINES, PITCH, SIZE, docx
from escalation.documents.fonts import Role
from escalation.documents.letter import Paragraph, Place, Table
from escalation.documents.pdf import Pdf, pdf, pdf_pages
from escalation.duties import Notice
from tests.words.test_notices import LETTERS, henan_first, henan_update, incident

GOLDEN = Path(__file__).parent / "golden" / "documents"
#: Only the fonts that come with the house: another machine's would move the lines.
HOUSE = fonts.found(system=False)
MM = 72 / 25.4
FORMAL = Paper(
    number=chinese.document_number("东通豫", 2021, 7),
    urgency="特急",
    attachments=("受损设施清单",),
    copies=("河南省应急管理厅", "河南省人民政府办公厅"),
)


def letter(facts: dict[str, Any], **form: Any) -> Letter:  # noqa: ANN401
    """Answer the letter of these facts, signed at the cut-off if they name a signer."""
    signed_at = datetime.fromisoformat(facts["cutoff_at"]) + timedelta(minutes=9) if facts["signer"] else None
    return letter_of(notices.render(facts), facts, sender="east-telecom", signed_at=signed_at, **form)


def every_template() -> Iterator[tuple[str, str]]:
    """Answer each letter that has a template: (regime, notice); those of the base under a regime without its own."""
    for folder in sorted(notices.TEMPLATES.glob("*/*")):
        if folder.is_dir():
            regime, notice = folder.parent.name, folder.name
            if regime == "_base":
                yield from ((base, notice) for base in ("cn.cac2025", "eu.nis2", "us.fcc.nors.wireless"))
            else:
                yield regime, notice


ALL = sorted(set(every_template()))


def facts_of(regime: str, notice: str) -> dict[str, Any]:
    """Answer the facts of one letter: the Henan flood, signed."""
    facts = henan_first(signer="王芳") if notice in ("oral", "first") else henan_update()
    return facts | {"regime": regime, "notice": notice}


@cache
def made(regime: str, notice: str) -> tuple[Letter, Pdf]:
    """Answer a letter and its PDF in the house's own fonts."""
    one = letter(facts_of(regime, notice))
    return one, pdf(one, with_fonts=HOUSE)


# --- reading a page back ---------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Piece:
    """Words on a page: where their baseline begins, in points from the top left; their size and font."""

    x: float
    y: float
    size: float
    font: str
    words: str


@cache
def pieces(content: bytes) -> list[list[Piece]]:
    """Answer what stands on each page, in the order in which it was set."""
    return [list(_pieces(page)) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def _pieces(page: pypdf.PageObject) -> list[Piece]:
    found: list[Piece] = []

    def note(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:  # noqa: ANN401
        if text.strip():
            name = font["/BaseFont"].split("+")[-1].removesuffix("-Identity-H")
            found.append(Piece(cm[4] + tm[4], 297 * MM - cm[5], size, name, text.replace("\n", "")))

    page.extract_text(visitor_text=note)
    return found


def in_text(page: list[Piece]) -> list[Piece]:
    """Answer what stands inside the 版心, without header and footer."""
    return [piece for piece in page if 35 * MM < piece.y < (297 - 35) * MM]


def rows(page: list[Piece]) -> dict[float, list[Piece]]:
    """Answer the lines of a page by their baseline."""
    found: dict[float, list[Piece]] = {}
    for piece in in_text(page):
        found.setdefault(round(piece.y, 1), []).append(piece)
    return found


def bare(text: str) -> str:
    """Answer the text without any space."""
    return "".join(text.split())


def said(content: bytes, *, official: bool) -> str:
    """Answer every word of a PDF but those of its headers and footers."""
    top, bottom = (35, 262) if official else (28, 272)
    kept = [piece for page in pieces(content) for piece in page if top * MM < piece.y < bottom * MM]
    return bare("".join(piece.words for piece in kept))


def long(facts: dict[str, Any] | None = None) -> Letter:
    """Answer an official letter of several pages with full lines."""
    words = "网络运行安全应急处置工作情况说明" * 120
    return letter((facts or henan_update()) | {"written": LETTERS["telecom2009-final"]["written"] | {"cause": words}})


# --- the words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("regime", "notice"), ALL)
def test_pdf_says_the_signed_text(regime: str, notice: str) -> None:
    """A PDF's pages say the signed text, whole and in its order."""
    one, page = made(regime, notice)
    assert bare(one.text) in said(page.content, official=one.official)


@pytest.mark.parametrize(("regime", "notice"), ALL)
def test_docx_says_the_signed_text(regime: str, notice: str) -> None:
    """A Word file says the signed text, whole and in its order."""
    one, _ = made(regime, notice)
    file = word.Document(io.BytesIO(docx(one)))
    assert bare(one.text) in bare("".join(line.text for line in file.paragraphs))


@pytest.mark.parametrize(("regime", "notice"), ALL)
def test_machine_formats_carry_the_signed_text(regime: str, notice: str) -> None:
    """CAP and JSON carry the signed text to the byte, and follow their schemas."""
    one, _ = made(regime, notice)
    root = cap.read(cap.cap(one))
    assert _of(root, "info/description") == one.text
    told = json.loads(sitrep.sitrep(one))
    sitrep.check(told)
    assert told["text"] == one.text


@pytest.mark.parametrize(("regime", "notice"), ALL)
def test_digest_is_everywhere(regime: str, notice: str) -> None:
    """Every document, and every page of a PDF, carries the digest of the signed text."""
    one, page = made(regime, notice)
    for each in documents.all_of(one):
        assert one.digest in _text_of(each), each.name
    for sheet in pieces(page.content):
        assert one.digest in "".join(piece.words for piece in sheet)


def _text_of(each: documents.Attachment) -> str:
    if each.name.endswith(".pdf"):
        return bare("".join(piece.words for page in pieces(each.content) for piece in page))
    if each.name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(each.content)) as parts:
            return "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    return each.content.decode()


def test_other_words_are_refused() -> None:
    """A letter whose words are not those that were signed is not made, however they came to differ."""
    one = letter(henan_update())
    with pytest.raises(NotTheSignedText):
        dataclasses.replace(one, text=one.text.replace("6.91万", "6.92万"))
    with pytest.raises(NotTheSignedText):
        dataclasses.replace(one, body=one.body[:-1])
    with pytest.raises(NotTheSignedText):
        dataclasses.replace(one, body=(*one.body, Paragraph(place=Place.BODY, words="另报")))
    with pytest.raises(NotTheSignedText):
        dataclasses.replace(one, exercise=True)


def test_same_letter_same_bytes() -> None:
    """Every document of a letter made twice is the same file."""
    assert documents.all_of(letter(henan_update())) == documents.all_of(letter(henan_update()))


def test_typed_lines_never_pass_for_headings() -> None:
    """What people typed stays in the body's face, even if it looks like a heading, a title, an addressee or a date."""
    typed = "甲\n一、伪造的标题\n（一）再一个\n2021年7月25日\n河南省通信管理局："
    one = letter(henan_update() | {"written": dict.fromkeys(henan_update()["written"], "") | {"cause": typed}})
    places = {part.words: part.place for part in one.body if isinstance(part, Paragraph)}
    assert {places[line] for line in typed.split("\n")[1:3]} == {Place.BODY}
    counts = Counter(part.place for part in one.body if isinstance(part, Paragraph))
    assert [counts[place] for place in (Place.TITLE, Place.ADDRESSEE, Place.SIGNATURE, Place.DATE)] == [1, 1, 1, 1]


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_whatever_is_typed_stays_data(summary: str, event: str) -> None:
    """Any typed text comes out as the words that were signed, in the Word file and the machine formats."""
    one = letter(incident(event=event, written=dict.fromkeys(henan_first()["written"], "") | {"summary": summary}))
    file = word.Document(io.BytesIO(docx(one)))
    assert bare(one.text) in bare("".join(line.text for line in file.paragraphs))
    assert _of(cap.read(cap.cap(one)), "info/description") == one.text


def test_markup_is_not_obeyed() -> None:
    """Typst's, XML's and Word's own signs in typed text are printed, not obeyed."""
    typed = '#panic("no") *x* $y$ <b> &amp; ]]> `z` \\ @ref'
    one = letter(incident(event=typed))
    assert bare(one.text) in said(pdf(one, with_fonts=HOUSE).content, official=True)
    assert typed in _of(cap.read(cap.cap(one)), "info/description")


def test_table_rows_are_a_table() -> None:
    """Lines between full-width bars are a table in the Word file and on the page, with the signed cells."""
    text = "标题\n\n河南省通信管理局：\n\n｜地市｜退服基站｜\n｜郑州｜61900｜\n\n　　以上。\n"
    signed = dataclasses.replace(notices.render(henan_first()), title="标题", text=text, digest=_sha(text))
    one = letter_of(signed, henan_first(), sender="east-telecom", signed_at=None)
    assert [part for part in one.body if isinstance(part, Table)] == [
        Table(rows=(("地市", "退服基站"), ("郑州", "61900")))
    ]
    table = word.Document(io.BytesIO(docx(one))).tables[0]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["地市", "退服基站"], ["郑州", "61900"]]
    assert "地市退服基站郑州61900" in said(pdf(one, with_fonts=HOUSE).content, official=True)


def _sha(text: str) -> str:
    return notices.hashlib.sha256(text.encode()).hexdigest()


# --- golden pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("regime", "notice"), ALL)
def test_golden(regime: str, notice: str) -> None:
    """Words and their places, in PDF, Word and speech, are those a person has looked at.

    `WRITE_GOLDEN=1 python -m pytest tests/words/test_documents.py -k golden` writes the copies; a template that has
    none yet is only held to the other claims of this file.
    """
    path = GOLDEN / f"{regime}-{notice}.txt"
    one, page = made(regime, notice)
    now = "\n".join(["== PDF", *_drawn(page), "== Word", *_written(docx(one)), "== Spoken", spoken.spoken(one)])
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(now, encoding="utf-8")
    if not path.exists():
        pytest.skip(f"no golden copy of {regime} {notice} yet: WRITE_GOLDEN=1")
    assert now == path.read_text(encoding="utf-8")


def _drawn(page: Pdf) -> Iterator[str]:
    """Where each piece stands, in tenths of a millimetre, and its size."""
    for number, sheet in enumerate(pieces(page.content), 1):
        yield f"-- page {number}"
        for piece in sheet:
            yield f"{piece.x / MM:6.1f} {piece.y / MM:6.1f} {piece.size:4.1f} {piece.font} {piece.words}"


def _written(content: bytes) -> Iterator[str]:
    file = word.Document(io.BytesIO(content))
    section = file.sections[0]
    yield " ".join(f"{edge / 36000:.1f}" for edge in (section.page_width, section.page_height, *_margins(section)))
    for line in file.paragraphs:
        faces = dict.fromkeys(face for run in line.runs if (face := _east(run)))
        yield f"{line.alignment} {'/'.join(faces)} {line.text!r}"


def _margins(section: Any) -> tuple[int, int, int, int]:  # noqa: ANN401
    return section.top_margin, section.bottom_margin, section.left_margin, section.right_margin


def _east(run: Any) -> str | None:  # noqa: ANN401
    found = run._r.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
    return None if found is None else found.get(qn("w:eastAsia"))


# --- the page of GB/T 9704-2012 --------------------------------------------------------------------------------------


def test_pdf_paper_and_margins() -> None:
    """Every page is A4, and all text stands inside the 156 x 225 mm whose inner edge is 28 mm, at the bound side."""
    reader = pypdf.PdfReader(io.BytesIO(pdf(long(), with_fonts=HOUSE).content))
    assert len(reader.pages) > 2
    for number, page in enumerate(reader.pages, 1):
        assert [round(float(each) / MM, 1) for each in page.mediabox] == [0, 0, 210, 297]
        edge = (28 if number % 2 else 26) * MM
        left = min(piece.x for piece in in_text(_pieces(page)))
        assert left >= edge - 0.01


def test_pdf_has_22_lines_of_28_characters() -> None:
    """A full page has 22 lines a 22nd of 225 mm apart, and a full line 28 characters that end at its edge."""
    sheets = pieces(pdf(long(), with_fonts=HOUSE).content)
    full = rows(sheets[2])
    baselines = sorted(full)
    assert len(baselines) == LINES == 22
    assert {round(b - a, 0) for a, b in pairwise(baselines)} == {29}
    assert baselines[-1] - baselines[0] == pytest.approx(21 * PITCH, abs=0.3)
    wholes = [line for row in full.values() if len(line := "".join(piece.words for piece in row)) >= 27]
    assert Counter(len(line) for line in wholes).most_common(1)[0][0] == CHARACTERS == 28
    assert len(wholes) > 10


def test_pdf_sizes() -> None:
    """Body and headings are 3号, the title 2号, the page's number 4号."""
    sheets = pieces(pdf(letter(henan_update()), with_fonts=HOUSE).content)
    sizes = {piece.words: piece.size for page in sheets for piece in page}
    assert sizes["关于防汛防台风通信保障情况的"] == 22
    assert sizes["地点：河南省公司"] == 16
    assert sizes["七、请求支援事项"] == 16
    assert sizes["— 1 —"] == 14


def test_pdf_numbers_stand_at_the_outer_edge() -> None:
    """`— 1 —` stands right on an odd page and left on an even one, one character in, 7 mm under the text."""
    for number, page in enumerate(pieces(pdf(long(), with_fonts=HOUSE).content), 1):
        (mark,) = [piece for piece in page if piece.words == f"— {number} —"]
        if number % 2:
            assert mark.x > 105 * MM
        else:
            assert mark.x == pytest.approx(26 * MM + 14, abs=0.5)
        assert 262 * MM + 7 * MM < mark.y < 262 * MM + 7 * MM + 14


def test_pdf_head() -> None:
    """The mark begins 35 mm below the text's top, then number and signer, the rule, two rows, the title."""
    one = letter(henan_update(), paper=FORMAL)
    first = in_text(pieces(pdf(one, with_fonts=HOUSE).content)[0])
    at = {piece.words: piece for piece in first}
    assert first[0].words == "特急"
    assert first[0].font == "NotoSansSC-Regular"
    mark = at["东方通信集团河南省公司文件"]
    assert mark.y - 0.88 * mark.size == pytest.approx((37 + 35) * MM, abs=0.5)
    (signer,) = [piece for piece in first if "签发人：" in piece.words]
    number = next(piece for piece in first if piece.words.startswith("东通豫"))
    assert number.y == pytest.approx(signer.y, abs=0.1)
    assert number.x == pytest.approx(28 * MM + GRID, abs=0.5)
    title = next(piece for piece in first if piece.size == 22)
    assert title.y - number.y == pytest.approx(4 * MM + 3 * PITCH, abs=PITCH / 2)


def test_closing_stands_right() -> None:
    """署名 stands two characters from the right and the date begins two after it; a long date turns that round."""
    sheets = pieces(pdf(letter(henan_update()), with_fonts=HOUSE).content)
    lines = {piece.words: piece for page in sheets for piece in page[::-1] if piece.size == 16}
    name, day = lines["东方通信集团河南省公司"], lines["2021年7月25日"]
    assert day.x - name.x == pytest.approx(2 * GRID, abs=2)
    assert chinese.closing("东方通信集团河南省公司", "2021年7月25日") == (2, 17)
    assert chinese.closing("甲公司", "2021年12月25日") == (8, 19)


def test_record_stands_at_the_foot() -> None:
    """抄送 and 印发 are the last lines of the last page's text block, in 4号."""
    last = pieces(pdf(letter(henan_update(), paper=FORMAL), with_fonts=HOUSE).content)[-1]
    foot = [piece for piece in in_text(last) if piece.size == 14]
    assert bare("".join(piece.words for piece in foot)) == (
        "抄送：河南省应急管理厅，河南省人民政府办公厅。东方通信集团河南省公司2021年7月25日印发"
    )
    assert max(piece.y for piece in foot) > (262 - 8) * MM


def test_attachments_stand_above_the_signature() -> None:
    """附件说明 stands between the text and 署名, on the page and in the Word file."""
    one = letter(henan_update(), paper=FORMAL)
    wanted = "138-5550-0004附件：1．受损设施清单东方通信集团河南省公司2021年7月25日"
    assert wanted in said(pdf(one, with_fonts=HOUSE).content, official=True)
    assert wanted in bare("".join(line.text for line in word.Document(io.BytesIO(docx(one))).paragraphs))


def test_docx_geometry() -> None:
    """A Word file has the standard's paper, margins, mirrored pages and 22 x 28 grid, and its lines fit both."""
    content = docx(letter(henan_update()))
    section = word.Document(io.BytesIO(content)).sections[0]
    sides = (section.page_width, section.page_height, *_margins(section))
    assert [round(edge / 36000, 1) for edge in sides] == [210, 297, 37, 35, 28, 26]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    pitch = int(grid.get(qn("w:linePitch"))) / 20
    assert int(225 * MM / pitch) == 22
    assert int(156 * MM / (SIZE + int(grid.get(qn("w:charSpace"))) / 4096)) == 28
    xml = _xml(content, "word/styles.xml")
    squeeze = int(re.search(r'<w:style [^>]*w:default="1"[^>]*w:styleId="Normal".*?<w:spacing w:val="(-\d+)"', xml)[1])  # type: ignore[index]
    assert int(156 * MM / (SIZE + squeeze / 20)) == 28
    assert "<w:mirrorMargins/>" in _xml(content, "word/settings.xml")


def test_docx_names_the_official_faces() -> None:
    """Title, body, headings and signer name the faces an official's PC has; page numbers differ by side."""
    text = "标题\n\n某局：\n\n一、甲\n（一）乙\n1. 丙\n　　丁\n"
    signed = dataclasses.replace(notices.render(henan_first()), title="标题", text=text, digest=_sha(text))
    facts = henan_first(signer="王芳")
    one = letter_of(signed, facts, sender="e", signed_at=datetime.fromisoformat(facts["cutoff_at"]))
    file = word.Document(io.BytesIO(docx(one)))
    faces = {run.text: _east(run) for line in file.paragraphs for run in line.runs}
    assert [faces[words] for words in ("标题", "一、甲", "（一）乙", "1. 丙", "丁", "王芳")] == [
        "方正小标宋简体",
        "黑体",
        "楷体_GB2312",
        "仿宋_GB2312",
        "仿宋_GB2312",
        "楷体_GB2312",
    ]
    odd, even = file.sections[0].footer.paragraphs[0], file.sections[0].even_page_footer.paragraphs[0]
    assert (str(odd.alignment), str(even.alignment)) == ("RIGHT (2)", "LEFT (0)")
    assert [re.sub(r"\s", "", line.text) for line in (odd, even)] == ["——", "——"]


def _xml(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return parts.read(name).decode()


def test_a_script_or_a_foreign_letter_has_no_red_head() -> None:
    """Only a written Chinese notice is set as an official document."""
    official = {notice: letter(facts_of("cn.telecom2009", notice)).official for notice in ("oral", "first", "final")}
    assert official == {"oral": False, "first": True, "final": True}
    assert not letter(facts_of("eu.nis2", "update")).official


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("某公司关于断网的报告", ("某公司关于断网的报告",)),
        (
            "东方通信集团河南省公司关于防汛防台风通信保障情况的续报（第2期）",
            ("东方通信集团河南省公司", "关于防汛防台风通信保障情况的", "续报（第2期）"),
        ),
        (
            "【演练】东方通信集团关于防汛防台风通信保障的首次报告",
            ("【演练】东方通信集团", "关于防汛防台风通信保障的首次报告"),
        ),
    ],
)
def test_title_breaks_where_words_are_whole(title: str, lines: tuple[str, ...]) -> None:
    """A long title breaks after its issuer and after 的, not in the middle of a word."""
    assert chinese.title_lines(title) == lines


@given(st.text("关于的、（）《》甲乙丙12", min_size=1, max_size=90))
def test_title_lines_keep_every_character(title: str) -> None:
    """Whatever its title, a letter's lines say all of it, and none is too long."""
    lines = chinese.title_lines(title)
    assert "".join(lines) == title
    assert all(0 < len(line) <= 20 for line in lines)


def test_document_number() -> None:
    """A 发文字号 has six-cornered brackets, no 第 and no leading nought; what cannot be one is refused."""
    assert chinese.document_number("工信厅通信函", 2025, 82) == "工信厅通信函〔2025〕82号"
    for code, year, number in (("", 2025, 1), ("ABC", 2025, 1), ("豫通", 25, 1), ("豫通", 2025, 0)):
        with pytest.raises(BadDocumentNumber):
            chinese.document_number(code, year, number)


# --- fonts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["telecom2009-update", "nis2-update"])
@pytest.mark.parametrize("system", [False, True])
def test_fonts_are_embedded(name: str, system: bool) -> None:
    """Every font of a PDF is inside it, and they are the ones its value names."""
    page = pdf(letter(LETTERS[name]), with_fonts=fonts.found(system=system))
    embedded = set()
    for sheet in pypdf.PdfReader(io.BytesIO(page.content)).pages:
        for font in sheet["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            described = inner["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described)
            embedded.add(re.sub(r"^/?[A-Z]{6}\+|(-(Regular|Bold).*)$", "", described["/FontName"]))
    # What another machine's own fonts are called inside a file is theirs to say.
    assert system or embedded == {family.replace(" ", "") for family in page.fonts}
    assert len(embedded) >= 2


def test_substitutions_are_named() -> None:
    """An official face that is not here is named with the one that stands for it; a plain letter wants fewer."""
    wanted = {each.wanted: each.used for each in pdf(letter(henan_update()), with_fonts=HOUSE).substitutions}
    assert wanted["仿宋_GB2312"] == wanted["方正小标宋简体"] == wanted["楷体_GB2312"] == "Noto Serif SC"
    assert wanted["黑体"] == "Noto Sans SC"
    plain = pdf(letter(facts_of("eu.nis2", "update")), with_fonts=HOUSE).substitutions
    assert {each.wanted for each in plain} == {"黑体", "宋体"}


def test_an_official_face_is_no_substitute() -> None:
    """A machine that has the official face names nothing for it."""
    at_home = dataclasses.replace(HOUSE, families={**HOUSE.families, Role.BODY: "FangSong_GB2312"})
    assert "仿宋_GB2312" not in {each.wanted for each in at_home.substitutions(Role)}


def test_house_fonts_have_gb2312() -> None:
    """The fonts that come with the house draw every character of GB 2312."""
    cells = [bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    letters = "".join(cell.decode("gb2312", errors="ignore") for cell in cells)
    assert len(letters) == 6763
    assert HOUSE.require(dict.fromkeys(Role, letters)) == ("Noto Serif SC", "Noto Sans SC")


def test_missing_glyph_is_refused() -> None:
    """A character no font has stops the PDF and its pictures, and is named; the other documents are still made."""
    one = letter(henan_update() | {"contact": {"name": "张𠮷", "phone": "138-5550-0004"}})
    for make in (pdf, pdf_pages):
        with pytest.raises(MissingGlyph) as no:
            make(one, with_fonts=HOUSE)
        assert "𠮷（U+20BB7）" in no.value.sentence("zh")
        assert "张" not in str(no.value.facts["characters"])


def test_one_that_cannot_be_made_holds_up_no_other() -> None:
    """What cannot be made is told beside what can; asked for all, the house says why not."""
    one = letter(henan_update() | {"contact": {"name": "\U0010fffd", "phone": "1"}})
    done, refused = documents.possible(one)
    assert [each.name.partition(".")[2] for each in done] == ["docx", "cap.xml", "json", "spoken.txt"]
    assert [type(each) for each in refused] == [MissingGlyph]
    with pytest.raises(MissingGlyph):
        documents.all_of(one)


def test_pages_as_pictures() -> None:
    """The pictures are as many as the PDF's pages, and A4 at the resolution asked for."""
    one = letter(henan_update())
    pictures = pdf_pages(one, with_fonts=HOUSE, ppi=72)
    assert len(pictures) == len(pieces(pdf(one, with_fonts=HOUSE).content))
    for picture in pictures:
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        size = int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")
        assert size == pytest.approx((595, 842), abs=1)


# --- CAP -------------------------------------------------------------------------------------------------------------


def _of(root: etree._Element, path: str) -> str:
    return root.findtext("/".join(f"{{{cap.SPACE}}}{step}" for step in path.split("/")))


def _parameters(root: etree._Element) -> dict[str, str]:
    found = root.iterfind(f".//{{{cap.SPACE}}}parameter")
    return {_of(each, "valueName"): _of(each, "value") for each in found}


def test_cap() -> None:
    """A follow-up is an Update that refers to the one before, private, of infrastructure, with its level's severity."""
    root = cap.read(cap.cap(letter(henan_update())))
    told = {
        name: _of(root, name) for name in ("identifier", "sender", "sent", "status", "msgType", "scope", "addresses")
    }
    assert told == {
        "identifier": "INC-2021-0007/D3/2",
        "sender": "east-telecom",
        "sent": "2021-07-25T08:09:00+08:00",
        "status": "Actual",
        "msgType": "Update",
        "scope": "Private",
        "addresses": '"河南省通信管理局"',
    }
    assert _of(root, "references") == "east-telecom,INC-2021-0007/D2/1,2021-07-23T08:20:00+08:00"
    info = [_of(root, f"info/{name}") for name in ("language", "category", "urgency", "severity", "certainty", "onset")]
    assert info == ["zh-CN", "Infra", "Immediate", "Extreme", "Observed", "2021-07-20T18:00:00+08:00"]
    assert _parameters(root)["fact:users_affected"] == "977000"
    assert "deaths" in _parameters(root)["unknowns"].split()
    assert "fact:deaths" not in _parameters(root)


@pytest.mark.parametrize(
    ("colour", "severity", "name"),
    [
        ("red", "Extreme", "红色"),
        ("orange", "Severe", "橙色"),
        ("yellow", "Moderate", "黄色"),
        ("blue", "Minor", "蓝色"),
    ],
)
def test_cap_colours(colour: str, severity: str, name: str) -> None:
    """A warning's colour sets the severity and stands in a parameter in Chinese; an event's level is no colour."""
    root = cap.read(cap.cap(letter(henan_update() | {"warning_level": colour, "event_level": None})))
    assert _of(root, "info/severity") == severity
    assert _parameters(root)["预警颜色"] == name
    assert "预警颜色" not in _parameters(cap.read(cap.cap(letter(henan_update()))))


def test_cap_knows_what_it_does_not_know() -> None:
    """A first message alerts; nothing known makes severity, urgency and certainty Unknown; unsigned, it is a draft."""
    root = cap.read(cap.cap(letter(incident(event_level=None))))
    assert [_of(root, name) for name in ("status", "msgType")] == ["Draft", "Alert"]
    assert [_of(root, f"info/{name}") for name in ("urgency", "severity", "certainty")] == ["Unknown"] * 3


def test_cap_cancels() -> None:
    """A withdrawal cancels the message it refers to, and cannot be of none."""
    assert _of(cap.read(cap.cap(letter(henan_update(), withdraws=True))), "msgType") == "Cancel"
    with pytest.raises(BadDocument):
        cap.cap(letter(henan_first(), withdraws=True))


@pytest.mark.parametrize(
    ("from_", "to"),
    [
        (b"<status>Actual</status>", b"<status>Real</status>"),
        (b"+08:00</sent>", b"Z</sent>"),
        (b"<category>Infra</category>", b""),
        (b"<scope>Private</scope>", b"<scope>Secret</scope>"),
        (b"</alert>", b"<extra/></alert>"),
    ],
)
def test_an_altered_cap_is_refused(from_: bytes, to: bytes) -> None:
    """What the standard's schema does not allow is not read."""
    document = cap.cap(letter(henan_update()))
    altered = document.replace(from_, to, 1)
    assert altered != document
    with pytest.raises(BadDocument):
        cap.read(altered)


def test_xxe_is_refused(tmp_path: Path) -> None:
    """A document with a DTD is refused, and no file or entity of it is read or unfolded."""
    secret = tmp_path / "secret"
    secret.write_text("the secret", encoding="utf-8")
    document = cap.cap(letter(henan_update())).replace(b"<note>", b"")
    for dtd in (
        f'<!DOCTYPE alert [<!ENTITY x SYSTEM "{secret.as_uri()}">]>',
        '<!DOCTYPE alert [<!ENTITY x "y">]>',
        '<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/alert.dtd">',
    ):
        evil = document.replace(b"<alert ", dtd.encode() + b"<alert ", 1).replace(b"east-telecom<", b"&x;<", 1)
        with pytest.raises(BadDocument) as no:
            cap.read(evil)
        assert "the secret" not in str(no.value)


def test_the_schema_is_the_standard_s() -> None:
    """CAP's schema stands with the notice of its copyright."""
    text = cap.SCHEMA.read_text(encoding="utf-8")
    assert "Copyright OASIS Open 2010 All Rights Reserved" in text
    assert 'targetNamespace = "urn:oasis:names:tc:emergency:cap:1.2"' in text


# --- SitRep JSON -----------------------------------------------------------------------------------------------------


def test_sitrep() -> None:
    """The report says who prepared and who authorised it, which follows which, and how sure it is of itself."""
    told = json.loads(sitrep.sitrep(letter(henan_update())))
    assert told["preparedBy"]["personDetails"] == "李伟"
    assert told["authorizedBy"] == {"personDetails": "王芳", "timeValue": "2021-07-25T08:09:00+08:00"}
    assert (told["reportVersion"], told["reportNumber"]) == ("Update", 2)
    assert told["precedingMessageID"] == "INC-2021-0007/D2/1"
    assert told["forTimePeriod"] == {"from": "2021-07-23T08:20:00+08:00", "to": "2021-07-25T08:00:00+08:00"}
    assert told["reportConfidence"] == "Unsure"
    facts = {fact["name"]: fact for fact in told["facts"]}
    assert facts["users_affected"] == {
        "name": "users_affected",
        "value": 977_000,
        "asOf": "2021-07-23T08:00:00+08:00",
        "source": "网管中心",
    }
    assert "deaths" in told["unknowns"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "Real"),
        ("authorizedBy", None),
        ("exercise", True),
        ("reportNumber", 0),
        ("digest", {"algorithm": "SHA-256", "of": "text, UTF-8", "value": "ab"}),
        ("forTimePeriod", {"from": None, "to": "2021-07-25T08:00:00Z"}),
        ("other", 1),
    ],
)
def test_an_altered_sitrep_is_refused(field: str, value: object) -> None:
    """What the schema does not allow is refused: a real report nobody signed, a drill that says it is real, a Z."""
    told = json.loads(sitrep.sitrep(letter(henan_update())))
    with pytest.raises(BadDocument):
        sitrep.check(told | {field: value})


def test_confidence_is_never_high() -> None:
    """With gaps a report is unsure, with contradictions it has no confidence; the house itself never says more."""
    wrong = henan_update() | {"facts": incident({"stations_down": 1, "stations_restored": 2})["facts"]}
    assert letter(wrong).report.confidence.value == "NoConfidence"
    assert letter(henan_update()).report.confidence.value == "Unsure"
    assert "HighlyConfident" not in {each.value for each in documents.letter.Confidence}


# --- drills ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("regime", "notice"), ALL)
def test_a_drill_is_marked_in_every_format(regime: str, notice: str) -> None:
    """Every document of a drill says so: in its name, its title, on every page, in the status a machine reads."""
    one = letter(facts_of(regime, notice) | {"exercise": True})
    for each in documents.all_of(one):
        assert each.name.startswith("EXERCISE-")
        assert "EXERCISE" in _text_of(each)
    for page in pieces(pdf(one, with_fonts=HOUSE).content):
        assert "".join(piece.words for piece in page if piece.y < 30 * MM) == "【演练】EXERCISE"
    section = word.Document(io.BytesIO(docx(one))).sections[0]
    headers = [section.header, section.even_page_header] if one.official else [section.header]
    assert {header.paragraphs[0].text for header in headers} == {"【演练】EXERCISE"}
    root = cap.read(cap.cap(one))
    assert (_of(root, "status"), _of(root, "note")) == ("Exercise", "【演练】EXERCISE")
    assert _of(root, "info/headline").startswith("【演练】")
    assert json.loads(sitrep.sitrep(one))["status"] == "Exercise"
    assert spoken.spoken(one).startswith("【演练】EXERCISE")
    assert ("这是演练" if one.lang == "zh" else "This is an exercise") in spoken.spoken(one)


@pytest.mark.parametrize(("regime", "notice"), ALL)
def test_a_real_one_says_nothing_of_a_drill(regime: str, notice: str) -> None:
    """No document of a real notice speaks of an exercise."""
    one, _ = made(regime, notice)
    if "drill" in notice:
        return  # sent of a drill alone, and it speaks of nothing else
    for each in documents.all_of(one):
        text = _text_of(each)
        assert "演练" not in text
        assert "EXERCISE" not in text
    assert json.loads(sitrep.sitrep(one))["exercise"] is False


# --- speech ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("regime", "notice"), ALL)
def test_spoken(regime: str, notice: str) -> None:
    """A script has no figure in it outside its one line of direction, and its last line asks for name and time."""
    one, _ = made(regime, notice)
    first, *said, last = spoken.spoken(one).splitlines()
    assert one.digest in first
    assert not re.search(r"[0-9]", "".join(said))
    assert ("姓名" in last and "几时几分" in last) or ("your name" in last and "the time" in last)
    assert last.endswith(("？", "?"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2021年7月20日18时00分", "二零二一年七月二十日十八时整"),
        ("8时05分", "八时零五分"),
        ("拟于 20:00 前", "拟于 二十时整 前"),
        ("97.7万户", "九十七点七万户"),
        ("占71.6%", "占百分之七十一点六"),
        ("138-5550-0004", "幺三八，五五五零，零零零四"),
        ("110、119、120等紧急呼叫", "幺幺零、幺幺九、幺二零等紧急呼叫"),
        ("2个，第2期，12个", "两个，第二期，十二个"),
        ("INC-2021-0007/D2/1", "I N C 杠 二零二一 杠 零零零七 斜杠 D 二 斜杠 一"),
        ("Ⅱ级，61903个，0人", "二级，六万一千九百零三个，零人"),
    ],
)
def test_aloud_zh(written: str, read: str) -> None:
    """Chinese figures, times, shares, telephones and references come out as people say them."""
    assert spoken.aloud_zh(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "2021-07-20 18:00 (UTC+8)",
            "July twentieth, two thousand and twenty-one, at eighteen hundred hours (U T C plus eight)",
        ),
        ("8:05", "eight oh five"),
        ("977,000 users", "nine hundred and seventy-seven thousand users"),
        ("71.6% of those", "seventy-one point six per cent of those"),
        ("138-5550-0004", "one three eight, five five five zero, zero zero zero four"),
        ("follow-up (v1)", "follow-up (v one)"),
        ("2021-13-40", "two zero two one dash one three dash four zero"),
    ],
)
def test_aloud_en(written: str, read: str) -> None:
    """English figures, dates, shares and telephones come out as people say them, and hyphenated words stay."""
    assert spoken.aloud_en(written) == read


@given(st.text())
def test_nothing_typed_keeps_its_figures(text: str) -> None:
    """Whatever was typed, no figure is left to be read."""
    assert not re.search(r"[0-9]", spoken.aloud_zh(text))
    assert not re.search(r"[0-9]", spoken.aloud_en(text))


def test_numbers_in_english() -> None:
    """Whole numbers and ordinals are said as in an English text."""
    said = {n: numerals.english(n) for n in (0, 13, 40, 99, 100, 101, 1000, 1_000_007, 10**12)}
    assert list(said.values()) == [
        "zero",
        "thirteen",
        "forty",
        "ninety-nine",
        "one hundred",
        "one hundred and one",
        "one thousand",
        "one million and seven",
        "one trillion",
    ]
    assert [numerals.ordinal(n) for n in (1, 2, 3, 5, 9, 12, 20, 21, 30)] == [
        "first",
        "second",
        "third",
        "fifth",
        "ninth",
        "twelfth",
        "twentieth",
        "twenty-first",
        "thirtieth",
    ]


def test_letter_of_every_kind_of_notice() -> None:
    """Every kind of notice has documents, whatever its regime."""
    for notice in Notice:
        assert documents.all_of(letter(facts_of("cn.cac2025", notice.value)))
