"""Signing at the page when things are not as they should be: an approver is away, a signed notice is wrong."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

from tests.story.house import PEOPLE, House, free_port, until
from tests.story.team import CN, Team


def _started(house: House) -> Team:
    team = Team(house)
    assert team.declare("gao", title="核心网中断", scenario="core_network", unit="henan") == {}
    assert team.activate("gao", "II", event_level="I") == {}
    assert team.facts("zhang", house.now.isoformat(), users_affected="80000") == {}
    return team


def _with_deputy(folder: Path, house: House, since: int, until_: int) -> Path:
    """The sample's people file, with Chen Jing standing in for the approver He Lin on these days from today."""
    day = house.now.astimezone(CN).date()
    acting = (
        f"    acting: [{{who: chen.jing, since: '{day + timedelta(since)}', until: '{day + timedelta(until_)}'}}]\n"
    )
    said = PEOPLE.read_text("utf-8")
    head, tail = said.split("  - id: he.lin\n")
    path = folder / "people.yaml"
    path.write_text(f"{head}  - id: he.lin\n{acting}{tail}", "utf-8")
    return path


def test_a_deputy_signs_for_an_absent_approver_within_the_dates(tmp_path: Path) -> None:
    """Outside the dates the form only asks others; within them it signs, and letter and card name both persons."""
    house = House(tmp_path / "var")
    house.people = _with_deputy(tmp_path, house, 2, 3)
    try:
        house.start()
        team = _started(house)
        until(lambda: team.chen.there("notice_read", beside="首报"), 15, what="the first notice's card")
        team.chen.press("notice_read", beside="首报")
        form = team.chen.modal()
        assert form is not None
        assert "签发并发送" not in form.text
        team.chen.close()
        house.stop()
        house.people = _with_deputy(tmp_path, house, 0, 1)
        house.start()
        assert team.sign("chen", "首报") == {}
        (received,) = team.arrived(1)
        assert "签发人：陈静 代 何琳" in received.text
        until(lambda: "代" in team.chen.log() and "签发：" in team.chen.log(), 15, what="the card names both")
        team.more("gao", "timeline")
        told = team.gao.modal()
        assert told is not None
        assert "（代 何琳）" in told.text
    finally:
        house.stop()


class _Portal(BaseHTTPRequestHandler):
    """An authority's portal that keeps the key of each notice it takes."""

    taken: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        """Take it, and answer with a receipt for this very text."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append((self.headers["Idempotency-Key"], body["text"]))
        told = json.dumps({"receipt": f"HN-{len(self.taken)}", "digest": body["digest"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


def _with_portal(folder: Path, port: int) -> Path:
    said = PEOPLE.read_text("utf-8")
    path = folder / "people.yaml"
    own = f"portal: 'http://127.0.0.1:{port}/notices', mail: ca.henan@"
    path.write_text(said.replace("portal: desk, mail: ca.henan@", own), "utf-8")
    return path


def test_a_wrong_notice_is_taken_back_before_it_leaves(tmp_path: Path) -> None:
    """The portal is down; Recall and why; the new draft is signed; the portal gets that one alone, also restarted."""
    port = free_port()
    house = House(tmp_path / "var")
    house.people = _with_portal(tmp_path, port)
    try:
        house.start()
        team = _started(house)
        assert team.sign("wang", "首报") == {}
        until(lambda: "正在发送" in team.wang.log(), 15, what="the card says that it is on its way")
        team.wang.choose("more", "notice_recall|", beside="首报")
        assert team.wang.fill(why="用户数有误") == {}
        until(lambda: "已撤回，没有发出" in team.wang.log(), 15, what="the card says that it was recalled")
        assert team.facts("zhang", house.now.isoformat(), users_affected="90000") == {}
        house.again()
        assert team.sign("wang", "首报") == {}
        server = HTTPServer(("127.0.0.1", port), _Portal)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        until(lambda: "已送达" in team.wang.log(), 30, what="the new one is delivered")
        house.rest()
        server.shutdown()
        server.server_close()
        ((key, text),) = _Portal.taken
        assert key.endswith(":D2:1:take:2")
        assert "9万户" in text
    finally:
        house.stop()


def test_a_changed_address_waits_for_an_approver(tmp_path: Path) -> None:
    """Restarted with another portal: the card and /readyz say so, signing is refused, confirmed it is signed."""
    house = House(tmp_path / "var")
    try:
        house.start()
        team = _started(house)
        house.stop()
        house.people = _with_portal(tmp_path, free_port())
        house.start()
        until(lambda: "还没有第二人核实" in team.wang.log(), 15, what="the card says that it is not confirmed")
        told = house.web.get(f"http://127.0.0.1:{house.http_port}/readyz", timeout=5).json()
        assert told["waits"] == {"unconfirmed_addresses": ["ca.henan portal"]}
        team.wang.press("notice_read", beside="首报")
        refused, form = team.wang.submit(), team.wang.modal()
        assert "没有第二人核实" in f"{refused}{form.text if form is not None else ''}"
        team.wang.close()
        team.he.say("/report addresses")
        until(lambda: team.he.there("address_open"), 10, what="the list of changed addresses")
        team.he.press("address_open")
        assert team.he.submit() == {}
        until(lambda: "还没有第二人核实" not in team.zhang.log(), 15, what="the card follows")
        assert team.sign("wang", "首报") == {}
    finally:
        house.stop()
