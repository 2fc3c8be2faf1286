"""How a house starts and ends, as a service manager and a locksmith see it: signals, exit codes, locks, file modes."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.metronome import Metronome
from tests.story.house import ROOT, House, until

SAID_FOR_ENGINEERS = "chat had hung up already"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house that is started by the test and ended whatever happens."""
    made = House(tmp_path / "var")
    yield made
    made.stop()


def _begin(house: House) -> subprocess.Popen[bytes]:
    """Begin to start, and wait for nothing."""
    with (house.var / "serve.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "app.py", "serve"], cwd=ROOT, env=house.environment, stdout=subprocess.PIPE, stderr=log
        )


def _free(lock: Path) -> bool:
    with lock.open("r+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def _silent(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
@pytest.mark.parametrize("file", ["tocsin.db.lock", "tocsin.db-wal", "members.json", "workspace.log"])
def test_told_to_end_while_it_starts_it_ends_cleanly(house: House, file: str, sign: signal.Signals) -> None:
    """Exit 0 within the promised five seconds, the lock free, no workspace left behind, no fault said, no page told."""
    process = _begin(house)
    until((house.var / file).exists, 30, what=file)
    process.send_signal(sign)
    process.send_signal(sign)  # an impatient operator changes nothing
    said, _ = process.communicate(timeout=5)
    assert (process.returncode, said) == (0, b""), house.words()
    assert _free(house.var / "tocsin.db.lock")
    until(lambda: _silent(house.port), 5, what="the workspace ends with its parent")
    log = (house.var / "serve.log").read_text("utf-8")
    assert "Traceback" not in log
    assert "ERROR" not in log


def test_what_began_and_was_told_to_end_starts_again(house: House) -> None:
    """A start that was broken off in the middle of furnishing leaves nothing half done."""
    process = _begin(house)
    until((house.var / "workspace.log").exists, 30)
    process.terminate()
    assert process.wait(5) == 0
    house.start()
    assert house.ready()


def test_nobody_else_on_the_machine_reads_what_lies_in_var(house: House) -> None:
    """Under an ordinary umask every file of a house that ran is its owner's alone, and so is every folder."""
    house.var.rmdir()
    environment = {**house.environment, "TOCSIN_LOG": "ERROR"}
    before = os.umask(0o022)
    try:
        process = subprocess.Popen(
            [sys.executable, "app.py", "serve"], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    finally:
        os.umask(before)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"Open ")
    until(house.ready, 30)
    process.terminate()
    assert process.wait(10) == 0
    assert stat.S_IMODE(house.var.stat().st_mode) == 0o700
    lying = list(house.var.rglob("*"))
    assert {"tocsin.db", "tocsin.db.lock", "journal.key", "workspace.log", "members.json"} <= {p.name for p in lying}
    open_to_others = [path.name for path in lying if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


def test_a_command_leaves_the_umask_as_it_was() -> None:
    """Who calls `main` keeps their own umask."""
    code = (
        "import os, app\n"
        "os.umask(0o022)\n"
        "app.main(['plans', 'lint', 'plans/library/cable-cut.yaml'])\n"
        "print(oct(os.umask(0)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout == "0o22\n"


def test_a_start_loads_no_library_that_it_does_not_need() -> None:
    """What only a notice, a calendar or a migration needs is not waited for; a notice's are loaded on call."""
    code = (
        "import sys, app\n"
        "from bot import connection, health, http, start\n"
        "from console import metronome\n"
        "from escalation import documents\n"
        "late = {'docx', 'cn2an', 'icalendar', 'alembic', 'jsonschema', 'openpyxl', 'matplotlib'}\n"
        "print(sorted(late & set(sys.modules)))\n"
        "documents.load()\n"
        "print(sorted(late & set(sys.modules)))\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.stdout == "[]\n['cn2an', 'docx', 'jsonschema']\n", answer.stdout + answer.stderr


def test_the_line_to_chat_is_hung_up_without_a_fault(house: House) -> None:
    """Nothing of Slack's library is logged as an error between a start and its end, at rest or at once."""
    house.start()
    assert house.stop() < 5
    log = (house.var / "serve.log").read_text("utf-8")
    assert "ERROR" not in log, log
    assert SAID_FOR_ENGINEERS not in log
    assert house.process is not None
    assert house.process.returncode == 0


def _metronome(sweep: Callable[[], int]) -> Metronome:
    return Metronome({"sweep": sweep}, lambda: datetime.now(UTC), lambda: None)


def test_a_commit_before_the_first_beat_and_after_the_last_is_no_fault() -> None:
    """Furnishing commits before the metronome beats, and a listener may commit while the house ends."""
    beaten = threading.Event()
    metronome = _metronome(lambda: beaten.set() or 0)  # type: ignore[func-returns-value]
    metronome.wake()
    metronome.start()
    assert beaten.wait(5)
    metronome.stop()
    metronome.stop()
    metronome.wake()


def test_a_metronome_that_never_began_stops() -> None:
    """A start that failed before the first beat is undone like any other."""
    _metronome(lambda: 0).stop()


def test_the_last_beat_ends_before_the_house_goes_on_ending() -> None:
    """What is under way ends before what it speaks to, nothing new begins, and a beat that hangs is left behind."""
    begun, ended = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        time.sleep(0.3)
        ended.set()
        return 0

    metronome = _metronome(slow)
    metronome.start()
    assert begun.wait(5)
    metronome.wake()
    metronome.stop()
    assert ended.is_set()
    begun.clear()
    metronome.beat("sweep")
    assert not begun.is_set()
    hanging = _metronome(lambda: begun.set() or time.sleep(3) or 0)  # type: ignore[func-returns-value]
    hanging.start()
    assert begun.wait(5)
    before = time.monotonic()
    hanging.stop()
    assert time.monotonic() - before < 2


def test_a_due_instant_that_is_no_instant_is_not_swallowed() -> None:
    """The metronome forgives a job that is gone, nothing else: a clock without a zone is a fault."""
    due = datetime.now(UTC) + timedelta(seconds=0.5)
    metronome = Metronome({"sweep": lambda: 0}, lambda: datetime.now(UTC), lambda: due.replace(tzinfo=None))
    with pytest.raises(TypeError):
        metronome.beat("sweep")
    assert not metronome.busy["sweep"].locked(), "and the lane is free for the next beat"
