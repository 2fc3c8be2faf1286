"""Where a notice goes: the office, the way and the address, frozen when it is drafted, and part of what is signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from escalation.duties import Courier, Duty
from escalation.rosters import Authority
from escalation.words import Words

Destination = Mapping[str, str | None]


def destination(duty: Duty, office: Authority | None) -> dict[str, str | None]:
    """`{office, courier, address}`; None where nobody has named it."""
    return {
        "office": office.id if office else None,
        "courier": duty.courier.value,
        "address": _address(duty.courier, office) if office else None,
    }


def _address(courier: Courier, office: Authority) -> str | None:
    return {Courier.PORTAL: office.portal, Courier.MAIL: office.mail, Courier.BY_HAND: office.phone}[courier]


def seal(digest: str, to: Destination) -> str:
    """What a signer signs, as SHA-256 in hex: the text's digest and where it goes."""
    whole = json.dumps([digest, to["office"], to["courier"], to["address"]], ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()


def said(to: Mapping[str, Any] | None) -> Words:
    """The address as people read it; an unset one is said."""
    if not to or not to.get("address"):
        return Words(zh="（未登记）", en="(none on record)")
    way, address = Courier(to["courier"]).words, to["address"]
    return Words(zh=f"{way.zh} {address}", en=f"{way.en} {address}")


def moved(before: Destination, now: Destination) -> Words:
    """How the address changed, old and new."""
    old, new = said(before), said(now)
    return Words(zh=f"收报地址由“{old.zh}”改为“{new.zh}”", en=f"the address (was “{old.en}”, is “{new.en}”)")
