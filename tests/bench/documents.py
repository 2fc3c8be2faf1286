"""How long each document of a letter takes: `python -m tests.bench.documents` (the first, then the median of 20)."""

from __future__ import annotations

import platform
import statistics
import sys
import time

_BEGAN = time.perf_counter()
from escalation import documents, notices  # noqa: E402 -- the import itself is measured
from escalation.documents import Letter, cap, docx, letter_of, pdf, sitrep, spoken  # noqa: E402

_IMPORTED = time.perf_counter() - _BEGAN

from collections.abc import Callable  # noqa: E402
from datetime import datetime  # noqa: E402
from functools import partial  # noqa: E402
from importlib.metadata import version  # noqa: E402
from itertools import count  # noqa: E402
from typing import Any  # noqa: E402

from tests.words.test_notices import LETTERS  # noqa: E402

RUNS = 20
_TURNS = count(1)


def main() -> None:
    """Print one row a format and one a letter: milliseconds of the first, the median and the slowest of 20, bytes."""
    print(f"import of escalation.documents: {_ms(_IMPORTED)} ms")
    formats: dict[str, Callable[[Letter], bytes]] = {
        "docx": docx.docx,
        "pdf": lambda letter: pdf.pdf(letter).content,
        "png (72 ppi)": lambda letter: b"".join(pdf.pdf_pages(letter, ppi=72)),
        "cap": cap.cap,
        "json": sitrep.sitrep,
        "spoken": lambda letter: spoken.spoken(letter).encode(),
        "all": lambda letter: b"".join(each.content for each in documents.all_of(letter)),
    }
    print(f"{'letter':20} {'format':14} {'first':>8} {'median':>8} {'slowest':>8} {'bytes':>8}")
    for name in ("telecom2009-update", "nis2-update"):
        facts = LETTERS[name]
        at = datetime.fromisoformat(facts["cutoff_at"])
        for title, make in formats.items():
            _row(name, title, make, partial(_fresh, facts, at))
    packages = " ".join(f"{name} {version(name)}" for name in ("typst", "python-docx", "lxml", "jsonschema"))
    print(f"{RUNS} runs; Python {sys.version.split()[0]}, {platform.machine()}; {packages}")


def _fresh(facts: dict[str, Any], at: datetime) -> Letter:
    """Answer a letter with a reference of its own, so that no layout can be taken from the run before."""
    told = facts | {"reference": f"{facts['reference']}-{next(_TURNS)}"}
    return letter_of(notices.render(told), told, sender="east-telecom", signed_at=at)


def _row(name: str, title: str, make: Callable[[Letter], bytes], fresh: Callable[[], Letter]) -> None:
    took: list[float] = []
    size = 0
    for _ in range(RUNS + 1):
        letter = fresh()
        began = time.perf_counter()
        size = len(make(letter))
        took.append(time.perf_counter() - began)
    first, later = took[0], took[1:]
    print(f"{name:20} {title:14} {_ms(first):>8} {_ms(statistics.median(later)):>8} {_ms(max(later)):>8} {size:>8}")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


if __name__ == "__main__":
    main()
