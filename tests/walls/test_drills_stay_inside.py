"""A drill can never leave the house: also a courier that is handed one by mistake refuses it."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

import app
from bot.views.cards import CARDS
from bot.views.parts import View
from escalation import couriers, track
from escalation.couriers.addresses import LOOPBACK
from escalation.couriers.by_hand import ByHand
from escalation.couriers.mail import Mail
from escalation.couriers.portal import Portal, PortalAddress
from escalation.couriers.shelf import Shelf
from escalation.deliver import Courier, Delivered, Parcel, Rejected, deliver
from escalation.duties import Courier as By
from escalation.links import Links
from escalation.records import Dispatch, State
from escalation.tell import tell
from incidents import reader, records, report
from playbooks.shape import Playbook
from store.database import Database
from tests.acts.incident_house import LI, NAMES, PEOPLE, Scene, Wire, small

AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
FACTS = {"addressee": "miit", "body": "{}", "digest": "d", "to": "a@b.example", "subject": "s", "text": "t"}


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A receiver that would notice any call."""
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(0.1)
        yield receiver


def _parcel(*, exercise: bool) -> Parcel:
    return Parcel(
        id=1, key="k", matter="m", kind="notice", courier="c", exercise=exercise, facts=FACTS, ref=None,
        attempt=1, asked=True, fence_at=AT,
    )  # fmt: skip


def _outside(port: int) -> dict[str, Courier]:
    address = PortalAddress(url=f"http://127.0.0.1:{port}/", token="t", inside=LOOPBACK)
    return {
        "portal": Portal(url_of={"miit": address}, clock=lambda: AT),
        "mail": Mail("127.0.0.1", port, "a@b.example", clock=lambda: AT),
    }


@pytest.mark.parametrize("name", ["portal", "mail"])
def test_a_real_courier_refuses_a_drill(listening: socket.socket, name: str) -> None:
    """Not a connection is opened, neither to send nor to ask, and the refusal says why."""
    courier = _outside(listening.getsockname()[1])[name]
    for outcome in (courier.send(_parcel(exercise=True)), courier.ask(_parcel(exercise=True))):
        assert isinstance(outcome, Rejected)
        assert "exercise" in outcome.why
    with pytest.raises(TimeoutError):
        listening.accept()


def test_every_courier_is_known_to_this_wall() -> None:
    """A new way out of the house fails here until it stands among those tried above, or is named harmless."""
    known = {"portal", "mail", "by_hand", "shelf", "limits", "addresses", "keys"}
    assert {module.name for module in pkgutil.iter_modules(couriers.__path__)} == known
    for name in known:
        importlib.import_module(f"escalation.couriers.{name}")


def test_the_shelf_takes_drills_only() -> None:
    """A drill's receipt says EXERCISE; the real thing is never marked delivered by a shelf."""
    outcome = Shelf().send(_parcel(exercise=True))
    assert isinstance(outcome, Delivered)
    assert outcome.receipt["receipt"].startswith("EXERCISE-")
    assert outcome.receipt["exercise"] is True
    assert isinstance(Shelf().send(_parcel(exercise=False)), Rejected)


def test_by_hand_sends_nothing_itself() -> None:
    """It only ever hands over to a person, whose card says whether it is an exercise."""
    assert type(ByHand().send(_parcel(exercise=True))).__name__ == "WithPerson"
    assert ByHand().ask(_parcel(exercise=True)) is None


# --- the whole house, with real servers outside ---------------------------------------------------------------------


class Outside:
    """An SMTP server and an HTTP portal that count who comes; what a real incident sends arrives here."""

    def __init__(self) -> None:
        """Listen."""
        self.letters: list[str] = []
        self.posts: list[str] = []
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outside.posts.append(body["title"])
                answer = json.dumps({"receipt": "R", "digest": body["digest"]}).encode()
                self.send_response(201)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        made = self._loop.create_server(lambda: SMTP(self, loop=self._loop, enable_SMTPUTF8=True), "127.0.0.1", 0)
        self._smtp = asyncio.run_coroutine_threadsafe(made, self._loop).result(5)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Count a letter."""
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append(str(letter["Subject"]))
        return "250 ok"

    @property
    def settings(self) -> app.Settings:
        """Settings that lead every way out here."""
        port = self._smtp.sockets[0].getsockname()[1]
        desk = f"http://127.0.0.1:{self._http.server_port}/"
        return app.Settings(desk=desk, tocsin_smtp_url=f"smtp://127.0.0.1:{port}")

    def close(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._http.server_close()
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture
def outside() -> Iterator[Outside]:
    """Everybody outside."""
    standing = Outside()
    yield standing
    standing.close()


def _mailed_too() -> Playbook:
    """The small plan with its second written notice by mail, so that both ways out are taken."""
    duties = tuple(replace(duty, courier=By.MAIL) if duty.id == "D3" else duty for duty in small().duties)
    return replace(small(), duties=duties)


def _everything(scene: Scene, *, exercise: bool) -> str:
    """All that tells an authority something or goes by mail: sign, send again, a new link, nag while chat is dead."""
    scene.issue(_mailed_too(), minute=0)
    number = scene.active("II", "I", exercise=exercise)
    scene.sign(number, "D2", minute=3)
    scene.carry(4)
    scene.facts(number, {"users_affected": 120_000}, minute=5)
    scene.sign(number, "D3", minute=6)
    scene.carry(7)
    with scene.database.begin() as session:
        of = records.incident(session, number)
        for notice in records.filings(session, of):
            if notice.token:
                reader.another_link(session, notice.token, at=scene.after(8))
                asked = {"who": "省局", "question": "几个县？", "people": PEOPLE, "at": scene.after(8)}
                reader.ask_back(session, notice.token, **asked)
    scene.carry(9)
    for row in scene.dispatches(number, "notice"):  # refused there, and sent again by a person
        with scene.database.begin() as session:
            found = session.get_one(Dispatch, row.id)
            found.state = State.REJECTED
    for duty in ("D2", "D3"):
        scene.on(report.resend, number, duty, minute=10, by=LI)
    scene.carry(11)
    with scene.database.begin() as session:  # a chat message that was tried and is not through: mail to staff
        waiting = next(row for row in session.scalars(select(Dispatch)) if row.courier == "slack")
        waiting.state, waiting.attempt = State.PENDING, 1
        waiting.not_before = scene.after(100_000)
    for minute in (40, 90, 200, 400, 2000):
        scene.carry(minute)
    return number


@pytest.mark.parametrize("exercise", [True, False], ids=["a drill", "the real thing"])
def test_no_path_of_a_drill_reaches_anybody(
    database: Database, at: datetime, outside: Outside, tmp_path: Path, *, exercise: bool
) -> None:
    """Through the app's own table: a drill reaches no server by any path, and the same steps for real reach both."""
    scene = Scene(database, at)
    settings = replace(outside.settings, tocsin_var=str(tmp_path))
    links = Links.under("https://tocsin.example/notices", b"k")
    view = View(people=PEOPLE, lang="zh", page_url="/")
    table = app.couriers(
        settings, PEOPLE, view, scene.wires["slack"], lambda: at, links=links,  # type: ignore[arg-type]
        kept=lambda digest: app.kept_bytes(database, digest),
    )  # fmt: skip
    assert set(table[exercise]) == set(NAMES)

    def carry(minute: float, *names: str) -> None:
        clock = partial(scene.after, minute)
        deliver(database.begin, database.read, table, names or NAMES, worker="w", clock=clock)
        scene.sweep(minute)
        deliver(database.begin, database.read, table, names or NAMES, worker="w", clock=clock)

    scene.carry = carry  # type: ignore[method-assign]  # the house's own couriers instead of wires
    number = _everything(scene, exercise=exercise)
    kinds = {
        (row.kind, row.courier) for row in scene.dispatches(number) if row.courier in ("portal", "mail", "staff_mail")
    }
    assert kinds >= {("notice", "portal"), ("notice", "mail"), ("notice_link", "mail"), ("clock", "staff_mail")}
    if exercise:
        assert (outside.posts, outside.letters) == ([], [])
    else:
        assert len(outside.posts) == 2
        assert len(outside.letters) >= 4
        assert not any("演练" in each for each in (*outside.posts, *outside.letters))


def test_a_drill_row_that_was_made_by_hand_reaches_nobody(
    database: Database, at: datetime, outside: Outside, tmp_path: Path
) -> None:
    """Every kind of dispatch by every courier's name, told for a drill's matter: nothing leads outside."""
    view = View(people=PEOPLE, lang="zh", page_url="/")
    settings = replace(outside.settings, tocsin_var=str(tmp_path))
    chat = Wire(Delivered(receipt={}))
    table = app.couriers(settings, PEOPLE, view, chat, lambda: at)  # type: ignore[arg-type]
    facts = {**FACTS, "addressee": "ca.henan", "token": "t" * 43, "enclosed": [], "lang": "zh", "number": "X"}
    names = [name for name in table[False] if name not in ("slack", "paper")]
    with database.begin() as session:
        track.open_matter(session, "incident:9", exercise=True, at=at)
        for kind in (*CARDS, "notice", "notice_link", "notice_scan", "return", "export"):
            for name in names:
                tell(session, "incident:9", kind, facts, key=f"{kind}:{name}", courier=name, at=at)
    deliver(database.begin, database.read, table, names, worker="w", clock=lambda: at)
    with database.read() as session:
        states = {row.state for row in session.scalars(select(Dispatch))}
    assert states == {State.DELIVERED, State.WITH_PERSON}, "each was carried, to the shelf or to a hand"
    assert (outside.posts, outside.letters) == ([], [])
