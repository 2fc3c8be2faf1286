"""`check`, `migrate`, `export`, `journal`, `backup`, `restore`: what whoever keeps the house running types."""

from __future__ import annotations

import hashlib
from argparse import Namespace
from dataclasses import fields
from pathlib import Path

from console.line import say
from console.opening import alone, journal_key, opened, people_of, private
from console.settings import LATER, SECRETS, Settings, environment


def check(_given: Namespace) -> int:
    """Show every setting, secrets masked, and read the people file; what is wrong is named at once."""
    settings = Settings.read(environment())
    for each in (known for known in fields(settings) if known.name not in LATER):
        value = getattr(settings, each.name)
        shown = ("•••• (set)" if value else "(not set)") if each.name in SECRETS else value
        say(f"{each.name.upper()} = {shown}")
    people = people_of(settings)
    say(f"people: {len(people.people)}, units: {len(people.units)}, authorities: {len(people.authorities)}")
    return 0


def migrate(_given: Namespace) -> int:
    """Run the migrations that are missing."""
    from store import migrate

    database = opened(Settings.read(environment()))
    migrate.upgrade(database)
    say(f"at {migrate.head()}")
    return 0


def export_incident(given: Namespace) -> int:
    """Write the whole chain of one incident to a new file, for its owner's eyes; that it was done is in the journal."""
    from incidents import export, records
    from store import journal, migrate

    settings = Settings.read(environment())
    database = opened(settings)
    migrate.require_current(database)
    with database.read() as session:
        of = records.incident(session, given.number, lock=False)
        found = export.files(session, of)
    content = export.packed(found, number=of.number, key=journal_key(settings))
    with open(given.to, "xb", opener=private) as out:
        out.write(content)
    with database.begin() as session:
        told = {"number": of.number, "sha256": hashlib.sha256(content).hexdigest()}
        journal.write(session, "house", "exported", told, by="operator", at=database.now())
    say(f"ok: {len(found)} files, {len(content)} bytes, sha256 {told['sha256']}")
    return 0


def verify(given: Namespace) -> int:
    """Walk the journal's chain, or check an export against the key."""
    from store import journal, migrate

    settings = Settings.read(environment())
    if given.export is not None:
        from incidents import export

        say(f"ok: {export.verify(Path(given.export), journal_key(settings))} entries")
        return 0
    database = opened(settings)
    migrate.require_current(database)
    with database.read() as session:
        count = journal.verify(session, journal_key(settings))
    say(f"ok: {count} entries")
    return 0


def write_backup(given: Namespace) -> int:
    """Write every row to a file."""
    from store import backup

    database = opened(Settings.read(environment()))
    rows = backup.write(database, Path(given.to), at=database.now())
    say(f"ok: {rows} rows")
    return 0


def read_backup(given: Namespace) -> int:
    """Read a backup into an empty database that no instance runs on; mails on their way are asked about."""
    from escalation.deliver import doubt
    from store import backup

    settings = Settings.read(environment())
    database = opened(settings)
    with alone(database):
        # In one transaction: a restore that is cut off must not leave mails standing that nobody doubts.
        doubted: list[int] = []
        at = database.now()
        rows = backup.read(
            database,
            Path(given.source),
            then=lambda session: doubted.append(doubt(session, ("mail", "staff_mail"), at=at)),
        )
    say(f"ok: {rows} rows; {sum(doubted)} sendings will be asked about, none repeated blindly")
    return 0
