"""The published schema says what the reader says, as far as a form can say it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from errors import BadPlaybook
from escalation.fields import ListOf, Nullable, Record
from playbooks import schema
from playbooks.content import FORM, Clock, read
from playbooks.titles import TITLES, named, title

ROOT = Path(__file__).parents[2]
LIBRARY = sorted((ROOT / "plans" / "library").glob("*.yaml"))
CHECK = Draft202012Validator(schema.schema())
FLOOD = yaml.safe_load((ROOT / "plans/library/flood-typhoon.yaml").read_text("utf-8"))


def fields(path: tuple[str, ...], field: Any) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 -- any field of the table
    """Every path of the table that a key stands at."""
    match field:
        case ListOf(of=of) | Nullable(of=of):
            yield from fields(path, of)
        case Record(required=required, optional=optional):
            for key, each in {**required, **optional}.items():
                yield (*path, key)
                yield from fields((*path, key), each)
        case Clock(forms=forms):
            for each in forms:
                yield from fields(path, each)
        case _:
            return


def test_the_file_is_what_the_table_says() -> None:
    """`plans/plan.schema.json` is written by `app.py plans schema`; a field added to the reader alone fails here."""
    assert (ROOT / "plans" / "plan.schema.json").read_text("utf-8") == schema.text()


def test_it_is_a_schema() -> None:
    """It is valid against the dialect it names."""
    Draft202012Validator.check_schema(schema.schema())


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_plan_of_the_library_is_valid(path: Path) -> None:
    """What the reader takes, an editor does not underline."""
    faults = [each.message for each in CHECK.iter_errors(yaml.safe_load(path.read_text("utf-8")))]
    assert faults == []


def test_every_field_is_named_and_explained_in_both_languages() -> None:
    """No field of the table is without a title, and no title is left over."""
    found = set(fields((), FORM))
    assert len(found) > 60
    for path in found:
        about = title(path)
        assert all((about.name.zh, about.name.en, about.hint.zh, about.hint.en)), path
    of_forms = {"duties.clock.kind", "duties.clock.span"}
    assert set(TITLES) - {named(path) for path in found} - of_forms == {""}


def without(key: str) -> Callable[[dict[str, Any]], object]:
    """Take a key of the root away."""
    return lambda plan: plan.pop(key)


MUTANTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no levels": without("levels"),
    "no owner": without("owner"),
    "a key nobody knows": lambda plan: plan.update(scoope="x"),
    "a misspelt tier": lambda plan: plan.update(tier="sepcial"),
    "another format": lambda plan: plan.update(format="tocsin.plan/2"),
    "a code in capitals": lambda plan: plan.update(code="Flood"),
    "a title in one language": lambda plan: plan["title"].pop("en"),
    "a title too long": lambda plan: plan["title"].update(zh="长" * 61),
    "no task": lambda plan: plan.update(tasks=[]),
    "a due time in words": lambda plan: plan["tasks"][0].update(due="15 minutes"),
    "a due time in months": lambda plan: plan["tasks"][0].update(due="P1M"),
    "a due time of nothing": lambda plan: plan["tasks"][0].update(due="PT"),
    "an unknown regime": lambda plan: plan["duties"][0].update(regime="cn.telecom2019"),
    "a kind of another regime": lambda plan: plan["duties"][0].update(kind="early_warning"),
    "an internal kind on the law's clock": lambda plan: plan["duties"][0].update(kind="update"),
    "an unknown anchor": lambda plan: plan["duties"][2]["clock"].update({"from": "restored"}),
    "two sorts of clock": lambda plan: plan["duties"][2]["clock"].update(within="PT1H"),
    "no time before signing alone": lambda plan: plan["duties"][0]["alone"].pop("before"),
    "an unknown post": lambda plan: plan["roles"][0].update(post="wizard"),
    "unknown criteria": lambda plan: plan.update(criteria="cn.none"),
    "a fact twice": lambda plan: plan["facts"].append(plan["facts"][0]),
    "an unknown fact": lambda plan: plan["facts"].append("weather"),
    "an unknown way to call": lambda plan: plan["ladder"]["rungs"][0].update(via="pigeon"),
    "an outline that is none": lambda plan: plan.update(outline=False),
    "a chapter without text": lambda plan: plan.update(chapters=[{"title": "总则"}]),
    "a level that is none": lambda plan: plan["levels"].update(V=plan["levels"]["I"]),
}


@pytest.mark.parametrize("mutate", MUTANTS.values(), ids=MUTANTS)
def test_what_the_reader_refuses_for_its_form_the_schema_refuses(mutate: Callable[[dict[str, Any]], object]) -> None:
    """A plan spoilt in one place is refused by both."""
    plan = copy.deepcopy(FLOOD)
    mutate(plan)
    assert list(CHECK.iter_errors(plan))
    with pytest.raises(BadPlaybook):
        read(yaml.safe_dump(plan, allow_unicode=True))


def test_what_is_due_at_once_is_signed_alone_at_once() -> None:
    """An immediate clock takes no `before`, in the schema as in the reader."""
    plan = copy.deepcopy(FLOOD)
    plan["duties"][2]["clock"] = {"from": "occurred_at", "immediate": True, "target": "PT10M"}
    assert list(CHECK.iter_errors(plan))
    del plan["duties"][2]["alone"]["before"]
    assert not list(CHECK.iter_errors(plan))
    plan["duties"][2]["clock"]["immediate"] = "true"
    assert not list(CHECK.iter_errors(plan))
    read(yaml.safe_dump(plan, allow_unicode=True))
