"""The local workspace as a child process: started, waited for, ended with us."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from errors import WorkspaceDidNotStart

GRACE_S = 2


@contextlib.contextmanager
def workspace(arguments: Sequence[str], *, root: Path, log: Path) -> Iterator[dict[str, Any]]:
    """Run `python -m workspace` with these arguments; its ready line says where it stands."""
    with log.open("ab") as errors:
        child = subprocess.Popen(  # noqa: S603 -- our own module, our own arguments
            [sys.executable, "-m", "workspace", *arguments],
            stdin=subprocess.PIPE,  # closed when we are killed: the child ends with us
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=root,
            start_new_session=True,
        )
        try:
            line = child.stdout.readline() if child.stdout else b""
            if not line:
                raise WorkspaceDidNotStart(log=log)
            yield json.loads(line)
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
