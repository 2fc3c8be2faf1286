"""`python -m tests.story.demo`: Henan, July 2021, replayed in the page at speed, with a progress bar here."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from tests.story.henan import Henan
from tests.story.house import House
from tests.story.team import local

PORTS = (8765, 8766)
WIDTH = 28
QUICK = 4  # steps: declared, activated, roles taken, first reports


def bar(done: int, steps: int, label: str, began: float) -> None:
    """One line that stands still: how far it is, what is happening."""
    filled = WIDTH * done // steps
    line = (
        f"\r\033[K{'█' * filled}{'·' * (WIDTH - filled)} {done:>2}/{steps} {time.monotonic() - began:4.0f} s  {label}"
    )
    sys.stdout.write(line if sys.stdout.isatty() else line.replace("\r\033[K", "") + "\n")
    sys.stdout.flush()


def replay(house: House, *, quick: bool) -> str:
    """Press every step; give the room's address."""
    story, began = Henan(house), time.monotonic()
    steps = list(story.steps())[: QUICK if quick else None]
    for done, (label, step) in enumerate(steps):
        bar(done, len(steps), label, began)
        step()
    bar(len(steps), len(steps), "完成 done\n" if sys.stdout.isatty() else "完成 done", began)
    return f"{house.url}/?as=U0GAOYUAN&c={story.team.gao.channel}"


def main() -> int:
    """Start a fresh house, replay, and leave it standing until Ctrl-C (or end at once with --exit)."""
    parser = argparse.ArgumentParser(prog="python -m tests.story.demo", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the first evening")
    parser.add_argument("--exit", action="store_true", help="end when it is replayed")
    parser.add_argument("--var", type=Path, default=Path("var/demo"), help="where it is kept; emptied first")
    given = parser.parse_args()
    if given.var.is_dir() and (given.var / "clock.json").exists():
        shutil.rmtree(given.var)  # an earlier demo's
    house = House(given.var, at=local(7, 20, 18))
    house.take_ports(*PORTS)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _interrupt)
    with contextlib.ExitStack() as standing, contextlib.suppress(KeyboardInterrupt):
        standing.callback(house.stop)
        house.start()
        sys.stdout.write(f"Open {house.url}/?as=U0GAOYUAN\n河南 2021 年 7 月 · Henan, July 2021\n")
        room = replay(house, quick=given.quick)
        sys.stdout.write(f"事件频道 the incident's room: {room}\n通信管理局 the regulator's desk: {house.url}/desk\n")
        sys.stdout.flush()
        if not given.exit:
            sys.stdout.write("Ctrl-C 结束 ends it.\n")
            sys.stdout.flush()
            threading.Event().wait()
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
