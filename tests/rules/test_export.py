"""A playbook written out is the same playbook when it is read back, whatever stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from errors import BadPlaybook
from playbooks import schema
from playbooks.content import FACTS, read
from playbooks.export import skeleton_text, yaml_text
from playbooks.shape import Chapter, Playbook, canonical, from_canonical

ROOT = Path(__file__).parents[2]
LIBRARY = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "plans" / "library").glob("*.yaml"))}
FLOOD = read(LIBRARY["flood-typhoon"])
CHECK = Draft202012Validator(schema.schema())

# What YAML might take for something else, and what a writer might fold, indent or quote wrongly.
TRICKY = ["null", "~", "NO", "yes", "true", "1:30", "010", "2026-11-23", "1e3", "- x", "? x", ": ", "a: b", "a #b", "'",
          '"', "\\", "{a}", "[a]", "|", ">", "%x", "@x", "`x`", "&a", "*a", "!x", "---", "...", "<<", "=", "💥", "𠮷",
          "一、总则：甲", "a\n\n  b", "a \nb", "\n#x", "x" * 150]  # fmt: skip
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn"), exclude_characters=(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
))  # fmt: skip
TYPED = (st.sampled_from(TRICKY) | st.text(LETTERS, max_size=12)).map(str.strip).filter(bool)


def words(most: int) -> st.SearchStrategy[dict[str, str]]:
    """A text in both languages that fits, its lines among it."""
    text = st.lists(TYPED, min_size=1, max_size=3).map("\n".join).map(lambda said: said[:most].strip()).filter(bool)
    return st.fixed_dictionaries({"zh": text, "en": text})


@st.composite
def playbooks(draw: st.DrawFn) -> Playbook:
    """Any playbook the reader would take: the flood plan with everything typed replaced, and what is optional drawn."""
    content: dict[str, Any] = canonical(FLOOD)
    content |= {
        "title": draw(words(60)),
        "tasks": content["tasks"][:5],
        "scope": draw(words(600)),
        "parent": draw(st.none() | st.just("general-plan")),
        "source": draw(st.lists(TYPED, min_size=1, max_size=4, unique=True)),
        "stand_down": draw(st.lists(words(200), min_size=1, max_size=3)),
        "facts": draw(st.lists(st.sampled_from(FACTS), unique=True)),
        "duties": draw(st.sampled_from([[], content["duties"], content["duties"][:1]])),
        "organisation": draw(st.sampled_from(["group", "province", "site"])),
        "units": draw(st.lists(st.sampled_from(["hn", "gd", "0", "null-unit"]), unique=True)),
        "outline": draw(st.sampled_from(["true", None])),
        "references": {"equipment": draw(st.lists(TYPED, max_size=2)), "laws": draw(st.lists(TYPED, max_size=2))},
        "chapters": [
            {"title": draw(TYPED.map(lambda said: said.split("\n")[0].strip())), "text": draw(TYPED)}
            for _ in range(draw(st.integers(0, 3)))
        ],
        **draw(st.sampled_from([{}, {"review_every": "P12M"}, {"review_every": "P250WD"}, {"review_every": "P400D"}])),
    }
    for task in content["tasks"]:
        task["do"] = draw(words(300)) if draw(st.booleans()) else task["do"]
        task["evidence"] = draw(st.none() | words(100))
    for duty in content["duties"]:
        if isinstance(duty["clock"], dict) and draw(st.booleans()):
            duty["clock"] = {"from": "occurred_at", "immediate": True, "target": "PT10M"}
            duty["alone"]["before"] = "PT0S"
    return from_canonical(content)


# Writing a whole plan costs 50 ms here; shrinking one would cost minutes, and the difference of two texts says enough.
@settings(
    max_examples=50,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(playbooks())
def test_written_out_and_read_back_is_the_same(playbook: Playbook) -> None:
    """Any valid playbook keeps its digest over a file, the file its text, and the file is valid by the schema."""
    text = yaml_text(playbook)
    again = read(text)
    assert again.digest == playbook.digest
    assert yaml_text(again) == text
    assert not list(CHECK.iter_errors(yaml.safe_load(text)))


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library_survives_a_round_trip(name: str) -> None:
    """Every plan of the library, exported and imported, has the digest it had."""
    assert read(yaml_text(read(LIBRARY[name]))).digest == read(LIBRARY[name]).digest


def test_a_file_reads_like_one_that_a_person_wrote() -> None:
    """The schema first, the keys in the library's order, Chinese before English, no letter escaped, one line a text."""
    text = yaml_text(FLOOD)
    lines = text.split("\n")
    assert lines[0] == "# yaml-language-server: $schema=../plan.schema.json"
    written = [line.partition(":")[0] for line in LIBRARY["flood-typhoon"].split("\n") if line[:1].isalpha()]
    assert [line.partition(":")[0] for line in lines if line[:1].isalpha()] == written
    assert "title: {zh: 防汛防台风通信保障应急预案, en: Flood and typhoon communications support plan}" in lines
    assert "\\u" not in text
    assert "    clock: statutory" in lines


def test_a_text_of_several_lines_stands_as_it_was_typed() -> None:
    """A chapter is a literal block, so that a difference of two files is a difference of lines."""
    content = canonical(FLOOD) | {"chapters": [{"title": "一、总则", "text": "第一行\n\n第三行: #"}]}
    text = yaml_text(from_canonical(content))
    assert text.endswith("chapters:\n  - title: 一、总则\n    text: |-\n      第一行\n\n      第三行: #\n")


def test_a_skeleton_names_what_is_to_be_written() -> None:
    """A plan begun from a document keeps its chapters; the reader lists every blank, each with its line."""
    text = skeleton_text("my-plan", [Chapter(title="一、总则", text="适用于全公司。")])
    with pytest.raises(BadPlaybook) as caught:
        read(text)
    said = caught.value.sentence("en").split("\n")
    assert len(said) > 20
    assert all(line.endswith("fill it in.") or "did you mean" in line or "such as T01" in line for line in said), said
    assert "适用于全公司。" in text


def test_a_skeleton_like_another_plan_is_an_outline() -> None:
    """What runs is taken over, the code and the chapters are its own, and it never counts as coverage."""
    made = read(skeleton_text("my-plan", [Chapter(title="总则", text="适用。")], like=FLOOD))
    assert (made.code, made.outline, made.chapters[0].title) == ("my-plan", True, "总则")
    assert made.tasks == FLOOD.tasks
