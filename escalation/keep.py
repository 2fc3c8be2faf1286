"""Keep a document that goes with a notice: its bytes as they were at the signing, under their digest."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy.orm import Session

from escalation.records import Kept, kept


def keep(session: Session, content: bytes, media_type: str, *, at: datetime) -> str:
    """Keep `content`; the same bytes twice are kept once. Gives their SHA-256, in hex."""
    digest = hashlib.sha256(content).hexdigest()
    if kept(session, digest) is None:
        session.add(Kept(digest=digest, media_type=media_type, content=content, at=at))
        session.flush()
    return digest
