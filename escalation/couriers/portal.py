"""The regulator's portal over HTTP: it recognises our key, so a repeat is taken once (class A)."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
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
from escalation.couriers.addresses import LOOPBACK, Network, NotAllowed, Resolve, allowed, dial, is_inside, system
from escalation.couriers.limits import Line, within
from escalation.deliver import Delivered, Delivery, Doubtful, Later, Lost, Outcome, Parcel, Rejected

CAP = 64 * 1024  # bytes of an answer that are read
LONGEST_WAIT = timedelta(minutes=10)  # a statutory notice does not wait a day because a header says so
NOT_TAKEN = frozenset({408, 425, 429})  # the receiver says itself that it did not process the request
CONFLICT = 409  # the same key is being processed: the first sending is still on its way


@dataclass(frozen=True, kw_only=True)
class PortalAddress:
    """Where one addressee's portal is, what opens it, and how what is sent there is signed.

    `keys`: id → secret, every one of which signs, so that a receiver may take up the new key before the old one goes.
    `inside`: networks beside the public ones (a leased line); loopback only for the desk of the local workspace.
    `ca`: a file with the authority's own root; without it the public ones are trusted. `says_digest`: whether its
    receipts can carry the digest of what it got.
    """

    url: str
    token: str = field(repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    inside: Sequence[Network] = ()
    ca: str | None = None
    says_digest: bool = True
    said: str = ""  # as the people file has it: what was signed for another address is never posted to this one


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Portal:
    """Posts the text that was signed, byte for byte, and takes only a receipt for that very text as proof."""

    delivery = Delivery.DEDUPES

    def __init__(
        self,
        *,
        url_of: Mapping[str, PortalAddress],
        clock: Callable[[], datetime],
        limit_s: float = 10,
        resolve: Resolve = system,
    ) -> None:
        """`url_of`: addressee → address; `limit_s`: seconds for a whole call, look-up and body included.

        `clock` dates the signature; `resolve` answers every address of a name.
        """
        self._url_of, self._clock, self._limit_s, self._resolve = url_of, clock, limit_s, resolve

    def send(self, parcel: Parcel) -> Outcome:
        """Post `facts["body"]` to the portal of `facts["addressee"]`."""
        if parcel.exercise:
            return DRILL
        address = self._url_of.get(parcel.facts["addressee"])
        if address is None:
            return Rejected(why=f"no address for {parcel.facts['addressee']}")
        if address.said and parcel.facts.get("portal") not in (None, address.said):
            return Rejected(why=f"signed for another address / 签发后地址已变更: {parcel.facts['portal']}")
        line = Line()
        headers = _headers(address, parcel, at=self._clock())
        try:
            answer = within(self._limit_s, lambda: self._post(address, parcel, headers, line), line)
        except NotAllowed as fault:
            return Rejected(why=str(fault))
        except (requests.RequestException, HTTPError, OSError) as fault:
            return _untrusted(fault) or _broken(type(fault).__name__, line)
        return _broken("no answer in time", line) if answer is None else _judge(answer, parcel.facts["digest"], address)

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Never needed: sending again is asking."""
        return DRILL if parcel.exercise else None

    def _post(self, address: PortalAddress, parcel: Parcel, headers: Mapping[str, str], line: Line) -> _Answer:
        tap = _Tap(line=line, resolve=self._resolve, inside=address.inside)
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no netrc and no root certificates from the environment
            session.mount("http://", _Tapped(tap))
            session.mount("https://", _Tapped(tap))
            with session.post(
                address.url, data=parcel.facts["body"].encode(), headers=dict(headers), timeout=self._limit_s,
                allow_redirects=False, stream=True, verify=address.ca or True,
            ) as response:  # fmt: skip
                return _Answer(status=response.status_code, headers=response.headers, body=_capped(response))


def _headers(address: PortalAddress, parcel: Parcel, *, at: datetime) -> dict[str, str]:
    headers = {
        "Authorization": f"Bearer {address.token}",
        "Idempotency-Key": quote(parcel.key, safe=":/#.-_~"),
        "Content-Type": "application/json; charset=utf-8",
        "Accept-Encoding": "identity",  # a small answer that unpacks to gigabytes is not read
        "X-Tocsin-Digest": parcel.facts["digest"],
    }
    if address.keys:
        stamp = str(int(at.timestamp()))
        headers["X-Tocsin-Timestamp"] = stamp
        headers["X-Tocsin-Signature"] = signature(address.keys, stamp, parcel.facts["body"].encode())
    return headers


def signature(keys: Mapping[str, str], stamp: str, body: bytes) -> str:
    """`id=hex, id=hex`: HMAC-SHA256 over `stamp.body` with every key; `stamp` is seconds since 1970."""
    signed = stamp.encode() + b"." + body
    return ", ".join(
        f"{name}={hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()}" for name, key in keys.items()
    )


def _capped(response: requests.Response) -> bytes:
    body = b""
    while len(body) <= CAP:
        piece = response.raw.read(CAP + 1 - len(body), decode_content=False)
        if not piece:
            break
        body += piece
    return body


def _broken(why: str, line: Line) -> Outcome:
    return Lost(why=why) if line.ready else Later(why=f"not reached: {why}")


def _untrusted(fault: BaseException | None) -> Outcome | None:
    """A certificate that does not hold: somebody must look, and waiting does not mend it."""
    while fault is not None:
        if isinstance(fault, ssl.SSLCertVerificationError):
            return Rejected(why=f"certificate refused / 证书无效: {fault.verify_message}")
        inner = fault.args[0] if fault.args and isinstance(fault.args[0], BaseException) else None
        fault = getattr(fault, "reason", None) or inner or fault.__cause__
        if not isinstance(fault, BaseException):
            return None
    return None


def _judge(answer: _Answer, digest: str, address: PortalAddress) -> Outcome:
    match answer.status:
        case status if 200 <= status < 300:  # noqa: PLR2004 -- HTTP's own classes
            return _receipt(answer, digest, address)
        case status if 300 <= status < 400:  # noqa: PLR2004 -- following it would turn the POST into a GET
            return Rejected(why=f"moved ({status})")
        case status if status in NOT_TAKEN or (status == 503 and "Retry-After" in answer.headers):  # noqa: PLR2004
            return Later(why=f"asked to wait ({status})", wait=_wait(answer.headers))
        case status if status == CONFLICT or status >= 500:  # noqa: PLR2004
            return Lost(why=f"portal failed ({status})")
        case status:
            return Rejected(why=f"{status}: {answer.body.decode(errors='replace')[:200]}")


def _receipt(answer: _Answer, digest: str, address: PortalAddress) -> Outcome:
    said = _json(answer.body) if len(answer.body) <= CAP else {}
    receipt = said.get("receipt")
    if not isinstance(receipt, str) or not receipt:
        return Doubtful(why="answered without a receipt / 应答中没有回执")
    if said.get("digest") != digest and (address.says_digest or "digest" in said):
        return Doubtful(why="receipt does not match / 回执与所发内容不符")
    proof = {"receipt": receipt[:200], "digest": said.get("digest")}
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


@dataclass(frozen=True, kw_only=True)
class _Tap:
    """How a socket to the outside is opened: to an address that was judged, and noted on the line."""

    line: Line
    resolve: Resolve
    inside: Sequence[Network]

    def dial(self, host: str, port: int, timeout: object, *, plain: bool) -> socket.socket:
        """Resolve once, judge, connect to just that; without TLS no further than this machine."""
        addresses = allowed(host, port, resolve=self.resolve, inside=self.inside)
        if plain and not all(is_inside(each, LOOPBACK) for each in addresses):
            raise NotAllowed(f"{host} is not on this machine, and the address is not https")
        sock = dial(addresses, port, timeout if isinstance(timeout, int | float) else None)
        self.line.opened(sock)
        return sock


class _Tapped(HTTPAdapter):
    """An adapter whose sockets are opened by the tap; name and certificate are still those of the address."""

    def __init__(self, tap: _Tap) -> None:
        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return tap.dial(self.host, self.port, self.timeout, plain=True)

            def connect(self) -> None:
                super().connect()
                tap.line.ready = True

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return tap.dial(self.host, self.port, self.timeout, plain=False)

            def connect(self) -> None:
                super().connect()
                tap.line.ready = True

        plain = type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": Plain})
        secure = type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": Secure})
        self._pools = {"http": plain, "https": secure}
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- requests' own signature
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools
