"""Tocsin, put together: settings, the clock, the rings and couriers, the metronome, the command line.

Only this module reads the environment and the time, and only it knows the couriers and APScheduler.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import functools
import hashlib
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from errors import AnotherInstance, BadSettings, Refusal, TocsinError

if TYPE_CHECKING:  # what a command does not need, it does not wait for: `plans lint` starts in a tenth of a second
    from slack_bolt.adapter.socket_mode import SocketModeHandler
    from slack_sdk import WebClient
    from sqlalchemy.orm import Session

    from bot.courier import Slack
    from bot.health import Vitals
    from bot.press import House
    from bot.views.parts import View
    from escalation.couriers.mail import Kept, Link, Mail
    from escalation.couriers.portal import PortalAddress
    from escalation.deliver import Courier, Couriers, Parcel
    from escalation.links import Links
    from escalation.rosters import People
    from escalation.sweep import Ring
    from escalation.words import Words
    from plans.coverage import Matrix
    from playbooks.records import Draft, Version
    from store.database import Database

ROOT = Path(__file__).parent
LOCAL_BOT, LOCAL_APP, LOCAL_PORTAL = "xoxb-local-tocsin", "xapp-local-tocsin", "local-portal-token"
TICK = timedelta(seconds=1)
KNOCK_EVERY_S = 5
SMTP_PORT, SMTP_TLS_PORT = 25, 465  # 465 speaks TLS from the first byte; every other port begins it by STARTTLS
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


LATER = ("page", "desk")  # no settings: known once the workspace stands


# --- settings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the environment (or `.env`) says, read once; secrets never print."""

    slack_bot_token: str = field(default="", repr=False)
    slack_app_token: str = field(default="", repr=False)
    slack_api_url: str = "https://slack.com/api/"
    database_url: str = field(default="", repr=False)
    tocsin_var: str = "var"
    tocsin_port: int = 8765
    tocsin_http_port: int = 8766
    tocsin_public_url: str = ""
    tocsin_people: str = "people.yaml"
    tocsin_journal_key: str = field(default="", repr=False)
    tocsin_smtp_url: str = field(default="", repr=False)
    tocsin_smtp_ca: str = ""
    tocsin_mail_from: str = "tocsin@localhost"
    tocsin_portals: str = field(default="", repr=False)
    tocsin_workspace_options: str = ""
    tocsin_clock: str = ""  # a file with an offset, for rehearsals and tests; never with a real Slack
    sentry_dsn: str = field(default="", repr=False)
    tocsin_lang: str = "zh"
    page: str = ""  # known once the workspace stands
    desk: str = ""  # as page

    @property
    def local(self) -> bool:
        """Whether the built-in workspace stands in for Slack."""
        return not self.slack_bot_token and not self.slack_app_token

    @property
    def var(self) -> Path:
        """Where the database, the workspace's state and what is exported lie."""
        return Path(self.tocsin_var)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read them; raise `BadSettings` naming everything that is missing or wrong at once."""
        known = {each.name: each.type for each in fields(cls) if each.name not in LATER}
        said = {name: environ[name.upper()].strip() for name in known if environ.get(name.upper(), "").strip()}
        faults = list(_faults(said))
        if faults:
            raise BadSettings(listed="\n".join(f"  {fault}" for fault in faults))
        return cls(**{name: int(value) if known[name] == "int" else value for name, value in said.items()})  # type: ignore[arg-type]


SECRETS = (
    "slack_bot_token",
    "slack_app_token",
    "database_url",
    "tocsin_journal_key",
    "tocsin_smtp_url",
    "tocsin_portals",
    "sentry_dsn",
)


def _faults(said: Mapping[str, str]) -> Iterator[str]:
    yield from _number_faults(said)
    yield from _slack_faults(said)
    if said.get("tocsin_lang", "zh") not in ("zh", "en"):
        yield f"TOCSIN_LANG: “{said['tocsin_lang']}” 应为 zh 或 en / must be zh or en"
    if "database_url" in said and not said["database_url"].startswith(("sqlite:///", "postgresql")):
        yield "DATABASE_URL: 应以 sqlite:/// 或 postgresql:// 开头 / must begin with sqlite:/// or postgresql://"
    if "tocsin_portals" in said:
        from escalation.couriers import keys

        yield from (f"TOCSIN_PORTALS: {fault}" for fault in keys.read(said["tocsin_portals"])[1])
    yield from _mail_faults(said)
    if "tocsin_people" in said and not Path(said["tocsin_people"]).is_file():
        yield f"TOCSIN_PEOPLE: 没有文件 / there is no file {said['tocsin_people']}"


def _mail_faults(said: Mapping[str, str]) -> Iterator[str]:
    if "tocsin_smtp_ca" in said and not Path(said["tocsin_smtp_ca"]).is_file():
        yield f"TOCSIN_SMTP_CA: 没有文件 / there is no file {said['tocsin_smtp_ca']}"
    if "tocsin_smtp_url" not in said:
        return
    try:
        url = urlsplit(said["tocsin_smtp_url"])
        host, port = url.hostname, url.port
    except ValueError:  # the address itself may hold a password, so it is not repeated
        yield "TOCSIN_SMTP_URL: 端口或主机写错 / the port or the host is wrong: smtps://user:password@host:port"
        return
    if url.scheme not in ("smtp", "smtps") or not host or port == 0:
        yield "TOCSIN_SMTP_URL: 应为 / must be smtp://host:port or smtps://user:password@host:port"
    elif not unquote(f"{url.username}{url.password}").isascii():
        yield "TOCSIN_SMTP_URL: 用户和密码只能用 ASCII 字符 / user and password must be ASCII"
    elif url.scheme == "smtp" and url.username and host not in LOOPBACK_NAMES:
        yield "TOCSIN_SMTP_URL: 密码只能经加密连接发送，请用 smtps:// / a password leaves over TLS only: use smtps://"


def _number_faults(said: Mapping[str, str]) -> Iterator[str]:
    for name in ("tocsin_port", "tocsin_http_port"):
        value = said.get(name, "1")
        if not value.isdigit() or int(value) > 65535:  # noqa: PLR2004 -- the last port
            yield f"{name.upper()}: “{value}” 不是端口号 / is not a port number (0–65535)"


def _slack_faults(said: Mapping[str, str]) -> Iterator[str]:
    tokens = {"slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}
    if not any(name in said for name in tokens):
        return
    for name, begins in tokens.items():
        if name not in said:
            yield f"{name.upper()}: 缺失；两个令牌要么都设，要么都不设 / is missing: set both tokens or neither"
        elif not said[name].startswith(begins):
            yield f"{name.upper()}: 应以 {begins} 开头 / must begin with {begins}"
    for name in ("tocsin_journal_key", "tocsin_smtp_url", "tocsin_public_url"):
        if name not in said:
            yield f"{name.upper()}: 接入真实 Slack 时必填 / is required with a real Slack"
    if "tocsin_clock" in said:
        yield "TOCSIN_CLOCK: 只能用于本地演示 / is for rehearsals in the local workspace only"


def environment() -> dict[str, str]:
    """The environment over `.env`: what is set for the process wins."""
    said: dict[str, str] = {}
    path = Path(".env")
    if path.is_file():
        for line in path.read_text("utf-8").splitlines():
            name, equals, value = line.partition("=")
            if equals and not name.lstrip().startswith("#"):
                said[name.strip()] = value.strip().strip("\"'")
    return {**said, **os.environ}


def opened(settings: Settings) -> Database:
    """The database the settings name; SQLite under `TOCSIN_VAR` by default."""
    from bot.watch import logs
    from store.database import Database

    logs(os.environ.get("TOCSIN_LOG", "INFO"))  # whoever works on it may log, and standard output is the answer's

    settings.var.mkdir(parents=True, exist_ok=True)
    url = settings.database_url or f"sqlite:///{settings.var / 'tocsin.db'}"
    return Database(url, journal_key=journal_key(settings))


def clock_of(settings: Settings, database: Database) -> Callable[[], datetime]:
    """The house's clock: the database's; in a rehearsal moved by what `TOCSIN_CLOCK` says (`{"offset_s": …}`)."""
    if not settings.tocsin_clock:
        return database.now
    path = Path(settings.tocsin_clock)

    def moved() -> datetime:
        offset = json.loads(path.read_text("utf-8"))["offset_s"] if path.is_file() else 0
        return database.now() + timedelta(seconds=offset)

    return moved


def journal_key(settings: Settings) -> bytes:
    """The key that seals the journal: set, or made once and kept beside the database (never in it)."""
    if settings.tocsin_journal_key:
        return settings.tocsin_journal_key.encode()
    path = settings.var / "journal.key"
    if not path.exists():
        settings.var.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), open(path, "x", opener=_private) as made:
            made.write(secrets.token_hex(32))
    return path.read_text("utf-8").strip().encode()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def people_of(settings: Settings) -> People:
    """The people file, read."""
    from escalation import rosters

    path = Path(settings.tocsin_people)
    path = path if path.is_file() else ROOT / path
    return rosters.read(path.read_text("utf-8"), str(path))


# --- the tables ------------------------------------------------------------------------------------------------------


def rings(people: People) -> Mapping[str, Ring]:
    """RINGS: what is called when a deadline of a kind is due."""
    from escalation import call
    from incidents import returns, ring
    from plans import cycles, gaps
    from plans import ring as plan_ring
    from playbooks import remind

    terms = cycles.terms(people)
    falls_due = functools.partial(plan_ring.falls_due, terms=terms)
    return {
        "clock": functools.partial(ring.clock, people=people),
        "task": ring.task,
        "call": call.ring,
        "call_settled": call.settled,
        "notice_settled": functools.partial(ring.notice_settled, people=people),
        "unread": functools.partial(ring.unread, people=people),
        "room_settled": functools.partial(ring.room_settled, people=people),
        "plan_effect": ring.plan_effect,
        "plan_lapse": ring.plan_lapse,
        "plan_filing": functools.partial(remind.filing, people=people),
        "coverage": functools.partial(gaps.watch, people=people),
        "gap": functools.partial(gaps.ring, people=people),
        "plan_review": falls_due,
        "plan_drill": falls_due,
        "plan_revision": falls_due,
        "plan_round": functools.partial(plan_ring.look, terms=terms),
        "return": functools.partial(returns.ring, people=people),
        "return_opening": functools.partial(returns.opening, people=people),
        "return_settled": functools.partial(returns.settled, people=people),
    }


def couriers(
    settings: Settings,
    people: People,
    view: View,
    chat: Slack,
    clock: Callable[[], datetime],
    *,
    links: Links | None = None,
    kept: Kept | None = None,
) -> Couriers:
    """COURIERS: by exercise, then by name. A drill has a table of its own in which nothing leads outside."""
    from bot.courier import StaffMail
    from bot.paper import Paper
    from escalation.couriers.by_hand import ByHand
    from escalation.couriers.portal import Portal
    from escalation.couriers.shelf import Shelf

    paper = Paper(settings.var / "callsheets", view)
    mail = mail_of(settings, clock, kept=kept, link=functools.partial(_told_link, links, people) if links else None)
    shelf, by_hand = Shelf(), ByHand()
    portal = Portal(url_of=_portals(settings, people), clock=clock)
    real: dict[str, Courier] = {
        "slack": chat, "paper": paper, "portal": portal, "mail": mail, "staff_mail": StaffMail(mail, view),
        "by_hand": by_hand,
    }  # fmt: skip
    exercise: dict[str, Courier] = {
        "slack": chat, "paper": paper, "portal": shelf, "mail": shelf, "staff_mail": shelf, "by_hand": by_hand,
    }  # fmt: skip
    return {False: real, True: exercise}


#: Couriers that wait for one another share a lane; a slow portal delays no card.
LANES = {"slack": ("slack",), "portal": ("portal",), "mail": ("mail", "staff_mail"), "desk": ("by_hand", "paper")}


def _told_link(links: Links, people: People, parcel: Parcel, at: datetime) -> str:
    """What a mail says of the page where its notice is read."""
    from bot.words import say
    from escalation.links import GOOD_FOR

    until = (at + GOOD_FOR).astimezone(people.organisation.tz).strftime("%Y-%m-%d")
    return say("page.mail", parcel.facts.get("lang", "zh"), until=until, url=links.of(parcel.facts["token"], at=at))


def kept_bytes(database: Database, digest: str) -> bytes:
    """A document that was kept at a signing; a digest that is not there is a fault of ours."""
    from escalation import records as rows

    with database.read() as session:
        found = rows.kept(session, digest)
        if found is None:
            raise KeyError(digest)
        return found.content


def mail_of(
    settings: Settings, clock: Callable[[], datetime], *, kept: Kept | None = None, link: Link | None = None
) -> Mail:
    """The way out by mail, as the settings say it."""
    from escalation.couriers.mail import Login, Mail, Tls

    url = urlsplit(settings.tocsin_smtp_url or "smtp://127.0.0.1")
    port = url.port or SMTP_PORT
    tls = Tls.NONE if url.scheme == "smtp" else Tls.WHOLE if port == SMTP_TLS_PORT else Tls.STARTTLS
    # In an address a password's own @ and / are written %40 and %2F.
    login = Login(user=unquote(url.username), password=unquote(url.password or "")) if url.username else None
    return Mail(
        url.hostname or "127.0.0.1", port, settings.tocsin_mail_from, clock=clock, tls=tls, login=login,
        ca=settings.tocsin_smtp_ca or None, kept=kept, link=link,
    )  # fmt: skip


def _portals(settings: Settings, people: People) -> dict[str, PortalAddress]:
    """Where each authority's portal is; `desk` in the sample is the desk beside the local workspace."""
    from escalation.couriers import keys
    from escalation.couriers.addresses import LOOPBACK
    from escalation.couriers.portal import PortalAddress

    said = keys.read(settings.tocsin_portals)[0] if settings.tocsin_portals else {}
    found = {}
    for office in people.authorities.values():
        if office.portal == "desk" and settings.local:
            found[office.id] = PortalAddress(url=settings.desk, token=LOCAL_PORTAL, inside=LOOPBACK)
        elif office.portal and office.portal != "desk":
            opening = said.get(office.id, keys.Opening())
            # A portal on this very machine is a rehearsal's; with a real Slack nothing of ours listens there.
            inside = (*opening.inside, *(LOOPBACK if settings.local else ()))
            found[office.id] = PortalAddress(
                url=office.portal, token=opening.token, keys=opening.keys, inside=inside, ca=opening.ca,
                says_digest=opening.says_digest,
            )  # fmt: skip
    return found


# --- the metronome ---------------------------------------------------------------------------------------------------


class Metronome:
    """Beats once a second and at every local commit: sweep what is due, deliver what waits. It remembers nothing.

    A lane that is still busy when it is woken runs once more when it is done, so no wake is lost.
    """

    def __init__(
        self,
        beats: Mapping[str, Callable[[], int]],
        clock: Callable[[], datetime],
        next_due: Callable[[], datetime | None],
    ) -> None:
        """Give each lane its work; `next_due` says when the next thing rings."""
        from apscheduler.executors.pool import ThreadPoolExecutor as JobThreads
        from apscheduler.schedulers.background import BackgroundScheduler

        self.beats, self.clock, self.next_due = beats, clock, next_due
        self.woken = {name: threading.Event() for name in beats}
        self.busy = {name: threading.Lock() for name in beats}
        self.last: dict[str, datetime] = {}
        self.scheduler = BackgroundScheduler(executors={"default": JobThreads(len(beats) * 2)}, timezone=UTC)

    def start(self) -> None:
        """Begin to beat."""
        from apscheduler.triggers.interval import IntervalTrigger

        for name in self.beats:
            self.scheduler.add_job(
                self.beat, IntervalTrigger(seconds=1), args=[name], id=name, coalesce=True, max_instances=2,
                misfire_grace_time=None, next_run_time=datetime.now(UTC),
            )  # fmt: skip
        self.scheduler.start()

    def wake(self) -> None:
        """Something was committed: look at once."""
        for name, woken in self.woken.items():
            woken.set()
            with contextlib.suppress(Exception):  # a job that is gone means the house is closing
                self.scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def beat(self, name: str) -> None:
        """One lane's work, and again as long as it was woken meanwhile."""
        if not self.busy[name].acquire(blocking=False):
            return
        try:
            while True:
                self.woken[name].clear()
                done = self.beats[name]()
                self.last[name] = self.clock()
                if name == "sweep":
                    self._ahead(rang=bool(done))
                if not self.woken[name].is_set():
                    return
        finally:
            self.busy[name].release()

    def _ahead(self, *, rang: bool) -> None:
        """What rings before the next beat rings on time, not on the beat."""
        if rang:
            self.wake()
        due = self.next_due()
        left = due - self.clock() if due is not None else TICK
        if timedelta(0) < left < TICK:
            with contextlib.suppress(Exception):  # as in `wake`
                self.scheduler.modify_job("sweep", next_run_time=datetime.now(UTC) + left)

    def stop(self) -> None:
        """Stop beating; what is under way ends by itself."""
        with contextlib.suppress(Exception):  # already stopped
            self.scheduler.shutdown(wait=False)


# --- the house, standing ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def alone(database: Database) -> Iterator[None]:
    """Refuse a second instance on the same SQLite file."""
    file = database.file()
    if file is None:
        yield
        return
    with Path(f"{file}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AnotherInstance(file=file) from None
        yield


def neighbour(settings: Settings, people: People) -> list[str]:
    """How the local workspace is started."""
    from bot import start

    home, members = settings.var / "workspace", settings.var / "members.json"
    home.mkdir(parents=True, exist_ok=True)
    members.write_text(json.dumps(start.members(people), ensure_ascii=False), "utf-8")
    said = {
        "--port": settings.tocsin_port,
        "--state": home.resolve(),
        "--manifest": ROOT / "slack-manifest.yaml",
        "--members": members.resolve(),
        "--smtp-port": 0,
        "--lang": settings.tocsin_lang,
        "--bot-token": LOCAL_BOT,
        "--app-token": LOCAL_APP,
        "--portal-token": LOCAL_PORTAL,
    }
    pairs = [str(word) for pair in said.items() for word in pair]
    return [*pairs, "--exit-with-parent", *settings.tocsin_workspace_options.split()]


def serve(settings: Settings) -> int:
    """Run the house until it is told to stop."""
    from bot.neighbour import workspace
    from store import migrate

    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        if settings.local:
            os.environ.pop(name, None)  # Socket Mode's client would ignore NO_PROXY on loopback
    people, database = people_of(settings), opened(settings)
    quit_ = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: quit_.set())
    with contextlib.ExitStack() as standing:
        standing.callback(database.close)
        standing.enter_context(alone(database))
        migrate.upgrade(database)
        if settings.local:
            arguments = neighbour(settings, people)
            log_file = settings.var / "workspace.log"
            ready = standing.enter_context(workspace(arguments, root=ROOT, log=log_file))
            settings = _with_local(settings, ready)
        _stand(settings, people, database, standing)
        sys.stdout.write(f"Open {settings.page}\n" if settings.local else "Tocsin is connected to Slack.\n")
        sys.stdout.flush()
        quit_.wait()
        # Everything that was decided is stored: nothing needs to be finished, so the end is quick.
        threading.Timer(4, os._exit, args=(0,)).start()
    os._exit(0)


def _with_local(settings: Settings, ready: Mapping[str, Any]) -> Settings:
    """The settings with what was only known once the workspace stood."""
    port = urlsplit(ready["ready"]).port
    return replace(
        settings,
        slack_api_url=ready["api"],
        tocsin_smtp_url=settings.tocsin_smtp_url or f"smtp://127.0.0.1:{ready['smtp_port']}",
        desk=f"http://127.0.0.1:{port}/desk/portal/notices",
        page=ready["ready"],
    )


def _stand(settings: Settings, people: People, database: Database, standing: contextlib.ExitStack) -> None:
    """Put the floors together and start every thread."""
    import uvicorn
    from slack_sdk import WebClient

    from bot import health, http, start
    from bot.courier import Slack
    from bot.locales import Locales
    from bot.press import House
    from bot.views.parts import View
    from bot.watch import report_faults

    report_faults(settings.sentry_dsn)
    local = settings.local
    client = WebClient(
        token=LOCAL_BOT if local else settings.slack_bot_token,
        base_url=settings.slack_api_url,
        retry_handlers=[],  # the outbox retries; the library's own would post twice when an answer is lost
        timeout=10,
    )
    bound = _bound(settings.tocsin_http_port)  # the server closes it when it ends; closed earlier, it would stumble
    public = settings.tocsin_public_url.rstrip("/") or f"http://127.0.0.1:{bound.getsockname()[1]}"
    view = View(people=people, lang=settings.tocsin_lang, page_url=f"{public}/", local=local)
    locales = Locales()
    clock = clock_of(settings, database)
    from escalation.links import Links

    links = Links.under(f"{public}/notices", journal_key(settings))
    kept_of = functools.partial(kept_bytes, database)
    table = couriers(settings, people, view, Slack(client, view, locales), clock, links=links, kept=kept_of)
    metronome = Metronome(_beats(database, table, rings(people), clock), clock, functools.partial(_next_due, database))
    house = House(
        database=database, people=people, locales=locales, view=view, receipts=f"{public}/receipts", clock=clock,
        wake=metronome.wake, links=links,
    )  # fmt: skip
    start.furnish(house, ROOT / "plans", client)
    handler = _socket(settings, client, house, local=local)
    # The library waits for its own threads for seconds; nothing of ours hangs on them.
    standing.callback(threading.Thread(target=_quietly, args=(handler.close,), daemon=True).start)
    metronome.start()
    standing.callback(metronome.stop)
    if not _reached(handler):
        # Chat may be what is down: clocks ring, and notices leave by the other ways meanwhile.
        threading.Thread(target=_keep_knocking, args=(handler,), name="knock", daemon=True).start()
    side = http.Side(
        house=house,
        checks=functools.partial(health.readiness, _vitals(settings, database, metronome, handler)),
        sheets=settings.var / "callsheets",
    )
    server = uvicorn.Server(uvicorn.Config(http.build(side), log_level="warning"))
    threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="http", daemon=True).start()
    standing.callback(lambda: setattr(server, "should_exit", True))


def _vitals(settings: Settings, database: Database, metronome: Metronome, handler: SocketModeHandler) -> Vitals:
    from bot import health

    return health.Vitals(
        database=database,
        var=settings.var,
        clock=metronome.clock,
        host_clock=lambda: datetime.now(UTC),
        last_sweep=lambda: metronome.last.get("sweep"),
        connected=lambda: handler.client is not None and bool(handler.client.is_connected()),
    )


def _next_due(database: Database) -> datetime | None:
    from escalation.records import next_ring_at

    with database.read() as session:
        return next_ring_at(session)


def _beats(
    database: Database, table: Couriers, bells: Mapping[str, Ring], clock: Callable[[], datetime]
) -> dict[str, Callable[[], int]]:
    from escalation.deliver import deliver
    from escalation.sweep import sweep

    worker = f"{os.uname().nodename}:{os.getpid()}"
    beats: dict[str, Callable[[], int]] = {"sweep": lambda: sweep(database.begin, database.read, bells, at=clock())}
    for lane, names in LANES.items():
        beats[lane] = functools.partial(
            deliver, database.begin, database.read, table, names, worker=worker, clock=clock
        )
    return beats


def _socket(settings: Settings, client: WebClient, house: House, *, local: bool) -> SocketModeHandler:
    from slack_bolt import App
    from slack_bolt.adapter.socket_mode import SocketModeHandler

    from bot.listeners import listen

    bolt = App(
        client=client,
        token_verification_enabled=False,
        listener_executor=ThreadPoolExecutor(32),  # the default of 5 starves acknowledgements behind slow listeners
        process_before_response=False,
        ignoring_self_events_enabled=True,
    )
    listen(bolt, house)
    return SocketModeHandler(
        bolt, app_token=LOCAL_APP if local else settings.slack_app_token, concurrency=32, trace_enabled=False
    )


def _reached(handler: SocketModeHandler) -> bool:
    """Connect to chat; from then on the library reconnects by itself. Whether it could be reached."""
    import structlog
    from slack_sdk.errors import SlackApiError

    try:
        handler.connect()  # type: ignore[no-untyped-call]  # the library left it so
    except (SlackApiError, OSError) as fault:
        structlog.get_logger().warning("chat is not reached", fault=type(fault).__name__)
        return False
    return True


def _keep_knocking(handler: SocketModeHandler) -> None:
    while not _reached(handler):
        time.sleep(KNOCK_EVERY_S)


def _bound(port: int) -> socket.socket:
    """The HTTP side's socket, on loopback; a taken port stops the start with a sentence."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        raise BadSettings(listed=f"  TOCSIN_HTTP_PORT: {port} 端口被占用 / is in use") from None
    return bound


def _quietly(act: Callable[[], object]) -> None:
    with contextlib.suppress(Exception):  # the library's own race when it closes after a reconnect
        act()


# --- the command line -----------------------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 yes, 1 refused or missed, 2 usage."""
    given = _arguments().parse_args(argv)
    try:
        return int(given.run(given))
    except TocsinError as fault:
        sys.stderr.write(fault.sentence(os.environ.get("TOCSIN_LANG", "zh")) + "\n")
        return 1
    except (FileNotFoundError, FileExistsError, IsADirectoryError, PermissionError) as fault:
        sys.stderr.write(f"{fault.filename}: {fault.strerror}\n")
        return 1


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="app.py", description="Tocsin: emergency plans and incident response in chat")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "serve", "run the house", lambda _given: serve(Settings.read(environment())))
    _command(commands, "check", "name every missing or wrong setting", _check)
    _command(commands, "migrate", "bring the database to this version", _migrate)
    plans = commands.add_parser("plans", help="look at plan files").add_subparsers(required=True, metavar="COMMAND")
    _plan_commands(plans)
    covered = _command(commands, "coverage", "what plans cover, and what they do not", _coverage)
    covered.add_argument("--lang", choices=("zh", "en"), help="the language of names; TOCSIN_LANG without it")
    shape = covered.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true")
    shape.add_argument("--csv", action="store_true")
    shape.add_argument("--png", metavar="FILE", help="the picture, written to FILE (FILE-2 … when it needs more pages)")
    for name, told in (("clocks", "what is owed in a written case"), ("grade", "how serious a written case is")):
        asked = _command(commands, name, told, functools.partial(_case, name))
        asked.add_argument("case")
        asked.add_argument("--json", action="store_true")
    journals = commands.add_parser("journal", help="the journal").add_subparsers(required=True, metavar="COMMAND")
    verifies = _command(journals, "verify", "walk the whole chain, or check an export", _verify)
    verifies.add_argument("--export", metavar="FILE", help="an export of one incident instead of the database")
    exports = _command(commands, "export", "write the whole chain of one incident to a zip", _export_incident)
    exports.add_argument("number", metavar="INC-…")
    exports.add_argument("to")
    _command(commands, "backup", "write everything to a file", _backup).add_argument("to")
    _command(commands, "restore", "read a backup into an empty database", _restore).add_argument("source")
    return parser


def _plan_commands(plans: Any) -> None:  # noqa: ANN401 -- argparse's private type
    lint = _command(plans, "lint", "read plan files and folders of letter templates, name every fault", _lint)
    lint.add_argument("files", nargs="+", metavar="FILE")
    differ = _command(plans, "diff", "say what a reader of the old must know", _diff)
    differ.add_argument("old")
    differ.add_argument("new")
    falling = _command(plans, "due", "what falls due for plans: reviews, drills, filings, revisions, gaps", _plans_due)
    falling.add_argument("--ical", action="store_true", help="as an iCalendar file")
    publish = _command(plans, "publish", "lay a plan file down as a draft, say who reviews and signs it", _publish)
    publish.add_argument("file", metavar="FILE")
    publish.add_argument("--by", metavar="PERSON", help="whose draft it is (default: the plan's owner)")
    publish.add_argument("--revision", type=int, metavar="N", help="write over revision N of the draft that stands")
    export = _command(plans, "export", "write a plan of the database as a file", _export)
    export.add_argument("code", metavar="CODE")
    export.add_argument("--version", type=int, metavar="N", help="that version (default: the one in force)")
    printer = _command(plans, "print", "a plan, or a role's action card, as a PDF to print", _print)
    printer.add_argument("code", metavar="CODE")
    printer.add_argument("to", metavar="TO.pdf")
    printer.add_argument("--role", metavar="ROLE", help="the action card of this role, by its id or title")
    printer.add_argument("--version", type=int, metavar="N", help="that version (default: the one in force)")
    printer.add_argument("--unit", metavar="UNIT", help="whose contacts to print (default: the plan's own unit)")
    importer = _command(plans, "import", "begin a plan file from a document (.docx, .md, .txt)", _import)
    importer.add_argument("document", metavar="DOCUMENT")
    importer.add_argument("--code", required=True, help="the code of the new plan")
    importer.add_argument("--like", metavar="FILE", help="take over what runs from this plan file")
    _command(plans, "schema", "write the JSON Schema of plan files", _schema)
    for each in (lint, differ, falling, publish, export, printer, importer):
        each.add_argument("--lang", choices=("zh", "en"), help="the language of sentences (default: TOCSIN_LANG)")


def _command(
    commands: Any,  # noqa: ANN401 -- argparse's private type
    name: str,
    told: str,
    run: Callable[[Any], int],
) -> argparse.ArgumentParser:
    """A command of the line."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=told)
    parser.set_defaults(run=run)
    return parser


def _say(line: str, to: IO[str] = sys.stdout) -> None:
    to.write(line + "\n")


def _check(_given: object) -> int:
    settings = Settings.read(environment())
    for each in (known for known in fields(settings) if known.name not in LATER):
        value = getattr(settings, each.name)
        shown = ("•••• (set)" if value else "(not set)") if each.name in SECRETS else value
        _say(f"{each.name.upper()} = {shown}")
    people = people_of(settings)
    _say(f"people: {len(people.people)}, units: {len(people.units)}, authorities: {len(people.authorities)}")
    return 0


def _migrate(_given: object) -> int:
    from store import migrate

    database = opened(Settings.read(environment()))
    migrate.upgrade(database)
    _say(f"at {migrate.head()}")
    return 0


def _text(name: str) -> str:
    # What is no UTF-8 is named by the reader, with its line and column.
    return Path(name).read_text("utf-8", errors="surrogateescape")


def _lang(given: Any) -> str:  # noqa: ANN401 -- argparse's namespace
    return given.lang or os.environ.get("TOCSIN_LANG", "zh")


def _lint(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    told = [line for name in given.files for line in _faults_of(name, _lang(given))]
    for line in told:
        _say(line)
    return 1 if told else 0


def _faults_of(name: str, lang: str) -> Iterator[str]:
    """Every fault of a plan file, or of the templates and plans of a folder."""
    if not Path(name).is_dir():
        yield from _plan_faults(name, lang)
        return
    from escalation import letters

    yield from (fault.sentence(lang) for fault in letters.faults(Path(name)))
    for path in sorted(Path(name).rglob("*.yaml")):
        yield from _plan_faults(str(path), lang)


def _plan_faults(name: str, lang: str) -> Iterator[str]:
    from playbooks import content

    try:
        content.read(_text(name), name, known_scenarios=_scenarios(), scenarios_grow=True)
    except Refusal as refusal:
        yield refusal.sentence(lang)
    except OSError as missing:
        yield f"{name}:1:1: {missing.strerror}"


@functools.cache
def _scenarios() -> tuple[str, ...] | None:
    """The scenarios of the house's register; None where it has none."""
    import csv

    register = ROOT / "plans" / "registers" / "scenarios.csv"
    if not register.is_file():
        return None
    with register.open(encoding="utf-8-sig", newline="") as rows:
        return tuple(row["id"] for row in csv.DictReader(rows) if row.get("id"))


def _diff(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from playbooks import changes, content

    old, new = (content.read(_text(name), name) for name in (given.old, given.new))
    for sentence in changes.sentences(old, new, _lang(given)):
        _say(sentence)
    return 0


def _plans_due(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from plans import due, ical
    from store import migrate

    settings, lang = Settings.read(environment()), _lang(given)
    zone, database = people_of(settings).organisation.tz, opened(settings)
    migrate.require_current(database)
    at = clock_of(settings, database)()
    with database.read() as session:
        rows = due.rows(session, at=at)
    if given.ical:
        sys.stdout.write(ical.calendar(rows, lang, zone=zone, at=at))
        return 0
    for row in rows:
        late = f"  {ical.OVERDUE.said(lang)}" if row.overdue else ""
        _say(f"{row.due_at.astimezone(zone).date()}  {row.line(lang)}  {row.label}  {row.owner}{late}")
    return 0


def _schema(_given: object) -> int:
    from playbooks import schema

    sys.stdout.write(schema.text())
    return 0


def _publish(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from playbooks import content, draft
    from playbooks.records import draft_of, in_force_of, newest
    from store import migrate

    playbook = content.read(_text(given.file), given.file)
    settings = Settings.read(environment())
    people, database = people_of(settings), opened(settings)
    migrate.require_current(database)
    by, at = people.person(given.by or playbook.owner), clock_of(settings, database)()
    with database.begin() as session:
        force, of = in_force_of(session, playbook.code, at=at), draft_of(session, playbook.code)
        if force is not None and force.digest == playbook.digest:
            _say(
                f"{force.label}: "
                + {"zh": "内容与现行版本相同", "en": "the version in force says the same"}[_lang(given)]
            )
            return 0
        if of is None or (given.revision is None and of.digest != playbook.digest):
            before = newest(session, playbook.code)
            of = draft.open(session, content=playbook, base=before, people=people, by=by, at=at)
        elif of.digest != playbook.digest:
            of = draft.edit(session, of, playbook, revision=given.revision, people=people, by=by, at=at)
        told = [*_hands_wanted(of, people, at), *draft.faults(session, playbook, people=people, at=at)]
        label = of.label
    for line in (label, *(words.said(_lang(given)) for words in told)):
        _say(line)
    return 0


def _hands_wanted(of: Draft, people: People, at: datetime) -> Iterator[Words]:
    """Who may review the draft and who may sign it: nobody whose hand is in it."""
    from escalation.words import Words
    from playbooks.permits import Act, may

    for act, zh, en in ((Act.REVIEW, "审核", "to be reviewed by"), (Act.SIGN, "签发", "to be signed by")):
        able = (each for each in people.people.values() if each.id not in of.editors)
        names = [each.name for each in able if may(act, each, of.units, people=people, at=at)]
        yield Words(
            zh=f"{zh}（其中一人）：{'、'.join(names) or '无人，请先在人员名册中指定'}",
            en=f"{en} one of: {', '.join(names) or 'nobody; name somebody in the people file first'}",
        )
    yield Words(
        zh="编制、审核、签发须是三个人；在 /plan 中提交后才开始审核。",
        en="Author, reviewer and signer are three persons; it is submitted for review with /plan.",
    )


def _export(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from playbooks import export
    from playbooks.records import playbook_of
    from store import migrate

    settings = Settings.read(environment())
    database = opened(settings)
    migrate.require_current(database)
    with database.read() as session:
        found = _version(session, given, clock_of(settings, database)())
        sys.stdout.write(export.yaml_text(playbook_of(found)))
    return 0


def _version(session: Session, given: Any, at: datetime) -> Version:  # noqa: ANN401 -- argparse's namespace
    """The version that was asked for, else the one in force."""
    from errors import NoSuchPlan
    from playbooks.records import in_force_of, numbered

    if given.version is not None:
        return numbered(session, given.code, given.version)
    if (standing := in_force_of(session, given.code, at=at)) is None:
        raise NoSuchPlan(code=given.code)
    return standing


def _print(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    """Print what is in force; a house that never ran prints what it would begin with."""
    from playbooks import print as press
    from playbooks.records import playbook_of
    from playbooks.stamps import stamp

    settings = Settings.read(environment())
    people, lang = people_of(settings), _lang(given)
    database = _standing(settings, people, lang)
    at = clock_of(settings, database)()
    with database.read() as session:
        found = _version(session, given, at)
        book, told = playbook_of(found), stamp(found, people=people, at=at)
    unit = press.seen_from(book, people, given.unit)
    if given.role:
        page = press.card(book, press.role_of(book, given.role), told, people=people, unit=unit, lang=lang)
    else:
        page = press.plan(book, told, people=people, unit=unit, lang=lang)
    Path(given.to).write_bytes(press.pdf(page))
    _say(f"{told.label} → {given.to}")
    return 0


def _import(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from playbooks import content, document, export

    like = content.read(_text(given.like), given.like) if given.like else None
    found = document.chapters_of(Path(given.document).read_bytes(), Path(given.document).name)
    sys.stdout.write(export.skeleton_text(given.code, found.chapters, like=like))
    for words in found.remarks():
        _say(words.said(_lang(given)), to=sys.stderr)  # standard output is the file
    return 0


def _case(what: str, given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from incidents import cases

    case = cases.read_case(_text(given.case), given.case)
    rows = cases.clock_rows(case) if what == "clocks" else cases.grade_rows(case)
    if given.json:
        _say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            _say("  ".join(f"{name}={value}" for name, value in row.items() if value not in (None, [], False)))
    return 0


def _coverage(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    """What plans cover; a house that never ran is answered for with what it would begin with."""
    from plans import coverage, gaps

    settings = Settings.read(environment())
    people, lang = people_of(settings), given.lang or settings.tocsin_lang
    database = _standing(settings, people, lang)
    with database.read() as session:
        found = gaps.look(session, people=people, at=clock_of(settings, database)())
        charges, lists = gaps.charges(session), gaps.lists(session, found)
    if given.json:
        told = coverage.as_json(found, charges=charges, lists=lists)
        _say(json.dumps({"organisation": people.organisation.id, **told}, ensure_ascii=False, indent=1))
    elif given.csv:
        sys.stdout.write(coverage.as_csv(found, charges=charges))
    elif given.png:
        _paint(found, people, lang, Path(given.png))
    else:
        for line in coverage.sentences(found, lang, charges=charges, lists=lists):
            _say(line)
    return 0


def _paint(found: Matrix, people: People, lang: str, path: Path) -> None:
    from plans import picture

    for n, page in enumerate(picture.sheet(found, people.organisation, lang), start=1):
        path.with_stem(path.stem if n == 1 else f"{path.stem}-{n}").write_bytes(page)


def _standing(settings: Settings, people: People, lang: str) -> Database:
    """The house's database; where none was made yet, one in memory, stocked as the house would be."""
    from bot import start
    from store import migrate
    from store.database import Database

    if settings.database_url or (settings.var / "tocsin.db").exists():
        database = opened(settings)
        migrate.require_current(database)
        return database
    said = {
        "zh": "数据库还没有建立：以下按自带预案回答。",
        "en": "No database yet: this is answered from the starter set.",
    }
    _say(said[lang], to=sys.stderr)
    database = Database("sqlite://", journal_key=b"nothing of this is kept")
    migrate.upgrade(database)
    with database.begin() as session:
        start.stock(session, ROOT / "plans", people=people, at=clock_of(settings, database)())
    return database


def _export_incident(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from incidents import export, records
    from store import journal, migrate

    settings = Settings.read(environment())
    database = opened(settings)
    migrate.require_current(database)
    with database.read() as session:
        of = records.incident(session, given.number, lock=False)
        found = export.files(session, of)
    content = export.packed(found, number=of.number, key=journal_key(settings))
    with open(given.to, "xb", opener=_private) as out:
        out.write(content)
    with database.begin() as session:
        told = {"number": of.number, "sha256": hashlib.sha256(content).hexdigest()}
        journal.write(session, "house", "exported", told, by="operator", at=database.now())
    _say(f"ok: {len(found)} files, {len(content)} bytes, sha256 {told['sha256']}")
    return 0


def _verify(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from store import journal, migrate

    settings = Settings.read(environment())
    if given.export is not None:
        from incidents import export

        _say(f"ok: {export.verify(Path(given.export), journal_key(settings))} entries")
        return 0
    database = opened(settings)
    migrate.require_current(database)
    with database.read() as session:
        count = journal.verify(session, journal_key(settings))
    _say(f"ok: {count} entries")
    return 0


def _backup(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from store import backup

    database = opened(Settings.read(environment()))
    rows = backup.write(database, Path(given.to), at=database.now())
    _say(f"ok: {rows} rows")
    return 0


def _restore(given: Any) -> int:  # noqa: ANN401 -- argparse's namespace
    from escalation.deliver import doubt
    from store import backup

    settings = Settings.read(environment())
    database = opened(settings)
    with alone(database):
        # In one transaction: a restore that is cut off must not leave mails standing that nobody doubts.
        doubted: list[int] = []
        at = database.now()
        rows = backup.read(
            database,
            Path(given.source),
            then=lambda session: doubted.append(doubt(session, ("mail", "staff_mail"), at=at)),
        )
    _say(f"ok: {rows} rows; {sum(doubted)} sendings will be asked about, none repeated blindly")
    return 0


if __name__ == "__main__":
    sys.exit(main())
