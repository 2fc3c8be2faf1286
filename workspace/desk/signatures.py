"""Whether the bytes that arrived were signed by somebody who holds a key of this desk."""

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum


class Signature(StrEnum):
    """What the desk can say of a signature."""

    VALID = "valid"
    INVALID = "invalid"
    NONE = "none"  # nothing was signed
    UNCHECKED = "unchecked"  # it was signed, and the desk holds no key to check it with


def check(keys: Mapping[str, str], *, stamp: str, signature: str, body: bytes) -> Signature:
    """Judge `id=hex, id=hex`, HMAC-SHA256 over `stamp.body`, by the keys held (id → secret): one that holds is enough.

    A sender that is taking up a new key signs with both, so that an id the desk does not know is passed over.
    """
    if not signature.strip():
        return Signature.NONE
    if not keys:
        return Signature.UNCHECKED
    signed = stamp.encode() + b"." + body
    pairs = [each.strip().partition("=") for each in signature.split(",")]
    found = [_holds(keys[name], signed, told) for name, _, told in pairs if name in keys]
    return Signature.VALID if any(found) else Signature.INVALID


def _holds(key: str, signed: bytes, told: str) -> bool:
    ours = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(ours.encode(), told.strip().lower().encode())
