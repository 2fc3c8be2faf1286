"""One incident's whole chain as a file: complete, the same twice, without secrets, and no byte of it can change."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import app
from errors import BadExport, BrokenJournal
from escalation.duties import Courier
from incidents import export, records, report
from store.database import Database
from tests.acts.incident_house import PEOPLE, Scene, small
from tests.conftest import KEY


@pytest.fixture
def number(database: Database, at: datetime) -> str:
    """An incident with a mailed first notice, acknowledged, beside another whose entries lie in between."""
    scene = Scene(database, at)
    duties = tuple(replace(duty, courier=Courier.MAIL) if duty.id == "D2" else duty for duty in small().duties)
    scene.issue(replace(small(), duties=duties), minute=0)
    number = scene.active("II", "I")
    scene.declare(2, unit="shanghai")
    scene.facts(number, {"users_affected": 977_000}, minute=3)
    scene.sign(number, "D2", minute=5)
    scene.carry(6)
    token = str(scene.filings(number)["D2"].token)
    with database.begin() as session:
        report.acknowledge(session, token, who="省局", receipt="HN-7", said_at=scene.after(9), at=scene.after(9))
    return number


def _packed(database: Database, number: str) -> bytes:
    with database.read() as session:
        of = records.incident(session, number, lock=False)
        return export.packed(export.files(session, of), number=number, key=KEY)


def _written(database: Database, number: str, folder: Path) -> Path:
    path = folder / "export.zip"
    path.write_bytes(_packed(database, number))
    return path


def test_it_holds_the_whole_chain(database: Database, number: str) -> None:
    """Facts, drafts, the signed text, its documents, its sending with its receipt, the acknowledgement, the journal."""
    archive = zipfile.ZipFile(io.BytesIO(_packed(database, number)))
    notices = {each["duty"]: each for each in json.loads(archive.read("notices.json"))}
    signed = notices["D2"]
    assert (signed["signed_by"], signed["acknowledged_by"]) == ("wang.fang", "省局")
    assert archive.read(signed["text_file"]).decode()
    (sending,) = signed["sendings"]
    assert (sending["state"], sending["outcome"]["receipt"]) == ("delivered", "R")
    assert {each["name"] for each in json.loads(archive.read("facts.json"))} >= {"users_affected"}
    assert any(each["drafter"] for each in json.loads(archive.read("drafts.json")))
    assert any(name.startswith("documents/D2-1/") and name.endswith(".docx") for name in archive.namelist())
    kinds = {json.loads(line)["kind"] for line in archive.read("journal.jsonl").decode().splitlines()}
    assert kinds >= {"declared", "activated", "drafted", "signed", "enclosed", "dispatch_settled", "acknowledged"}


def test_the_same_state_gives_the_same_bytes(database: Database, number: str) -> None:
    """Two inspectors hold the same file."""
    assert _packed(database, number) == _packed(database, number)


def test_no_secret_and_no_staff_number_stands_in_it(database: Database, number: str) -> None:
    """No token, no link, no key; a phone only inside the text that was told to the authority."""
    scene_token = None
    with database.read() as session:
        of = records.incident(session, number, lock=False)
        scene_token = next(each.token for each in records.filings(session, of) if each.token)
    archive = zipfile.ZipFile(io.BytesIO(_packed(database, number)))
    phones = [person.phone for person in PEOPLE.people.values() if person.phone]
    for name in archive.namelist():
        content = archive.read(name)
        assert str(scene_token).encode() not in content, name
        assert KEY not in content, name
        if not name.startswith(("notices/", "documents/")):
            assert not any(phone.encode() in content for phone in phones), name


def test_whoever_holds_the_key_can_check_it(database: Database, number: str, tmp_path: Path) -> None:
    """With the key every entry's seal holds; with another key none does."""
    path = _written(database, number, tmp_path)
    with database.read() as session:
        of = records.incident(session, number, lock=False)
        from store import journal

        assert export.verify(path, KEY) == len(journal.entries(session, of.matter))
    with pytest.raises(BadExport, match="manifest"):
        export.verify(path, b"another key")


def _tampered(path: Path, name: str, change: Callable[[bytes], bytes | None], *, resealed: bool) -> Path:
    """Change one file of the export; `resealed`: by somebody who has the key, and makes the manifest fit."""
    whole = {each: zipfile.ZipFile(path).read(each) for each in zipfile.ZipFile(path).namelist()}
    changed = change(whole.pop(name))
    whole |= {name: changed} if changed is not None else {}
    if resealed:
        rest = {each: content for each, content in whole.items() if not each.startswith(("manifest", "verify"))}
        path.write_bytes(export.packed(rest, number="INC-X", key=KEY))
        return path
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in whole.items():
            archive.writestr(each, content)
    return path


@pytest.mark.parametrize("name", ["facts.json", "notices/D2-1.txt", "journal.jsonl", "manifest.json", "verify.py"])
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_no_file_can_be_changed_or_taken_out(
    database: Database, number: str, tmp_path: Path, name: str, how: str
) -> None:
    """One byte, or the file itself."""
    path = _written(database, number, tmp_path)
    _tampered(path, name, lambda content: content + b" " if how == "changed" else None, resealed=False)
    with pytest.raises(BadExport):
        export.verify(path, KEY)


def test_who_can_seal_still_cannot_put_words_into_the_journal_or_the_notice(
    database: Database, number: str, tmp_path: Path
) -> None:
    """A manifest that fits does not make another text the signed one."""
    path = _written(database, number, tmp_path)
    with pytest.raises(BadExport, match="signed text"):
        export.verify(_tampered(path, "notices/D2-1.txt", lambda text: text + b".", resealed=True), KEY)
    path = _written(database, number, tmp_path)
    swapped = _tampered(path, "journal.jsonl", lambda lines: lines.replace(b"wang.fang", b"zhao.min"), resealed=True)
    with pytest.raises(BrokenJournal, match="changed"):
        export.verify(swapped, KEY)


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all"])
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    """In a sentence, not a traceback."""
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(BadExport):
        export.verify(path, KEY)


def test_the_script_in_it_needs_nothing_of_ours(database: Database, number: str, tmp_path: Path) -> None:
    """Unpacked anywhere it says ok, and names the file that was touched."""
    path, out = _written(database, number, tmp_path), tmp_path / "out"
    zipfile.ZipFile(path).extractall(out)

    def run() -> Any:  # noqa: ANN401
        return subprocess.run([sys.executable, "-I", "verify.py"], cwd=out, capture_output=True, text=True, check=False)

    good = run()
    assert (good.returncode, good.stdout) == (0, "ok / 核对无误\n")
    (out / "facts.json").write_text("[]")
    (out / "extra.txt").write_text("x")
    bad = run()
    assert bad.returncode == 1
    assert "facts.json: changed" in bad.stdout
    assert "extra.txt: not in the manifest" in bad.stdout
    shutil.rmtree(out)


def test_the_command_writes_and_checks_it(at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`export` writes a file that only its owner reads and never over another; `journal verify --export` checks it."""
    key = "the journal's key of this test"
    monkeypatch.setenv("TOCSIN_VAR", str(tmp_path))
    monkeypatch.setenv("TOCSIN_JOURNAL_KEY", key)
    assert app.main(["migrate"]) == 0
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}", journal_key=key.encode())
    number = Scene(database, at).active("II", "I")
    database.close()
    out = tmp_path / "out.zip"
    assert app.main(["export", number, str(out)]) == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert app.main(["journal", "verify", "--export", str(out)]) == 0
    assert app.main(["export", number, str(out)]) == 1, "never over another file"
    assert app.main(["export", "INC-1999-0001", str(tmp_path / "no.zip")]) == 1
    assert app.main(["journal", "verify"]) == 0
    out.write_bytes(out.read_bytes()[:-50])
    assert app.main(["journal", "verify", "--export", str(out)]) == 1
