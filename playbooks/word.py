"""A Word document (.docx) as lines: opened with suspicion, read paragraph by paragraph, tables row by row.

Nothing of it is run or fetched: packages that unpack too large, that declare entities, or that are locked are refused
before anything is parsed.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from docx import Document
from docx.document import Document as Opened
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from errors import UnreadableDocument
from escalation.words import Words
from playbooks.pages import Line, Pages

MOST_PARTS = 3_000
MOST_UNPACKED = 100 * 1024 * 1024
MOST_XML = 20 * 1024 * 1024

_MACRO = b"application/vnd.ms-word.document.macroEnabled.main+xml"
_PLAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_ENCODING = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")

# What a package that is none makes the libraries raise.
_BROKEN = (
    AttributeError, EOFError, IndexError, KeyError, LxmlError, NotImplementedError, OSError, PackageNotFoundError,
    RecursionError, RuntimeError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def pages(data: bytes, name: str) -> Pages:
    """Read a .docx or .docm; raises `UnreadableDocument` for what is none, is locked or is built to do harm."""
    try:
        _harmless(data, name)
        document = Document(io.BytesIO(_without_macros(data)))
        return _Reader(document).read(_parts(data))
    except _BROKEN:
        raise UnreadableDocument(name=name, why=_NONE) from None


# --- before it is opened ----------------------------------------------------------------------------------------------

_NONE = Words(
    zh="不是完好的 Word 文档；请在 Word 或 WPS 中打开并另存为 .docx",
    en="it is no sound Word document; open it in Word and save it as .docx",
)
_OLD = Words(
    zh="是旧版 .doc 或加了密码；请另存为不加密的 .docx",
    en="it is an old .doc or locked with a password; save it as a .docx without one",
)
_BOMB = Words(zh="解压后过大，不予打开", en="it unpacks to more than may be opened")
_ENTITIES = Words(zh="含有实体声明（DTD），不予打开", en="it declares entities (a DTD), which are refused")


def _harmless(data: bytes, name: str) -> None:
    """Refuse what must not be parsed."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableDocument(name=name, why=_OLD)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = package.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise UnreadableDocument(name=name, why=_OLD)
        # A part is never unpacked beyond the size it declares, so what is declared is what it costs.
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise UnreadableDocument(name=name, why=_BOMB)
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                _plain_xml(package, part, name)


def _plain_xml(package: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    if part.file_size > MOST_XML:
        raise UnreadableDocument(name=name, why=_BOMB)
    said = package.read(part).replace(b"\0", b"")  # UTF-16 with its zeros away is ASCII where it matters
    encoding = _ENCODING.match(said.lstrip(b"\xef\xbb\xbf\xff\xfe"))
    if encoding and encoding[1].lower() not in (b"utf-8", b"utf-16", b"us-ascii"):
        raise UnreadableDocument(name=name, why=_ENTITIES)  # another alphabet could hide a declaration
    if b"<!DOCTYPE" in said or b"<!ENTITY" in said:
        raise UnreadableDocument(name=name, why=_ENTITIES)


def _parts(data: bytes) -> tuple[str, ...]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return tuple(package.namelist())


def _without_macros(data: bytes) -> bytes:
    """Answer the package as a plain document: the library opens no other, and macros are never looked at."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        types = package.read("[Content_Types].xml")
        if _MACRO not in types:
            return data
        with zipfile.ZipFile(made, "w") as plain:
            for part in package.namelist():
                plain.writestr(part, types.replace(_MACRO, _PLAIN) if part.startswith("[") else package.read(part))
    return made.getvalue()


# --- reading ----------------------------------------------------------------------------------------------------------


def _tag(element: Any) -> str:  # noqa: ANN401 - lxml's element
    """Answer an element's name without its namespace; "" for a comment or an instruction."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _letters(above: Any) -> str:  # noqa: ANN401 - lxml's element
    """Answer every letter below an element, deleted ones too: `itertext` would give those of a run twice."""
    return "".join(each.text or "" for each in above.iter() if _tag(each) in ("t", "delText"))


#: What is passed over wherever it stands, and how it is told.
_PASSED = {
    "footnoteReference": "footnote",
    "endnoteReference": "footnote",
    "commentReference": "comment",
    "del": "deleted",
    "moveFrom": "deleted",
    "oMath": "formula",
    "oMathPara": "formula",
    "object": "embedded",
    "altChunk": "embedded",
    "sym": "symbol",
}
#: What a break or a mark is written as.
_MARKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_DRAWN = frozenset({"drawing", "pict", "AlternateContent"})
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目录)\s*(?:\d|heading|标题)?", re.IGNORECASE)


class _Reader:
    """Walks one document and keeps what it met."""

    def __init__(self, document: Opened) -> None:
        self.document = document
        self.styles = {style.style_id: style for style in document.styles}
        self.pages = Pages()

    def read(self, parts: Iterable[str]) -> Pages:
        for part in parts:
            if part.lower().endswith("vbaproject.bin"):
                self.pages.pass_over("macro")
        self._blocks(self.document.element.body)
        for section in self.document.sections:
            for margin in (section.header, section.footer):
                said = "" if margin.is_linked_to_previous else "".join(each.text for each in margin.paragraphs)
                if said.strip():
                    self.pages.pass_over("margin", said)
        return self.pages

    def _blocks(self, above: Any) -> None:  # noqa: ANN401 - lxml's element
        """Read paragraphs and tables, those in content controls among them; a table of contents says nothing new."""
        for block in above:
            match _tag(block):
                case "p":
                    self._paragraph(block)
                case "tbl":
                    self.pages.lines += (Line(text=text, row=True) for text in self._rows(block) if text)
                case "sdt" if _is_contents(block):
                    continue
                case "sdt" | "sdtContent" | "customXml" | "smartTag" | "ins" | "moveTo":
                    self._blocks(block)
                case "altChunk":
                    self.pages.pass_over("embedded")

    def _paragraph(self, block: Any) -> None:  # noqa: ANN401 - lxml's element
        text = "".join(self._texts(block)).strip()
        level = self._level(block)
        if not text or level == _SKIPPED:
            return
        if level is not None and self._numbered(block):
            self.pages.pass_over("numbering", text)
        # A heading is one line; what a person broke inside a paragraph stays broken.
        lines = [" ".join(text.split())] if level is not None else text.split("\n")
        self.pages.lines += (Line(text=line.strip(), level=level) for line in lines if line.strip())

    def _rows(self, table: Any) -> Iterator[str]:  # noqa: ANN401 - lxml's element
        """Yield a table's rows, cell by cell; a cell merged with the one above is blank."""
        for row in table.iter(qn("w:tr")):
            if row.getparent() is not table and _tag(row.getparent()) == "tbl":
                continue  # a table within a cell is read with its cell
            cells = (" ".join("".join(self._texts(cell)).split()) for cell in row.iterchildren(qn("w:tc")))
            yield " | ".join(cells).strip(" |")

    def _texts(self, above: Any) -> Iterator[str]:  # noqa: ANN401 - lxml's element
        """Yield the texts below an element as a reader sees them, and note what is passed over."""
        for each in above:
            tag = _tag(each)
            if tag in _PASSED:
                self.pages.pass_over(_PASSED[tag], _letters(each))
            elif tag in _DRAWN:
                self._drawn(each)
            elif tag == "t":
                yield each.text or ""
            elif tag in _MARKS:
                yield "" if each.get(qn("w:type")) == "page" else _MARKS[tag]
            elif tag == "r" and each.find(f"{qn('w:rPr')}/{qn('w:vanish')}") is not None:
                self.pages.pass_over("hidden", _letters(each))
            elif tag and not tag.endswith("Pr") and tag not in ("instrText", "delText"):
                if tag in ("ins", "moveTo"):
                    self.pages.pass_over("inserted", _letters(each))
                yield from self._texts(each)
                yield "\n" if tag == "p" else ""

    def _drawn(self, drawing: Any) -> None:  # noqa: ANN401 - lxml's element
        """Note what was drawn: text in boxes, pictures, or anything else."""
        tags = {_tag(each): each for each in drawing.iter()}
        if "txbxContent" in tags:
            self.pages.pass_over("text_box", _letters(tags["txbxContent"]))
        elif tags.keys() & {"pic", "blip", "imagedata"}:
            self.pages.pass_over("image")
        else:
            self.pages.pass_over("drawing")

    def _level(self, block: Any) -> int | None:  # noqa: ANN401 - lxml's element
        """Answer a paragraph's level by its outline or its style, or that of the style it is based on."""
        level = _outline(block.find(qn("w:pPr")))
        style = block.style
        for _ in range(20):  # a chain of styles that bites its own tail ends somewhere
            found = self.styles.get(style)
            if level is not None or found is None:
                return level
            level = _styled(found.name or "")
            level = _outline(found.element.find(qn("w:pPr"))) if level is None else level
            based = found.element.find(qn("w:basedOn"))
            style = based.get(qn("w:val")) if based is not None else None
        return level

    def _numbered(self, block: Any) -> bool:  # noqa: ANN401 - lxml's element
        """Whether the paragraph, or its style, has an automatic number."""
        style = self.styles.get(block.style)
        places = [block, *([style.element] if style is not None else [])]
        return any(place.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None for place in places)


_SKIPPED = -1


def _styled(name: str) -> int | None:
    if _CONTENTS.fullmatch(name.strip()):
        return _SKIPPED
    if name.strip().lower() in ("title", "标题"):
        return 0
    found = _HEADING.fullmatch(name.strip())
    return int(found[1]) if found else None


def _outline(properties: Any) -> int | None:  # noqa: ANN401 - lxml's element
    found = properties.find(qn("w:outlineLvl")) if properties is not None else None
    said = found.get(qn("w:val"), "9") if found is not None else "9"
    return int(said) + 1 if said.isdigit() and int(said) < 9 else None  # noqa: PLR2004 - 9 is body text


def _is_contents(block: Any) -> bool:  # noqa: ANN401 - lxml's element
    gallery = block.find(f".//{qn('w:docPartGallery')}")
    return gallery is not None and gallery.get(qn("w:val")) == "Table of Contents"
