"""What commands share: a line that is said, a file that is read, the language asked for."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import IO


def say(line: str, to: IO[str] | None = None) -> None:
    """Say one line, on standard output unless told otherwise."""
    (to or sys.stdout).write(line + "\n")


def text_of(name: str) -> str:
    """Read a file that somebody named."""
    # What is no UTF-8 is named by the reader, with its line and column.
    return Path(name).read_text("utf-8", errors="surrogateescape")


def lang_of(given: Namespace) -> str:
    """The language asked for, else the organisation's."""
    return str(given.lang or os.environ.get("TOCSIN_LANG", "zh"))
