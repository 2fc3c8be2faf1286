"""The sealed scan 盖章扫描件 that an authority wants: with the letter or after it; no notice is late for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from errors import BadUpload, NoScanWanted
from escalation.duties import Courier, Duty
from escalation.keep import keep
from escalation.records import Deadline, Dispatch, State, dispatch
from escalation.rosters import Authority, People, Person
from escalation.tell import replace, tell
from escalation.words import Words
from incidents import machine, permits, picture, show
from incidents.permits import Act
from incidents.records import Filing, Incident
from store import journal

SCAN = "notice_scan"
SETTLED_RING = "notice_settled"
AHEAD = timedelta(minutes=15)  # internal: a letter leaves without its seal at least so long before it is due
MOST = 10 * 1024 * 1024  # bytes
MAGIC = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
SUPPLEMENT = {
    "zh": (
        "【补送盖章件】{subject}",
        "现补送 {reference} 的盖章扫描件，见附件。正文与已发原件一致（{digest}）。\n",
    ),
    "en": (
        "[Sealed copy] {subject}",
        "The sealed copy of {reference} is enclosed. The text is that of the letter already sent (digest {digest}).\n",
    ),
}


def hold_until(office: Authority | None, duty: Duty, due: Deadline, *, at: datetime) -> datetime | None:
    """Until when a letter waits for its sealed scan; None where none is wanted or there is no time to wait.

    To the instant from which one person may sign alone, and never to less than `AHEAD` of the due time.
    """
    if office is None or not office.seal or duty.courier is not Courier.MAIL or due.due_at is None:
        return None
    until = due.due_at - max(duty.alone.before, AHEAD)
    return until if until > at else None


def wanted(office: Authority | None, duty: Duty, until: datetime | None, enclosed: list[dict[str, str]]) -> Any:  # noqa: ANN401 -- JSON
    """What a sending remembers of the seal it wants: until when it waits, and which document is to be printed."""
    if office is None or not office.seal or duty.courier is not Courier.MAIL:
        return None
    pdf = next((each["digest"] for each in enclosed if each["media_type"] == "application/pdf"), None)
    return {"until": picture.iso(until), "pdf": pdf}


def media_type(name: str, content: bytes) -> str:
    """What a scan is by its first bytes, whatever it is called; refuses `BadUpload` anything but PDF, PNG and JPEG."""
    if len(content) > MOST:
        raise BadUpload(name=name, why=Words(zh="文件超过 10 MB", en="it is larger than 10 MB"))
    found = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)
    if found is None:
        raise BadUpload(name=name, why=Words(zh="不是 PDF、PNG 或 JPEG 文件", en="it is no PDF, PNG or JPEG file"))
    return found


def attach(
    session: Session,
    of: Incident,
    notice: Filing,
    name: str,
    content: bytes,
    *,
    people: People,
    by: Person,
    at: datetime,
) -> Dispatch:
    """Keep the sealed scan and send it: with the letter while no courier has that, else after it, in its thread.

    Once; the row of the letter decides which, so that a scan and a courier that come at once send one letter.
    """
    permits.require(Act.CONFIRM_BY_HAND, by, of.unit, commander=of.commander)
    machine.require_open(of.stands, Words(zh="上传盖章扫描件", en="upload a sealed scan"))
    session.refresh(notice, with_for_update=True)
    leaving = _letter(session, notice, people)
    kind = media_type(name, content)
    scan = {"name": f"sealed-{notice.duty}-{notice.seq}.{ENDINGS[kind]}", "media_type": kind}
    scan["digest"] = keep(session, content, kind, at=at)
    sent = _with_it(session, notice, leaving, scan, at=at) or _after_it(session, leaving, scan, at=at)
    went = "after" if sent.kind == SCAN else "with"
    notice.scan = scan | {"by": by.id, "at": at.isoformat(), "went": went, "key": sent.key}
    body = {"filing": notice.id, "duty": notice.duty, "seq": notice.seq, "digest": scan["digest"], "went": went}
    journal.write(session, of.matter, "scan_attached", body, by=by.id, at=at)
    show.filing(session, of, notice, at=at)
    return sent


def _letter(session: Session, notice: Filing, people: People) -> Dispatch:
    leaving = dispatch(session, notice.dispatch_key or "")
    if leaving is None or not leaving.facts.get("seal") or leaving.state in (State.CANCELLED, State.REJECTED):
        raise NoScanWanted(why=_NOT_WANTED)
    if leaving.outcome.get("by_hand"):  # it was phoned: there is no letter that a scan could follow
        raise NoScanWanted(why=_NOT_WANTED)
    if notice.scan is not None:
        who, when = people.name(notice.scan["by"]), people.clock(datetime.fromisoformat(notice.scan["at"]))
        raise NoScanWanted(why=Words(zh=f"{who} 已于 {when} 上传", en=f"{who} uploaded it at {when}"))
    return leaving


_NOT_WANTED = Words(
    zh="此件不需要，或还没有签发、没有送出", en="this notice wants none, or is not signed, or did not leave"
)


def _with_it(
    session: Session, notice: Filing, leaving: Dispatch, scan: dict[str, str], *, at: datetime
) -> Dispatch | None:
    """The same letter with the scan among its documents, in the place of the one that waits; None: a courier has it."""
    if not replace(session, leaving, at=at):
        session.refresh(leaving)
        return None
    notice.dispatch_key = f"{leaving.key}:sealed"
    return tell(
        session, leaving.matter, leaving.kind, leaving.facts | {"enclosed": [*leaving.facts["enclosed"], scan]},
        key=notice.dispatch_key, courier=leaving.courier, then=SETTLED_RING,
        meets=session.get_one(Deadline, notice.deadline_id), priority=show.FIRST, at=at,
    )  # fmt: skip


def _after_it(session: Session, leaving: Dispatch, scan: dict[str, str], *, at: datetime) -> Dispatch:
    facts = leaving.facts
    subject, text = SUPPLEMENT[facts["lang"]]
    named = {name: facts[name] for name in ("subject", "reference", "digest")}
    kept = ("addressee", "to", "incident", "kind", "seq", "lang", "reference", "digest", "filing")
    told = {name: facts.get(name) for name in kept} | {
        "subject": subject.format(**named),
        "text": text.format(**named),
        "enclosed": [scan],
        "in_reply_to": leaving.key,
    }
    return tell(
        session, leaving.matter, SCAN, told, key=f"{leaving.key}:scan", courier=leaving.courier, then=SETTLED_RING,
        priority=show.SOON, at=at,
    )  # fmt: skip
