"""A letter as a Word file to edit and print: GB/T 9704-2012 for an official one, a plain layout for any other."""

from __future__ import annotations

import io
import math
import zipfile
from datetime import UTC
from typing import cast

from docx import Document
from docx.document import Document as Paper
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section
from docx.shared import Length, Mm, Pt, RGBColor
from docx.table import Table as Grid
from docx.text.paragraph import Paragraph as Line
from docx.text.run import Run

from escalation.documents import chinese
from escalation.documents.letter import EXERCISE, Letter, Paragraph, Place, Table

#: The official names, so that Word on an official's PC takes the real faces (e.2, e.3 of the domain rules).
TITLE, BODY, HEI, KAI, SONG = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
LATIN = "Times New Roman"
#: 版心 156 x 225 mm in 22 lines of 28 characters, 3号.
PITCH, SIZE, LINES, CHARACTERS = 225 / 25.4 * 72 / 22, 16.0, 22, 28
GRID = 156 / 25.4 * 72 / CHARACTERS  # points from one character to the next
SQUEEZE = math.floor((GRID - SIZE) * 20)  # twentieths of a point, never a character too wide for the line
RED = RGBColor(0xE6, 0x00, 0x12)
_FACES = {Place.HEADING_1: HEI, Place.HEADING_2: KAI}


def docx(letter: Letter) -> bytes:
    """Answer the letter as a .docx: the same letter gives the same bytes."""
    paper = Document()
    _properties(paper, letter)
    if letter.official:
        _official(paper, letter)
    else:
        _plain(paper, letter)
    written = io.BytesIO()
    paper.save(written)
    return _settled(written.getvalue())


def _settled(written: bytes) -> bytes:
    """The same archive with the oldest possible date on each entry, so that a letter made twice is the same file."""
    settled = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return settled.getvalue()


def _properties(paper: Paper, letter: Letter) -> None:
    about, at = paper.core_properties, letter.report.at.astimezone(UTC).replace(tzinfo=None)
    about.title, about.author = letter.title[:255], (letter.issuer or "")[:255]
    about.subject, about.keywords = letter.report.reference[:255], f"sha256:{letter.digest}"
    about.comments, about.language = EXERCISE if letter.exercise else "", "zh-CN" if letter.lang == "zh" else "en"
    about.created = about.modified = at
    about.last_modified_by, about.revision = "", 1


# --- an official letter ----------------------------------------------------------------------------------------------


def _official(paper: Paper, letter: Letter) -> None:
    _styles(paper, BODY, SIZE, PITCH)
    section = paper.sections[0]
    _page(section, top=37, bottom=35, inside=28, outside=26)
    section.start_type = WD_SECTION.NEW_PAGE
    _grid(paper, section)
    _switch(paper, "w:mirrorMargins")
    _switch(paper, "w:evenAndOddHeaders")
    _footers(section, letter)
    _headers(section, letter)
    _head(paper, letter)
    for part in letter.body:
        _official_part(paper, letter, part)
    _record(paper, letter)


def _official_part(paper: Paper, letter: Letter, part: Paragraph | Table) -> None:
    if isinstance(part, Table):
        _table(paper, part, size=14)
        return
    match part.place:
        case Place.TITLE:
            _title(paper, part.words)
        case Place.BANNER:
            _line(paper, part.words, face=HEI, align=WD_ALIGN_PARAGRAPH.CENTER)
        case Place.SIGNATURE | Place.DATE:
            _closing(paper, letter, part)
        case Place.FLUSH | Place.ADDRESSEE:
            _line(paper, part.words)
        case _:
            both = WD_ALIGN_PARAGRAPH.JUSTIFY
            _line(paper, part.words, face=_FACES.get(part.place, BODY), indent=2, align=both)


def _head(paper: Paper, letter: Letter) -> None:
    """版头: what stands above the red rule. Its mark begins 35 mm below the top of the 版心."""
    above = [word for word in (letter.paper.secrecy, letter.paper.urgency) if word]
    for word in above:
        _line(paper, word, face=HEI)
    mark = letter.mark or ""
    size = min(42.0, 156 / 25.4 * 72 / max(1.0, chinese.width(mark)))
    line = _line(paper, mark, face=TITLE, size=size, colour=RED, align=WD_ALIGN_PARAGRAPH.CENTER)
    line.paragraph_format.space_before = Pt(max(0.0, 35 / 25.4 * 72 - len(above) * PITCH))
    line.paragraph_format.line_spacing = Pt(max(PITCH, size * 1.3))
    for _ in range(2):
        _line(paper, "")
    _numbered(paper, letter)


def _numbered(paper: Paper, letter: Letter) -> None:
    """发文字号 at the left, 签发人 at the right, one character in from the edges as in a report upwards; the rule."""
    line = _line(paper, letter.paper.number or "", indent=1)
    stop = Pt((CHARACTERS - 1) * GRID)
    line.paragraph_format.tab_stops.add_tab_stop(stop, WD_TAB_ALIGNMENT.RIGHT)
    _run(line, "\t签发人：", face=BODY)
    _run(line, letter.report.authorized_by or "（待签发）", face=KAI)
    _rule(line, "bottom", points=4 / 25.4 * 72, eighths=12, colour="E60012")
    for _ in range(2):
        _line(paper, "")


def _title(paper: Paper, title: str) -> None:
    line = _line(paper, "", align=WD_ALIGN_PARAGRAPH.CENTER)
    for number, words in enumerate(chinese.title_lines(title)):
        if number:
            line.add_run().add_break(WD_BREAK.LINE)
        _run(line, words, face=TITLE, size=22)
    _line(paper, "")


def _closing(paper: Paper, letter: Letter, part: Paragraph) -> None:
    signature, date = letter.words_at(Place.SIGNATURE) or "", letter.words_at(Place.DATE) or ""
    right, left = chinese.closing(signature, date)
    if part.place is Place.DATE:
        _line(paper, part.words).paragraph_format.left_indent = Pt(left * GRID)
        return
    _attachments(paper, letter)
    _line(paper, "").paragraph_format.keep_with_next = True
    line = _line(paper, part.words, align=WD_ALIGN_PARAGRAPH.RIGHT)
    line.paragraph_format.right_indent = Pt(right * GRID)
    line.paragraph_format.keep_with_next = True


def _attachments(paper: Paper, letter: Letter) -> None:
    """附件说明: under the text, a blank line between, above 署名."""
    if letter.paper.attachments:
        _line(paper, "")
    for number, each in enumerate(letter.paper.attachments, 1):
        _line(paper, f"{'附件：' if number == 1 else '　　　'}{number}．{each}", indent=2)


def _record(paper: Paper, letter: Letter) -> None:
    """版记 between its rules at the foot of the last page: 抄送, then who printed it and when."""
    if letter.words_at(Place.SIGNATURE) is None:
        _attachments(paper, letter)
    foot = paper.add_table(rows=0, cols=1)
    _at_foot(foot)
    if letter.paper.copies:
        _recorded(foot, f"抄送：{'，'.join(letter.paper.copies)}。")
    issued = _recorded(foot, letter.issuer or "")
    issued.paragraph_format.tab_stops.add_tab_stop(Pt((CHARACTERS - 1) * GRID), WD_TAB_ALIGNMENT.RIGHT)
    _run(issued, f"\t{letter.words_at(Place.DATE) or ''}印发", face=BODY, size=14)
    # A floating table needs a paragraph behind it to hold on to.
    paper.add_paragraph().paragraph_format.line_spacing = Pt(1)


def _recorded(foot: Grid, words: str) -> Line:
    line: Line = foot.add_row().cells[0].paragraphs[0]  # type: ignore[no-untyped-call]
    _indent(line, 1)
    _run(line, words, face=BODY, size=14)
    return line


def _at_foot(foot: Grid) -> None:
    """Set a table at the foot of its page, as wide as the text, with a rule above, between and below its rows."""
    float_ = OxmlElement("w:tblpPr")
    place = {"vertAnchor": "margin", "horzAnchor": "margin", "tblpXSpec": "center", "tblpYSpec": "bottom"}
    rules = OxmlElement("w:tblBorders")
    for side, eighths in (("top", 8), ("bottom", 8), ("insideH", 4)):
        rules.append(_border(side, eighths=eighths, colour="000000", points=0))
    for name, value in place.items():
        float_.set(qn(f"w:{name}"), value)
    properties = foot._tbl.tblPr  # noqa: SLF001 -- the library has no floating tables
    width = properties.find(qn("w:tblW"))
    width.addprevious(float_)  # type: ignore[union-attr]  # the library always writes it
    width.addnext(rules)  # type: ignore[union-attr]


# --- a plain letter --------------------------------------------------------------------------------------------------


def _plain(paper: Paper, letter: Letter) -> None:
    _styles(paper, SONG, 11, 16)
    section = paper.sections[0]
    _page(section, top=30, bottom=25, inside=25, outside=25)
    _footers(section, letter)
    _headers(section, letter)
    for part in letter.body:
        _plain_part(paper, part)


def _plain_part(paper: Paper, part: Paragraph | Table) -> None:
    if isinstance(part, Table):
        _table(paper, part, size=10)
        return
    heads = part.place in (Place.TITLE, Place.HEADING_1, Place.HEADING_2, Place.BANNER)
    line = _line(paper, part.words, face=HEI if heads else SONG, size=15 if part.place is Place.TITLE else 11)
    line.paragraph_format.space_before = Pt(8 if part.gap else 0)
    line.paragraph_format.keep_with_next = heads
    line.runs[0].bold = heads
    if part.place is Place.BODY:
        line.paragraph_format.left_indent = Pt(12)
    if part.place is Place.TITLE:
        line.paragraph_format.line_spacing = Pt(22)


# --- what both are made of -------------------------------------------------------------------------------------------


def _styles(paper: Paper, face: str, size: float, pitch: float) -> None:
    normal = paper.styles["Normal"]
    normal.font.name, normal.font.size = LATIN, Pt(size)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), face)
    shape = normal.paragraph_format
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(pitch)
    shape.space_before = shape.space_after = Pt(0)
    shape.widow_control = False  # the grid has 22 lines on every page


def _page(section: Section, *, top: float, bottom: float, inside: float, outside: float) -> None:
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
    section.left_margin, section.right_margin = Mm(inside), Mm(outside)
    section.header_distance = Mm(15)
    # 4号 below the text: its dash begins 7 mm under the 版心.
    section.footer_distance = Length(max(0, Mm(bottom) - Mm(7) - Pt(18)))


def _grid(paper: Paper, section: Section) -> None:
    """The section's grid of 22 x 28, and the same pitch in the style itself.

    A 3号 character is wider than a 28th of the 版心. Word squeezes it into the grid's cell; other programs give it two
    cells, so the text itself does not snap but is set at the grid's pitch.
    """
    grid = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001 -- the library has no name for the grid
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)  # noqa: SLF001
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(int(PITCH * 20)))
    grid.set(qn("w:charSpace"), str(round((GRID - SIZE) * 4096)))
    normal = paper.styles["Normal"].element
    snap = OxmlElement("w:snapToGrid")
    snap.set(qn("w:val"), "0")
    normal.get_or_add_pPr().get_or_add_spacing().addprevious(snap)
    squeeze = OxmlElement("w:spacing")
    squeeze.set(qn("w:val"), str(SQUEEZE))
    normal.get_or_add_rPr().find(qn("w:sz")).addprevious(squeeze)


def _switch(paper: Paper, name: str) -> None:
    paper.settings.element.insert(0, OxmlElement(name))


def _headers(section: Section, letter: Letter) -> None:
    if not letter.exercise:
        return
    headers = [section.header, section.even_page_header] if letter.official else [section.header]
    for header in headers:
        line = header.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(line, EXERCISE, face=HEI, size=14, colour=RED)


def _footers(section: Section, letter: Letter) -> None:
    """The page's number (— 1 —, 4号, at the outer edge, one character in) and below it the signed text's digest."""
    odd = section.footer.paragraphs[0]
    sides = [(odd, WD_ALIGN_PARAGRAPH.RIGHT if letter.official else WD_ALIGN_PARAGRAPH.CENTER)]
    if letter.official:
        sides.append((section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT))
    for line, side in sides:
        line.alignment = side
        shape = line.paragraph_format
        shape.left_indent = shape.right_indent = Pt(14 if letter.official else 0)
        shape.line_spacing = Pt(18)
        _run(line, "— ", face=SONG, size=14, latin=SONG)
        _field(_run(line, "", face=SONG, size=14, latin=SONG), "PAGE")
        _run(line, " —", face=SONG, size=14, latin=SONG)
        _digest(line, letter)


def _digest(after: Line, letter: Letter) -> None:
    line = OxmlElement("w:p")
    after._p.addnext(line)  # noqa: SLF001 -- the library adds paragraphs to a footer's end only
    below = Line(line, after._parent)  # type: ignore[arg-type]  # noqa: SLF001 -- a w:p of ours
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER
    below.paragraph_format.line_spacing = Pt(9)
    _run(below, f"{letter.report.reference}  SHA-256 {letter.digest}", face=SONG, size=7)


def _line(
    paper: Paper,
    words: str,
    *,
    face: str = BODY,
    size: float | None = None,
    colour: RGBColor | None = None,
    align: WD_ALIGN_PARAGRAPH | None = None,
    indent: int = 0,
) -> Line:
    line = paper.add_paragraph()
    if align is not None:
        line.alignment = align
    if words:
        _run(line, words, face=face, size=size, colour=colour)
    if indent:
        _indent(line, indent)
    return line


def _indent(line: Line, characters: int) -> None:
    shape = line._p.get_or_add_pPr().get_or_add_ind()  # noqa: SLF001 -- an indent in characters has no name there
    shape.set(qn("w:firstLineChars"), str(characters * 100))
    shape.set(qn("w:firstLine"), str(round(characters * GRID * 20)))


def _run(
    line: Line,
    words: str,
    *,
    face: str,
    size: float | None = None,
    colour: RGBColor | None = None,
    latin: str = LATIN,
) -> Run:
    run = line.add_run(words)
    run.font.name = latin
    fonts = run._r.get_or_add_rPr().get_or_add_rFonts()  # noqa: SLF001 -- East-Asian names have no name there
    fonts.set(qn("w:eastAsia"), face)
    if size is not None:
        run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour
    return run


def _field(run: Run, code: str) -> None:
    for kind, text in (("begin", None), (None, code), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)  # noqa: SLF001 -- the library has no fields


def _rule(line: Line, side: str, *, points: float, eighths: int, colour: str) -> None:
    """A rule over or under a line, `points` away from it and `eighths` of a point thick."""
    properties = line._p.get_or_add_pPr()  # noqa: SLF001 -- the library has no borders
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = cast("BaseOxmlElement", OxmlElement("w:pBdr"))
        _after(properties, borders)
    borders.append(_border(side, eighths=eighths, colour=colour, points=points))


def _border(side: str, *, eighths: int, colour: str, points: float) -> BaseOxmlElement:
    rule = cast("BaseOxmlElement", OxmlElement(f"w:{side}"))
    for name, value in (("val", "single"), ("sz", eighths), ("space", round(points)), ("color", colour)):
        rule.set(qn(f"w:{name}"), str(value))
    return rule


def _after(properties: BaseOxmlElement, borders: BaseOxmlElement) -> None:
    # The schema has an order: borders stand before tabs, spacing and indents.
    later = {qn(f"w:{name}") for name in ("shd", "tabs", "snapToGrid", "spacing", "ind", "jc", "rPr")}
    behind = next((each for each in properties if each.tag in later), None)
    if behind is None:
        properties.append(borders)
    else:
        behind.addprevious(borders)


def _table(paper: Paper, table: Table, *, size: float) -> None:
    columns = max(len(row) for row in table.rows)
    grid = paper.add_table(rows=0, cols=columns, style="Table Grid")
    for number, row in enumerate(table.rows):
        cells = grid.add_row().cells
        for cell, words in zip(cells, row, strict=False):
            line = cell.paragraphs[0]
            line.paragraph_format.line_spacing = Pt(size * 1.4)
            _run(line, words, face=HEI if number == 0 else BODY, size=size)
