"""What is owed to whom: a notice, its addressee, the clock it runs on, and who signs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from escalation.spans import Span
from escalation.words import Words

#: The instants of an incident that a clock may start from or end at.
INSTANTS: tuple[str, ...] = (
    "occurred_at",
    "detected_at",
    "discovered_at",
    "aware_at",
    "site_reported_to_head_at",
    "classified_at",
    "level_changed_at",
    "casualty_changed_at",
    "new_fact_at",
    "restored_at",
    "handled_at",
    "response_ended_at",
    "month_end",
)

_SUBMITTED = re.compile(r"submitted_at\[([a-z][a-z0-9_]*)\]")


def filing_of(anchor: str) -> str | None:
    """Answer the kind in `submitted_at[kind]`: the clock starts when that notice of the same regime was filed."""
    match = _SUBMITTED.fullmatch(anchor)
    return match[1] if match else None


class Addressee(StrEnum):
    """A kind of authority; which office it is, the people file says for the incident's unit."""

    COMMS_ADMINISTRATION = "comms_administration"
    MINISTRY = "ministry"
    LOCAL_GOVERNMENT = "local_government"
    EMERGENCY_AUTHORITY = "emergency_authority"
    CII_PROTECTION_DEPT = "cii_protection_dept"
    PUBLIC_SECURITY = "public_security"
    CAC = "cac"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _ADDRESSEES[self]


_ADDRESSEES = {
    Addressee.COMMS_ADMINISTRATION: Words(zh="省通信管理局", en="provincial communications administration"),
    Addressee.MINISTRY: Words(zh="工业和信息化部", en="Ministry of Industry and Information Technology"),
    Addressee.LOCAL_GOVERNMENT: Words(zh="所在地县级人民政府", en="county government of the place"),
    Addressee.EMERGENCY_AUTHORITY: Words(zh="应急管理部门", en="emergency management authority"),
    Addressee.CII_PROTECTION_DEPT: Words(zh="保护工作部门", en="CII protection department"),
    Addressee.PUBLIC_SECURITY: Words(zh="公安机关", en="public security organ"),
    Addressee.CAC: Words(zh="网信部门", en="cyberspace administration"),
}


class Notice(StrEnum):
    """Which kind of letter is written: its template's folder."""

    ORAL = "oral"
    FIRST = "first"
    UPDATE = "update"
    FINAL = "final"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _NOTICES[self]


_NOTICES = {
    Notice.ORAL: Words(zh="口头快报", en="oral report"),
    Notice.FIRST: Words(zh="首报", en="first notice"),
    Notice.UPDATE: Words(zh="续报", en="follow-up"),
    Notice.FINAL: Words(zh="终报", en="final report"),
}


class Courier(StrEnum):
    """The way a notice leaves the house."""

    PORTAL = "portal"
    MAIL = "mail"
    BY_HAND = "by_hand"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _COURIERS[self]


_COURIERS = {
    Courier.PORTAL: Words(zh="报送平台", en="portal"),
    Courier.MAIL: Words(zh="电子邮件", en="e-mail"),
    Courier.BY_HAND: Words(zh="人工（电话或传真）", en="by hand (phone or fax)"),
}


class ClockKind(StrEnum):
    """How a duty's due time is found.

    `statutory`: by the regime's own rule. The others are the operator's internal targets, and are shown as internal.
    """

    STATUTORY = "statutory"
    WITHIN = "within"
    EVERY = "every"
    IMMEDIATE = "immediate"


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyClock:
    """A duty's clock.

    `anchor` is the instant it starts from (an instant's name or `submitted_at[kind]`), None for a statutory clock.
    `span` is the internal target: the time allowed (`within`, `immediate`) or the period (`every`).
    `until` is the instant that ends an `every` clock.
    """

    kind: ClockKind
    anchor: str | None = None
    span: Span | None = None
    until: str | None = None

    @property
    def internal(self) -> bool:
        """Whether the due time is the operator's own target, and not the law's."""
        return self.kind is not ClockKind.STATUTORY


@dataclass(frozen=True, kw_only=True, slots=True)
class Alone:
    """Who may sign alone: holders of `post`, from `before` ahead of the due time; at once where it is due at once."""

    post: str
    before: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """One notice that is owed: under which regime, which of its kinds, to whom, how, when, and signed by whom.

    `kind` is the regime's kind for a statutory clock; for an internal one also `update` or `final`.
    `signs` is a role of the people file. Its source is the regime's, looked up by `regime`.
    """

    id: str
    regime: str
    kind: str
    notice: Notice
    title: Words
    addressee: Addressee
    courier: Courier
    clock: DutyClock
    signs: str
    alone: Alone
