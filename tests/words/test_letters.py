"""Templates looked at before they write a letter: the house's own pass, bombs and ways out end in a sentence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from escalation import letters, notices

HOUSE = notices.TEMPLATES
PLACE = "cn.so493/first/zh.txt"


def told(folder: Path, text: str, place: str = PLACE) -> list[str]:
    """The English faults of a folder that holds one template."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    found = letters.faults(folder)
    assert all(fault.zh for fault in found)
    return [fault.sentence("en").removeprefix(str(path)) for fault in found]


def test_the_houses_own_letters_pass() -> None:
    """Every template that ships is what it would ask of anybody's, and every letter renders full and bare."""
    assert letters.faults(HOUSE) == ()


def test_a_folder_takes_what_it_lacks_from_the_house(tmp_path: Path) -> None:
    """One letter of one's own over the house's layout and sentences is enough."""
    text = '{% extends "_base/first/zh.txt" %}{% block number %}自编首报{% endblock %}'
    assert told(tmp_path, text) == []
    facts = letters.sample("cn.so493", "first", full=True)
    assert "报告序号：自编首报" in notices.render(facts, folder=tmp_path).text
    assert "自编首报" not in notices.render(facts).text


BEHIND = """{% macro a() %}{% for b in network %}x{% endfor %}{% endmacro %}
{% macro b() %}{{ a() }}{% endmacro %}
{% for a in network %}{{ b() }}{% endfor %}"""
BOMBS = {
    "a power": ("{{ 9**9**9 }}", ":1:1: “**” is refused"),
    "a text times a number": ("{{ 'a' * 10**9 }}", ":1:1: “*” is refused"),
    "a format of a width": ("{{ '%1000000000d' % 1 }}", ":1:1: “%” is refused"),
    "a method that formats": ("{{ '{:1000000000}'.format(1) }}", ":1:1: only macros may be called"),
    "nested loops": ("x\n{% for a in network %}{% for b in network %}x{% endfor %}{% endfor %}", ":2:1: a loop within"),
    "a range": ("{% for a in range(999999) %}x{% endfor %}", ":1:1: only macros may be called"),
    "a loop in a macro in a loop": (
        "{% macro m() %}{% for b in network %}x{% endfor %}{% endmacro %}{% for a in network %}{{ m() }}{% endfor %}",
        ":1:1: a loop within a loop",
    ),
    "a loop behind two macros": (BEHIND, ":3:1: a loop within a loop"),
    "a recursive loop": ("{% for a in network recursive %}{{ loop(network) }}{% endfor %}", "recursive loop"),
    "doubling by set": ("{% set a = [1] %}{% set a = [a, a] %}", ":1:1: “set” is refused"),
    "doubling by join": ("{{ event ~ event }}", ":1:1: “~” is refused"),
    "a long literal": ("{{ '" + "a" * 2_001 + "' }}", ":1:1: a literal has more than 2000"),
    "a large number": ("{{ 1000001 }}", ":1:1: a literal number is above"),
    "a way to the class": ("{{ ''.__class__.__mro__ }}", "“__class__” may not be reached"),
    "a way by an item": ("{{ event['__class__'] }}", "“__class__” may not be reached"),
    "a way by a filter": ("{{ event | attr('__class__') }}", "there is no filter “attr”"),
    "a filter that allocates": ("{{ event | center(999999) }}", "there is no filter “center”"),
    "a name worked out": ("{% include event %}", "a template is named outright"),
    "a call of a value": ("{{ figures.values() }}", "only macros may be called"),
    "a template too long": ("a" * 50_001, ":1:1: a template is text in UTF-8 of at most 50000"),
    "no grammar": ("x\n{% if %}", ":2:1: the template's grammar is wrong"),
    "a name that does not exist": ("{{ evnt }}", "rendering it with sample facts failed ('evnt' is undefined)"),
    "macros that double": (
        "{% macro m0() %}xxxxxxxxxx{% endmacro %}"
        + "".join(f"{{% macro m{n}() %}}{{{{ m{n - 1}() }}}}{{{{ m{n - 1}() }}}}{{% endmacro %}}" for n in range(1, 40))
        + "{{ m39() }}",
        "was stopped",
    ),
    "macros without end": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "call one another without end"),
    "a letter of itself": ('{% include "cn.so493/first/zh.txt" %}', "call one another without end"),
    "a letter too long": ("{% for a in network %}" + "a" * 9_000 + "{% endfor %}", "more than 50000 characters"),
    "a file outside": ('{% include "../../../people.yaml" %}', "rendering it with sample facts failed"),
}


@pytest.mark.parametrize(("text", "sentence"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """In under a second of this process and its child, with the line it stands on."""
    began = time.process_time()
    found = told(tmp_path, text)
    assert any(sentence in each for each in found), found
    assert time.process_time() - began < 1


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Three lines, three faults."""
    found = told(tmp_path, "{{ 2 * 2 }}\n{{ x._y }}\n{{ event | nothing }}")
    assert [each.split(":")[1] for each in found] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("cn.so439/first/zh.txt", "did you mean “cn.so493”?"),
        ("cn.so493/first/en.txt", "would never be used"),
        ("cn.so493/frist/zh.txt", "should stand at <regime>/<notice>/<language>.txt"),
        ("cn.so493/zh.txt", "should stand at"),
    ],
)
def test_a_template_nobody_would_find_is_a_fault(tmp_path: Path, place: str, sentence: str) -> None:
    """A regime, a notice or a language that is misspelt is named with what it should be."""
    assert any(sentence in each for each in told(tmp_path, "x", place))


def test_a_slow_letter_does_not_hide_the_next(tmp_path: Path) -> None:
    """Each letter is judged, whatever became of the one before."""
    told(tmp_path, BOMBS["macros that double"][0], "cn.erl2024/first/zh.txt")
    found = told(tmp_path, "{{ evnt }}")
    assert len(found) == 2
    assert "was stopped" in found[0]
    assert "'evnt' is undefined" in found[1]
