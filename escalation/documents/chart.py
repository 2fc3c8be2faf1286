"""A bar chart as a picture: groups of bars side by side, each with its figure in words above it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import typst

from escalation.documents import fonts
from escalation.documents.fonts import Fonts, Role
from escalation.documents.pdf import PRESS

Form = Literal["svg", "png"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bars:
    """One group: its label, one value a series, and what is written above each bar."""

    label: str
    values: tuple[float, ...]
    told: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A title, the names of the series, and the groups; no colour alone carries meaning: every bar has its figure."""

    title: str
    series: tuple[str, ...]
    groups: tuple[Bars, ...]


def drawn(chart: Chart, form: Form, *, with_fonts: Fonts | None = None) -> bytes:
    """Answer the chart as SVG or PNG: the same chart and fonts give the same bytes; refuses `MissingGlyph`."""
    faces = with_fonts or fonts.found()
    faces.require({Role.HEI: _words(chart)})
    told = {**asdict(chart), "faces": faces.chain(Role.HEI)}
    # Bytes, or a list of them for each page, whatever the stubs say.
    pages: Any = typst.compile(
        PRESS / "chart.typ",
        root=PRESS,
        font_paths=faces.press,
        ignore_system_fonts=True,
        sys_inputs={"chart": json.dumps(told, ensure_ascii=False)},
        format=form,
        ppi=144,
    )
    picture: bytes = pages[0] if isinstance(pages, list) else pages
    return picture


def _words(chart: Chart) -> str:
    groups = "".join(group.label + "".join(group.told) for group in chart.groups)
    return chart.title + "".join(chart.series) + groups + "0123456789"
