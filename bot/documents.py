"""The documents of a periodic return, as its card links to them: the letter as a PDF, its chart as a picture."""

from __future__ import annotations

import re

from sqlalchemy import select

from bot.press import House
from errors import Fault, Refusal
from escalation.documents import Attachment, chart, letter_of, pdf
from escalation.records import kept
from escalation.returns import render
from incidents import charts
from incidents.records import Return, return_draft

DIGEST = re.compile(r"[0-9a-f]{64}")
MEDIA = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


def returned(house: House, page: str, form: str) -> Attachment | None:
    """The newest draft, or what was signed, as `pdf`, `svg` or `png`; None for a page that belongs to no return.

    None too where it cannot be drawn (a character that no font here has): the text in chat has every word.
    """
    if form not in MEDIA:
        return None
    try:
        content = _drawn(house, page, form)
    except (Refusal, Fault):
        return None
    return Attachment(name=f"return.{form}", media_type=MEDIA[form], content=content) if content else None


def letter(house: House, digest: str) -> bytes | None:
    """A signed letter to print and seal, by the digest of its PDF, which nobody guesses; None for anything else."""
    if not DIGEST.fullmatch(digest):
        return None
    with house.database.read() as session:
        found = kept(session, digest)
        return found.content if found is not None and found.media_type == MEDIA["pdf"] else None


def _drawn(house: House, page: str, form: str) -> bytes | None:
    with house.database.read() as session:
        of = session.scalars(select(Return).where(Return.page == page)).one_or_none()
        draft = return_draft(session, of, of.signed_draft) if of is not None else None
        if of is None or draft is None:
            return None
        signer = house.people.name(of.signed_by) if of.signed_by else None
        facts, signed_at = {**draft.facts, "signer": signer}, of.signed_at
        letter = render(facts)
    if form != "pdf":
        return chart.drawn(charts.of_return(facts), "png" if form == "png" else "svg")
    whole = letter_of(letter, charts.as_letter(facts), sender=house.people.organisation.id, signed_at=signed_at)
    return pdf.pdf(whole).content
