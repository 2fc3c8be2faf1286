"""The regulator's portal over HTTP: it recognises our key, so a repeat is taken once (class A)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from escalation.couriers import DRILL
from escalation.couriers.limits import Line, within
from escalation.deliver import Delivered, Delivery, Later, Lost, Outcome, Parcel, Rejected

CAP = 64 * 1024  # bytes of an answer that are read
LONGEST_WAIT = timedelta(minutes=10)  # a statutory notice does not wait a day because a header says so
NOT_TAKEN = frozenset({408, 425, 429})  # the receiver says itself that it did not process the request
CONFLICT = 409  # the same key is being processed: the first sending is still on its way


@dataclass(frozen=True, kw_only=True)
class PortalAddress:
    """Where one addressee's portal is, and the token that opens it."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Portal:
    """Posts the text that was signed, byte for byte, and takes only a receipt for that very text as proof."""

    delivery = Delivery.DEDUPES

    def __init__(self, *, url_of: Mapping[str, PortalAddress], limit_s: float = 10) -> None:
        """`url_of`: addressee → address; `limit_s`: seconds for a whole call, body included."""
        self._url_of = url_of
        self._limit_s = limit_s

    def send(self, parcel: Parcel) -> Outcome:
        """Post `facts["body"]` to the portal of `facts["addressee"]`."""
        if parcel.exercise:
            return DRILL
        address = self._url_of.get(parcel.facts["addressee"])
        if address is None:
            return Rejected(why=f"no address for {parcel.facts['addressee']}")
        line = Line()
        try:
            answer = within(self._limit_s, lambda: _post(address, parcel, line, self._limit_s), line)
        except (requests.RequestException, HTTPError, OSError) as fault:
            return _broken(type(fault).__name__, line)
        return _broken("no answer in time", line) if answer is None else _judge(answer, parcel.facts["digest"])

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Never needed: sending again is asking."""
        return DRILL if parcel.exercise else None


def _post(address: PortalAddress, parcel: Parcel, line: Line, limit_s: float) -> _Answer:
    headers = {
        "Authorization": f"Bearer {address.token}",
        "Idempotency-Key": quote(parcel.key, safe=":/#.-_~"),
        "Content-Type": "application/json; charset=utf-8",
        "Accept-Encoding": "identity",  # a small answer that unpacks to gigabytes is not read
        "X-Tocsin-Digest": parcel.facts["digest"],
    }
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no netrc from the environment
        session.mount("http://", _Tapped(line))
        session.mount("https://", _Tapped(line))
        body = parcel.facts["body"].encode()
        with session.post(
            address.url, data=body, headers=headers, timeout=limit_s, allow_redirects=False, stream=True
        ) as response:
            return _Answer(status=response.status_code, headers=response.headers, body=_capped(response))


def _capped(response: requests.Response) -> bytes:
    body = b""
    while len(body) <= CAP:
        piece = response.raw.read(CAP + 1 - len(body), decode_content=False)
        if not piece:
            break
        body += piece
    return body


def _broken(why: str, line: Line) -> Outcome:
    return Lost(why=why) if line.connected else Later(why=f"not reached: {why}")


def _judge(answer: _Answer, digest: str) -> Outcome:
    match answer.status:
        case status if 200 <= status < 300:  # noqa: PLR2004 -- HTTP's own classes
            return _receipt(answer, digest)
        case status if 300 <= status < 400:  # noqa: PLR2004 -- following it would turn the POST into a GET
            return Rejected(why=f"moved ({status})")
        case status if status in NOT_TAKEN or (status == 503 and "Retry-After" in answer.headers):  # noqa: PLR2004
            return Later(why=f"asked to wait ({status})", wait=_wait(answer.headers))
        case status if status == CONFLICT or status >= 500:  # noqa: PLR2004
            return Lost(why=f"portal failed ({status})")
        case status:
            return Rejected(why=f"{status}: {answer.body.decode(errors='replace')[:200]}")


def _receipt(answer: _Answer, digest: str) -> Outcome:
    said = _json(answer.body) if len(answer.body) <= CAP else {}
    receipt = said.get("receipt")
    if not isinstance(receipt, str) or not receipt or said.get("digest") != digest:
        return Rejected(why="receipt does not match / 回执与所发内容不符")
    proof = {"receipt": receipt[:200], "digest": digest}
    return Delivered(receipt={**proof, "at": said["received_at"]} if _instant(said.get("received_at")) else proof)


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _instant(said: object) -> bool:
    try:
        return isinstance(said, str) and datetime.fromisoformat(said).utcoffset() is not None
    except ValueError:
        return False


def _wait(headers: Mapping[str, str]) -> timedelta | None:
    said = headers.get("Retry-After", "").strip()
    try:
        wait = timedelta(seconds=int(said)) if said.isdigit() else _until(said, headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(wait, LONGEST_WAIT) if wait > timedelta(0) else None


def _until(then: str, now: str) -> timedelta:
    # The portal's own Date header: both instants are from its clock.
    return parsedate_to_datetime(then) - parsedate_to_datetime(now)


class _Tapped(HTTPAdapter):
    """An adapter that notes every socket it opens on the line."""

    def __init__(self, line: Line) -> None:
        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                line.opened(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                line.opened(self.sock)

        plain = type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": Plain})
        secure = type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": Secure})
        self._pools = {"http": plain, "https": secure}
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- requests' own signature
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools
