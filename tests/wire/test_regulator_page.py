"""The page of a notice, as the authority meets it: read, take the documents, acknowledge, ask back; nothing else."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from bot import http, limit, regulator
from bot.locales import Locales
from bot.press import House
from bot.views.parts import View
from escalation.deliver import Delivered
from escalation.duties import Courier
from escalation.links import GOOD_FOR, Links
from escalation.records import Dispatch, Standing, State
from incidents import enclose, records, report
from incidents.records import Filing
from store.database import Database
from tests.acts import incident_house
from tests.acts.incident_house import PEOPLE, Scene, small

HERE = "http://127.0.0.1:8766"
LINKS = Links.under(f"{HERE}/notices", b"the secret of these tests")


class Page:
    """A house with a signed and mailed first notice, and a reader who has its link."""

    def __init__(self, scene: Scene, sheets: Path, **declared: Any) -> None:  # noqa: ANN401
        """Declare, sign at minute 5, deliver by mail at minute 6; the reader's clock stands at minute 20."""
        self.scene, self.minute = scene, 20.0
        self.number = scene.active("II", "I", **declared)
        scene.sign(self.number, "D2", minute=5)
        scene.carry(6, "mail")
        house = House(
            database=scene.database, people=PEOPLE, locales=Locales(),
            view=View(people=PEOPLE, lang="zh", page_url="/"),
            receipts=f"{HERE}/receipts", clock=lambda: scene.after(self.minute), wake=lambda: None, links=LINKS,
        )  # fmt: skip
        side = http.Side(house=house, checks=lambda: {"database": None}, sheets=sheets)
        self.client = TestClient(http.build(side), base_url=HERE, raise_server_exceptions=False)
        self.link = f"/notices/{LINKS.sealed(str(self.filing.token), at=scene.after(6))}"

    @property
    def filing(self) -> Filing:
        """The notice."""
        return self.scene.filings(self.number)["D2"]

    @property
    def sent(self) -> Dispatch:
        """What left."""
        return next(
            row for row in self.scene.dispatches(self.number, "notice") if row.facts["filing"] == self.filing.id
        )

    def text(self, query: str = "") -> str:
        """The page as it reads."""
        return unescape(self.client.get(self.link + query).text)


@pytest.fixture
def scene(database: Database, at: Any) -> Scene:  # noqa: ANN401
    """A house whose first written notice goes by mail."""
    scene = Scene(database, at)
    duties = tuple(replace(duty, courier=Courier.MAIL) if duty.id == "D2" else duty for duty in small().duties)
    scene.issue(replace(small(), duties=duties), minute=0)
    return scene


@pytest.fixture
def page(scene: Scene, tmp_path: Path) -> Iterator[Page]:
    """The reader's seat."""
    page = Page(scene, tmp_path)
    with page.client:
        yield page


# --- reading --------------------------------------------------------------------------------------------------------


def test_it_shows_exactly_what_was_sent(page: Page) -> None:
    """The signed text and its digest, in the language of its regime; the digest is the text's own."""
    answer = page.client.get(page.link)
    assert answer.status_code == 200
    shown = unescape(answer.text.split('<article class="letter" lang="zh">')[1].split("</article>")[0])
    assert shown == page.sent.facts["text"]
    assert hashlib.sha256(shown.encode()).hexdigest() == page.filing.digest
    assert str(page.filing.digest) in answer.text
    assert 'lang="zh-CN"' in answer.text


def test_the_words_around_it_switch_and_the_letter_does_not(page: Page) -> None:
    """In English the buttons are English; the letter stays as it was signed."""
    english = page.text("?lang=en")
    assert "Acknowledge" in english
    assert "Ask back" in english
    assert page.sent.facts["text"] in english
    assert "确认收到" in page.text("?lang=xx"), "another language is the letter's"


def test_no_script_no_stranger_no_frame_and_no_cache(page: Page) -> None:
    """A browser is told to run nothing, load nothing from elsewhere, show it in no frame and keep it nowhere."""
    answer = page.client.get(page.link)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert 'src="' not in answer.text
    assert page.client.get("/pages/style.css").headers["content-type"].startswith("text/css")


def test_its_documents_are_the_kept_ones(page: Page) -> None:
    """Word, PDF, CAP and JSON as they were made at the signing; the script for the telephone is not among them."""
    enclosed = page.sent.facts["enclosed"]
    assert {each["name"].split(".", 1)[1] for each in enclosed} >= {"docx", "cap.xml", "json"}
    for each in enclosed:
        answer = page.client.get(f"{page.link}/files/{each['digest']}/{each['name']}")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == each["digest"]
        assert answer.headers["content-disposition"].startswith("attachment")
        assert each["name"] in page.text()
    word = next(each for each in enclosed if each["name"].endswith(".docx"))
    content = page.client.get(f"{page.link}/files/{word['digest']}/{word['name']}").content
    assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_no_other_file_is_given(page: Page) -> None:
    """Another digest, another name, or a way out of the folder: nothing is there."""
    (first, *_) = page.sent.facts["enclosed"]
    for path in (f"{'0' * 64}/{first['name']}", f"{first['digest']}/other.pdf", f"{first['digest']}/..%2f..%2fapp.py"):
        assert page.client.get(f"{page.link}/files/{path}").status_code == 404


def test_looking_is_journaled_and_acknowledges_nothing(page: Page) -> None:
    """A scanner that opens every link of a mail is no reader."""
    page.client.get(page.link)
    page.client.head(page.link)
    assert page.filing.acknowledged_at is None
    looked = page.scene.entries(page.number, "looked")
    assert [entry.body["what"] for entry in looked][:1] == ["page"]
    assert {entry.by for entry in looked} == {"authority:link"}


def test_later_notices_of_the_same_matter_are_linked(page: Page) -> None:
    """Each one by a link of its own that opens it, once it has left: until then it may be taken back."""
    scene = page.scene
    scene.facts(page.number, {"users_affected": 120_000}, minute=30)
    page.minute = 300
    scene.sweep(250)
    duties = [
        key for key, each in scene.filings(page.number).items() if key.startswith("D3") and each.signed_at is None
    ]
    scene.sign(page.number, "D3", minute=260)
    assert duties
    assert "本事件的其他报告" not in page.text()
    scene.carry(261, "portal", "mail")
    shown = page.text()
    assert "本事件的其他报告" in shown
    other = shown.split("本事件的其他报告")[1].split('href="')[1].split('"')[0]
    assert page.client.get(other).status_code == 200
    assert scene.filings(page.number)["D3"].text in unescape(page.client.get(other).text)


def test_documents_that_cannot_be_made_hold_up_no_notice(page: Page) -> None:
    """Words that are not the signed ones stop every document: none is enclosed, the journal says why, nothing falls."""
    with page.scene.database.begin() as session:
        of = records.incident(session, page.number)
        notice = records.filing_of(session, of, "D2", 1)
        assert notice is not None
        draft, rendered = report.shown(session, notice, to=PEOPLE.person("wang.fang"))
        forged = replace(rendered, text=rendered.text + "。")
        told = {"signer": "王芳", "sender": "east-telecom", "at": page.scene.after(21)}
        assert enclose.enclose(session, of, notice, draft, forged, **told) == []
    entry = page.scene.entries(page.number, "enclosed")[-1]
    assert entry.body["refused"] == ["NotTheSignedText"]


def test_a_signing_between_two_seconds_has_its_documents(scene: Scene) -> None:
    """A real clock has microseconds."""
    number = scene.active("II", "I")
    leaving = scene.sign(number, "D2", minute=5.000_001)
    assert any(each["name"].endswith(".pdf") for each in leaving.facts["enclosed"])


def test_our_own_people_print_the_letter_by_its_digest(page: Page) -> None:
    """The signed PDF and nothing else is served to who has its digest: no other document, no other path."""
    documents = {each["media_type"]: each["digest"] for each in page.sent.facts["enclosed"]}
    answer = page.client.get(f"/letters/{documents.pop('application/pdf')}.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    for other in (*documents.values(), "0" * 64, "..%2fapp.py"):
        assert page.client.get(f"/letters/{other}.pdf").status_code == 404


# --- presses --------------------------------------------------------------------------------------------------------


def test_acknowledging_is_one_press(page: Page) -> None:
    """Name and their reference are kept; pressed again it stays the first; the page says so from then on."""
    for who in ("王处长 应急处", "somebody else"):
        answer = page.client.post(f"{page.link}/acknowledge", data={"name": who, "reference": "收文 7"})
        assert answer.status_code == 200  # after the redirect
    notice = page.filing
    assert (notice.acknowledged_by, notice.acknowledged_at) == ("王处长 应急处", page.scene.after(20))
    (entry,) = page.scene.entries(page.number, "acknowledged")
    assert (entry.by, entry.body["receipt"]) == ("authority:王处长 应急处", "收文 7")
    assert "王处长 应急处" in page.text()
    assert f'action="{page.link}/acknowledge' not in page.text()


def test_without_a_name_nothing_is_acknowledged(page: Page) -> None:
    """Said in a sentence, and what stood there is still there."""
    answer = page.client.post(f"{page.link}/acknowledge", data={"name": "  "})
    assert "请填写姓名" in answer.text
    assert page.filing.acknowledged_at is None


def test_asking_back_is_a_task_for_the_liaison(page: Page) -> None:
    """The question is a task with an hour to answer; the room and who signed hear it; twice pressed it is one."""
    asked = {"name": "省局值守", "question": "影响哪些区县？\n<b>请列明</b>", "drawn": "2027-03-01T12:20:00"}
    for _ in range(2):
        assert "问题已转交" in page.client.post(f"{page.link}/ask", data=asked).text
    due = page.scene.due(page.number, "task")
    assert due["Q01"].due_at == page.scene.after(80)
    assert "Q02" not in due
    told = page.scene.dispatches(page.number, "question")
    assert {row.facts.get("to") for row in told} == {None, "li.wei", "wang.fang"}
    assert told[0].facts["question"] == "影响哪些区县？ <b>请列明</b>"
    (entry,) = page.scene.entries(page.number, "asked_back")
    assert entry.by == "authority:省局值守"
    page.client.post(f"{page.link}/ask", data={**asked, "drawn": "later"})
    assert "Q02" in page.scene.due(page.number, "task")


def test_what_is_typed_is_never_markup(page: Page) -> None:
    """A name with tags in it is shown as it was typed."""
    page.client.post(f"{page.link}/acknowledge", data={"name": "<script>alert(1)</script>"})
    assert "<script>" not in page.client.get(page.link).text
    assert "&lt;script&gt;" in page.client.get(page.link).text


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
     {"Origin": "null"}],
    ids=str,
)  # fmt: skip
def test_a_form_of_another_site_is_refused(page: Page, headers: dict[str, str]) -> None:
    """Also with the right address: a browser says where the form was."""
    answer = page.client.post(f"{page.link}/acknowledge", data={"name": "x"}, headers=headers)
    assert answer.status_code == 403
    assert page.filing.acknowledged_at is None
    good = page.client.post(f"{page.link}/acknowledge", data={"name": "x"}, headers={"Origin": HERE})
    assert good.status_code == 200


@pytest.mark.parametrize("how", ["json", "long", "many", "binary"])
def test_what_is_no_form_of_ours_is_refused(page: Page, how: str) -> None:
    """Another type, too long, too many fields, no text: said so, and nothing falls over."""
    url, form = f"{page.link}/ask", {"Content-Type": "application/x-www-form-urlencoded"}
    answer = {
        "json": lambda: page.client.post(url, json={"name": "x"}),
        "long": lambda: page.client.post(url, data={"name": "x", "question": "x" * regulator.CAP}),
        "many": lambda: page.client.post(url, content="&".join(f"a{n}=1" for n in range(100)), headers=form),
        "binary": lambda: page.client.post(url, content=b"\xff\xfe=1", headers=form),
    }[how]()
    assert answer.status_code == 400
    assert page.scene.entries(page.number, "asked_back") == []


# --- the link -------------------------------------------------------------------------------------------------------


def test_only_our_own_seal_opens(page: Page) -> None:
    """A changed token, day or seal, another key, and what the receipt link knows alone: all the same 404."""
    token, until, seal = page.link.removeprefix("/notices/").split(".")
    other = Links.under(HERE, b"another secret").sealed(token, at=page.scene.after(6))
    swapped = f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}"
    for sealed in (
        f"{token}.{int(until) + 1}.{seal}", f"{swapped}.{until}.{seal}", f"{token}.{until}.{'0' * 32}", other, token,
        f"{token}.{until}.{seal[:-1]}", f"{token}.{until}.{seal}0", "x", "%00", "a" * 4000,
    ):  # fmt: skip
        assert page.client.get(f"/notices/{sealed}").status_code == 404
    assert page.scene.entries(page.number, "looked") == []


def test_an_expired_link_says_so_and_gets_a_new_one_by_mail(page: Page) -> None:
    """To the address on record, once a day; nothing is shown and nothing can be pressed with the old one."""
    page.minute = (GOOD_FOR + timedelta(minutes=7)).total_seconds() / 60
    answer = page.client.get(page.link)
    assert answer.status_code == 410
    assert "索取新链接" in answer.text
    assert page.sent.facts["text"][:20] not in answer.text
    assert page.client.post(f"{page.link}/acknowledge", data={"name": "x"}).status_code == 410
    for _ in range(3):
        assert "新链接已发往登记的邮箱" in page.client.post(f"{page.link}/link", data={"to": "evil@example.org"}).text
    (mail,) = page.scene.dispatches(page.number, "notice_link")
    assert (mail.courier, mail.facts["to"]) == ("mail", page.sent.facts["to"])
    fresh = LINKS.sealed(mail.facts["token"], at=page.scene.after(page.minute))
    assert page.client.get(f"/notices/{fresh}").status_code == 200


def test_too_many_requests_are_refused(page: Page) -> None:
    """One link a limited number of times a minute; a minute later it is open again."""
    answers = [page.client.get(page.link).status_code for _ in range(regulator.A_LINK + 5)]
    assert answers == [200] * regulator.A_LINK + [429] * 5
    page.minute += 1.1
    assert page.client.get(page.link).status_code == 200


def test_guessing_is_limited_too(page: Page) -> None:
    """Made-up links count for the address they come from."""
    answers = {page.client.get(f"/notices/{n:040d}.1.{'0' * 32}").status_code for n in range(regulator.A_MINUTE)}
    assert answers == {404}
    assert page.client.get(page.link).status_code == 429


def test_a_flood_of_names_is_forgotten(at: Any) -> None:  # noqa: ANN401
    """The count of strangers cannot fill the memory."""
    rate = limit.Rate(1)
    assert rate.admits("first", at)
    for n in range(limit.NAMES_MOST):
        rate.admits(str(n), at)
    assert rate.admits("first", at), "forgotten"
    assert not rate.admits(str(limit.NAMES_MOST - 1), at)


# --- nobody reads ---------------------------------------------------------------------------------------------------


def test_a_notice_that_nobody_acknowledges_is_escalated(page: Page) -> None:
    """Half an hour after its delivery the signer and the duty managers hear, and again; the card says so."""
    scene = page.scene
    due = scene.due(page.number, "unread")["D2"]
    assert due.due_at == scene.after(36)
    scene.sweep(35.9)
    assert scene.dispatches(page.number, "notice_unread") == []
    scene.sweep(36)
    told = scene.dispatches(page.number, "notice_unread")
    assert {row.facts["to"] for row in told} == {"wang.fang", "gao.yuan"}
    assert scene.dispatches(page.number, "filing")[-1].facts["unread"] is True
    scene.sweep(66)
    assert len(scene.dispatches(page.number, "notice_unread")) == 2 * len(told)
    page.minute = 70
    page.client.post(f"{page.link}/acknowledge", data={"name": "省局"})
    scene.sweep(96)
    assert len(scene.dispatches(page.number, "notice_unread")) == 2 * len(told)
    assert scene.due(page.number, "unread")["D2"].state is Standing.MET
    assert scene.dispatches(page.number, "filing")[-1].facts["unread"] is False


def test_an_acknowledgement_in_time_tells_nobody(page: Page) -> None:
    """Read within the half hour: no alarm."""
    page.client.post(f"{page.link}/acknowledge", data={"name": "省局"})
    page.scene.sweep(40)
    assert page.scene.dispatches(page.number, "notice_unread") == []


def test_a_drills_page_says_so(scene: Scene, tmp_path: Path) -> None:
    """Its notice went to the shelf; whoever opens its page here reads 演练 first."""
    scene.shelf.outcome = Delivered(receipt={"receipt": "EXERCISE-1"})
    page = Page(scene, tmp_path, exercise=True)
    assert page.sent.state is State.DELIVERED
    assert scene.wires["mail"].carried == []
    with page.client:
        assert "【演练】" in page.text()
    with scene.database.read() as session:
        assert {row.exercise for row in session.scalars(select(Dispatch)) if row.kind == "notice"} == {True}
    assert incident_house.RECEIPTS
