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
    OWN_CYBER_OFFICE = "own_cyber_office"
    CITY_COMMS_OFFICE = "city_comms_office"
    COMPETENT_AUTHORITY = "competent_authority"
    CSIRT = "csirt"
    DATA_PROTECTION_AUTHORITY = "data_protection_authority"
    FINANCIAL_AUTHORITY = "financial_authority"
    FCC = "fcc"
    FACILITY_911 = "facility_911"

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
    Addressee.OWN_CYBER_OFFICE: Words(zh="本部门网信工作机构", en="own ministry's cyberspace office"),
    Addressee.CITY_COMMS_OFFICE: Words(zh="市通信保障应急办", en="city communications emergency office"),
    Addressee.COMPETENT_AUTHORITY: Words(zh="有关主管部门", en="competent authority"),
    Addressee.CSIRT: Words(zh="计算机安全事件响应小组或主管机关", en="CSIRT or competent authority"),
    Addressee.DATA_PROTECTION_AUTHORITY: Words(zh="数据保护机关", en="data protection authority"),
    Addressee.FINANCIAL_AUTHORITY: Words(zh="金融主管机关", en="financial competent authority"),
    Addressee.FCC: Words(zh="美国联邦通信委员会", en="FCC"),
    Addressee.FACILITY_911: Words(zh="可能受影响的911设施", en="911 facilities potentially affected"),
}


class Notice(StrEnum):
    """Which kind of letter is written: its template's folder."""

    ORAL = "oral"
    EARLY_WARNING = "early_warning"
    FIRST = "first"
    NOTIFICATION = "notification"
    UPDATE = "update"
    PROGRESS = "progress"
    SUPPLEMENTARY = "supplementary"
    FINAL = "final"
    CORRECTION = "correction"
    WARNING = "warning"
    START = "start"
    LEVEL_CHANGE = "level_change"
    END = "end"
    DRILL = "drill"
    DRILL_SUMMARY = "drill_summary"
    HAZARD = "hazard"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _NOTICES[self]

    @property
    def stage(self) -> Notice:
        """Where it stands in the life of an incident: `ORAL`, `FIRST`, `UPDATE` or `FINAL`."""
        return _STAGES.get(self, self)


_NOTICES = {
    Notice.ORAL: Words(zh="口头快报", en="oral report"),
    Notice.EARLY_WARNING: Words(zh="早期预警", en="early warning"),
    Notice.FIRST: Words(zh="首报", en="first notice"),
    Notice.NOTIFICATION: Words(zh="事件通报", en="incident notification"),
    Notice.UPDATE: Words(zh="续报", en="follow-up"),
    Notice.PROGRESS: Words(zh="进展报告", en="progress report"),
    Notice.SUPPLEMENTARY: Words(zh="补报", en="supplementary report"),
    Notice.FINAL: Words(zh="终报", en="final report"),
    Notice.CORRECTION: Words(zh="更正", en="correction"),
    Notice.WARNING: Words(zh="预警通知", en="warning"),
    Notice.START: Words(zh="启动响应通知", en="notice of the start of the response"),
    Notice.LEVEL_CHANGE: Words(zh="响应级别调整通知", en="notice of a changed response level"),
    Notice.END: Words(zh="响应终止通知", en="notice of the end of the response"),
    Notice.DRILL: Words(zh="演练通知", en="notice of a drill"),
    Notice.DRILL_SUMMARY: Words(zh="演练总结", en="summary of a drill"),
    Notice.HAZARD: Words(zh="隐患整改通知", en="demand to rectify a hazard"),
}
_STAGES = {
    Notice.EARLY_WARNING: Notice.FIRST,
    Notice.NOTIFICATION: Notice.FIRST,
    Notice.PROGRESS: Notice.UPDATE,
    Notice.SUPPLEMENTARY: Notice.UPDATE,
    Notice.CORRECTION: Notice.UPDATE,
    Notice.WARNING: Notice.FIRST,
    Notice.START: Notice.FIRST,
    Notice.LEVEL_CHANGE: Notice.UPDATE,
    Notice.END: Notice.FINAL,
    Notice.DRILL: Notice.FIRST,
    Notice.DRILL_SUMMARY: Notice.FINAL,
    Notice.HAZARD: Notice.FIRST,
}
#: What a person sends of their own accord, beside what is owed; a plan's duty is none of these.
OTHERS = (
    Notice.WARNING,
    Notice.START,
    Notice.LEVEL_CHANGE,
    Notice.END,
    Notice.DRILL,
    Notice.DRILL_SUMMARY,
    Notice.HAZARD,
)
#: What a plan's duty may be.
OWED = tuple(each for each in Notice if each not in OTHERS and each is not Notice.CORRECTION)


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
