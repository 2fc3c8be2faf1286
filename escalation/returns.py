"""The words of a periodic return: its counts in, a titled letter out; tables stand in the text, between bars.

`render` takes one mapping of JSON-able facts in which every key is present and None is unknown; the letters stand in
`templates/returns/`, a folder a regime.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from escalation import notices
from escalation.notices import Facts, Notice
from escalation.words import Words

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "returns"
BAR = "｜"
#: Rows of a list that a letter shows; the others are counted.
MOST_ROWS = 60
TEN_THOUSAND = Decimal(10_000)


def render(facts: Facts, *, lang: str | None = None) -> Notice:
    """Answer the letter of these facts: the same facts give the same text, byte for byte.

    It is written in its regime's language; with `lang` a reading aid in another one is answered, which is never sent.
    """
    lang = lang or notices.lang_of(facts["regime"])
    said = notices.plain(facts, lang)
    context = {**said, "issuer": notices.issued_by(said["organisation"], said["unit"], lang)}
    title = " ".join(_made(said, "title.", lang).render(context).split())
    text = _tidy(_made(said, "", lang).render({**context, "title": title}))
    missing = facts["missing"]
    return Notice(
        title=title,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        lang=lang,
        missing_now=_words(missing["now"]),
        missing_later=_words(missing["later"]),
        contradictions=_words(missing["contradictions"]),
        sure="MEM",  # the form's own columns were never seen: its list of fields is from memory
    )


def _words(told: Iterable[Mapping[str, str]]) -> tuple[Words, ...]:
    return tuple(Words(zh=each["zh"], en=each["en"]) for each in told)


def _made(said: Facts, part: str, lang: str) -> Any:  # noqa: ANN401 - the press's template
    return _press(lang).get_template(f"{said['regime']}/{lang}.{part}txt")


@cache
def _press(lang: str) -> ImmutableSandboxedEnvironment:
    press = notices.letter_press(lang, TEMPLATES)
    said: dict[str, Callable[..., str | None]] = {
        "amount": lambda told: amount(told, lang),
        "yuan": lambda told: amount(told, lang, TEN_THOUSAND),
        "cell": cell,
        "row": row,
        "grouped": grouped,
        "numbers": lambda rows: ("、" if lang == "zh" else ", ").join(str(each["number"]) for each in rows),
    }
    press.filters.update(said)
    return press


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.split("\n")]
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return "\n".join(kept).strip("\n") + "\n"


# --- figures and cells -----------------------------------------------------------------------------------------------


def amount(told: Mapping[str, Any] | None, lang: str, unit: Decimal = Decimal(1)) -> str | None:
    """Answer a sum in words: `3`, `at least 3 (2 cases to be verified)`, `to be verified (2 cases)`; None is unknown.

    `told` is `{"known": number, "unknown": how many cases}`, told in units of `unit`.
    """
    if told is None:
        return None
    known, unknown = f"{_bare(Decimal(str(told['known'])) / unit):f}", told["unknown"]
    if not unknown:
        return known
    nothing = not Decimal(str(told["known"]))
    if lang == "zh":
        return f"待核实（{unknown}起）" if nothing else f"不少于{known}（另{unknown}起待核实）"
    cases = f"{unknown} {'case' if unknown == 1 else 'cases'}"
    return f"to be verified ({cases})" if nothing else f"at least {known} ({cases} to be verified)"


def _bare(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def cell(value: Any) -> str | None:  # noqa: ANN401 - whatever stands in a cell
    """Answer a value as one cell: on one line, without a bar of its own; None stays unknown."""
    return None if value is None else " ".join(str(value).split()).replace(BAR, "|")


def grouped(digest: str | None) -> str | None:
    """Answer a digest in groups of eight, so that it may be broken at the end of a line."""
    return None if digest is None else " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def row(values: Iterable[Any]) -> str:
    """Answer cells as a row between bars."""
    return BAR + BAR.join("" if value is None else str(cell(value)) for value in values) + BAR
