"""A letter as a script for the telephone: the signed text with its figures in words, and the questions at its end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from escalation.documents.letter import EXERCISE, Letter, Paragraph, Place
from escalation.documents.numerals import digits, english, number, ordinal
from escalation.duties import Notice

_DRILL = {"zh": "这是演练，不是真实事件。", "en": "This is an exercise, not a real incident."}
_STAGE = {
    "zh": "（请照读；本行不读。编号{reference}，签发文本SHA-256：{digest}）",
    "en": "(Read aloud, but for this line. {reference}, SHA-256 of the signed text: {digest})",
}
_DONE = {"zh": "报告完毕。请复述要点。", "en": "End of report. Please read back the main points."}
_ASK = {
    "zh": "请问您的姓名和工号？您接报的时间是几时几分？",
    "en": "May I have your name, and the time at which you took this report?",
}
_UNSAID = (Place.BANNER, Place.SIGNATURE, Place.DATE)


def spoken(letter: Letter) -> str:
    """Answer the script: outside its one stage direction no figure is left, only words, and it ends with a question."""
    stage = _STAGE[letter.lang].format(reference=letter.report.reference, digest=letter.digest)
    drill = [_DRILL[letter.lang]] if letter.exercise else []
    head = [EXERCISE] if letter.exercise else []
    # An oral report's own text says that it is done.
    done = [] if letter.report.notice is Notice.ORAL else [_DONE[letter.lang]]
    return "\n".join([*head, stage, *drill, *_said(letter), *drill, *done, _ASK[letter.lang]]) + "\n"


def _said(letter: Letter) -> Iterator[str]:
    say = aloud_zh if letter.lang == "zh" else aloud_en
    for part in letter.body:
        if not (isinstance(part, Paragraph) and part.place in _UNSAID):
            yield say(part.words)


# --- Chinese ---------------------------------------------------------------------------------------------------------

_ROMAN = str.maketrans({"Ⅰ": "一", "Ⅱ": "二", "Ⅲ": "三", "Ⅳ": "四"})
_MARKS = {"-": "杠", "/": "斜杠", ".": "点"}
#: Counted things, before which 2 is 两.
_COUNTED = "个人条户项台次家座处小万千亿"


def aloud_zh(text: str) -> str:
    """Answer Chinese text as it is said: `18时00分` is 十八时整, `71.6%` 百分之七十一点六, a telephone 幺三八."""
    return _each(_ZH, text.translate(_ROMAN))


def _hour_zh(found: re.Match[str]) -> str:
    hour, minute = number(str(int(found[1])), "zh"), int(found[2])
    if minute == 0:
        return f"{hour}时整"
    return f"{hour}时{'零' if minute < 10 else ''}{number(str(minute), 'zh')}分"  # noqa: PLR2004 -- one figure


def _telephone_zh(found: re.Match[str]) -> str:
    return "，".join(digits(group, "zh").replace("一", "幺") for group in re.findall(r"\d+", found[0]))


def _count_zh(found: re.Match[str]) -> str:
    return "两" if found[0] == "2" else number(found[0].replace(",", ""), "zh")


def _spelt_zh(found: re.Match[str]) -> str:
    return " ".join(
        _MARKS.get(piece) or (digits(piece, "zh") if piece.isdigit() else " ".join(piece))
        for piece in re.findall(r"[A-Za-z]+|\d+|[-/.]", found[0])
    )


_ZH: Mapping[str, Callable[[re.Match[str]], str]] = {
    r"[A-Za-z]+[A-Za-z0-9]*(?:[-/.][A-Za-z0-9]+)+|[A-Za-z]+\d[A-Za-z0-9]*": _spelt_zh,
    r"(\d{4})年(\d{1,2})月(\d{1,2})日": lambda found: (
        f"{digits(found[1], 'zh')}年{number(str(int(found[2])), 'zh')}月{number(str(int(found[3])), 'zh')}日"
    ),
    r"(\d{1,2})时(\d{2})分": _hour_zh,
    r"(?<!\d)(\d{1,2})[:：](\d{2})(?!\d)": _hour_zh,
    r"(?<!\d)\d{3,4}-\d{3,8}(?:-\d{3,8})?|(?<!\d)1\d{10}(?!\d)": _telephone_zh,
    r"(?<!\d)1(?:10|19|20|22)(?=[、，和等])": _telephone_zh,
    r"（(\d{1,2})）": lambda found: f"第{number(found[1], 'zh')}，",
    r"(\d+(?:\.\d+)?)%": lambda found: f"百分之{number(found[1], 'zh')}",
    rf"(?<![\d.第])(?:2(?=[{_COUNTED}])|\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)": _count_zh,
    r"\d+(?:\.\d+)?": lambda found: number(found[0], "zh"),
}


# --- English ---------------------------------------------------------------------------------------------------------


def aloud_en(text: str) -> str:
    """Answer English text as it is said: `18:00` is eighteen hundred hours, `977,000` a number in words."""
    return _each(_EN, text)


def _hour_en(found: re.Match[str]) -> str:
    hour, minute = english(int(found[1])), int(found[2])
    if minute == 0:
        return f"{hour} hundred hours"
    return f"{hour} {'oh ' if minute < 10 else ''}{english(minute)}"  # noqa: PLR2004 -- one figure


def _date_en(found: re.Match[str]) -> str:
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return " dash ".join(digits(group, "en") for group in found.groups())
    return f"{day:%B} {ordinal(day.day)}, {english(day.year)}"


def _offset_en(found: re.Match[str]) -> str:
    sign = "plus" if found[1] == "+" else "minus"
    minutes = f" {english(int(found[3]))}" if found[3] else ""
    return f"U T C {sign} {english(int(found[2]))}{minutes}"


def _spelt_en(found: re.Match[str]) -> str:
    marks = {"-": "dash", "/": "slash", ".": "dot"}
    return " ".join(
        marks.get(piece) or (digits(piece, "en") if piece.isdigit() else " ".join(piece))
        for piece in re.findall(r"[A-Za-z]+|\d+|[-/.]", found[0])
    )


_EN: Mapping[str, Callable[[re.Match[str]], str]] = {
    r"\bUTC([+-])(\d{1,2})(?::(\d{2}))?": _offset_en,
    # A name that has figures in it is spelt; a hyphenated word is not.
    r"\b(?=[A-Za-z0-9/.-]*\d)[A-Za-z]+[A-Za-z0-9]*(?:[-/.][A-Za-z0-9]+)+|\b[A-Za-z]+\d[A-Za-z0-9]*": _spelt_en,
    r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?= \d{1,2}:\d{2})": lambda found: f"{_date_en(found)}, at",
    r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)": _date_en,
    r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)": _hour_en,
    r"(?<!\d)\d{3,4}-\d{3,8}(?:-\d{3,8})?": lambda found: ", ".join(
        digits(group, "en") for group in re.findall(r"\d+", found[0])
    ),
    r"\((\d{1,2})\)": lambda found: f"Item {english(int(found[1]))}:",
    r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)%": lambda found: (
        f"{number(found[1].replace(',', ''), 'en')} per cent"
    ),
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?": lambda found: number(found[0].replace(",", ""), "en"),
}


def _each(rules: Mapping[str, Callable[[re.Match[str]], str]], text: str) -> str:
    for pattern, said in rules.items():
        text = re.sub(pattern, said, text, flags=re.ASCII)
    return text
