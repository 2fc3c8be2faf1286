"""A signed notice as the documents an authority takes: Word, PDF, CAP, SitRep JSON, and a script for the telephone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from errors import Fault, Refusal
from escalation.documents.letter import Letter, Paper, letter_of

__all__ = ["Attachment", "Letter", "Paper", "all_of", "letter_of", "possible"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A file to send along: its name (ASCII), its media type, its bytes."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def _pdf(letter: Letter) -> bytes:
    from escalation.documents import pdf

    return pdf.pdf(letter).content


def _docx(letter: Letter) -> bytes:
    from escalation.documents import docx

    return docx.docx(letter)


def _cap(letter: Letter) -> bytes:
    from escalation.documents import cap

    return cap.cap(letter)


def _sitrep(letter: Letter) -> bytes:
    from escalation.documents import sitrep

    return sitrep.sitrep(letter)


def _spoken(letter: Letter) -> bytes:
    from escalation.documents import spoken

    return spoken.spoken(letter).encode()


_FORMATS: tuple[tuple[str, str, Callable[[Letter], bytes]], ...] = (
    (".pdf", "application/pdf", _pdf),
    (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _docx),
    (".cap.xml", "application/cap+xml", _cap),
    (".json", "application/json", _sitrep),
    (".spoken.txt", "text/plain", _spoken),
)


def load() -> None:
    """Load what the formats need. A start does not wait for it, and no first notice should."""
    from escalation.documents import cap, docx, numerals, pdf, sitrep, spoken  # noqa: F401 -- to be there

    numerals.number("1", "zh")


def all_of(letter: Letter) -> tuple[Attachment, ...]:
    """Answer every document of a letter; refuses what the first of them that cannot be made refuses."""
    made, refused = possible(letter)
    if refused:
        raise refused[0]
    return made


def possible(letter: Letter) -> tuple[tuple[Attachment, ...], tuple[Refusal | Fault, ...]]:
    """Answer the documents that can be made and why the others cannot: a missing glyph holds up no notice."""
    made: list[Attachment] = []
    refused: list[Refusal | Fault] = []
    for ending, media_type, make in _FORMATS:
        try:
            content = make(letter)
        except (Refusal, Fault) as no:
            refused.append(no)
        else:
            made.append(Attachment(name=letter.name + ending, media_type=media_type, content=content))
    return tuple(made), tuple(refused)
