"""Figures as people say them, in Chinese and in English."""

from __future__ import annotations

_CHINESE = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten",
    "eleven",
    "twelve",
    *(f"{stem}teen" for stem in ("thir", "four", "fif", "six", "seven", "eigh", "nine")),
)
_UNDER_20 = ("zero", *_ONES[1:], *_TEENS)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("", " thousand", " million", " billion", " trillion")
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
_ORDINALS |= {"twelve": "twelfth"}
_LONGEST = 15  # figures; more are told one by one, as is what begins with a nought


def digits(figures: str, lang: str) -> str:
    """Answer figures one by one: `二零二一`, `two zero two one`."""
    if lang == "zh":
        return "".join(_CHINESE[figure] for figure in figures)
    return " ".join(_UNDER_20[int(figure)] for figure in figures)


def number(figures: str, lang: str) -> str:
    """Answer a number without a sign, such as `97.7`, in words: `九十七点七`, `ninety-seven point seven`."""
    whole, point, part = figures.partition(".")
    if len(whole) > _LONGEST or (len(whole) > 1 and whole.startswith("0")):
        said = digits(whole, lang)
    else:
        said = _chinese(whole) if lang == "zh" else english(int(whole))
    if not point:
        return said
    return f"{said}点{digits(part, lang)}" if lang == "zh" else f"{said} point {digits(part, lang)}"


def _chinese(whole: str) -> str:
    import cn2an  # a quarter of a second; see `escalation.documents.load`

    return str(cn2an.an2cn(whole, "low"))


def english(whole: int) -> str:
    """Answer a whole number, 0 or more and under 10^15, in English words."""
    if whole < 1000:  # noqa: PLR2004 -- a group of three figures
        return _under_1000(whole)
    groups: list[str] = []
    for scale in _SCALES:
        whole, group = divmod(whole, 1000)
        if group:
            small = not scale and group < 100  # noqa: PLR2004 -- two thousand *and* twenty-one
            groups.append(("and " if small else "") + _under_1000(group) + scale)
    return " ".join(reversed(groups))


def _under_1000(whole: int) -> str:
    hundreds, rest = divmod(whole, 100)
    if hundreds:
        return f"{_UNDER_20[hundreds]} hundred" + (f" and {_under_1000(rest)}" if rest else "")
    if rest < len(_UNDER_20):
        return _UNDER_20[rest]
    tens, ones = divmod(rest, 10)
    return _TENS[tens] + (f"-{_UNDER_20[ones]}" if ones else "")


def ordinal(whole: int) -> str:
    """Answer the day of a month in English: `twenty-first`."""
    head, dash, last = english(whole).rpartition("-")
    nth = _ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return head + dash + nth
