"""The documents that go with a notice: made when it is signed, from the signed words, and kept as they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sentry_sdk
import structlog
from sqlalchemy.orm import Session

from escalation import documents
from escalation.keep import keep
from escalation.notices import Notice
from incidents.records import Draft, Filing, Incident
from store import journal

log = structlog.get_logger()
SPOKEN = "text/plain"  # the script for the telephone is for our own people


def enclose(
    session: Session,
    of: Incident,
    notice: Filing,
    draft: Draft,
    rendered: Notice,
    *,
    signer: str,
    sender: str,
    at: datetime,
) -> list[dict[str, str]]:
    """Make and keep the documents; `[{name, media_type, digest}]` in the order they are enclosed.

    What cannot be made (a character that no font draws) is said in the journal and holds up nothing: the text goes.
    """
    made, refused = _made(draft, rendered, signer=signer, sender=sender, signed_at=notice.signed_at)
    enclosed = [
        {
            "name": each.name,
            "media_type": each.media_type,
            "digest": keep(session, each.content, each.media_type, at=at),
        }
        for each in made
        if each.media_type != SPOKEN
    ]
    body: dict[str, Any] = {
        "filing": notice.id,
        "enclosed": enclosed,
        "refused": [type(each).__name__ for each in refused],
    }
    journal.write(session, of.matter, "enclosed", body, by="tocsin", at=at)
    return enclosed


def _made(
    draft: Draft, rendered: Notice, *, signer: str, sender: str, signed_at: datetime | None
) -> tuple[Sequence[documents.Attachment], Sequence[Exception]]:
    try:
        letter = documents.letter_of(rendered, {**draft.facts, "signer": signer}, sender=sender, signed_at=signed_at)
        return documents.possible(letter)
    except Exception as fault:  # a bug in a library that sets pages must not stop a statutory notice: its text goes
        log.exception("documents failed", draft=draft.id)
        sentry_sdk.capture_exception(fault)
        return (), (fault,)
