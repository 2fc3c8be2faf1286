"""The link by which an authority without a portal reads a notice: signed, and good until a day."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from errors import LinkExpired, UnknownReceipt

GOOD_FOR = timedelta(days=30)
MAC = 32  # hex digits of the seal: 128 bits
_SEALED = re.compile(rf"([A-Za-z0-9_-]{{20,64}})\.(\d{{1,11}})\.([0-9a-f]{{{MAC}}})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Links:
    """Makes and reads links; `base` is where the pages stand, `key` never leaves the process."""

    base: str
    key: bytes = field(repr=False)

    @classmethod
    def under(cls, base: str, secret: bytes) -> Links:
        """Links below `base`, sealed by a key of their own that is made from the house's secret."""
        return cls(base=base, key=hmac.new(secret, b"links to notices", hashlib.sha256).digest())

    def of(self, token: str, *, at: datetime) -> str:
        """The address of the notice with that token, good for `GOOD_FOR` from `at`."""
        return f"{self.base}/{self.sealed(token, at=at)}"

    def sealed(self, token: str, *, at: datetime) -> str:
        """`token.until.seal`; `until` in seconds since 1970."""
        until = str(int((at + GOOD_FOR).timestamp()))
        return f"{token}.{until}.{self._seal(token, until)}"

    def read(self, sealed: str, *, at: datetime) -> str:
        """The token of a link; refuses what we did not make (`UnknownReceipt`) and what is over (`LinkExpired`)."""
        token = self.token(sealed)
        if at > self.until(sealed):
            raise LinkExpired
        return token

    def token(self, sealed: str) -> str:
        """The token of a link of ours, also of one that is over."""
        found = _SEALED.fullmatch(sealed)
        if found is None or not hmac.compare_digest(self._seal(found[1], found[2]), found[3]):
            raise UnknownReceipt
        return found[1]

    def until(self, sealed: str) -> datetime:
        """Until when a link is good."""
        return datetime.fromtimestamp(int(sealed.split(".")[1]), UTC)

    def _seal(self, token: str, until: str) -> str:
        return hmac.new(self.key, f"{token}.{until}".encode(), hashlib.sha256).hexdigest()[:MAC]
