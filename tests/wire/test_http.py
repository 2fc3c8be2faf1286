"""The small HTTP side, as a stranger meets it: what it takes, what it refuses, and that it never falls over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from bot import http
from bot.locales import Locales
from bot.press import House
from bot.views.parts import View
from escalation.records import Deadline
from incidents import returns
from incidents.records import Filing, Return
from store.database import Database
from store.presses import Taken
from tests.acts.incident_house import PEOPLE, RECEIPTS, WANG, Scene

HERE = "http://127.0.0.1:8766"
PAGES = ("/healthz", "/readyz", "/metrics", "/sheets/INC-2027-0001")


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house with an incident whose first notice is signed, and so has its receipt link."""
    scene = Scene(database, at)
    scene.sign(scene.active("II", "I"), "D2", minute=5)
    return scene


@pytest.fixture
def stranger(scene: Scene, tmp_path: Path) -> Iterator[TestClient]:
    """Somebody at the HTTP side; a fault of ours would be a 500 that they see."""
    (tmp_path / "INC-2027-0001.html").write_text("a sheet with phone numbers", "utf-8")
    (tmp_path.parent / "secret.html").write_text("not a sheet", "utf-8")
    house = House(
        database=scene.database,
        people=PEOPLE,
        locales=Locales(),
        view=View(people=PEOPLE, lang="en", page_url=f"{HERE}/"),
        receipts=RECEIPTS.replace("127.0.0.1:8766", "tocsin.example.org"),
        clock=lambda: scene.after(20),
        wake=lambda: None,
    )
    side = http.Side(house=house, checks=lambda: {"database": None}, sheets=tmp_path)
    with TestClient(http.build(side), base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def _notice(scene: Scene) -> Filing:
    with scene.database.read() as session:
        return session.scalars(select(Filing).where(Filing.token.is_not(None))).one()


def test_a_sheet_is_read_on_this_machine_only(stranger: TestClient) -> None:
    """Phone numbers are not served under the name that authorities reach."""
    path = "/sheets/INC-2027-0001"
    assert stranger.get(path, headers={"Host": "tocsin.example.org"}).status_code == 404
    assert stranger.get(path, headers={"Host": "127.0.0.1:8766"}).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_only_under_our_own_names(stranger: TestClient, path: str) -> None:
    """A page of another site that is led to this port under its own name (DNS rebinding) reads nothing here."""
    assert stranger.get(path).status_code == 200
    outside = 404 if path.startswith("/sheets/") else 200  # a sheet is for this machine alone
    assert stranger.get(path, headers={"Host": "tocsin.example.org"}).status_code == outside
    assert stranger.get(path, headers={"Host": "localhost:8766"}).status_code == 200
    assert stranger.get(path, headers={"Host": "evil.example:8766"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/sheets/..%2Fsecret",
        "/sheets/%2e%2e%2fsecret",
        "/sheets/secret",
        "/sheets/INC-2027-0001.part",
        "/sheets/" + "x" * 4000,
        "/sheets/%00",
        f"/plans/core-network-outage/{10**40}",
        "/plans/%00/1",
        "/plans/core-network-outage/9",
        "/receipts",
    ],
)
def test_what_is_not_there_is_not_found(stranger: TestClient, path: str) -> None:
    """Whatever is typed as an address leads to nothing else on the disk, and to no fault."""
    assert stranger.get(path).status_code == 404


def test_a_plan_can_be_printed(stranger: TestClient) -> None:
    """In either language."""
    assert "预案" in stranger.get("/plans/core-network-outage/1?lang=zh").text
    assert "Duties to report" in stranger.get("/plans/core-network-outage/1").text


@pytest.mark.parametrize("token", ["x", "0" * 43, "%00" * 10, "a" * 5000, "%ED%A0%80", "'; drop table filing --"])
def test_a_token_that_is_not_ours_is_refused(scene: Scene, stranger: TestClient, token: str) -> None:
    """It finds nothing, and leaves nothing behind."""
    assert stranger.post(f"/receipts/{token}", json={"by": "x"}).status_code == 404
    with scene.database.read() as session:
        assert session.scalars(select(Taken)).all() == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"1", b"\xff\xfe", b"[" * 9000, b'{"a":' * 3000, b'{"by": "' + b"x" * 20_000 + b'"}']
)
def test_what_is_no_receipt_is_refused(scene: Scene, stranger: TestClient, body: bytes) -> None:
    """Too long, too deep, or no JSON object: said so, and the notice stays unacknowledged."""
    answer = stranger.post(f"/receipts/{_notice(scene).token}", content=body)
    assert answer.status_code == 400
    assert _notice(scene).acknowledged_at is None


def test_whatever_an_authority_calls_itself_is_kept_as_one_line(scene: Scene, stranger: TestClient) -> None:
    """Half characters, NULs, line breaks and thousands of letters become one short line on either database."""
    body = '{"by": "\\ud800\\u0000 Office\\r\\n7", "receipt": "' + "R" * 5000 + '", "acknowledged_at": "never"}'
    answer = stranger.post(f"/receipts/{_notice(scene).token}", content=body.encode())
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    notice = _notice(scene)
    assert notice.acknowledged_by == "? Office 7"
    assert notice.acknowledged_at == scene.after(20), "what is no instant is now"


def test_an_acknowledgement_is_taken_once(scene: Scene, stranger: TestClient) -> None:
    """A second one is answered alike and changes nothing."""
    link = f"/receipts/{_notice(scene).token}"
    for who in ("first", "second"):
        assert stranger.post(link, json={"by": who, "receipt": "R"}).status_code == 200
    assert _notice(scene).acknowledged_by == "first"
    with scene.database.read() as session:
        assert len(session.scalars(select(Taken)).all()) == 1


def _returned(scene: Scene) -> Return:
    """Henan's monthly return, drafted as the month ended."""
    with scene.database.begin() as session:
        returns.begin(session, at=scene.start)
        due = session.scalars(select(Deadline).where(Deadline.kind == returns.OPENING)).one()
        returns.opening(session, due, scene.start, people=PEOPLE)
        of = session.scalars(select(Return).where(Return.unit == "henan")).first()
        assert of is not None
        returns.redraft(session, of, people=PEOPLE, at=scene.start)
        session.expunge_all()
        return of


def test_a_returns_documents_are_read_by_who_knows_their_page_alone(scene: Scene, stranger: TestClient) -> None:
    """The letter as a PDF and its chart; under a name that nobody was given there is nothing, nor in another form."""
    of = _returned(scene)
    begins = {"pdf": b"%PDF", "svg": b"<svg", "png": b"\x89PNG"}
    for form, first in begins.items():
        answer = stranger.get(f"/returns/{of.page}.{form}")
        assert answer.content.lstrip().startswith(first)
    for wrong in (f"{of.id}.pdf", f"{'x' * 32}.pdf", f"{of.page}.exe", f"{of.page[:-1]}.pdf"):
        assert stranger.get(f"/returns/{wrong}").status_code == 404


def test_a_return_is_acknowledged_by_the_link_that_went_with_it(scene: Scene, stranger: TestClient) -> None:
    """Once, like a notice; the incident's own notice is not touched by it."""
    of = _returned(scene)
    with scene.database.begin() as session:
        inside = session.get_one(Return, of.id)
        draft, letter = returns.shown(session, inside, to=WANG)
        returns.sign(
            session, inside, version=draft.version, digest=letter.digest, receipts=RECEIPTS, people=PEOPLE, by=WANG,
            at=scene.start,
        )  # fmt: skip
        token = inside.token
    for who in ("省局", "别人"):
        assert stranger.post(f"/receipts/{token}", json={"by": who, "receipt": "HN-9"}).status_code == 200
    with scene.database.read() as session:
        assert session.get_one(Return, of.id).acknowledged_by == "省局"
    assert _notice(scene).acknowledged_at is None
