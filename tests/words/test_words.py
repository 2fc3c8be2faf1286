"""The catalogue of chat words: complete in both languages, used, and filled strictly."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.words import TEMPLATES, catalogue, keys, say

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "templates" / "pages").glob("*.html"))
CODE = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "console").rglob("*.py"), ROOT / "app.py"])


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _texts(path: Path) -> Iterator[str]:
    """Every text constant of a module; of an f-string its beginning with `*` for the rest."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            yield f"{node.values[0].value}*"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _said(path: Path) -> Iterator[str]:
    """Every key that is said literally."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args:
            for each in ast.walk(node.args[0]):
                inside_f = any(isinstance(up, ast.JoinedStr) for up in ast.walk(node.args[0]))
                if (
                    isinstance(each, ast.Constant)
                    and isinstance(each.value, str)
                    and "." in each.value
                    and not inside_f
                ):
                    yield each.value


def test_every_sentence_stands_in_both_languages() -> None:
    """No sentence is missing, empty or has a third language in any file."""
    for path in sorted(TEMPLATES.glob("*.yaml")):
        for key, said in yaml.safe_load(path.read_text("utf-8")).items():
            assert set(said) == {"zh", "en"}, f"{path.name}: {key}"
            assert all(isinstance(text, str) and text for text in said.values()), f"{path.name}: {key}"


@pytest.mark.parametrize("key", keys())
def test_both_languages_tell_the_same_facts(key: str) -> None:
    """A fact that one language tells is not missing in the other."""
    words = catalogue()[key]
    assert _placeholders(words.zh) == _placeholders(words.en)


def test_every_key_that_is_said_exists() -> None:
    """A mistyped key would be found by a person at night; it is found here."""
    missing = {(path.name, key) for path in CODE for key in _said(path) if key not in catalogue()}
    assert not missing


def test_every_key_is_used() -> None:
    """A sentence that nobody says is taken out."""
    texts = {text for path in CODE for text in _texts(path)}
    texts |= {key for page in PAGES for key in re.findall(r'say\("([a-z_.]+)"', page.read_text("utf-8"))}
    begun = tuple(text[:-1] for text in texts if text.endswith("*") and "." in text)
    unused = [key for key in keys() if key not in texts and not key.startswith(begun)]
    assert not unused


def test_a_missing_key_or_fact_is_refused() -> None:
    """Nothing is said with a hole in it."""
    with pytest.raises(KeyError):
        say("no.such.key", "zh")
    with pytest.raises(KeyError):
        say("parts.more", "en")


@pytest.mark.parametrize(("n", "said"), [(0, "0 things are"), (1, "1 thing is"), (2, "2 things are")])
def test_one_is_one_thing_and_two_are_things(n: int, said: str) -> None:
    """English counts as English does; every sentence that counts has both words."""
    assert said in say("close.blocked", "en", n=n)


def test_no_counted_word_stands_in_the_plural_alone() -> None:
    """After a number that may be one, a word has its singular beside it."""
    counted = re.compile(r"\{(?:n|tasks|roles)\} (?:\w+ )?(?:\w+s|criteria)\b")
    always_more = {"span.days"}  # two and more; below, hours say it
    assert {key for key in keys() if counted.search(catalogue()[key].en)} == always_more


def test_a_typed_text_is_never_read_as_a_template() -> None:
    """Braces that somebody typed come out as braces."""
    assert "{who}" in say("news.reason", "en", why="{who} & {0}")
