"""The regulator's desk: what reaches it is kept before it answers, once, and whoever sent it hears of the receipt."""

from __future__ import annotations

import hashlib
import json
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from starlette.testclient import TestClient

from workspace.desk import Desk, application, is_loopback, letter_parts
from workspace.desk.letters import linked

TOKEN = "portal"
TEXT = "河南省通信管理局：\n　　东海段海缆中断，受影响用户待核实。"


def notice(**changed: object) -> dict[str, Any]:
    """A notice as the portal courier posts it."""
    whole = {
        "reference": "HN-1",
        "incident": "INC-2026-0031",
        "kind": "first",
        "seq": 1,
        "title": "关于东海段海缆中断的报告",
        "text": TEXT,
        "digest": hashlib.sha256(TEXT.encode()).hexdigest(),
        "lang": "zh-CN",
        "sender": "东方通信集团",
        "receipt_url": "",
    }
    return whole | changed


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk of its own, with a mailbox, that tells of receipts at once."""
    from datetime import timedelta

    table = Desk(directory=tmp_path, portal_token=TOKEN, tell_every=timedelta(seconds=0.05), lang="en")
    yield table
    table.stop()


@pytest.fixture
def browser(desk: Desk) -> TestClient:
    """A client of the desk's pages and portal."""
    return TestClient(application(desk), base_url="http://127.0.0.1")


def post(client: TestClient, body: dict[str, Any], key: str = "k1", token: str = TOKEN) -> Any:  # noqa: ANN401
    """Post one notice to the portal."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    return client.post("/desk/portal/notices", json=body, headers=headers)


def until(true: Callable[[], bool], within_s: float = 4.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_notice_is_kept_before_the_answer(desk: Desk, browser: TestClient, tmp_path: Path) -> None:
    """The first delivery is answered 201 with a receipt and the digest of the text, and the raw bytes are on disk."""
    answer = post(browser, notice())
    assert answer.status_code == 201
    assert answer.json()["receipt"].startswith("CA-")
    assert answer.json()["digest"] == hashlib.sha256(TEXT.encode()).hexdigest()
    line = json.loads((tmp_path / "desk.jsonl").read_text().splitlines()[0])
    assert hashlib.sha256(line["raw"].encode()).hexdigest() == line["sha256"]
    assert json.loads(line["raw"]) == notice()
    assert line["key"] == "k1"
    assert len(desk.arrivals()) == 1


def test_a_repeat_gets_the_same_receipt(desk: Desk, browser: TestClient) -> None:
    """The same key with the same body is answered 200 with the same receipt; it is logged, and listed once."""
    first, second = post(browser, notice()), post(browser, notice())
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert [each.get("repeat", False) for each in desk.entries()] == [False, True]
    assert [each.repeats for each in desk.arrivals()] == [1]


def test_a_key_used_twice_is_a_conflict(desk: Desk, browser: TestClient) -> None:
    """The same key with another body is refused with 409 and changes nothing that was received."""
    post(browser, notice())
    assert post(browser, notice(text="other")).status_code == 409
    assert [each.text for each in desk.arrivals()] == [TEXT]


@pytest.mark.parametrize("drill", [{"exercise": True}, {"title": "【演练】海缆中断"}, {"title": "EXERCISE: cable cut"}])
def test_a_drill_is_refused(desk: Desk, browser: TestClient, drill: dict[str, Any]) -> None:
    """What calls itself an exercise is refused with 422, logged as refused, and never listed."""
    assert post(browser, notice(**drill)).status_code == 422
    assert desk.arrivals() == []
    assert [each["refused"] for each in desk.entries()] == ["exercise"]


def test_strangers_and_keyless_are_turned_away(desk: Desk, browser: TestClient) -> None:
    """A wrong token is 401, a missing key 400, a body that is no notice 400; none of them is received."""
    assert post(browser, notice(), token="wrong").status_code == 401
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert browser.post("/desk/portal/notices", json=notice(), headers=bearer).status_code == 400
    assert post(browser, {"title": "no text"}).status_code == 400
    assert desk.arrivals() == []


def test_a_sender_may_ask_whether_it_arrived(browser: TestClient) -> None:
    """Asking by key gives the receipt, 404 for a key never seen, 401 without the token."""
    given = post(browser, notice(), key="a/b c").json()
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert browser.get("/desk/portal/notices/a/b%20c", headers=bearer).json() == given
    assert browser.get("/desk/portal/notices/never", headers=bearer).status_code == 404
    assert browser.get("/desk/portal/notices/a/b%20c").status_code == 401


def test_nothing_is_forgotten_over_a_restart(tmp_path: Path) -> None:
    """A desk opened on the log of a killed one knows every notice, key and acknowledgement, past a torn last line."""
    before = Desk(directory=tmp_path, portal_token=TOKEN)
    raw = json.dumps(notice()).encode()
    receipt = before.receive(key="k1", raw=raw).body["receipt"]
    before.acknowledge(receipt, by="王科长")
    with (tmp_path / "desk.jsonl").open("ab") as log:
        log.write(b'{"event": "portal", "key": "torn')
    after = Desk(directory=tmp_path, portal_token=TOKEN)
    assert after.receive(key="k1", raw=raw).status == 200
    assert after.receive(key="k2", raw=raw).status == 201
    assert [each.by for each in after.arrivals() if each.receipt == receipt] == ["王科长"]
    assert len(Desk(directory=tmp_path, portal_token=TOKEN).arrivals()) == 2


def test_many_at_once_are_received_once_each(desk: Desk) -> None:
    """Sixteen threads posting eight keys leave eight notices with eight different receipts."""
    bodies = [json.dumps(notice(seq=number)).encode() for number in range(8)]
    threads = [
        threading.Thread(target=desk.receive, kwargs={"key": f"k{number % 8}", "raw": bodies[number % 8]})
        for number in range(16)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({each.receipt for each in desk.arrivals()}) == 8
    assert sum(each.repeats for each in desk.arrivals()) == 8


def test_the_page_lists_and_shows(browser: TestClient) -> None:
    """The page lists notices by incident, newest first, and shows one as a document, in both languages."""
    post(browser, notice(title="the older"), key="k1")
    newer = post(browser, notice(title="the newer", seq=2), key="k2").json()["receipt"]
    listed = browser.get("/desk?lang=en").text
    assert listed.index("the newer") < listed.index("the older")
    assert "INC-2026-0031" in listed
    shown = browser.get(f"/desk/notices/{newer}").text
    assert TEXT in shown
    assert hashlib.sha256(TEXT.encode()).hexdigest() in shown
    assert "the same as the sender stated" in shown
    assert "确认收到" in browser.get("/desk?lang=zh").text


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("oral", "口头快报"),
        ("brief_written", "书面简要报告"),
        ("initial", "首报"),
        ("update", "续报 · 第2期"),
        ("final", "终报"),
        ("supplementary", "补报 · 第2期"),
        ("something_else", "something_else"),
    ],
)
def test_the_page_says_for_whom_and_what(browser: TestClient, kind: str, said: str) -> None:
    """List and document name the addressee, the reference and the kind in words; only a series is numbered."""
    body = notice(kind=kind, seq=2, addressee="河南省通信管理局", reference="INC-2026-0031/d3/2")
    receipt = post(browser, body).json()["receipt"]
    for path in ("/desk", f"/desk/notices/{receipt}"):
        shown = browser.get(f"{path}?lang=zh").text
        assert f">{said}<" in shown
        assert ("第2期" in shown) == ("第2期" in said)
        assert "河南省通信管理局" in shown.replace(TEXT, "")
        assert "INC-2026-0031/d3/2" in shown


def test_what_stands_far_in_is_set_on_the_right() -> None:
    """Lines with three or more leading spaces are shown apart without them; every other line is left as it came."""
    far = "　" * 12
    text = f"省局：\n\n　　正文。\n{far}某公司\r\n{far}2026年\n\n编号：1\n"
    assert letter_parts(text) == [
        (False, "省局：\n\n　　正文。\n"),
        (True, "某公司\n2026年\n"),
        (False, "\n编号：1\n"),
    ]
    assert letter_parts("one\n　　two") == [(False, "one\n　　two\n")]


def test_setting_on_the_right_changes_no_text(desk: Desk, browser: TestClient) -> None:
    """A text shown with its signature on the right is kept, and its digest stated, as it was sent."""
    text = TEXT + "\n" + "　" * 12 + "东方通信集团"
    receipt = post(browser, notice(text=text, digest=hashlib.sha256(text.encode()).hexdigest())).json()["receipt"]
    shown = browser.get(f"/desk/notices/{receipt}").text
    assert '<div class="sign">东方通信集团\n</div>' in shown
    assert "the same as the sender stated" in shown
    assert desk.arrival(receipt).text == text


def test_who_acknowledges_is_remembered(desk: Desk, browser: TestClient) -> None:
    """Without a name the officer on duty acknowledges; a name once given is the next one's, from the list as well."""
    receipts = [post(browser, notice(), key=f"k{number}").json()["receipt"] for number in range(3)]
    browser.post(f"/desk/notices/{receipts[0]}/acknowledge", data={"back": "1"})
    browser.post(f"/desk/notices/{receipts[1]}/acknowledge", data={"by": "王科长"})
    assert 'name="by" value="王科长"' in browser.get("/desk").text
    browser.post(f"/desk/notices/{receipts[2]}/acknowledge", data={"back": "1"})
    assert [desk.arrival(each).by for each in receipts] == ["Desk officer", "王科长", "王科长"]
    assert (
        'value="值班员"'
        in TestClient(browser.app, base_url="http://127.0.0.1")
        .get(f"/desk/notices/{post(browser, notice(), key='k9').json()['receipt']}?lang=zh")
        .text
    )


def test_a_notice_cannot_run_in_the_page(browser: TestClient) -> None:
    """Marks in a notice's title or text are shown, not obeyed."""
    receipt = post(browser, notice(title="<script>x</script>", text="<img src=x>")).json()["receipt"]
    shown = browser.get(f"/desk/notices/{receipt}").text + browser.get("/desk").text
    assert "<script>x" not in shown
    assert "<img src=x>" not in shown
    assert "&lt;script&gt;" in shown


class Listener:
    """A receipt address that fails a few times before it listens."""

    def __init__(self, fails: int) -> None:
        """Listen on a free port."""
        self.heard: list[dict[str, Any]] = []
        self.tries = 0
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.tries += 1
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if outer.tries > fails:
                    outer.heard.append(said)
                self.send_response(204 if outer.tries > fails else 503)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}/receipt"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A receipt address that answers 503 twice."""
    one = Listener(fails=2)
    yield one
    one.server.shutdown()


def test_a_wrong_digest_can_be_asked_for(browser: TestClient) -> None:
    """The receipt then speaks of another text; the notice is taken all the same, and the next answer is right."""
    browser.post("/desk/_control", json={"mode": "wrong_digest", "count": 1})
    answers = [post(browser, notice(), key="wrong").json() for _ in range(2)]
    assert answers[0]["receipt"] == answers[1]["receipt"]
    assert answers[0]["digest"] == "0" * 64 != answers[1]["digest"]


def test_an_acknowledgement_is_told_until_heard(desk: Desk, browser: TestClient, listener: Listener) -> None:
    """Acknowledging on the page tells the sender, again until it answers 2xx, and then no more."""
    desk.start(smtp_port=None)
    receipt = post(browser, notice(receipt_url=listener.url)).json()["receipt"]
    browser.post(f"/desk/notices/{receipt}/acknowledge", data={"by": "王科长"})
    until(lambda: listener.heard != [])
    assert listener.heard[0]["receipt"] == receipt
    assert listener.heard[0]["by"] == "王科长"
    until(lambda: desk.arrival(receipt).told_at is not None)
    time.sleep(0.2)
    assert listener.tries == 3
    assert "the sender has been told" in browser.get(f"/desk/notices/{receipt}").text


def test_an_untold_acknowledgement_is_told_after_a_restart(tmp_path: Path, listener: Listener) -> None:
    """A desk killed between the press and the telling tells it when it is back."""
    before = Desk(directory=tmp_path, portal_token=TOKEN)
    raw = json.dumps(notice(receipt_url=listener.url)).encode()
    before.acknowledge(before.receive(key="k1", raw=raw).body["receipt"], by="x")
    from datetime import timedelta

    after = Desk(directory=tmp_path, portal_token=TOKEN, tell_every=timedelta(seconds=0.05))
    after.start(smtp_port=None)
    until(lambda: len(listener.heard) == 1)
    after.stop()


def test_receipts_go_to_loopback_only() -> None:
    """Only an address on this very machine is ever told."""
    assert is_loopback("http://127.0.0.1:8766/r")
    assert is_loopback("http://localhost/r")
    assert is_loopback("http://[::1]:1/r")
    assert not is_loopback("http://10.0.0.1/r")
    assert not is_loopback("https://example.com/r")
    assert not is_loopback("http://127.0.0.1.example.com/r")
    assert not is_loopback("file:///etc/passwd")


def mail(**headers: str) -> EmailMessage:
    """A notice as a mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.invalid", "desk@example.invalid", "海缆中断首报"
    message["Message-ID"] = "<one@example.invalid>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(TEXT)
    return message


def test_a_mail_is_kept_and_acknowledged(desk: Desk, browser: TestClient, listener: Listener) -> None:
    """A mail is kept byte for byte, shown like a notice, and its X-Receipt-URL hears of the acknowledgement."""
    port = desk.start(smtp_port=0)
    sent = mail(X_Receipt_URL=listener.url, X_Incident="INC-7", X_Seq="2")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(sent)
    (arrived,) = desk.arrivals()
    assert (arrived.via, arrived.title, arrived.incident, arrived.seq) == ("mail", "海缆中断首报", "INC-7", "2")
    assert arrived.text.replace("\r\n", "\n").strip() == TEXT
    assert arrived.addressee == "desk@example.invalid"
    browser.post(f"/desk/notices/{arrived.receipt}/acknowledge")
    until(lambda: listener.heard != [])
    assert listener.heard[0]["by"] == "Desk officer"


def test_a_drill_by_mail_bounces(desk: Desk) -> None:
    """A mail whose subject says it is an exercise is refused and never listed."""
    port = desk.start(smtp_port=0)
    message = mail()
    message.replace_header("Subject", "【演练】海缆中断")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client, pytest.raises(smtplib.SMTPDataError):
        client.send_message(message)
    assert desk.arrivals() == []


def test_a_mail_whose_answer_is_lost_was_kept(desk: Desk) -> None:
    """With `lose_answer` the connection ends without a word, and the mail is in the log all the same."""
    port = desk.start(smtp_port=0)
    desk.misbehave("lose_answer", count=1, on="mail")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)), smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail(X_Receipt_URL="http://127.0.0.1:1/receipts/x"))
    assert len(desk.arrivals()) == 1


def test_a_mail_that_wants_no_receipt_is_no_notice(desk: Desk) -> None:
    """What our own people write one another passes through the same server: in the mailbox, never on the list."""
    port = desk.start(smtp_port=0)
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail())
    assert desk.arrivals() == []
    assert [entry["event"] for entry in desk.entries()] == ["letter"]
    assert [(each.subject, each.receipt) for each in desk.letters()] == [("海缆中断首报", "")]


@pytest.mark.parametrize(("mode", "code"), [("refuse", 550), ("greylist", 451)])
def test_a_recipient_can_be_refused(desk: Desk, mode: str, code: int) -> None:
    """Before the content is sent: refused for good or put off; nothing was taken, and the next mail is."""
    port = desk.start(smtp_port=0)
    desk.misbehave(mode, count=1, on="mail")
    with smtplib.SMTP("127.0.0.1", port) as client, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        client.send_message(mail())
    assert refused.value.recipients["desk@example.invalid"][0] == code
    assert desk.entries() == []
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail())
    assert len(desk.letters()) == 1


def test_a_dropped_connection_took_nothing(desk: Desk) -> None:
    """With `drop` the connection ends after the content as with `lose_answer`, and this time nothing was kept."""
    port = desk.start(smtp_port=0)
    desk.misbehave("drop", count=1, on="mail")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)), smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail())
    assert desk.entries() == []


def test_a_mail_can_come_back_later(desk: Desk) -> None:
    """With `bounce` it is taken, never delivered, and its sender's mailbox holds the report with the mail in it."""
    port = desk.start(smtp_port=0)
    desk.misbehave("bounce", count=1, on="mail")
    with smtplib.SMTP("127.0.0.1", port) as client:
        assert client.send_message(mail(X_Receipt_URL="http://127.0.0.1:1/r")) == {}
    assert desk.arrivals() == []
    (report,) = desk.letters()
    assert (report.to, "550 5.1.1" in report.text) == ("a@example.invalid", True)
    assert report.subject.endswith("海缆中断首报")
    original = desk.file(report, [each.name for each in report.enclosed].index("original.eml"))
    assert original is not None
    assert b"X-Receipt-URL: http://127.0.0.1:1/r" in original[1]
    assert desk.entries()[0]["refused"] == "bounced"


@pytest.mark.parametrize("on", ["portal", "mail"])
def test_a_door_refuses_a_fault_it_does_not_have(browser: TestClient, desk: Desk, on: str) -> None:
    """The control and the page's form set only what that door can do; anything else is told or changes nothing."""
    foreign = {"portal": "greylist", "mail": "drip"}[on]
    answer = browser.post("/desk/_control", json={"mode": foreign, "on": on})
    assert answer.status_code == 400
    assert foreign not in answer.json()["modes"]
    for asked in ({"mode": foreign}, {"mode": "500", "count": "0"}, {"mode": "500", "count": "²"}, {}):
        browser.post("/desk/faults", data={"on": on, **asked})
        assert desk.fault(on).count == 0  # type: ignore[arg-type]


def signed(body: dict[str, Any], key: str) -> tuple[bytes, dict[str, str]]:
    """A notice as the portal courier signs it: the bytes, and what is said beside them."""
    from escalation.couriers.portal import signature

    raw = json.dumps(body).encode()
    return raw, {"X-Tocsin-Timestamp": "1700000000", "X-Tocsin-Signature": signature({"k": key}, "1700000000", raw)}


@pytest.mark.parametrize(
    ("keys", "used", "zh", "en"),
    [
        ({"k": "right"}, "right", "签名有效", "signature valid"),
        ({"k": "right"}, "wrong", "签名无效", "signature invalid"),
        ({"other": "right"}, "right", "签名无效", "signature invalid"),
        ({"k": "right"}, None, "无签名", "not signed"),
        ({}, "right", "本台无密钥", "no key to check it"),
    ],
)
def test_the_page_judges_the_signature(
    tmp_path: Path, keys: dict[str, str], used: str | None, zh: str, en: str
) -> None:
    """By the keys the desk holds, over the very bytes that came; and again after a restart, from the log."""
    raw, beside = signed(notice(), used) if used else (json.dumps(notice()).encode(), {})
    first = Desk(directory=tmp_path, portal_token=TOKEN, keys=keys)
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k1", **beside}
    client = TestClient(application(first), base_url="http://127.0.0.1")
    receipt = client.post("/desk/portal/notices", content=raw, headers=headers).json()["receipt"]
    again = TestClient(
        application(Desk(directory=tmp_path, portal_token=TOKEN, keys=keys)), base_url="http://127.0.0.1"
    )
    for page in (client, again):
        assert zh in page.get(f"/desk/notices/{receipt}?lang=zh").text
        assert en in page.get("/desk?lang=en").text


def test_bytes_that_were_changed_do_not_hold(tmp_path: Path) -> None:
    """One character more than was signed makes the signature invalid."""
    desk = Desk(directory=tmp_path, portal_token=TOKEN, keys={"k": "right"})
    raw, beside = signed(notice(), "right")
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k1", **beside}
    client = TestClient(application(desk), base_url="http://127.0.0.1")
    assert client.post("/desk/portal/notices", content=raw + b" ", headers=headers).status_code == 201
    assert desk.arrivals()[0].signature == "invalid"


@pytest.mark.parametrize("beside", ["", "0" * 64])
def test_another_digest_than_the_text_s_is_shown(browser: TestClient, beside: str) -> None:
    """Told in the body or beside it: where it is not the text's, the page says so and shows what was told."""
    body = notice() if beside else notice(digest="0" * 64)
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k1", "X-Tocsin-Digest": beside}
    receipt = browser.post("/desk/portal/notices", json=body, headers=headers).json()["receipt"]
    shown = browser.get(f"/desk/notices/{receipt}?lang=en").text
    assert "not what the sender stated" in shown
    assert "0" * 64 in shown


def test_a_mailed_text_s_digest_is_compared(desk: Desk, browser: TestClient) -> None:
    """Mail ends every text with a line end; a text that had none is still the same as its sender stated."""
    port = desk.start(smtp_port=0)
    for text in (TEXT, TEXT + "\n", TEXT + "\n\n"):
        sent = mail(X_Receipt_URL="http://127.0.0.1:1/r", X_Digest=hashlib.sha256(text.encode()).hexdigest())
        sent.set_content(text, cte="base64")
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            client.send_message(sent)
    assert len(desk.arrivals()) == 3
    for each in desk.arrivals():
        assert "the same as the sender stated" in browser.get(f"/desk/notices/{each.receipt}?lang=en").text
    # Whatever else is said stays another text.
    other = mail(X_Receipt_URL="http://127.0.0.1:1/r", X_Digest="0" * 64)
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(other)
    newest = max(desk.arrivals(), key=lambda each: each.receipt)
    assert "not what the sender stated" in browser.get(f"/desk/notices/{newest.receipt}?lang=en").text


def test_what_was_read_stays_read(desk: Desk, browser: TestClient, tmp_path: Path) -> None:
    """A notice and a letter are unread until they are opened, also over a restart; opening again writes nothing."""
    port = desk.start(smtp_port=0)
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail())
    receipt = post(browser, notice()).json()["receipt"]
    assert (desk.arrivals()[0].read_at, desk.letters()[0].read_at) == (None, None)
    for _ in range(2):
        browser.get(f"/desk/notices/{receipt}")
        browser.get("/desk/mailbox/M-0001")
    after = Desk(directory=tmp_path, portal_token=TOKEN)
    assert after.arrivals()[0].read_at is not None
    assert after.letters()[0].read_at is not None
    assert [entry["event"] for entry in desk.entries()].count("read") == 2


def test_a_letter_that_is_not_there_leads_back(browser: TestClient) -> None:
    """An unknown letter leads to the list; a file of an unknown letter, or one too many, is not found."""
    assert browser.get("/desk/mailbox/M-9999", follow_redirects=False).headers["location"] == "/desk/mailbox"
    assert browser.get("/desk/mailbox/M-9999/files/0/a").status_code == 404


def test_files_of_a_letter_come_as_they_were_sent(desk: Desk, browser: TestClient) -> None:
    """Byte for byte; a PDF opens, whatever else is a download; a name cannot leave its folder or its header."""
    port = desk.start(smtp_port=0)
    sent = mail()
    sent.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="首报.pdf")
    sent.add_attachment(b"<script>", maintype="text", subtype="html", filename="../a.html")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(sent)
    pdf, other = (browser.get(f"/desk/mailbox/M-0001/files/{number}/x") for number in (0, 1))
    assert (pdf.content, other.content) == (b"%PDF-1.4", b"<script>")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"].startswith("inline;")
    assert other.headers["content-disposition"] == "attachment; filename*=UTF-8''.._a.html"
    assert other.headers["x-content-type-options"] == "nosniff"
    assert browser.get("/desk/mailbox/M-0001/files/2/x").status_code == 404


def test_an_address_can_be_followed_and_nothing_else() -> None:
    """Addresses of the web in a letter's text, without the sentence's own stop; no other scheme."""
    text = "见 http://127.0.0.1:8766/notices/Ab-_1。或 https://x.invalid/a?b=1).\njavascript:alert(1)"
    assert [run for followed, run in linked(text) if followed] == [
        "http://127.0.0.1:8766/notices/Ab-_1",
        "https://x.invalid/a?b=1",
    ]
    assert "".join(run for _, run in linked(text)) == text


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """The desk behind a real server, for faults that live in the connection."""
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application(desk), log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=3)


def send(address: str, timeout: float = 0.5) -> requests.Response:
    """Post one notice over a real connection."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k1"}
    with requests.Session() as session:
        session.trust_env = False
        url = f"{address}/desk/portal/notices"
        return session.post(url, json=notice(), headers=headers, timeout=timeout, allow_redirects=False)


def spoil(address: str, mode: str) -> None:
    """Ask the desk to misbehave once."""
    with requests.Session() as session:
        session.trust_env = False
        assert session.post(f"{address}/desk/_control", json={"mode": mode, "count": 1}, timeout=2).ok


def test_a_lost_answer_was_received(desk: Desk, address: str) -> None:
    """With `lose_answer` the sender gets no byte, the notice was taken, and sending again finds the same receipt."""
    spoil(address, "lose_answer")
    with pytest.raises(requests.ConnectionError):
        send(address)
    assert len(desk.arrivals()) == 1
    again = send(address)
    assert (again.status_code, again.json()["receipt"]) == (200, desk.arrivals()[0].receipt)


@pytest.mark.parametrize(("mode", "status"), [("500", 500), ("503", 503), ("refuse", 422), ("301", 301)])
def test_a_bad_answer_was_not_received(desk: Desk, address: str, mode: str, status: int) -> None:
    """A 500, a 503, a refusal or a redirect took nothing, and the next try is received."""
    spoil(address, mode)
    assert send(address).status_code == status
    assert desk.arrivals() == []
    assert send(address).status_code == 201


def test_a_hanging_desk_answers_nobody(desk: Desk, address: str) -> None:
    """With `hang` the sender's own limit ends it, and nothing was taken."""
    spoil(address, "hang")
    with pytest.raises(requests.Timeout):
        send(address, timeout=0.3)
    assert desk.arrivals() == []


def test_a_dripping_answer_never_ends_in_time(desk: Desk, address: str) -> None:
    """With `drip` the notice was taken, and its answer is still unfinished when a sender loses patience."""
    spoil(address, "drip")
    started = time.monotonic()
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k1"}
        url = f"{address}/desk/portal/notices"
        answer = session.post(url, json=notice(), headers=headers, timeout=2, stream=True)
        first = next(answer.iter_content(1))
        answer.close()
    assert first == b"{"
    assert time.monotonic() - started < 2
    assert len(desk.arrivals()) == 1


def test_foreign_hosts_and_origins_are_refused(browser: TestClient) -> None:
    """A page of another site can neither read the desk nor acknowledge on it."""
    assert browser.get("/desk", headers={"Host": "evil.example"}).status_code == 403
    assert browser.post("/desk/notices/x/acknowledge", headers={"Origin": "https://evil.example"}).status_code == 403


def test_the_desk_runs_alone(tmp_path: Path) -> None:
    """`python -m workspace.desk` says where it is in one line of JSON, answers there, and ends on SIGTERM."""
    command = [sys.executable, "-m", "workspace.desk", "--state", str(tmp_path), "--portal-token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as alone:
        assert alone.stdout is not None
        ready = json.loads(alone.stdout.readline())
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(ready["ready"], timeout=5).status_code == 200
        with smtplib.SMTP("127.0.0.1", ready["smtp_port"], timeout=5) as client:
            client.send_message(mail())
        alone.terminate()
        assert alone.wait(timeout=4) in (0, -15)
    assert len((tmp_path / "desk.jsonl").read_text().splitlines()) == 1
