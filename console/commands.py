"""Every command of the line, and which function runs it."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable
from typing import Any

from console import asking, keeping, plans


def arguments(serve: Callable[[Any], int]) -> argparse.ArgumentParser:
    """The line's grammar; `serve` runs the house and stands above this floor's commands."""
    parser = argparse.ArgumentParser(prog="app.py", description="Tocsin: emergency plans and incident response in chat")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "serve", "run the house", serve)
    _command(commands, "check", "name every missing or wrong setting", keeping.check)
    _command(commands, "migrate", "bring the database to this version", keeping.migrate)
    plan = commands.add_parser("plans", help="look at plan files").add_subparsers(required=True, metavar="COMMAND")
    _plan_commands(plan)
    covered = _command(commands, "coverage", "what plans cover, and what they do not", asking.show_coverage)
    covered.add_argument("--lang", choices=("zh", "en"), help="the language of names; TOCSIN_LANG without it")
    shape = covered.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true")
    shape.add_argument("--csv", action="store_true")
    shape.add_argument("--png", metavar="FILE", help="the picture, written to FILE (FILE-2 … when it needs more pages)")
    for name, told in (("clocks", "what is owed in a written case"), ("grade", "how serious a written case is")):
        asked = _command(commands, name, told, functools.partial(asking.answer_case, name))
        asked.add_argument("case")
        asked.add_argument("--json", action="store_true")
    journals = commands.add_parser("journal", help="the journal").add_subparsers(required=True, metavar="COMMAND")
    verifies = _command(journals, "verify", "walk the whole chain, or check an export", keeping.verify)
    verifies.add_argument("--export", metavar="FILE", help="an export of one incident instead of the database")
    exports = _command(commands, "export", "write the whole chain of one incident to a zip", keeping.export_incident)
    exports.add_argument("number", metavar="INC-…")
    exports.add_argument("to")
    _command(commands, "backup", "write everything to a file", keeping.write_backup).add_argument("to")
    _command(commands, "restore", "read a backup into an empty database", keeping.read_backup).add_argument("source")
    return parser


def _plan_commands(commands: Any) -> None:  # noqa: ANN401 -- argparse's private type
    lint = _command(commands, "lint", "read plan files and folders of letter templates, name every fault", plans.lint)
    lint.add_argument("files", nargs="+", metavar="FILE")
    differ = _command(commands, "diff", "say what a reader of the old must know", plans.diff)
    differ.add_argument("old")
    differ.add_argument("new")
    falling = _command(
        commands, "due", "what falls due for plans: reviews, drills, filings, revisions, gaps", plans.falling
    )
    falling.add_argument("--ical", action="store_true", help="as an iCalendar file")
    publish = _command(
        commands, "publish", "lay a plan file down as a draft, say who reviews and signs it", plans.lay_down
    )
    publish.add_argument("file", metavar="FILE")
    publish.add_argument("--by", metavar="PERSON", help="whose draft it is (default: the plan's owner)")
    publish.add_argument("--revision", type=int, metavar="N", help="write over revision N of the draft that stands")
    export = _command(commands, "export", "write a plan of the database as a file", plans.export_version)
    export.add_argument("code", metavar="CODE")
    export.add_argument("--version", type=int, metavar="N", help="that version (default: the one in force)")
    printer = _command(commands, "print", "a plan, or a role's action card, as a PDF to print", plans.print_pdf)
    printer.add_argument("code", metavar="CODE")
    printer.add_argument("to", metavar="TO.pdf")
    printer.add_argument("--role", metavar="ROLE", help="the action card of this role, by its id or title")
    printer.add_argument("--version", type=int, metavar="N", help="that version (default: the one in force)")
    printer.add_argument("--unit", metavar="UNIT", help="whose contacts to print (default: the plan's own unit)")
    importer = _command(
        commands, "import", "begin a plan file from a document (.docx, .md, .txt)", plans.import_document
    )
    importer.add_argument("document", metavar="DOCUMENT")
    importer.add_argument("--code", required=True, help="the code of the new plan")
    importer.add_argument("--like", metavar="FILE", help="take over what runs from this plan file")
    _command(commands, "schema", "write the JSON Schema of plan files", plans.write_schema)
    for each in (lint, differ, falling, publish, export, printer, importer):
        each.add_argument("--lang", choices=("zh", "en"), help="the language of sentences (default: TOCSIN_LANG)")


def _command(
    commands: Any,  # noqa: ANN401 -- argparse's private type
    name: str,
    told: str,
    run: Callable[[Any], int],
) -> argparse.ArgumentParser:
    """A command of the line."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=told)
    parser.set_defaults(run=run)
    return parser
