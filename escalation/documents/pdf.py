"""A letter as pages: a PDF with its fonts inside, and the same pages as pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import typst

from escalation.documents import chinese, fonts
from escalation.documents.fonts import Fonts, Role, Substitution
from escalation.documents.letter import EXERCISE, Letter, Paragraph, Place, Table

PRESS = Path(__file__).resolve().parents[2] / "templates" / "documents"
_ROLES = {
    Place.TITLE: Role.TITLE,
    Place.BANNER: Role.HEI,
    Place.HEADING_1: Role.HEI,
    Place.HEADING_2: Role.KAI,
}
#: What the page itself says beside the letter's words.
_OWN = "签发人：（待签发）附件：．抄送：，。印发— 0123456789 / SHA-256abcdef"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pdf:
    """A PDF, the families that are embedded in it, and the official faces that others stand for."""

    content: bytes
    fonts: tuple[str, ...]
    substitutions: tuple[Substitution, ...]


def pdf(letter: Letter, *, with_fonts: Fonts | None = None) -> Pdf:
    """Answer the letter as a PDF: the same letter and fonts give the same bytes; refuses `MissingGlyph`."""
    faces = with_fonts or fonts.found()
    drawn = faces.require(_words(letter))
    content = _press(letter, faces, "pdf")
    return Pdf(content=content[0], fonts=drawn, substitutions=faces.substitutions(_words(letter)))


def pdf_pages(letter: Letter, *, with_fonts: Fonts | None = None, ppi: float = 96) -> list[bytes]:
    """Answer the letter's pages as PNG pictures, `ppi` pixels an inch; refuses `MissingGlyph`."""
    faces = with_fonts or fonts.found()
    faces.require(_words(letter))
    return _press(letter, faces, "png", ppi=ppi)


def _press(letter: Letter, faces: Fonts, kind: Any, ppi: float = 96) -> list[bytes]:  # noqa: ANN401 -- typst's literal
    # Bytes for a PDF, a list of them for pictures, whatever the stubs say.
    pages: Any = typst.compile(
        PRESS / ("official.typ" if letter.official else "plain.typ"),
        root=PRESS,
        font_paths=faces.press,
        ignore_system_fonts=True,
        # As data and never as markup: nothing typed can become an instruction.
        sys_inputs={"letter": json.dumps(_told(letter, faces), ensure_ascii=False)},
        format=kind,
        ppi=ppi,
        timestamp=letter.report.at.astimezone(UTC).replace(microsecond=0),  # it refuses more
    )
    return pages if isinstance(pages, list) else [pages]


def _told(letter: Letter, faces: Fonts) -> dict[str, Any]:
    signature, date = letter.words_at(Place.SIGNATURE) or "", letter.words_at(Place.DATE) or ""
    free = chinese.closing(signature, date)
    return {
        "lang": letter.lang,
        "title": letter.title,
        "title_lines": chinese.title_lines(letter.title) if letter.official else [letter.title],
        "exercise": EXERCISE if letter.exercise else None,
        "mark": letter.mark or "",
        "mark_width": chinese.width(letter.mark or ""),
        "above": [word for word in (letter.paper.secrecy, letter.paper.urgency) if word],
        "number": letter.paper.number or "",
        "signer": letter.report.authorized_by or "（待签发）",
        "attachments": letter.paper.attachments,
        "copies": letter.paper.copies,
        "issuer": letter.issuer or "",
        "date": date,
        "free": {"right_of_signature": free[0], "left_of_date": free[1]},
        "reference": letter.report.reference,
        "digest": letter.digest,
        "body": [_part(part) for part in letter.body],
        "faces": {role.name.lower(): faces.chain(role) for role in Role},
    }


def _part(part: Paragraph | Table) -> dict[str, Any]:
    if isinstance(part, Table):
        return {"place": "table", "rows": part.rows, "columns": max(len(row) for row in part.rows)}
    return {"place": part.place.value, "words": part.words, "gap": part.gap}


def _words(letter: Letter) -> Mapping[Role, str]:
    """Every word on the pages by the face it is set in."""
    words = dict.fromkeys(Role, "") if letter.official else {Role.SONG: "", Role.HEI: ""}
    text = Role.BODY if letter.official else Role.SONG
    for part in letter.body:
        role = _ROLES.get(part.place, text) if isinstance(part, Paragraph) else text
        words[role if role in words else Role.HEI] += part.words
    paper = letter.paper
    words[text] += "".join((paper.number or "", letter.issuer or "", *paper.attachments, *paper.copies, _OWN))
    words[Role.SONG] += letter.report.reference + _OWN
    words[Role.HEI] += "".join((EXERCISE if letter.exercise else "", paper.secrecy or "", paper.urgency or ""))
    if letter.official:
        words[Role.TITLE] += letter.mark or ""
        words[Role.KAI] += letter.report.authorized_by or "（待签发）"
    return words
