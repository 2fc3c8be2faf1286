"""What changed between two versions of a plan, as its readers are told."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playbooks.changes import sentences
from playbooks.content import Playbook, canonical, from_canonical, read

LIBRARY = Path(__file__).parents[2] / "plans" / "library"
REGIMES = {
    "cn.telecom2009": ("oral", "brief_written"),
    "cn.so493": ("initial", "supplementary"),
    "cn.erl2024": ("initial",),
}
OLD = read(
    (LIBRARY / "flood-typhoon.yaml").read_text("utf-8"), known_regimes=REGIMES, known_criteria=["cn.telecom2009.level"]
)


def moved(*steps: tuple[str | int, ...], to: object) -> Playbook:
    """The flood plan with the value at a path replaced."""
    content: Any = copy.deepcopy(canonical(OLD))
    for path in steps:
        place = content
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to
    return from_canonical(content)


def without(key: str, index: int) -> Playbook:
    """The flood plan with one item of a list taken out."""
    content = copy.deepcopy(canonical(OLD))
    del content[key][index]
    return from_canonical(content)


def test_the_same_plan_has_nothing_to_tell() -> None:
    """No change, no sentence, in either language."""
    assert sentences(OLD, OLD, "zh") == []
    assert sentences(OLD, OLD, "en") == []


@pytest.mark.parametrize(
    ("path", "to", "zh", "en"),
    [
        (
            ("tasks", 0, "due"),
            "PT1H30M",
            "任务 T01：时限由“15 分钟内”改为“1 小时 30 分钟内”。",
            "task T01: due is now “after 1 h 30 min” instead of “after 15 min”.",
        ),
        (
            ("tasks", 1, "role"),
            "safety",
            "任务 T02：责任角色由“noc”改为“safety”。",
            "task T02: role is now “safety” instead of “noc”.",
        ),
        (
            ("tasks", 10, "from"),
            "II",
            "任务 T11：起始响应级别由“III”改为“II”。",
            "task T11: first response level is now “II” instead of “III”.",
        ),
        (
            ("tasks", 0, "evidence"),
            None,
            "任务 T01：完成凭据由“值守名单”改为“无”。",
            "task T01: evidence is now “none” instead of “Watch list”.",
        ),
        (
            ("levels", "II", "period"),
            "P4D",
            "II 级响应：预计期限由“3 天”改为“4 天”。",
            "response level II: expected period is now “4 d” instead of “3 d”.",
        ),
        (
            ("parent",),
            "base-plan",
            "预案：上位预案由“general-plan”改为“base-plan”。",
            "parent plan is now “base-plan” instead of “general-plan”.",
        ),
        (
            ("duties", 0, "courier"),
            "portal",
            "报送 D1：送达方式由“人工（电话或传真）”改为“报送平台”。",
            "duty D1: courier is now “portal” instead of “by hand (phone or fax)”.",
        ),
        (
            ("duties", 3, "clock", "within"),
            "P10WD",
            "由“自恢复时间起 5 个工作日内（内部目标）”改为“自恢复时间起 10 个工作日内（内部目标）”。",
            "clock is now “within 10 working days from when service was restored (internal)”",
        ),
        (
            ("ladder", "rungs", 1, "wait"),
            "PT2M",
            "呼叫阶梯：第 2 次呼叫由“等 3 分钟，直接呼叫，岗位负责人”改为“等 2 分钟，",
            "call ladder: call 2 is now “after 2 min, the holder, directly” instead of “after 3 min, ",
        ),
        (("ladder", "repeat"), "PT5M", "末级重复间隔由“10 分钟”改为“5 分钟”", "repeat of the last call is now “5 min”"),
    ],
)
def test_a_changed_value_is_told_with_what_it_was(path: tuple[str | int, ...], to: object, zh: str, en: str) -> None:
    """One change, one sentence, the new value and the old."""
    new = moved(path, to=to)
    (told_zh,), (told_en,) = sentences(OLD, new, "zh"), sentences(OLD, new, "en")
    assert zh in told_zh
    assert en in told_en


@pytest.mark.parametrize(
    ("key", "zh", "en"),
    [
        ("tasks", "任务", "task"),
        ("duties", "报送", "duty"),
        ("assessment", "研判问题", "assessment question"),
        ("review", "复盘问题", "review question"),
        ("stand_down", "响应终止条件", "stand-down criterion"),
    ],
)
def test_what_came_and_what_went_is_told(key: str, zh: str, en: str) -> None:
    """Removing an item and adding it back are two different sentences, each naming what it was."""
    new = without(key, -1)
    (gone_zh,), (gone_en,) = sentences(OLD, new, "zh"), sentences(OLD, new, "en")
    assert gone_zh.startswith(zh)
    assert "已删除" in gone_zh
    assert gone_en.startswith(en)
    assert " gone: " in gone_en
    (new_zh,), (new_en,) = sentences(new, OLD, "zh"), sentences(new, OLD, "en")
    assert new_zh.startswith(f"新增{zh}")
    assert new_en.startswith(f"new {en}")


def test_a_removed_role_is_told() -> None:
    """A role that is gone is named with its post."""
    content = canonical(OLD)
    content["roles"] = content["roles"][:-1]
    assert sentences(OLD, from_canonical(content), "en") == [
        "role safety is gone: Safety officer, post safety, from level IV."
    ]


@pytest.mark.parametrize("key", ["roles", "tasks", "duties", "assessment", "stand_down", "review", "facts", "source"])
def test_another_order_is_told(key: str) -> None:
    """Two items that changed places make one sentence, though nothing else moved."""
    content = canonical(OLD)
    content[key] = [content[key][1], content[key][0], *content[key][2:]]
    assert len(sentences(OLD, from_canonical(content), "zh")) == 1


OTHER = {
    "from": ["II", "III"],
    "tier": ["onsite", "special"],
    "family": ["own_network", "support"],
    "notice": ["update", "first"],
    "addressee": ["cac", "ministry"],
    "courier": ["mail", "portal"],
    "whom": ["deputy", "holder"],
    "via": ["room", "direct"],
}
SPANS = {"due", "period", "before", "wait", "repeat", "within", "every", "target"}
FIXED = {"format", "id", "immediate"}


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every single value of plain content with its path."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if below is None:
        yield path, value
    for key, item in below or ():
        yield from leaves(item, (*path, key))


def another(path: tuple[str | int, ...], value: object) -> object:
    """A lawful value that differs from the one that stands at `path`."""
    key = path[-1]
    if key == "evidence":
        return {"zh": "照片", "en": "A photograph"}
    if key in SPANS:
        return "PT47M"
    return next(other for other in [*OTHER.get(str(key), []), "x" if key not in OTHER else value] if other != value)


CHANGEABLE = [
    (path, value) for path, value in leaves(canonical(OLD)) if path[-1] not in FIXED and "clock" not in path[-1:]
]


def test_no_change_goes_untold() -> None:
    """Whatever single value of a plan is changed, its readers are told in both languages, and differently."""
    for path, value in CHANGEABLE:
        new = moved(path, to=another(path, value))
        assert new.digest != OLD.digest, path
        told = sentences(OLD, new, "zh"), sentences(OLD, new, "en")
        assert [len(said) for said in told] == [1, 1], (path, told)
        assert told[0] != told[1]
