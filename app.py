"""Tocsin, put together: the rings and couriers, the threads of a house that stands, the entry of every command.

What is read of the environment and what is typed stand in `console/`; only this floor reads the time and knows the
couriers and the metronome.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from console import commands
from console.opening import ROOT, alone, clock_of, journal_key, opened, people_of
from console.settings import Settings, environment
from errors import BadSettings, TocsinError

if TYPE_CHECKING:  # what a command does not need, it does not wait for: `plans lint` starts in a tenth of a second
    from slack_bolt.adapter.socket_mode import SocketModeHandler
    from slack_sdk import WebClient

    from bot.courier import Slack
    from bot.health import Vitals
    from bot.press import House
    from bot.views.parts import View
    from console.metronome import Metronome
    from escalation.couriers.mail import Kept, Link, Mail
    from escalation.couriers.portal import PortalAddress
    from escalation.deliver import Courier, Couriers, Parcel
    from escalation.links import Links
    from escalation.rosters import People
    from escalation.sweep import Ring
    from store.database import Database

LOCAL_BOT, LOCAL_APP, LOCAL_PORTAL = "xoxb-local-tocsin", "xapp-local-tocsin", "local-portal-token"
LOCAL_KEYS = {"local": "signs-for-the-local-desk"}  # what goes to the local desk is signed as for any portal
END_WITHIN_S = 4
SETTLE_AFTER_S = 3
OWN_EYES = 0o077  # a umask: names and telephone numbers lie in whatever the house writes
SMTP_PORT, SMTP_TLS_PORT = 25, 465  # 465 speaks TLS from the first byte; every other port begins it by STARTTLS


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
            found[office.id] = PortalAddress(
                url=settings.desk, token=LOCAL_PORTAL, keys=LOCAL_KEYS, inside=LOOPBACK, said="desk"
            )
        elif office.portal and office.portal != "desk":
            opening = said.get(office.id, keys.Opening())
            # A portal on this very machine is a rehearsal's; with a real Slack nothing of ours listens there.
            inside = (*opening.inside, *(LOOPBACK if settings.local else ()))
            found[office.id] = PortalAddress(
                url=office.portal, token=opening.token, keys=opening.keys, inside=inside, ca=opening.ca,
                says_digest=opening.says_digest, said=office.portal,
            )  # fmt: skip
    return found


# --- the house, standing ---------------------------------------------------------------------------------------------


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
    pairs += [word for name, key in LOCAL_KEYS.items() for word in ("--portal-key", f"{name}={key}")]
    return [*pairs, "--exit-with-parent", *settings.tocsin_workspace_options.split()]


class _ToldToEnd(BaseException):
    """Told to end while the house was starting."""


class _Signals:
    """SIGTERM and Ctrl-C: while starting they undo what stands so far, afterwards they end the wait."""

    def __init__(self) -> None:
        self.starting, self.told = True, threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._hear)

    def _hear(self, *_: object) -> None:
        first = not self.told.is_set()
        self.told.set()
        if first and self.starting:
            raise _ToldToEnd

    def wait(self) -> None:
        """Wait until told to end."""
        self.starting = False
        self.told.wait()


def serve() -> int:
    """Run the house until it is told to stop; told so while it starts, it ends as cleanly."""
    signals = _Signals()
    gc.disable()  # a start makes hardly any garbage, and looking for it took a sixth of its time; see `_settle_in`
    settings = Settings.read(environment())
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        if settings.local:
            os.environ.pop(name, None)  # Socket Mode's client would ignore NO_PROXY on loopback
    with contextlib.ExitStack() as standing:
        with contextlib.suppress(_ToldToEnd):
            page = _start(settings, standing)
            sys.stdout.write(f"Open {page}\n" if settings.local else "Tocsin is connected to Slack.\n")
            sys.stdout.flush()
            _settle_in()
            signals.wait()
        # Everything that was decided is stored: nothing needs to be finished, so the end is quick.
        threading.Timer(END_WITHIN_S, os._exit, args=(0,)).start()
    os._exit(0)


def _settle_in() -> None:
    """Once the first presses are through, load what a start does not wait for, and begin to collect garbage."""

    def settle() -> None:
        from escalation import documents

        try:
            documents.load()
            gc.collect()
            gc.freeze()  # modules and tables live as long as the house: no collection looks at them again
        finally:
            gc.enable()

    settling = threading.Timer(SETTLE_AFTER_S, settle)
    settling.daemon = True
    settling.start()


def _start(settings: Settings, standing: contextlib.ExitStack) -> str:
    """Everything, from the people file to the last thread; where the page is. `standing` undoes it."""
    people, database = people_of(settings), opened(settings)
    standing.callback(database.close)
    from bot.neighbour import workspace
    from store import migrate

    standing.enter_context(alone(database))
    migrate.upgrade(database)
    if settings.local:
        arguments, log_file = neighbour(settings, people), settings.var / "workspace.log"
        ready = standing.enter_context(workspace(arguments, root=ROOT, log=log_file))
        settings = _with_local(settings, ready)
    _stand(settings, people, database, standing)
    return settings.page


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
    from bot import connection, start
    from bot.courier import Slack
    from bot.locales import Locales
    from bot.press import House
    from bot.views.parts import View
    from bot.watch import report_faults
    from console.metronome import Metronome
    from escalation.links import Links

    report_faults(settings.sentry_dsn)
    client = _client(settings)
    bound = _bound(settings.tocsin_http_port)  # the server closes it when it ends; closed earlier, it would stumble
    public = settings.tocsin_public_url.rstrip("/") or f"http://127.0.0.1:{bound.getsockname()[1]}"
    view = View(people=people, lang=settings.tocsin_lang, page_url=f"{public}/", local=settings.local)
    locales, clock = Locales(), clock_of(settings, database)
    links = Links.under(f"{public}/notices", journal_key(settings))
    kept_of = functools.partial(kept_bytes, database)
    table = couriers(
        settings, people, view, Slack(client, view, locales, kept=kept_of), clock, links=links, kept=kept_of
    )
    metronome = Metronome(_beats(database, table, rings(people), clock), clock, functools.partial(_next_due, database))
    house = House(
        database=database, people=people, locales=locales, view=view, receipts=f"{public}/receipts", clock=clock,
        wake=metronome.wake, links=links,
    )  # fmt: skip
    start.furnish(house, ROOT / "plans", client)
    handler = connection.line(client, house, app_token=LOCAL_APP if settings.local else settings.slack_app_token)
    standing.callback(connection.hang_up, handler)
    standing.callback(metronome.stop)
    metronome.start()
    connection.connect(handler)
    standing.callback(_open_side(settings, house, bound, _vitals(settings, database, metronome, handler)))


def _client(settings: Settings) -> WebClient:
    from slack_sdk import WebClient

    return WebClient(
        token=LOCAL_BOT if settings.local else settings.slack_bot_token,
        base_url=settings.slack_api_url,
        retry_handlers=[],  # the outbox retries; the library's own would post twice when an answer is lost
        timeout=10,
    )


def _open_side(settings: Settings, house: House, bound: socket.socket, vitals: Vitals) -> Callable[[], None]:
    """The HTTP side, answering; what is given back closes it."""
    import uvicorn

    from bot import health, http

    checks = functools.partial(health.readiness, vitals)
    side = http.Side(house=house, checks=checks, sheets=settings.var / "callsheets")
    server = uvicorn.Server(uvicorn.Config(http.build(side), log_level="warning"))
    threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="http", daemon=True).start()
    return lambda: setattr(server, "should_exit", True)


def _vitals(settings: Settings, database: Database, metronome: Metronome, handler: SocketModeHandler) -> Vitals:
    from bot import connection, health

    return health.Vitals(
        database=database,
        var=settings.var,
        clock=metronome.clock,
        host_clock=lambda: datetime.now(UTC),
        last_sweep=lambda: metronome.last.get("sweep"),
        connected=functools.partial(connection.connected, handler),
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


def _bound(port: int) -> socket.socket:
    """The HTTP side's socket, on loopback; a taken port stops the start with a sentence."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        raise BadSettings(listed=f"  TOCSIN_HTTP_PORT: {port} 端口被占用 / is in use") from None
    return bound


# --- the command line -----------------------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 yes, 1 refused or missed, 2 usage."""
    given = commands.arguments(lambda _given: serve()).parse_args(argv)
    before = os.umask(OWN_EYES)
    try:
        return int(given.run(given))
    except TocsinError as fault:
        sys.stderr.write(fault.sentence(os.environ.get("TOCSIN_LANG", "zh")) + "\n")
        return 1
    except (FileNotFoundError, FileExistsError, IsADirectoryError, PermissionError) as fault:
        sys.stderr.write(f"{fault.filename}: {fault.strerror}\n")
        return 1
    finally:
        os.umask(before)


if __name__ == "__main__":
    sys.exit(main())
