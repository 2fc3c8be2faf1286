"""An existing plan document imported: its chapters word for word, its headings, what is missing, what was not read.

Headings are known by their style, or by how Chinese plans number them: 第一章, 第一节, 一、, （一）, 1, 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from errors import UnreadableDocument
from escalation.marks import CONTROL
from escalation.words import Words
from playbooks import markdown, outlines, pages
from playbooks.pages import Line
from playbooks.shape import Chapter

#: What a plan file takes (`content.FORM`): characters of a title, of a text, chapters; and bytes of them all together.
TITLE, TEXT, CHAPTERS, BYTES = 300, 20_000, 80, 150_000
TYPED_BYTES = 2_000_000  # a .docx holds its pictures too; what is typed is nothing but text

_TYPED = (".md", ".markdown", ".txt")
_WORD = (".docx", ".docm")


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """One heading of the document; `level` counts from 1, which is a chapter's own."""

    text: str
    level: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """A document as it was read.

    `like` is the usual outline it comes nearest to (None: none), `missing` what it lacks of it, `lawful` what it lacks
    of the contents the law asks for. `unread` names what was not read, one sentence a kind.
    """

    name: str
    title: str | None
    chapters: tuple[Chapter, ...]
    headings: tuple[Heading, ...]
    unread: tuple[Words, ...]
    like: outlines.Outline | None
    missing: tuple[Words, ...]
    lawful: tuple[Words, ...]

    def remarks(self) -> tuple[Words, ...]:
        """Answer what a person is told of the import: what was not read, and what the document seems to lack."""
        like = [_lacks(self.like, self.missing)] if self.like is not None and self.missing else []
        lawful = [_lacks(outlines.law(), self.lawful)] if self.lawful else []
        return (*self.unread, *like, *lawful)


def _lacks(outline: outlines.Outline, missing: tuple[Words, ...]) -> Words:
    zh, en = "、".join(each.zh for each in missing), ", ".join(each.en for each in missing)
    return Words(
        zh=f"未见{outline.title.zh}的章节：{zh}（依据可信度 {outline.confidence}）",
        en=f"no chapter of {outline.title.en} was found on: {en} (the outline is {outline.confidence})",
    )


def chapters_of(data: bytes, name: str) -> Imported:
    """Read a plan document, by the ending of its `name`: .docx or .docm, .md or .txt.

    Raises `UnreadableDocument` for any other, for one without text, and for one that is built to do harm.
    """
    read = _pages(data, name)
    clean = [replace(line, text=text) for line in read.lines if (text := _clean(line.text))]
    title = next((line.text for line in clean if line.level == 0), None)
    if title is None and clean and clean[0].level is None and _TITLED.fullmatch(clean[0].text):
        title = clean.pop(0).text
    lines = _promoted(_levelled([line for line in clean if line.level != 0]))
    if lines and title is None and lines[0].level == 0:
        title = lines.pop(0).text
    chapters, left_out = _fitting(_chapters(lines, title or PurePath(name).stem))
    if not chapters:
        raise UnreadableDocument(name=name, why=_EMPTY)
    headings = tuple(Heading(text=line.text, level=line.level) for line in lines if line.level)
    said = [heading.text for heading in headings]
    like = outlines.nearest(said)
    return Imported(
        name=name,
        title=title,
        chapters=chapters,
        headings=headings,
        unread=(*read.told(), *left_out),
        like=like,
        missing=like.missing(said) if like else (),
        lawful=outlines.law().missing(said),
    )


_LARGE = Words(zh="文件超过 20 MB；请删去图片后再导入", en="it is larger than 20 MB; take its pictures out first")
_LONG = Words(
    zh="文本超过 2 MB；一份预案没有这么长，请只留下正文",
    en="its text is over 2 MB, which no plan is: leave its chapters only",
)
_EMPTY = Words(zh="没有找到文字（可能是扫描件）", en="no text was found in it (is it a scan?)")
_OTHER = Words(
    zh="只能导入 .docx、.docm、.md 和 .txt；请另存为其中一种",
    en="only .docx, .docm, .md and .txt can be imported; save it as one of them",
)


def _pages(data: bytes, name: str) -> pages.Pages:
    ending = PurePath(name).suffix.lower()
    if len(data) > pages.MOST_BYTES:
        raise UnreadableDocument(name=name, why=_LARGE)
    if ending in _TYPED and len(data) > TYPED_BYTES:
        raise UnreadableDocument(name=name, why=_LONG)
    if ending in _WORD:
        from playbooks import word  # its library is loaded when somebody brings a Word file

        return word.pages(data, name)
    if ending in _TYPED:
        return markdown.pages(data, name)
    raise UnreadableDocument(name=name, why=_OTHER)


def _clean(text: str) -> str:
    """Answer a line without control characters, as a plan file takes it."""
    return CONTROL.sub("", re.sub(r"[\t\xa0\x0b\x0c]", " ", text)).strip()


# --- which lines are headings -----------------------------------------------------------------------------------------

_COUNT = "[一二三四五六七八九十百零〇0-9]{1,4}"
#: How a heading may be numbered, the higher first.
_NUMBERED = tuple(
    re.compile(each)
    for each in (
        rf"第\s*{_COUNT}\s*[编篇].*",
        rf"第\s*{_COUNT}\s*章.*",
        rf"第\s*{_COUNT}\s*节.*",
        r"[一二三四五六七八九十]{1,3}\s*、.*",
        r"[（(][一二三四五六七八九十]{1,3}[）)].*",
    )
)
_DECIMAL = re.compile(r"(\d{1,2}(?:[.．]\d{1,2}){0,4})(?:[.．、]\s*|\s+|(?=[^\d\s.．、%％‰:：]))(\D.*)")
_APPENDIX = re.compile(
    r"(?:附件|附录|附表|附则|appendix|annex)\s*[0-9一二三四五六七八九十A-Z]{0,3}.{0,40}", re.IGNORECASE
)
_TITLED = re.compile(r".{2,60}(?:预案|方案|处置卡|plan|procedure)(?:[（(].{1,20}[）)])?", re.IGNORECASE)
_SENTENCE = re.compile(r"[。；;，,！!？?]|[:：]$|[.]$")
_LONGEST = 40  # characters of a heading that is known by its number only
_STYLED = 2  # as many headings with a style make it the document's way


def _levelled(lines: Sequence[Line]) -> list[Line]:
    """Answer the lines with a level at each heading, 1 the highest of the document."""
    styled = sum(line.level is not None for line in lines) >= _STYLED
    found = list(_by_style(lines) if styled else _by_number(lines))
    order = sorted({rank for rank in found if rank not in (None, _ANNEXED)}) or [_ANNEXED]
    ranks = [order[0] if rank == _ANNEXED else rank for rank in found]
    return [
        replace(line, level=order.index(rank) + 1 if rank is not None else None)
        for line, rank in zip(lines, ranks, strict=True)
    ]


_Rank = tuple[int, int]
_ANNEXED: _Rank = (-1, 0)  # an appendix is a chapter, however the chapters are numbered


def _by_style(lines: Sequence[Line]) -> Iterator[_Rank | None]:
    """Yield the rank of each line by its style; a heading that is only numbered stands below the styled one above."""
    above = 0
    counted = _by_number(lines)
    for line, rank in zip(lines, counted, strict=True):
        if line.level is not None and len(line.text) <= TITLE:
            above = line.level
            yield (line.level, 0)
        else:
            yield rank if rank in (None, _ANNEXED) or not above else (above, 1 + rank[0] * 10 + rank[1])


def _by_number(lines: Iterable[Line]) -> Iterator[_Rank | None]:
    """Yield the rank of each line by the way it is numbered; None for what is no heading."""
    last = 0
    for line in lines:
        rank = None if line.row or not _looks(line.text) else _rank(line.text, last)
        if rank is not None and rank[0] == len(_NUMBERED) and rank[1] == 1:
            last = int(_decimals(line.text)[0])
        yield rank


def _looks(text: str) -> bool:
    """Whether a line is short and no sentence, as headings are."""
    return len(text) <= _LONGEST and not _SENTENCE.search(text)


def _rank(text: str, last: int) -> _Rank | None:
    """Answer the rank of a numbered line; `last` is the number of the last one that had a single number."""
    if _APPENDIX.fullmatch(text):
        return _ANNEXED
    for n, form in enumerate(_NUMBERED):
        if form.fullmatch(text):
            return (n, 0)
    numbers = _decimals(text)
    # A single number that does not follow the one before counts something, and heads nothing.
    if not numbers or (len(numbers) == 1 and int(numbers[0]) not in (1, last + 1)):
        return None
    return (len(_NUMBERED), len(numbers))


def _decimals(text: str) -> list[str]:
    found = _DECIMAL.fullmatch(text)
    return re.split("[.．]", found[1]) if found else []


def _promoted(lines: Sequence[Line]) -> list[Line]:
    """Answer the lines with level 0 for a single highest heading over all others: it is the title, not a chapter."""
    levels = [line.level for line in lines if line.level is not None]
    if levels.count(1) != 1 or levels[0] != 1 or len(levels) == 1:
        return list(lines)
    return [replace(line, level=line.level - 1) if line.level is not None else line for line in lines]


# --- chapters ---------------------------------------------------------------------------------------------------------


def _chapters(lines: Iterable[Line], opening: str) -> Iterator[Chapter]:
    """Yield a chapter for each heading of level 1, and one named `opening` for what stands before the first.

    A heading without a text is the first line of the chapter after it; the last of all is its own text.
    """
    title, text = opening, list[str]()
    for line in lines:
        if line.level == 1 and text:
            yield from _chapter(title, text)
            title, text = line.text, []
        elif line.level == 1:
            text = [title] if title != opening else []
            title = line.text
        else:
            text += ["", line.text] if line.level and text else [line.text]
    yield from _chapter(title, text or ([title] if title != opening else []))


def _chapter(title: str, text: Sequence[str]) -> Iterator[Chapter]:
    """Yield a chapter, in several where it is too long for one."""
    parts: list[str] = [""]
    for line in (piece for each in text for piece in _pieces(each)):
        if len(parts[-1]) + len(line) + 1 > TEXT:
            parts.append("")
        parts[-1] = f"{parts[-1]}\n{line}" if parts[-1] else line
    whole = [part.strip() for part in parts if part.strip()]
    for n, part in enumerate(whole, start=1):
        name = title if n == 1 else f"{title[: TITLE - 10]}（{n}）"
        yield Chapter(title=name[:TITLE], text=part)


def _pieces(line: str) -> Iterator[str]:
    yield from (line[n : n + TEXT] for n in range(0, len(line), TEXT)) if line else ("",)


def _fitting(chapters: Iterable[Chapter]) -> tuple[tuple[Chapter, ...], tuple[Words, ...]]:
    """Answer the chapters that a plan file takes, and a sentence about those that it does not."""
    kept: list[Chapter] = []
    left: list[Chapter] = []
    room = BYTES
    for chapter in chapters:
        room -= len((chapter.title + chapter.text).encode())
        fits = room >= 0 and len(kept) < CHAPTERS and not left
        (kept if fits else left).append(chapter)
    return tuple(kept), (_too_much(len(left), left[0].title),) if left else ()


def _too_much(count: int, first: str) -> Words:
    return Words(
        zh=f"文档过长，从“{first}”起有 {count} 章未导入",
        en=f"the document is too long; {count} chapters from “{first}” on were not read",
    )
