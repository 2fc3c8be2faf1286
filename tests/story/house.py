"""The whole product as people start it: `app.py serve` in a process of its own, killed, stopped and started again."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parent.parent.parent
START_S = 40  # on a busy machine
SETTLE_S = 25
PEOPLE = ROOT / "people.yaml"
Doc = dict[str, Any]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(come: Callable[[], Any], within_s: float = 10, *, what: str = "") -> Any:  # noqa: ANN401 -- whatever came
    """Wait for something true and give it; AssertionError names what did not come."""
    end = time.monotonic() + within_s
    while True:
        found = come()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {within_s} s: {what or come}")
        time.sleep(0.04)


@dataclass(frozen=True, kw_only=True)
class Received:
    """One notice as the regulator's own log has it."""

    receipt: str
    via: str
    key: str
    title: str
    text: str
    digest: str
    sha256: str
    receipt_url: str
    to: tuple[str, ...]


class House:
    """One running product: its folder, its ports, its clock, and the two witnesses beside it."""

    def __init__(
        self, var: Path, *, database_url: str = "", lang: str = "zh", options: str = "", at: datetime | None = None
    ) -> None:
        """Prepare a house in `var`; with `at` its clock is moved there before it starts."""
        self.var, self.database_url, self.lang, self.options = var, database_url, lang, options
        self.people = PEOPLE
        self.port, self.http_port = free_port(), free_port()
        self.web = requests.Session()
        self.web.trust_env = False
        self.process: subprocess.Popen[bytes] | None = None
        self.started_in_s = 0.0
        var.mkdir(parents=True, exist_ok=True)
        if at is not None:
            self.set_clock(at)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}"

    def take_ports(self, port: int, http_port: int) -> None:
        """Use these ports where they are free; others would find the page there."""
        for name, wanted in (("port", port), ("http_port", http_port)):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", wanted)) != 0:
                    setattr(self, name, wanted)

    @property
    def environment(self) -> dict[str, str]:
        """What the process is given: nothing of ours leaks in."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        own = {
            "TOCSIN_VAR": str(self.var),
            "TOCSIN_PORT": str(self.port),
            "TOCSIN_HTTP_PORT": str(self.http_port),
            "TOCSIN_CLOCK": str(self.var / "clock.json"),
            "TOCSIN_PEOPLE": str(self.people),
            "TOCSIN_LANG": self.lang,
            "TOCSIN_WORKSPACE_OPTIONS": self.options,
            "DATABASE_URL": self.database_url,
        }
        return kept | {name: value for name, value in own.items() if value}

    # --- starting and ending

    def start(self) -> House:
        """Start it and wait until the page answers and every part says that it is ready."""
        began = time.monotonic()
        with (self.var / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", "serve"], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        assert line.startswith("Open http://"), f"{line!r}; {(self.var / 'serve.log').read_text()[-2000:]}"
        self.started_in_s = time.monotonic() - began
        until(self.ready, START_S, what="/readyz")
        return self

    def words(self) -> str:
        """The end of what the process wrote for engineers, and whether it still runs."""
        log = self.var / "serve.log"
        ended = self.process.poll() if self.process is not None else None
        return f"(exit {ended}) {log.read_text()[-1500:] if log.exists() else ''}"

    def ready(self) -> bool:
        """Whether every part of the house is sound."""
        with contextlib.suppress(requests.RequestException):
            return self.web.get(f"http://127.0.0.1:{self.http_port}/readyz", timeout=5).ok
        return False

    def stop(self) -> float:
        """End it as an operator does; give the seconds it took."""
        began = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
        return time.monotonic() - began

    def kill(self) -> None:
        """End it as a power switch would: SIGKILL, no last word."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(5)
        until(self._silent, 10, what="the workspace ends with its parent")

    def _silent(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def again(self) -> House:
        """Stop and start."""
        self.stop()
        until(self._silent, 10, what="the workspace ends with its parent")
        return self.start()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Another command of the product over the same folder."""
        told = [sys.executable, "app.py", *command]
        return subprocess.run(
            told, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def memory_mb(self) -> float:
        """Resident memory of the bot process and of its workspace, in MB."""
        assert self.process is not None
        family = [self.process.pid, *_children(self.process.pid)]
        return sum(_resident_kb(pid) for pid in family) / 1024

    # --- the clock

    @property
    def now(self) -> datetime:
        """What the house's clock says."""
        path = self.var / "clock.json"
        offset = json.loads(path.read_text())["offset_s"] if path.exists() else 0
        return datetime.now(UTC) + timedelta(seconds=offset)

    def set_clock(self, at: datetime) -> None:
        """Move the house's clock; it runs on from there. Replaced in one step: it is read all the time."""
        offset = (at - datetime.now(UTC)).total_seconds()
        fresh = self.var / "clock.json.new"
        fresh.write_text(json.dumps({"offset_s": offset}))
        fresh.replace(self.var / "clock.json")

    def move_to(self, at: datetime) -> None:
        """Let what is on its way arrive, then move the clock forward to `at` and let it do what falls due."""
        # What can wait seconds goes first: a leap over it would look like a chat that is silent.
        self.settle()
        for _ in range(3):
            if self.waiting():
                self._leap(self.now + timedelta(seconds=25))
        self._leap(max(at, self.now))

    def rest(self) -> None:
        """Let minutes pass until nothing waits any more, on any way out."""
        for _ in range(6):
            waits = sum(count for (_, state), count in self.dispatches().items() if state in ("pending", "claimed"))
            self._leap(self.now + timedelta(seconds=61 if waits else 1))
            if not waits:
                return

    def _leap(self, at: datetime) -> None:
        self.set_clock(at)
        # Somebody looks at Home: a commit, so the metronome looks at once and not at its next beat.
        asked = {"as": "U0CHENJING", "home": "1", "known": {}}
        self.web.post(f"{self.url}/ui/open_home", json=asked, timeout=10).raise_for_status()
        time.sleep(0.1)
        self.settle()

    # --- what stands

    def dispatches(self) -> Counter[tuple[str, str]]:
        """How many dispatches there are, by courier and state, as the metrics tell."""
        told = self.web.get(f"http://127.0.0.1:{self.http_port}/metrics", timeout=10).text
        rows = re.findall(r'tocsin_dispatches\{courier="(\w+)",state="(\w+)"\} (\d+)', told)
        return Counter({(courier, state): int(count) for courier, state, count in rows})

    def settle(self, within_s: float = SETTLE_S) -> None:
        """Wait until nothing is on the wire; what is told to wait (bookmarks, retries) may wait."""
        quiet = 0
        end = time.monotonic() + within_s
        before: Counter[tuple[str, str]] = Counter()
        while quiet < 3 and time.monotonic() < end:
            now = self.dispatches()
            claimed = sum(count for (_, state), count in now.items() if state == "claimed")
            quiet = quiet + 1 if not claimed and now == before else 0
            before = now
            time.sleep(0.06)

    def waiting(self) -> int:
        """How many messages to the chat have not left."""
        return sum(
            count
            for (courier, state), count in self.dispatches().items()
            if courier == "slack" and state in ("pending", "claimed")
        )

    # --- the neighbours' controls

    def calls(self) -> list[Doc]:
        """Every call of the Web API so far, oldest first."""
        found: list[Doc] = self.web.get(f"{self.url}/_control/calls", timeout=5).json()
        return found

    def faults(self, **asked: float) -> None:
        """Make the workspace misbehave: latency_ms, lose_answers and so on."""
        self.web.post(f"{self.url}/_control/faults", json=asked, timeout=5).raise_for_status()

    def desk_fault(self, mode: str, count: int = 1, *, on: str = "portal") -> None:
        """Make the desk misbehave for its next `count` arrivals."""
        asked = {"mode": mode, "count": count, "on": on}
        self.web.post(f"{self.url}/desk/_control", json=asked, timeout=5).raise_for_status()

    # --- the regulator's desk

    def log(self) -> list[Doc]:
        """The desk's own log, entry for entry."""
        path = self.var / "workspace" / "desk.jsonl"
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def received(self) -> list[Received]:
        """What the desk took in, in the order it came; repeats and refusals are in `log` only."""
        told = [each for each in self.log() if each["event"] in ("portal", "mail")]
        return [_received(each) for each in told if not each.get("repeat") and "refused" not in each]

    def acknowledge(self, receipt: str, *, by: str = "省局值班员") -> None:
        """The officer presses Acknowledge on the desk's page."""
        self.web.post(f"{self.url}/desk/notices/{receipt}/acknowledge", data={"by": by}, timeout=5).raise_for_status()


def _received(entry: Mapping[str, Any]) -> Received:
    if entry["event"] == "portal":
        raw = entry.get("raw") or base64.b64decode(entry["raw_base64"]).decode()
        body = json.loads(raw)
        return Received(
            receipt=entry["receipt"], via="portal", key=entry["key"], title=body["title"], text=body["text"],
            digest=body["digest"], sha256=entry["sha256"], receipt_url=body["receipt_url"], to=(),
        )  # fmt: skip
    letter = message_from_bytes(base64.b64decode(entry["raw_base64"]), policy=policy.default)
    part = letter.get_body(("plain",))
    return Received(
        receipt=entry["receipt"], via="mail", key=letter["Message-ID"], title=str(letter["Subject"]),
        text=part.get_content() if part else "", digest=str(letter["X-Tocsin-Digest"] or ""),
        sha256=entry["sha256"], receipt_url=str(letter["X-Receipt-URL"] or ""), to=tuple(entry["recipients"]),
    )  # fmt: skip


def _children(pid: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                yield int(stat.parent.name)


def _resident_kb(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[0])
    return 0


def furnished(var: Path) -> Path:
    """The folder of a house that started once, laid down its starter plans and registers, and was stopped."""
    with standing(var) as house:
        house.settle()
    return var


@contextlib.contextmanager
def standing(
    var: Path,
    *,
    like: Path | None = None,
    database_url: str = "",
    lang: str = "zh",
    options: str = "",
    at: datetime | None = None,
) -> Iterator[House]:
    """A house that runs, and is stopped however the story ends; `like`: the folder of one to begin from."""
    if like is not None:
        shutil.copytree(like, var)
    house = House(var, database_url=database_url, lang=lang, options=options, at=at)
    try:
        yield house.start()
    except BaseException as fault:
        fault.add_note(f"serve.log ends:\n{house.words()}")
        raise
    finally:
        if house.process is not None and house.process.poll() is None:
            house.stop()
