"""`coverage`, `clocks`, `grade`: questions that change nothing."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from console.line import say, text_of
from console.opening import clock_of, people_of, standing
from console.settings import Settings, environment

if TYPE_CHECKING:
    from escalation.rosters import People
    from plans.coverage import Matrix


def answer_case(what: str, given: Namespace) -> int:
    """Say what is owed in a written case (`clocks`), or how serious it is (`grade`)."""
    from incidents import cases

    case = cases.read_case(text_of(given.case), given.case)
    rows = cases.clock_rows(case) if what == "clocks" else cases.grade_rows(case)
    if given.json:
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            say("  ".join(f"{name}={value}" for name, value in row.items() if value not in (None, [], False)))
    return 0


def show_coverage(given: Namespace) -> int:
    """What plans cover; a house that never ran is answered for with what it would begin with."""
    from plans import coverage, gaps

    settings = Settings.read(environment())
    people, lang = people_of(settings), given.lang or settings.tocsin_lang
    database = standing(settings, people, lang)
    with database.read() as session:
        found = gaps.look(session, people=people, at=clock_of(settings, database)())
        charges, lists = gaps.charges(session), gaps.lists(session, found)
    if given.json:
        told = coverage.as_json(found, charges=charges, lists=lists)
        say(json.dumps({"organisation": people.organisation.id, **told}, ensure_ascii=False, indent=1))
    elif given.csv:
        sys.stdout.write(coverage.as_csv(found, charges=charges))
    elif given.png:
        _paint(found, people, lang, Path(given.png))
    else:
        for line in coverage.sentences(found, lang, charges=charges, lists=lists):
            say(line)
    return 0


def _paint(found: Matrix, people: People, lang: str, path: Path) -> None:
    from plans import picture

    for n, page in enumerate(picture.sheet(found, people.organisation, lang), start=1):
        path.with_stem(path.stem if n == 1 else f"{path.stem}-{n}").write_bytes(page)
