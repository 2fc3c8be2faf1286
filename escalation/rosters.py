"""Who works here, who holds which post where, and which authority each unit answers to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import yaml

from errors import BadPeople, NotPermitted, UnknownPerson
from escalation.duties import Addressee
from escalation.fields import Field, ListOf, Nullable, OneOf, Record, Text
from escalation.marks import Desk, Path, tree
from escalation.spans import Months, WorkingDays, iso_duration
from escalation.words import Words

#: Roles that permit; every other role in the people file is a post that a plan may call.
DUTY_MANAGER: Final = "duty_manager"
APPROVER: Final = "approver"
PLAN_OWNER: Final = "plan_owner"
RESPONDER: Final = "responder"
ROLE_TITLES = {
    DUTY_MANAGER: ("值班经理", "duty manager"),
    APPROVER: ("签发人", "approver"),
    PLAN_OWNER: ("预案责任人", "plan owner"),
    RESPONDER: ("应急响应人员", "responder"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Acting:
    """Who stands in for a person from one day to another, both included: a dated deputy, with all their rights."""

    who: str
    since: date
    until: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One person: who they are in chat; `posts` as given, `roles` as held at each unit (given above, held below)."""

    id: str
    name: str
    title: Words | None
    slack: str
    email: str
    phone: str
    locale: str
    posts: Mapping[str, frozenset[str]]
    roles: Mapping[str, frozenset[str]]
    superior: str | None
    deputies: tuple[str, ...]
    acting: tuple[Acting, ...] = ()

    @property
    def lang(self) -> str:
        """`zh` or `en`, from the locale."""
        return "en" if self.locale.lower().startswith("en") else "zh"

    def has(self, role: str, unit: str) -> bool:
        """Whether they hold `role` at `unit` (or above it)."""
        return role in self.roles.get(unit, frozenset())

    def require(self, unit: str, *roles: str) -> None:
        """Refuse unless they hold one of `roles` at `unit`."""
        if not any(self.has(role, unit) for role in roles):
            raise NotPermitted(role=" / ".join(roles))


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """An organisational unit; `authorities` says which office each kind of addressee is here."""

    id: str
    title: Words
    parent: str | None
    authorities: Mapping[Addressee, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Authority:
    """An office that receives notices; an unset channel cannot be used.

    `reads_within`: how long a first notice may lie there unacknowledged before people of ours are told. `seal`: it
    wants a letter by mail as a scan of the printed and sealed copy 盖章扫描件.
    """

    id: str
    title: Words
    portal: str | None
    mail: str | None
    phone: str | None
    reads_within: timedelta | None = None
    seal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Organisation:
    """Whose people these are, the zone its times are told in, and which kinds of party it is to the law."""

    id: str
    title: Words
    zone: str
    party: tuple[str, ...]
    phone: str

    @property
    def tz(self) -> ZoneInfo:
        """The zone as a value that turns instants."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """The people file, read."""

    organisation: Organisation
    units: Mapping[str, Unit]
    authorities: Mapping[str, Authority]
    people: Mapping[str, Person]

    def person(self, who: str) -> Person:
        """The person with this id; refuses when there is none."""
        if who not in self.people:
            raise UnknownPerson(who=who)
        return self.people[who]

    def name(self, who: str | None) -> str:
        """What a person is called; who has left the file is called by their id."""
        person = self.people.get(who or "")
        return person.name if person else who or "?"

    def clock(self, instant: datetime) -> str:
        """An instant in the organisation's zone, to the minute, as sentences tell it."""
        return instant.astimezone(self.organisation.tz).strftime("%m-%d %H:%M")

    def by_slack(self, slack: str) -> Person:
        """The person with this Slack id; an unknown sender is refused."""
        for person in self.people.values():
            if slack and person.slack == slack:  # who has no Slack id is nobody's sender
                return person
        raise UnknownPerson(who=slack)

    def line_of(self, unit: str) -> Iterator[Unit]:
        """The unit, the one above it, and so on to the top."""
        standing: str | None = unit
        while standing is not None:
            yield self.units[standing]
            standing = self.units[standing].parent

    def holders(self, post: str, unit: str) -> tuple[Person, ...]:
        """Who holds `post` closest to `unit`: there, else one unit up, and so on; in the file's order."""
        for each in self.line_of(unit):
            found = tuple(p for p in self.people.values() if post in p.posts.get(each.id, frozenset()))
            if found:
                return found
        return ()

    def authority(self, addressee: Addressee, unit: str) -> Authority | None:
        """Which office `addressee` is for `unit`, or None when the file names none."""
        for each in self.line_of(unit):
            if addressee in each.authorities:
                return self.authorities[each.authorities[addressee]]
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Keyed:
    """A mapping whose keys are names of the file's own; each value is read by `of`."""

    of: Field

    def read(self, node: yaml.Node, path: Path, desk: Desk) -> dict[str, Any] | None:
        """Answer the values by their keys."""
        desk.marks[path] = node
        if not isinstance(node, yaml.MappingNode):
            desk.fault(node, "这里应当是若干“名称: 内容”。", "“name: value” lines are expected here.")
            return None
        return {key.value: self.of.read(value, (*path, key.value), desk) for key, value in node.value}


LOCAL_DESK = "desk"  # the desk beside the local workspace
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

NAME = Text(
    most=60,
    pattern=r"[a-z0-9][a-z0-9._-]*",
    form=("小写字母、数字、点、横线", "lower-case letters, digits, dots, dashes"),
)
NAME_ = Text(
    most=60, pattern=r"[a-z][a-z0-9_]*", form=("小写字母、数字、下划线", "lower-case letters, digits, underscores")
)
LINE = Text(most=200)
DAY = Text(
    most=10,
    pattern=r"\d{4}-\d{2}-\d{2}",
    form=("日期，例如 2027-03-01", "a date, such as 2027-03-01"),
)
MINUTES = Text(most=8, pattern=r"PT[1-9]\d{0,3}[MH]", form=("PT30M 或 PT2H 这样的时长", "a span like PT30M or PT2H"))
SEAL = OneOf(known=("scan",), what=("盖章方式", "kind of seal"))
BOTH = Record(required={"zh": LINE, "en": LINE})

FILE = Record(
    required={
        "organisation": Record(
            required={
                "id": NAME,
                "title": BOTH,
                "zone": OneOf(known=available_timezones(), what=("时区", "time zone")),
                "party": ListOf(of=NAME_, most=12),
                "phone": LINE,
            }
        ),
        "units": ListOf(
            of=Record(
                required={"id": NAME, "title": BOTH},
                optional={"parent": Nullable(of=NAME), "authorities": Keyed(of=NAME)},
            ),
            most=5000,
        ),
        "authorities": ListOf(
            of=Record(
                required={"id": NAME, "title": BOTH},
                optional={"portal": LINE, "mail": LINE, "phone": LINE, "reads_within": MINUTES, "seal": SEAL},
            ),
            most=500,
        ),
        "people": ListOf(
            of=Record(
                required={"id": NAME, "name": LINE, "roles": Keyed(of=ListOf(of=NAME_, most=30))},
                optional={
                    "slack": LINE,
                    "email": LINE,
                    "phone": LINE,
                    "locale": LINE,
                    "title": BOTH,
                    "superior": Nullable(of=NAME),
                    "deputies": ListOf(of=NAME, most=20, least=0),
                    "acting": ListOf(of=Record(required={"who": NAME, "since": DAY, "until": DAY}), most=50, least=0),
                },
            ),
            most=5000,
        ),
    }
)


def read(text: str, file: str = "people.yaml") -> People:
    """Read a people file; refuse it with every fault at once (`BadPeople`)."""
    desk = Desk(file)
    root = tree(text, desk)
    content = FILE.read(root, (), desk) if root is not None else None
    if content is not None and not desk.faults:
        _check(content, desk)
    if content is None or desk.faults:
        raise BadPeople(desk.faults)
    return _people(content)


def _check(content: Mapping[str, Any], desk: Desk) -> None:
    units = _ids(content["units"], "units", desk)
    offices = _ids(content["authorities"], "authorities", desk)
    people = _ids(content["people"], "people", desk)
    _one_each(content["people"], desk)
    for n, unit in enumerate(content["units"]):
        _known(unit.get("parent"), ("units", n, "parent"), units, ("单位", "unit"), desk)
        for addressee, office in unit.get("authorities", {}).items():
            where = ("units", n, "authorities", addressee)
            _known(addressee, where, [each.value for each in Addressee], ("收报机关", "addressee"), desk)
            _known(office, where, offices, ("机关", "authority"), desk)
    _no_circle(content["units"], desk)
    for n, authority in enumerate(content["authorities"]):
        if not _may_be_posted_to(authority.get("portal", LOCAL_DESK)):
            desk.fault(
                ("authorities", n, "portal"),
                "应为 https:// 开头的网址（不含账号），或 desk。",
                "must be an https:// address without a user in it, or desk.",
            )
    for n, person in enumerate(content["people"]):
        for unit in person["roles"]:
            _known(unit, ("people", n, "roles", unit), units, ("单位", "unit"), desk)
        for other in (person.get("superior"), *person.get("deputies", ())):
            _known(other, ("people", n), people, ("人员", "person"), desk)
        for m, acting in enumerate(person.get("acting", ())):
            where = ("people", n, "acting", m)
            _known(acting["who"], (*where, "who"), people, ("人员", "person"), desk)
            _dated(acting, where, desk)


def _dated(acting: Mapping[str, Any], where: Path, desk: Desk) -> None:
    """Both days are on the calendar, the first not after the last."""
    for key in ("since", "until"):
        try:
            date.fromisoformat(acting[key])
        except ValueError:
            desk.fault((*where, key), "没有这一天。", "there is no such day.")
            return
    if acting["until"] < acting["since"]:
        desk.fault((*where, "until"), "代理的终止日早于起始日。", "it ends before it begins.")


def _may_be_posted_to(portal: str) -> bool:
    """Whether notices may be posted there: over TLS, or no further than this machine."""
    try:
        where = urlsplit(portal)
        plain = where.scheme == "http" and where.hostname in LOOPBACK and where.port != 0
    except ValueError:  # a port that is no number, a bracket that does not close
        return False
    return portal == LOCAL_DESK or (
        bool(where.hostname) and where.username is None and (where.scheme == "https" or plain)
    )


def _ids(records: list[Mapping[str, Any]], where: str, desk: Desk) -> list[str]:
    seen: list[str] = []
    for n, record in enumerate(records):
        if record["id"] in seen:
            desk.fault((where, n, "id"), f"编号“{record['id']}”重复。", f"the id “{record['id']}” stands twice.")
        seen.append(record["id"])
    return seen


def _one_each(people: list[Mapping[str, Any]], desk: Desk) -> None:
    """A Slack id is one person's: who presses must never be taken for another."""
    seen: set[str] = set()
    for n, person in enumerate(people):
        slack = person.get("slack", "")
        if slack and slack in seen:
            desk.fault(("people", n, "slack"), f"Slack 账号“{slack}”重复。", f"the Slack id “{slack}” stands twice.")
        seen.add(slack)


def _known(value: str | None, where: Path, known: Collection[str], what: tuple[str, str], desk: Desk) -> None:
    if value is not None and value not in known:
        desk.unknown(where, what, value, known)


def _no_circle(units: list[Mapping[str, Any]], desk: Desk) -> None:
    parents = {unit["id"]: unit.get("parent") for unit in units}
    for n, unit in enumerate(units):
        seen, above = {unit["id"]}, unit.get("parent")
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above is not None:
            desk.fault(("units", n), "上级单位形成了环。", "the parents form a circle.")
            return


def _people(content: Mapping[str, Any]) -> People:
    units = {each["id"]: _unit(each) for each in content["units"]}
    return People(
        organisation=_organisation(content["organisation"]),
        units=units,
        authorities={each["id"]: _authority(each) for each in content["authorities"]},
        people={each["id"]: _person(each, units) for each in content["people"]},
    )


def _organisation(said: Mapping[str, Any]) -> Organisation:
    return Organisation(
        id=said["id"], title=Words(**said["title"]), zone=said["zone"], party=tuple(said["party"]), phone=said["phone"]
    )


def _unit(said: Mapping[str, Any]) -> Unit:
    offices = {Addressee(name): office for name, office in said.get("authorities", {}).items()}
    return Unit(id=said["id"], title=Words(**said["title"]), parent=said.get("parent"), authorities=offices)


def _authority(said: Mapping[str, Any]) -> Authority:
    channels = {name: said.get(name) for name in ("portal", "mail", "phone")}
    within = iso_duration(said["reads_within"]) if "reads_within" in said else None
    assert not isinstance(within, Months | WorkingDays)  # noqa: S101 -- `MINUTES` lets elapsed time through only
    return Authority(id=said["id"], title=Words(**said["title"]), reads_within=within, seal="seal" in said, **channels)


def _person(said: Mapping[str, Any], units: Mapping[str, Unit]) -> Person:
    posts = {unit: frozenset(roles) for unit, roles in said["roles"].items()}
    return Person(
        id=said["id"],
        name=said["name"],
        title=Words(**said["title"]) if "title" in said else None,
        slack=said.get("slack", ""),
        email=said.get("email", ""),
        phone=said.get("phone", ""),
        locale=said.get("locale", "zh-CN"),
        posts=posts,
        roles={unit: _down(unit, posts, units) for unit in units},
        superior=said.get("superior"),
        deputies=tuple(said.get("deputies", ())),
        acting=tuple(_acting(each) for each in said.get("acting", ())),
    )


def _acting(said: Mapping[str, str]) -> Acting:
    since, until = (date.fromisoformat(said[key]) for key in ("since", "until"))
    return Acting(who=said["who"], since=since, until=until)


def _down(unit: str, posts: Mapping[str, frozenset[str]], units: Mapping[str, Unit]) -> frozenset[str]:
    """What is held at `unit`: given there, or at any unit above it."""
    held: frozenset[str] = frozenset()
    standing: str | None = unit
    while standing is not None:
        held |= posts.get(standing, frozenset())
        standing = units[standing].parent
    return held
