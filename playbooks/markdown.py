"""A Markdown or plain text document as lines: headings by their marks, tables as they are typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from errors import UnreadableDocument
from escalation.words import Words
from playbooks.pages import Line, Pages

_HASHES = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"\s*\|?[\s:|-]*-[\s:|-]*\|?\s*")
_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9-]{0,20}(?:\s[^<>\n]{0,500})?/?>")
_FOOTNOTE = re.compile(r"\[\^[^\]\n]{1,60}\](:.*)?")
_FRONT = re.compile(r"---\n.*?\n---\n", re.DOTALL)


def pages(data: bytes, name: str) -> Pages:
    """Read a text, UTF-8 or GB 18030; raises `UnreadableDocument` for what is no text."""
    read = Pages()
    text = _decoded(data, name).replace("\r\n", "\n").replace("\r", "\n")
    if front := _FRONT.match(text):
        read.pass_over("front_matter")
        text = text[front.end() :]
    for pattern, what in ((_IMAGE, "image"), (_COMMENT, "comment"), (_FOOTNOTE, "footnote"), (_MARKUP, "markup")):
        for found in pattern.finditer(text):
            read.pass_over(what, found[0] if what != "image" else found[1])
        text = pattern.sub("", text)
    read.lines += _lines(text.split("\n"))
    return read


def _decoded(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableDocument(name=name, why=_NO_TEXT)


_NO_TEXT = Words(zh="不是 UTF-8 或 GB 18030 文本", en="it is no text in UTF-8 or GB 18030")


def _lines(typed: list[str]) -> Iterator[Line]:
    """Yield the lines that say something; what stands in a fence is no heading."""
    fenced = False
    for n, line in enumerate(typed):
        below = typed[n + 1] if n + 1 < len(typed) else ""
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            yield Line(text=line, row=True)
        elif found := _HASHES.fullmatch(line):
            yield Line(text=_bare(found[2]), level=len(found[1]))
        elif line.strip() and "|" not in line and _UNDERLINE.fullmatch(below):
            yield Line(text=_bare(line), level=1 if "=" in below else 2)
        elif _UNDERLINE.fullmatch(line) or (_RULE.fullmatch(line) and "-" in line):
            continue
        elif line.strip():
            yield Line(text=line.strip().strip("|").strip(), row=line.lstrip().startswith("|"))


def _bare(text: str) -> str:
    """Answer a heading without marks of emphasis."""
    return re.sub(r"(\*\*|__|\*|`)", "", text).strip()
