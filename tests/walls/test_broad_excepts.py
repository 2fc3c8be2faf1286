"""A fault that nobody named is caught at named edges only; everywhere else it is heard."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("console", "bot", "incidents", "playbooks", "plans", "escalation", "store", "workspace")
BROAD = {"Exception", "BaseException"}

#: Where, and how often. The three edges; a library that sets pages; a thread that hands its fault to its caller.
EDGES = Counter(
    {
        "bot/door.py": 1,
        "escalation/sweep.py": 1,
        "escalation/deliver.py": 1,
        "incidents/enclose.py": 1,
        "escalation/couriers/limits.py": 1,
    }
)


def _names(node: ast.expr | None) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} if node else set(BROAD)


def broad(text: str) -> int:
    """How many times a module catches or suppresses whatever comes."""
    found = 0
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            found += bool(_names(node.type) & BROAD)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "suppress":
            found += any(_names(each) & BROAD for each in node.args)
    return found


def test_the_search_sees_every_way_to_catch_all() -> None:
    """A bare except, a tuple, a suppress by either name; a named fault is none."""
    texts = (
        "try: ...\nexcept: ...",
        "try: ...\nexcept (OSError, Exception): ...",
        "with contextlib.suppress(Exception): ...",
        "with suppress(OSError, BaseException): ...",
    )
    assert [broad(text) for text in texts] == [1, 1, 1, 1]
    assert broad("try: ...\nexcept OSError: ...\nwith suppress(KeyError): ...") == 0


def test_whatever_comes_is_caught_at_the_named_edges_only() -> None:
    """Each edge once; a new one is named here with its reason, or is narrowed."""
    modules = [ROOT / "app.py", *(path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py")))]
    counted = Counter({str(path.relative_to(ROOT)): broad(path.read_text("utf-8")) for path in modules})
    assert +counted == EDGES
