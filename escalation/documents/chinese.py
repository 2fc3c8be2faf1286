"""What Chinese official documents write in their own way: a document's number, and where its signature stands."""

from __future__ import annotations

import re
import unicodedata

from errors import BadDocumentNumber

LINE = 28  # characters of a line, GB/T 9704-2012
_CODE = re.compile(r"[\u4e00-\u9fff]{2,12}")


def document_number(code: str, year: int, number: int) -> str:
    """Answer a 发文字号, `豫通〔2026〕31号`: six-cornered brackets, no 第, no leading nought (GB/T 9704-2012).

    `code` is the organisation's own 机关代字; refuses `BadDocumentNumber` where one cannot be made.
    """
    if not _CODE.fullmatch(code) or not 1900 <= year <= 9999 or number < 1:  # noqa: PLR2004 -- four figures of a year
        raise BadDocumentNumber(code=code, year=year, number=number)
    return f"{code}〔{year}〕{number}号"


def width(text: str) -> float:
    """Answer how many characters of the grid a line takes; an ASCII letter or figure takes half a one."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WFA" else 0.5 for letter in text)


def closing(signature: str, date: str) -> tuple[float, float]:
    """Answer how many characters stay free at the right of 署名, and at the left of 成文日期, without a seal.

    The signature stands two from the right and the date begins two after it; where the date is too long for that, the
    date stands two from the right and the signature begins two before it (GB/T 9704-2012, 7.3.5.3).
    """
    name, day = width(signature), width(date)
    if day + 2 <= name:
        return 2.0, max(2.0, LINE - name)
    return 4 + day - name, LINE - 2 - day


def title_lines(title: str, most: int = 20) -> tuple[str, ...]:
    """Answer a title in lines of at most `most` characters, broken where a word is whole, and of like length.

    It breaks after the issuer, before 关于; then after 的, 、 or a closing mark; only a line with none of them breaks
    elsewhere, and then never at the wrong side of a bracket.
    """
    lines = -(-len(title) // most)
    if lines <= 1:
        return (title,)
    cut = _cut(title, lines, most)
    return (title[:cut], *title_lines(title[cut:], most))


def _cut(title: str, lines: int, most: int) -> int:
    even = len(title) / lines
    about = title.find("关于")
    if 0 < about <= most:
        return about
    room = range(max(2, len(title) - most * (lines - 1)), min(most, len(title) - 2) + 1)
    good = [cut for cut in room if title[cut - 1] in "的、）》”】" and title[cut] not in "、）》”】"]
    fair = [cut for cut in room if title[cut] not in "的、）》”】" and title[cut - 1] not in "（《“【"]
    return min(good or fair or room, key=lambda cut: abs(cut - even))
