"""The documents of a signed notice for the incident's room: those that were kept, or drawn from the signed words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from errors import NotTheSignedText
from escalation import documents, notices

Kept = Callable[[str], bytes]  # digest → the bytes that were kept under it
#: What a person opens; what only machines read stays with the notice.
READ = (".pdf", ".docx")


def of(facts: Mapping[str, Any], kept: Kept) -> list[tuple[str, bytes]]:
    """Name and bytes, PDF first; what cannot be drawn (a character that no font has) is left out.

    What went with the notice is taken as it went: `facts["enclosed"]`. A notice that left without files is drawn from
    `facts["told"]`; refuses `NotTheSignedText` where those facts no longer make the words that were signed.
    """
    if facts["enclosed"]:
        return [(each["name"], _whole(each, kept)) for each in facts["enclosed"] if each["name"].endswith(READ)]
    return [(each.name, each.content) for each in _drawn(facts) if each.name.endswith(READ)]


def _whole(each: Mapping[str, str], kept: Kept) -> bytes:
    content = kept(each["digest"])
    if hashlib.sha256(content).hexdigest() != each["digest"]:
        raise NotTheSignedText(digest=each["digest"])
    return content


def _drawn(facts: Mapping[str, Any]) -> tuple[documents.Attachment, ...]:
    rendered = notices.render(facts["told"])
    if rendered.digest != facts["digest"]:
        raise NotTheSignedText(digest=facts["digest"])
    signed_at = datetime.fromisoformat(facts["signed_at"])
    letter = documents.letter_of(rendered, facts["told"], sender=facts["sender"], signed_at=signed_at)
    return documents.possible(letter)[0]
