"""A playbook changed part by part: what a form says is read by the reader that reads plan files.

What is put back answers a new playbook, or is refused with every fault at the line it belongs to (`BadEdit`). Nothing
here stores anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import yaml

from errors import BadEdit, BadPlaybook, FieldFault, FileFault
from escalation.fields import Duration, Field, ListOf, Nullable, Record
from escalation.marks import CONTROL, MAX_BYTES, Desk, Path
from escalation.spans import Months, Span, WorkingDays, iso_text
from escalation.words import Words
from playbooks.checks import Known
from playbooks.content import Clock, names, read_tree
from playbooks.export import yaml_text
from playbooks.forms import (
    CLOCK_LINES,
    LISTED,
    NEW,
    OWN,
    Content,
    Part,
    at,
    copied,
    field_of,
    item_path,
    lines,
    record_of,
    wanted,
)
from playbooks.shape import Playbook, canonical_json
from playbooks.titles import title


def put(
    playbook: Playbook, part: Part, item: str | None, said: Mapping[str, str], *, known: Known | None = None
) -> Playbook:
    """Answer the playbook with the lines `said` (by field) in place of a part's own, or of an item's; `NEW` adds one.

    Lines that are not said stay as they are. A role whose id changes keeps its tasks and decisions. Durations may be
    said in words (`15 分钟`, `2 h`). Raises `BadEdit` with every fault.
    """
    content = copied(playbook)
    texts = {line.field: line.value for line in lines(playbook, part, item, known=known)}
    texts |= {name: _typed(value) for name, value in said.items() if name in texts}
    if item is None:
        for path in OWN.get(part, ()):
            _set(content, path, _said(path, field_of(path), texts, required=wanted(path)))
        return _checked(content, (), texts, known)
    path, written = item_path(content, part, item), _item_said(part, texts)
    if part is Part.ROLES and item != NEW:
        _rename(content, item, written["id"])
    _set(content, path, written)
    return _checked(content, path, texts, known)


def removed(playbook: Playbook, part: Part, item: str, *, known: Known | None = None) -> Playbook:
    """Answer the playbook without an item; raises `BadEdit` when the rest does not hold without it."""
    content = copied(playbook)
    path = item_path(content, part, item)
    if part is Part.LEVELS:
        raise BadEdit((_gone_level(),))
    listed = at(content, path[:-1])
    del listed[path[-1]]
    if part is Part.CHAPTERS and not listed:
        del content["chapters"]
    return _checked(content, (), (), known)


def moved(playbook: Playbook, part: Part, item: str, *, to: int, known: Known | None = None) -> Playbook:
    """Answer the playbook with an item at place `to`, counted from 1 and held within the list."""
    content = copied(playbook)
    path = item_path(content, part, item)
    if part is Part.LEVELS:
        return playbook
    listed = at(content, path[:-1])
    listed.insert(max(to - 1, 0), listed.pop(path[-1]))
    return _checked(content, (), (), known)


def checked(playbook: Playbook, *, known: Known | None = None) -> Playbook:
    """Answer the playbook as the reader of plan files reads it; raises `BadEdit` with every fault."""
    return _checked(copied(playbook), (), (), known)


def _gone_level() -> FieldFault:
    return FieldFault(
        field="",
        zh="四个响应级别缺一不可；请修改内容，不要删除。",
        en="a plan has all four response levels; change this one instead of deleting it.",
    )


# --- changes of content ----------------------------------------------------------------------------------------------


def _set(content: Content, path: Path, value: object) -> None:
    """Put a value at a path; None takes its key away, and a place after the last of a list adds an item."""
    above: Any = content
    for key in path[:-1]:
        above = above.setdefault(key, {}) if isinstance(above, dict) else above[key]
    last = path[-1]
    if isinstance(above, list) and last == len(above):
        above.append(value)
    elif value is None:
        above.pop(last, None)
    else:
        above[last] = value


def _rename(content: Content, old: str, new: str) -> None:
    """Whoever did something under the old name of a role does it under the new one."""
    for task in content["tasks"]:
        task["role"] = new if task["role"] == old else task["role"]
    for level in content["levels"].values():
        level["decided_by"] = new if level["decided_by"] == old else level["decided_by"]


# --- texts as content ------------------------------------------------------------------------------------------------


def _typed(text: str) -> str:
    """Answer what was typed with plain line ends and blanks, and without characters nobody meant to type."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip()


def _item_said(part: Part, texts: Mapping[str, str]) -> Content:
    """Answer an item's content from its lines."""
    record, path = record_of(part), LISTED[part]
    fields = {**record.required, **record.optional}
    read = {
        key: _said((*path, key), field, texts, required=key in record.required, cut=path)
        for key, field in fields.items()
    }
    return {key: value for key, value in read.items() if value is not None}


def _said(path: Path, field: Field, texts: Mapping[str, str], *, required: bool, cut: Path = ()) -> Any:  # noqa: ANN401
    """Answer the content of a field from the lines; None when it is left out, blanks where it may not be."""
    name = ".".join(str(key) for key in path[len(cut) :])
    match field:
        case Nullable():
            return _said(path, field.of, texts, required=False, cut=cut)
        case Record():
            below = {
                key: _said((*path, key), each, texts, required=key in field.required, cut=cut)
                for key, each in {**field.required, **field.optional}.items()
            }
            blank = not any(below.values())
            return None if blank and not required else {key: v for key, v in below.items() if v is not None}
        case Clock():
            return _clock_said({key: texts[f"{name}.{key}"] for key in CLOCK_LINES})
        case ListOf():
            values = [line.strip() for line in texts[name].split("\n") if line.strip()]
            return values if values or required else None
        case Duration():
            return _spelt(texts[name]) or ("" if required else None)
        case _:
            return texts[name] or ("" if required else None)


#: Which line of the form holds what stands under a key of the file.
_CLOCK_FIELDS = {"within": "span", "every": "span", "target": "span", "immediate": "kind"}


def _clock_said(said: Mapping[str, str]) -> str | Content:
    """Answer the clock of the four lines; a sort that there is not stays as it was said, for the reader to refuse."""
    start, span = said["from"], _spelt(said["span"])
    match said["kind"]:
        case "within":
            return {"from": start, "within": span}
        case "every":
            return {"from": start, "every": span, "until": said["until"]}
        case "immediate":
            return {"from": start, "immediate": "true", "target": span}
        case other:
            return other


_COUNTED = re.compile(r"(\d{1,6})\s*([^\d\s]+(?: days?)?)")
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("年", "y", "year", "years"), "years"),
    **dict.fromkeys(("月", "个月", "month", "months"), "months"),
    **dict.fromkeys(("工作日", "个工作日", "working day", "working days"), "working"),
    **dict.fromkeys(("周", "星期", "w", "week", "weeks"), "weeks"),
    **dict.fromkeys(("天", "日", "d", "day", "days"), "days"),
    **dict.fromkeys(("时", "小时", "个小时", "h", "hour", "hours"), "hours"),
    **dict.fromkeys(("分", "分钟", "m", "min", "minute", "minutes"), "minutes"),
    **dict.fromkeys(("秒", "秒钟", "s", "sec", "second", "seconds"), "seconds"),
}


def _spelt(text: str) -> str:
    """Answer a duration said in words as ISO 8601; any other text as it is, for the reader to judge."""
    said = text.strip().lower()
    counted = [(int(count), _UNITS.get(unit.strip())) for count, unit in _COUNTED.findall(said)]
    if not counted or _COUNTED.sub("", said).strip() or any(unit is None for _, unit in counted):
        return text
    span = _span({str(unit): count for count, unit in counted})
    return iso_text(span) if span is not None and len({unit for _, unit in counted}) == len(counted) else text


def _span(counts: Mapping[str, int]) -> Span | None:
    """Answer the span of counts by unit; None where the units do not go together."""
    calendar = counts.keys() & {"years", "months"}
    if counts.keys() == {"working"}:
        return WorkingDays(counts["working"])
    if calendar == counts.keys():
        return Months(12 * counts.get("years", 0) + counts.get("months", 0))
    if calendar or "working" in counts:
        return None
    return timedelta(**counts)


# --- the reader's word -----------------------------------------------------------------------------------------------


def _checked(content: Content, form: Path, fields: Collection[str], known: Known | None) -> Playbook:
    """Answer the playbook of changed content, or refuse with every fault.

    `form` is where the form's lines stand in the plan, `fields` are their names.
    """
    places: list[Path] = []
    try:
        changed = read_tree(_node(content, (), places), known or names(), Desk(""))
    except BadPlaybook as bad:
        found = (_fault(content, places[each.line - 1], form, fields, each) for each in bad.faults)
        raise BadEdit(tuple(dict.fromkeys(found))) from None
    # The file is larger than the JSON, but never four times: most plans need not be written out to know.
    size = len(canonical_json(changed).encode())
    if size > MAX_BYTES // 4 and (size := len(yaml_text(changed).encode())) > MAX_BYTES:
        raise BadEdit((_large(size),))
    return changed


def _node(value: Any, path: Path, places: list[Path]) -> yaml.Node:  # noqa: ANN401 - JSON-able content of any shape
    """Answer the tree the reader reads; the line of each node is its number in `places`, so that a fault finds back."""
    mark = yaml.Mark("", 0, len(places), 0, None, 0)
    places.append(path)
    match value:
        case Mapping():
            pairs = [(yaml.ScalarNode("", key, mark), _node(item, (*path, key), places)) for key, item in value.items()]
            return yaml.MappingNode("", pairs, mark)
        case list():
            return yaml.SequenceNode("", [_node(item, (*path, n), places) for n, item in enumerate(value)], mark)
        case None:
            return yaml.ScalarNode("", "null", mark)
        case _:
            return yaml.ScalarNode("", "true" if value is True else str(value), mark, style='"')


def _fault(content: Content, path: Path, form: Path, fields: Collection[str], fault: FileFault) -> FieldFault:
    """Answer a fault at its line of the form; one that stands elsewhere in the plan says where."""
    if path[: len(form)] == form and (name := _line_name(path[len(form) :])) in fields:
        return FieldFault(field=name, zh=fault.zh, en=fault.en)
    about = _about(content, path)
    zh = f"{about.zh}：{fault.zh}" if path else fault.zh
    return FieldFault(field="", zh=zh, en=f"{about.en}: {fault.en}" if path else fault.en)


def _line_name(path: Path) -> str:
    """Answer the name of the line that holds what stands at a path below the form."""
    keys = [str(key) for key in path if isinstance(key, str)]  # one line holds all values of a list
    if keys[-1:] == ["clock"]:
        return "clock.kind"
    if keys[-2:-1] == ["clock"]:
        keys[-1] = _CLOCK_FIELDS.get(keys[-1], keys[-1])
    return ".".join(keys)


def _about(content: Content, path: Path) -> Words:
    """Answer where in the plan a path stands: `任务 · T02 · 由谁做`."""
    zh, en = [], []
    for n, key in enumerate(path):
        if isinstance(key, int):
            item = at(content, path[: n + 1])
            own = item.get("id") if isinstance(item, Mapping) else None
            zh.append(own or f"第 {key + 1} 项")
            en.append(own or f"item {key + 1}")
        else:
            name = title(path[: n + 1]).name
            zh.append(name.zh)
            en.append(name.en)
    return Words(zh=" · ".join(zh), en=" · ".join(en))


def _large(size: int) -> FieldFault:
    return FieldFault(
        field="",
        zh=f"整份预案有 {size} 字节，上限是 {MAX_BYTES} 字节；请缩短预案文本。",
        en=f"the whole plan has {size} bytes, the limit is {MAX_BYTES}; shorten its chapters.",
    )
