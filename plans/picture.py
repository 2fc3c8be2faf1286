"""The coverage matrix as a picture: page by page for a phone, or as one sheet; no colour alone says anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import typst

from escalation.rosters import Organisation, Unit
from escalation.words import Words
from plans.coverage import Cell, Matrix, Reason, Scenario

TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "pictures" / "coverage.typ"
#: What fits a phone held upright; a wider organisation gets more pages.
PHONE_COLUMNS: Final = 5
PHONE_ROWS: Final = 30
MOST_COLUMNS, MOST_ROWS = 12, 80
PIXELS_PER_INCH: Final = 144.0

_COVERED = Words(zh="有预案", en="covered")
_NOT_HERE = Words(zh="不涉及", en="not here")
_CANNOT = Words(zh="此处不会发生", en="cannot happen there")
_SIGNS = {
    None: "✓",
    Reason.EMPTY: "✗",
    Reason.OUTLINE: "…",
    Reason.UNSIGNED: "○",
    Reason.REVIEW_OVERDUE: "!",
    Reason.DRILL_OVERDUE: "!",
}
_TITLE = Words(zh="{organisation} · 应急预案覆盖表", en="{organisation} · Plan coverage")
_UNDER = Words(
    zh="截至 {at}（{zone}） · {cells} 格，已覆盖 {covered}，缺口 {gaps}{page}",
    en="as of {at} ({zone}) · {cells} cells, {covered} covered, {gaps} gaps{page}",
)
_PAGE = Words(zh=" · 第 {n} 页，共 {of} 页", en=" · page {n} of {of}")
_CORNER = Words(zh="场景 ＼ 单位", en="Scenario ＼ unit")
_REVIEW = Words(zh="评审至 {day}", en="review {day}")
_DRILLED = Words(zh="演练 {day}", en="drilled {day}")
_NEVER = Words(zh="未演练", en="never drilled")
_LEGEND = {
    None: Words(zh="有现行预案：版本、评审期限、上次演练", en="a plan in force: version, review date, last drill"),
    Reason.UNSIGNED: Words(zh="只有自带预案，本单位无人签发", en="a starter plan that nobody here has signed"),
    Reason.OUTLINE: Words(zh="只有提纲，不算覆盖", en="an outline, which does not count"),
    Reason.REVIEW_OVERDUE: Words(zh="评审或演练超期", en="review or drill overdue"),
    Reason.EMPTY: Words(zh="任何预案都不适用", en="nothing stands for it"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """What stands on one page: these rows and columns, the `n`th of `of`."""

    scenarios: Sequence[Scenario]
    units: Sequence[Unit]
    n: int
    of: int


#: What the template draws: JSON-able content of one page.
Drawing = Mapping[str, Any]


def pages(found: Matrix, organisation: Organisation, lang: str) -> tuple[bytes, ...]:
    """The matrix as PNG pages for a phone, at most 5 units and 30 scenarios a page, in `lang` (`zh` or `en`)."""
    return tuple(map(drawn, drawings(found, organisation, lang)))


def drawings(found: Matrix, organisation: Organisation, lang: str, *, most: int | None = None) -> tuple[Drawing, ...]:
    """What stands on each page for a phone, the first `most` of them: finished, and cheap beside drawing it."""
    return tuple(_drawing(found, page, organisation, lang) for page in _parts(found, PHONE_COLUMNS, PHONE_ROWS)[:most])


def sheet(found: Matrix, organisation: Organisation, lang: str) -> tuple[bytes, ...]:
    """The matrix as PNG pages for a screen or a document: one, up to 12 units and 80 scenarios."""
    return tuple(drawn(_drawing(found, page, organisation, lang)) for page in _parts(found, MOST_COLUMNS, MOST_ROWS))


def _parts(found: Matrix, columns: int, rows: int) -> list[_Page]:
    corners = [
        (top, left)
        for top in range(0, max(1, len(found.scenarios)), rows)
        for left in range(0, max(1, len(found.units)), columns)
    ]
    return [
        _Page(
            scenarios=found.scenarios[top : top + rows],
            units=found.units[left : left + columns],
            n=n,
            of=len(corners),
        )
        for n, (top, left) in enumerate(corners, start=1)
    ]


def _drawing(found: Matrix, page: _Page, organisation: Organisation, lang: str) -> Drawing:
    return {
        "lang": lang,
        "title": _TITLE.said(lang).format(organisation=organisation.title.said(lang)),
        "under": _under(found, page, organisation, lang),
        "corner": _CORNER.said(lang),
        "units": [unit.title.said(lang) for unit in page.units],
        "rows": [_row(found, scenario, page.units, organisation, lang) for scenario in page.scenarios],
        "legend": list(_legend(lang)),
    }


def drawn(given: Drawing) -> bytes:
    """A page as PNG; the same content gives the same picture on every machine."""
    fonts = str(files("pylopdf_fonts_zh_cn"))
    return typst.compile(  # the page is as high as it must be: there is one
        str(TEMPLATE),
        format="png",
        ppi=PIXELS_PER_INCH,
        font_paths=[fonts],
        ignore_system_fonts=True,  # the same picture on every machine
        sys_inputs={"matrix": json.dumps(given, ensure_ascii=False)},
    )


def _under(found: Matrix, page: _Page, organisation: Organisation, lang: str) -> str:
    counts = found.counts
    return _UNDER.said(lang).format(
        at=f"{found.at.astimezone(organisation.tz):%Y-%m-%d %H:%M}",
        zone=organisation.zone,
        cells=counts["cells"],
        covered=counts["covered"],
        gaps=counts["cells"] - counts["covered"],
        page=_PAGE.said(lang).format(n=page.n, of=page.of) if page.of > 1 else "",
    )


def _row(
    found: Matrix, scenario: Scenario, units: Sequence[Unit], organisation: Organisation, lang: str
) -> dict[str, Any]:
    cells = [_cell(found.cell(scenario.id, unit.id), organisation, lang) for unit in units]
    return {"title": scenario.title.said(lang), "cells": cells}


def _cell(cell: Cell | None, organisation: Organisation, lang: str) -> dict[str, Any]:
    if cell is None:
        return {"state": "absent", "head": "—", "lines": [_NOT_HERE.said(lang)]}
    head = f"{_SIGNS[cell.reason]} {cell.reason.words.said(lang) if cell.reason else f'v{cell.number}'}"
    return {
        "state": cell.reason.value if cell.reason else "covered",
        "head": head,
        "lines": list(_lines(cell, organisation, lang)),
    }


def _lines(cell: Cell, organisation: Organisation, lang: str) -> Iterator[str]:
    if cell.plan is None or cell.reason is Reason.OUTLINE:
        return
    if cell.reason is not None:
        yield f"v{cell.number}"
    if cell.review_due is not None and cell.reason is not Reason.UNSIGNED:
        yield _REVIEW.said(lang).format(day=_day(cell.review_due, organisation))
    yield _DRILLED.said(lang).format(day=_day(cell.drilled_at, organisation)) if cell.drilled_at else _NEVER.said(lang)


def _day(instant: datetime, organisation: Organisation) -> str:
    return f"{instant.astimezone(organisation.tz):%Y-%m-%d}"


def _legend(lang: str) -> Iterator[dict[str, str]]:
    for reason, words in _LEGEND.items():
        said = reason.words.said(lang) if reason else _COVERED.said(lang)
        head = f"{_SIGNS[reason]} {said}" if reason is not Reason.REVIEW_OVERDUE else _SIGNS[reason]
        yield {"state": reason.value if reason else "covered", "head": head, "words": words.said(lang)}
    yield {"state": "absent", "head": f"— {_NOT_HERE.said(lang)}", "words": _CANNOT.said(lang)}
