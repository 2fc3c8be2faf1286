"""What stands at the desk: all of it is rebuilt from the log at start."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from workspace.desk.arrivals import (
    Answer,
    Arrival,
    Told,
    from_mail,
    from_portal,
    is_drill,
    is_loopback,
    kept,
    notice_in,
    raw_of,
    receipt_of,
)
from workspace.desk.faults import Door, Fault
from workspace.desk.letters import Enclosed, Letter, files_of, letter_of, parse, sent_back
from workspace.desk.log import Log
from workspace.desk.mailbox import Mailbox
from workspace.desk.teller import TIMEOUT_S, post_receipt, was_heard

LOG_NAME: Final = "desk.jsonl"
TELL_EVERY: Final = timedelta(seconds=2)
TELL_WITHIN: Final = timedelta(minutes=10)


def wall_clock() -> datetime:
    """Read the host's clock, in UTC."""
    return datetime.now(UTC)


class Desk:
    """What arrived at the regulator's, who acknowledged it, and who still has to be told so.

    All of it is rebuilt from the log at start, so a killed desk forgets nothing it had answered for.
    """

    def __init__(
        self,
        *,
        directory: Path,
        portal_token: str,
        now: Callable[[], datetime] = wall_clock,
        tell_every: timedelta = TELL_EVERY,
        lang: str = "zh",
        home_url: str = "/",
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """Open `directory`/desk.jsonl and take up where it ends; `now` gives aware instants.

        `keys`: id → secret, by which the signatures of what arrives at the portal are checked.
        """
        self.lang = lang
        self.home_url = home_url
        self._token = portal_token
        self._keys = dict(keys or {})
        self._now = now
        self._tell_every = tell_every
        self._changed = threading.Condition(threading.RLock())
        self._version = 0
        self._arrivals: dict[str, Arrival] = {}
        self._by_key: dict[str, str] = {}
        self._letters: dict[str, Letter] = {}
        self._faults: dict[Door, Fault] = {"portal": Fault(), "mail": Fault()}
        self._ending = threading.Event()
        self._teller: threading.Thread | None = None
        self._mailbox: Mailbox | None = None
        self._log = Log(directory / LOG_NAME)
        for place, entry in self._log.placed():
            self._replay(entry, place)

    # What stands

    def arrivals(self) -> list[Arrival]:
        """List what was received, newest first."""
        with self._changed:
            return sorted(self._arrivals.values(), key=lambda one: (one.received_at, one.receipt), reverse=True)

    def arrival(self, receipt: str) -> Arrival | None:
        """Find one notice by its receipt number."""
        with self._changed:
            return self._arrivals.get(receipt)

    def letters(self) -> list[Letter]:
        """List the mail that was taken in, newest first."""
        with self._changed:
            return list(reversed(self._letters.values()))

    def letter(self, name: str) -> Letter | None:
        """Find one letter by its number in the mailbox."""
        with self._changed:
            return self._letters.get(name)

    def file(self, letter: Letter, number: int) -> tuple[Enclosed, bytes] | None:
        """Read one file of a letter, counted from 0; None when it has no such file."""
        entry = self._log.at(letter.place)
        files = files_of(parse(base64.b64decode(entry["raw_base64"])))
        return files[number] if 0 <= number < len(files) else None

    def by_key(self, key: str) -> Arrival | None:
        """Find a portal notice by the key its sender gave it."""
        with self._changed:
            return self._arrivals.get(self._by_key.get(key, ""))

    def entries(self) -> list[dict[str, Any]]:
        """Read the whole log, as the witness would be asked to."""
        with self._changed:
            return list(self._log.entries())

    @property
    def version(self) -> int:
        """Count changes, so that an open page knows when to look again."""
        return self._version

    def wait(self, seen: int, timeout: float) -> int:
        """Block until something newer than `seen` stands, at most `timeout` seconds; answer the count."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen or self._ending.is_set(), timeout)
            return self._version

    def admits(self, authorization: str) -> bool:
        """Check a bearer token without leaking how much of it was right."""
        return hmac.compare_digest(authorization.encode(), f"Bearer {self._token}".encode())

    # What comes in

    def receive(self, *, key: str, raw: bytes, told: Told | None = None) -> Answer:
        """Take one portal notice: log it, then answer 201 new, 200 repeated, 400, 409 or 422 refused.

        `told`: what was said beside the body; it is kept, and judged when the notice is shown.
        """
        entry: dict[str, Any] = {
            "event": "portal",
            "key": key,
            "received_at": self._now().isoformat(),
            "sha256": hashlib.sha256(raw).hexdigest(),
            **_beside(told or Told()),
            **kept(raw),
        }
        body = notice_in(raw)
        with self._changed:
            if body is None:
                return self._refuse(entry, 400, "malformed")
            known = self.by_key(key)
            if known is not None:
                return self._again(entry, known)
            if is_drill(body):
                return self._refuse(entry, 422, "exercise")
            entry["receipt"] = self._next_receipt()
            self._write(entry)
            return Answer(status=201, body=receipt_of(self._arrivals[entry["receipt"]]))

    def receive_mail(self, *, raw: bytes, sender: str, recipients: list[str], bounces: bool = False) -> bool:
        """Take one mail; False when it calls itself an exercise and was refused.

        One that `bounces` is accepted and never delivered: its sender gets it back.
        """
        entry: dict[str, Any] = {
            "event": "mail",
            "received_at": self._now().isoformat(),
            "sha256": hashlib.sha256(raw).hexdigest(),
            "sender": sender,
            "recipients": recipients,
            "raw_base64": base64.b64encode(raw).decode(),
        }
        with self._changed:
            mail = parse(raw)
            if is_drill({"title": str(mail.get("Subject", ""))}):
                self._refuse(entry, 422, "exercise")
                return False
            if bounces:
                self._bounce(entry, raw)
            elif not str(mail.get("X-Receipt-URL", "")).strip():
                # Somebody's own mail that passes through the same server: kept, and no notice.
                self._write({**entry, "event": "letter"})
            else:
                self._write({**entry, "receipt": self._next_receipt()})
            return True

    def read_notice(self, receipt: str) -> Arrival | None:
        """Find one notice to read it; from now on it is no longer unread."""
        with self._changed:
            arrival = self._arrivals.get(receipt)
            if arrival is not None and arrival.read_at is None:
                self._write({"event": "read", "receipt": receipt, "read_at": self._now().isoformat()})
            return self._arrivals.get(receipt)

    def read_letter(self, name: str) -> Letter | None:
        """Find one letter to read it; from now on it is no longer unread."""
        with self._changed:
            letter = self._letters.get(name)
            if letter is not None and letter.read_at is None:
                self._write({"event": "read", "letter": name, "read_at": self._now().isoformat()})
            return self._letters.get(name)

    def acknowledge(self, receipt: str, *, by: str) -> bool:
        """Mark a notice as acknowledged and begin telling its sender; False when there is no such notice."""
        with self._changed:
            arrival = self._arrivals.get(receipt)
            if arrival is None:
                return False
            if arrival.acknowledged_at is None:
                at = self._now().isoformat()
                self._write({"event": "acknowledged", "receipt": receipt, "acknowledged_at": at, "by": by})
            return True

    # Faults

    def misbehave(self, mode: str, *, count: int, on: Door = "portal") -> None:
        """Answer the next `count` arrivals at one door in a bad way; "ok" ends it."""
        with self._changed:
            self._set_fault(on, Fault() if mode == "ok" or count <= 0 else Fault(mode=mode, count=count))

    def fault(self, on: Door) -> Fault:
        """Say which misbehaviour one door still has before it."""
        with self._changed:
            return self._faults[on]

    def next_fault(self, on: Door, *, among: Collection[str] | None = None) -> str:
        """Use up one misbehaviour and name it, "ok" when there is none, or none of those that come at this point."""
        with self._changed:
            fault = self._faults[on]
            if fault.count <= 0 or (among is not None and fault.mode not in among):
                return "ok"
            self._set_fault(on, replace(fault, count=fault.count - 1) if fault.count > 1 else Fault())
            return fault.mode

    def _set_fault(self, on: Door, fault: Fault) -> None:
        self._faults[on] = fault
        self._version += 1
        self._changed.notify_all()

    # Starting and ending

    def start(self, *, smtp_port: int | None = 0) -> int | None:
        """Start the mailbox and the telling of acknowledgements; answer the mailbox's port, None for no mailbox."""
        self._teller = threading.Thread(target=self._tell_until_end, name="desk-teller", daemon=True)
        self._teller.start()
        if smtp_port is None:
            return None
        self._mailbox = Mailbox(self)
        return self._mailbox.start(smtp_port)

    def stop(self) -> None:
        """End the mailbox, the teller and every open page stream."""
        self._ending.set()
        with self._changed:
            self._changed.notify_all()
        if self._mailbox is not None:
            self._mailbox.stop()
        if self._teller is not None:
            self._teller.join(timeout=TIMEOUT_S)
        self._log.close()

    @property
    def ending(self) -> bool:
        """Say whether the desk is being closed."""
        return self._ending.is_set()

    # Inside

    def _write(self, entry: dict[str, Any]) -> None:
        self._replay(entry, self._log.append(entry))
        self._version += 1
        self._changed.notify_all()

    def _bounce(self, entry: dict[str, Any], raw: bytes) -> None:
        sender, recipients = str(entry["sender"]), list(entry["recipients"])
        self._refuse(entry, 550, "bounced")
        if not sender:
            return  # a report is never answered by a report
        report = sent_back(raw, sender=sender, recipients=recipients, at=self._now())
        self._write(
            {
                "event": "letter",
                "received_at": self._now().isoformat(),
                "sha256": hashlib.sha256(report).hexdigest(),
                "sender": "",
                "recipients": [sender],
                "raw_base64": base64.b64encode(report).decode(),
            }
        )

    def _refuse(self, entry: dict[str, Any], status: int, why: str) -> Answer:
        self._write({**entry, "refused": why})
        return Answer(status=status, body={"error": why})

    def _again(self, entry: dict[str, Any], known: Arrival) -> Answer:
        if entry["sha256"] != known.sha256:
            return self._refuse(entry, 409, "key_used_for_another_notice")
        self._write({**entry, "receipt": known.receipt, "repeat": True})
        return Answer(status=200, body=receipt_of(known))

    def _next_receipt(self) -> str:
        return f"CA-{self._now().year}-{len(self._arrivals) + 1:04d}"

    def _replay(self, entry: dict[str, Any], place: int) -> None:
        match entry.get("event"):
            case "portal" | "mail" if "refused" not in entry:
                self._replay_arrival(entry, place)
            case "letter":
                self._replay_letter(entry, place)
            case "acknowledged":
                at = datetime.fromisoformat(entry["acknowledged_at"])
                self._amend(entry["receipt"], acknowledged_at=at, by=entry["by"])
            case "told":
                at = datetime.fromisoformat(entry["told_at"])
                self._amend(entry["receipt"], told_at=at, told_status=entry["status"])
            case "read":
                self._replay_read(entry)

    def _replay_arrival(self, entry: dict[str, Any], place: int) -> None:
        receipt = entry["receipt"]
        if entry.get("repeat"):
            self._amend(receipt, repeats=self._arrivals[receipt].repeats + 1)
            return
        body = notice_in(raw_of(entry)) if entry["event"] == "portal" else None
        if body is None:
            self._arrivals[receipt] = from_mail(entry, self._replay_letter(entry, place))
            return
        self._arrivals[receipt] = from_portal(entry, body, self._keys)
        self._by_key[entry["key"]] = receipt

    def _replay_letter(self, entry: dict[str, Any], place: int) -> str:
        name = f"M-{len(self._letters) + 1:04d}"
        mail = parse(base64.b64decode(entry["raw_base64"]))
        self._letters[name] = letter_of(entry, mail, name=name, place=place)
        return name

    def _replay_read(self, entry: Mapping[str, Any]) -> None:
        at, name = datetime.fromisoformat(entry["read_at"]), entry.get("letter")
        if name is None:
            self._amend(entry["receipt"], read_at=at)
        else:
            self._letters[name] = replace(self._letters[name], read_at=at)

    def _amend(self, receipt: str, **changes: Any) -> None:  # noqa: ANN401 - the fields of one Arrival
        self._arrivals[receipt] = replace(self._arrivals[receipt], **changes)

    def _untold(self) -> list[Arrival]:
        """List the acknowledgements whose sender has not heard, and still may."""
        oldest = self._now() - TELL_WITHIN
        with self._changed:
            return [
                one
                for one in self._arrivals.values()
                if one.acknowledged_at is not None
                and one.acknowledged_at >= oldest
                and one.told_at is None
                and is_loopback(one.receipt_url)
            ]

    def _tell_until_end(self) -> None:
        seen = -1
        while not self._ending.is_set():
            untold = self._untold()
            for arrival in untold:
                self._tell(arrival)
            left = any(one.told_at is None for one in self._untold())
            seen = self._rest(seen, pending=left)

    def _rest(self, seen: int, *, pending: bool) -> int:
        """Sleep until the next try is due, or until something new stands."""
        if pending:
            self._ending.wait(self._tell_every.total_seconds())
            return -1
        return self.wait(self._version if seen == -1 else seen, 1.0)

    def _tell(self, arrival: Arrival) -> None:
        """POST the acknowledgement once; only a 2xx counts as heard."""
        status = post_receipt(arrival)
        if not was_heard(status):
            return
        with self._changed:
            at = self._now().isoformat()
            self._write({"event": "told", "receipt": arrival.receipt, "told_at": at, "status": status})


def _beside(told: Told) -> dict[str, str]:
    """Keep what was said beside a body, where anything was."""
    said = {"told_digest": told.digest, "stamp": told.stamp, "signature": told.signature}
    return {name: value for name, value in said.items() if value}
