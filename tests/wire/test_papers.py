"""The documents of a signed notice in chat: below its message, once, the very ones that left or none."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import docx
import pypdf
import pytest
from slack_sdk import WebClient

from bot.courier import Slack
from bot.locales import Locales
from bot.views.parts import View
from escalation.deliver import Delivered, Lost, Parcel, Rejected
from escalation.duties import Courier
from escalation.records import Dispatch, kept
from incidents import report
from tests.acts.incident_house import PEOPLE, RECEIPTS, WANG, Scene, small

if TYPE_CHECKING:
    from datetime import datetime

    from store.database import Database


class Cut(WebClient):
    """A client whose connection is lost once, just after Slack shared the files."""

    lost = False

    def files_completeUploadExternal(self, **given: Any) -> Any:  # noqa: ANN401, N802 -- the library's own
        """Share them; the first answer never comes."""
        answer = super().files_completeUploadExternal(**given)
        if self.lost:
            return answer
        self.lost = True
        raise TimeoutError


@pytest.fixture
def scene(database: Database, at: datetime) -> Scene:
    """A house whose first written notice goes by portal."""
    return Scene(database, at)


def by_mail(scene: Scene) -> None:
    """From now on the first written notice goes by mail."""
    duties = tuple(replace(duty, courier=Courier.MAIL) if duty.id == "D2" else duty for duty in small().duties)
    scene.issue(replace(small(), duties=duties), minute=0)


def signed(scene: Scene, **declared: Any) -> tuple[Dispatch, Dispatch]:  # noqa: ANN401
    """Sign the first written notice; what leaves, and its documents for the room."""
    number = scene.active("II", "I", **declared)
    leaving = scene.sign(number, "D2", minute=5)
    (papers,) = scene.dispatches(number, "notice_papers")
    return leaving, papers


class Room:
    """A room with the notice's message in it, and the courier before it."""

    def __init__(self, local: Any, scene: Scene, row: Dispatch, client: WebClient | None = None) -> None:  # noqa: ANN401
        """Post the message."""
        self.local, self.scene = local, scene
        self.client = client or local.client()
        self.client.conversations_join(channel=local.room)
        card = self.client.chat_postMessage(channel=local.room, text="首报：已签发")
        self.ref = {"channel": local.room, "ts": card["ts"]}
        self.parcel = Parcel(
            id=row.id, key=row.key, matter=row.matter, kind=row.kind, courier=row.courier, exercise=row.exercise,
            facts=row.facts, ref=self.ref, attempt=1, asked=False, fence_at=scene.after(60),
        )  # fmt: skip
        self.courier = Slack(self.client, View(people=PEOPLE, lang="zh", page_url="/"), Locales(), kept=self.kept)

    def kept(self, digest: str) -> bytes:
        """What was kept at the signing."""
        with self.scene.database.read() as session:
            found = kept(session, digest)
            assert found is not None
            return bytes(found.content)

    @property
    def below(self) -> list[dict[str, Any]]:
        """What stands below the message."""
        found = self.client.conversations_replies(channel=self.local.room, ts=self.ref["ts"])["messages"]
        return list(found[1:])

    def files(self) -> dict[str, bytes]:
        """The files below the message, by name."""
        (message,) = self.below
        return {each["name"]: self.local.space.file(each["id"])[1].read_bytes() for each in message["files"]}


def words_of(files: dict[str, bytes]) -> tuple[str, str]:
    """The words of the PDF, then of the DOCX, without what only sets them."""
    (pdf,) = (content for name, content in files.items() if name.endswith(".pdf"))
    (word,) = (content for name, content in files.items() if name.endswith(".docx"))
    drawn = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    document = docx.Document(io.BytesIO(word))
    furniture = (part.text for section in document.sections for part in (*section.header.paragraphs,))
    written = "".join([*(each.text for each in document.paragraphs), *furniture])
    return tuple("".join(each.split()) for each in (drawn, written))  # type: ignore[return-value]


def test_the_documents_stand_below_the_notice(local: Any, scene: Scene) -> None:  # noqa: ANN401
    """PDF and DOCX of the signed words, in one message below the notice's own; nothing new in the room itself."""
    leaving, row = signed(scene)
    room = Room(local, scene, row)
    assert isinstance(room.courier.send(room.parcel), Delivered)
    files = room.files()
    assert sorted(name.rsplit(".", 1)[1] for name in files) == ["docx", "pdf"]
    title = "".join(leaving.facts["subject"].split())
    assert all(title in words for words in words_of(files))
    assert row.facts["digest"][:8] in room.below[0]["text"]
    assert "演练" not in room.below[0]["text"]
    assert row.place == f"filing:{scene.filings(leaving.facts['incident'])['D2'].id}"


def test_a_lost_answer_doubles_nothing(local: Any, scene: Scene) -> None:  # noqa: ANN401
    """Where the sender stopped after Slack had the files, they are found below the message and not sent again."""
    _, row = signed(scene)
    cut = Cut(token=local.client().token, base_url=f"{local.base}api/", retry_handlers=[], timeout=5)
    room = Room(local, scene, row, cut)
    assert room.courier.ask(room.parcel) is None, "nothing is there yet"
    assert isinstance(room.courier.send(room.parcel), Lost)
    assert isinstance(room.courier.ask(room.parcel), Delivered)
    assert len(room.below) == 1


def test_a_stranger_s_file_is_not_taken_for_ours(local: Any, scene: Scene) -> None:  # noqa: ANN401
    """A picture that a person put below the notice does not stand for its documents."""
    _, row = signed(scene)
    room = Room(local, scene, row)
    given = {"user": "U01", "text": "", "thread_ts": room.ref["ts"], "files": [{"id": "F0", "name": "a.pdf"}]}
    local.space.post(local.room, given)
    assert room.courier.ask(room.parcel) is None


def test_what_a_drill_signed_says_so(local: Any, scene: Scene) -> None:  # noqa: ANN401
    """Every page, the Word file and the message of a drill's documents say 演练 and EXERCISE where both stand."""
    _, row = signed(scene, exercise=True)
    assert row.exercise is True
    room = Room(local, scene, row)
    assert isinstance(room.courier.send(room.parcel), Delivered)
    assert "演练" in room.below[0]["text"]
    files = room.files()
    (pdf,) = (content for name, content in files.items() if name.endswith(".pdf"))
    assert all("演练" in page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert all("演练" in words and "EXERCISE" in words for words in words_of(files))


def test_what_went_by_mail_is_what_the_room_holds(local: Any, scene: Scene) -> None:  # noqa: ANN401
    """The very bytes that were enclosed, not others drawn anew."""
    by_mail(scene)
    leaving, row = signed(scene)
    room = Room(local, scene, row)
    assert isinstance(room.courier.send(room.parcel), Delivered)
    digests = {hashlib.sha256(content).hexdigest() for content in room.files().values()}
    enclosed = {each["digest"] for each in leaving.facts["enclosed"] if each["name"].endswith((".pdf", ".docx"))}
    assert digests == enclosed
    assert len(digests) == 2


def test_other_words_than_the_signed_ones_make_no_document(local: Any, scene: Scene) -> None:  # noqa: ANN401
    """A row whose facts no longer make the signed text is refused, and the room gets nothing."""
    _, row = signed(scene)
    room = Room(local, scene, row)
    moved = replace(room.parcel, facts=row.facts | {"told": row.facts["told"] | {"event": "别的事件"}})
    assert isinstance(room.courier.send(moved), Rejected)
    assert room.below == []


def test_what_was_said_on_the_telephone_is_no_paper(scene: Scene) -> None:
    """An oral report has no documents."""
    number = scene.active("II", "I")
    oral = next(duty for duty, each in scene.filings(number).items() if each.kind == "oral")
    version, digest = scene.read(number, oral)
    said = {"spoken_to": "刘工", "spoken_at": scene.start + timedelta(minutes=4), "reference": ""}
    more: dict[str, Any] = {"version": version, "digest": digest, "receipts": RECEIPTS, **said}
    scene.on(report.phoned, number, oral, minute=5, by=WANG, **more)
    assert scene.filings(number)[oral].signed_at is not None
    assert scene.dispatches(number, "notice_papers") == []
