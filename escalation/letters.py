"""Letter templates looked at before one of them writes a letter: what they may say, and what they cost.

A template is read by its grammar: it prints, chooses and lists; whatever could grow without end, call out or reach
behind a value is refused with its line. What is left is rendered with sample facts in a child process that is ended
after half a second or a quarter of a gigabyte, so a bomb costs no more than that.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes

from errors import FileFault
from escalation import duties, regimes
from escalation.marks import Desk, shortened
from escalation.notices import lang_of, letter_press, render

MOST_FILES = 500
MOST_CHARACTERS = 50_000  # of a template, and of the letter it writes
MOST_LITERAL = 2_000
MOST_NUMBER = 1_000_000
SECONDS = 0.8
MEMORY = 256 * 1024 * 1024

#: What a template may be made of: printing, choosing, listing, blocks and macros. Sums, products and joins are not.
_ALLOWED = (
    nodes.And, nodes.Block, nodes.Call, nodes.Compare, nodes.CondExpr, nodes.Const, nodes.Extends, nodes.Filter,
    nodes.For, nodes.FromImport, nodes.Getattr, nodes.Getitem, nodes.If, nodes.Import, nodes.Include, nodes.Keyword,
    nodes.List, nodes.Macro, nodes.Name, nodes.Neg, nodes.Not, nodes.Operand, nodes.Or, nodes.Output, nodes.Template,
    nodes.TemplateData, nodes.Test, nodes.Tuple,
)  # fmt: skip
_NAMED = {
    nodes.Pow: "**", nodes.Mul: "*", nodes.Mod: "%", nodes.Div: "/", nodes.FloorDiv: "//", nodes.Add: "+",
    nodes.Sub: "-", nodes.Concat: "~", nodes.Assign: "set", nodes.AssignBlock: "set",
}  # fmt: skip


def faults(folder: Path) -> tuple[FileFault, ...]:
    """Answer every fault of the templates of a folder (`<regime>/<notice>/<language>.txt`), in the order of the files.

    What a folder does not have it may take from the house's own `_base`.
    """
    paths = sorted(folder.rglob("*.txt"))
    if len(paths) > MOST_FILES:
        return (FileFault(file=str(folder), line=1, column=1, zh=f"模板超过 {MOST_FILES} 个。", en=_MANY),)
    read = [_read(path, folder) for path in paths]
    looping = _looping([each.tree for each in read if each.tree is not None])
    for each in read:
        _grammar(each, looping)
    if not any(each.desk.faults for each in read):
        _trial(read, folder)
    return tuple(fault for each in read for fault in each.desk.faults)


_MANY = f"there are more than {MOST_FILES} templates."


@dataclass(frozen=True, kw_only=True)
class _Read:
    """One template: its name under the folder, its grammar (None: it has none), and its faults."""

    name: str
    tree: nodes.Template | None
    desk: Desk


def _read(path: Path, folder: Path) -> _Read:
    desk, name = Desk(str(path)), path.relative_to(folder).as_posix()
    text = path.read_text("utf-8", errors="replace") if path.stat().st_size <= 4 * MOST_CHARACTERS else None
    if text is None or len(text) > MOST_CHARACTERS or "\ufffd" in text:
        zh = f"模板应为 UTF-8 文本，至多 {MOST_CHARACTERS} 个字符。"
        desk.at(1, 1, zh, f"a template is text in UTF-8 of at most {MOST_CHARACTERS} characters.")
        return _Read(name=name, tree=None, desk=desk)
    _placed(name, desk)
    try:
        return _Read(name=name, tree=letter_press("zh").parse(text), desk=desk)
    except TemplateSyntaxError as wrong:
        said = shortened(wrong.message or "syntax error")
        desk.at(wrong.lineno, 1, f"模板写法有误（{said}）。", f"the template's grammar is wrong ({said}).")
        return _Read(name=name, tree=None, desk=desk)


def _placed(name: str, desk: Desk) -> None:
    """Check that a template stands where it would be found."""
    letter = _letter(name)
    regime = name.partition("/")[0]
    if regime != "_base" and regime not in regimes.ids():
        desk.unknown(_START, ("报送制度", "regime"), regime, [*regimes.ids(), "_base"])
    elif regime != "_base" and letter is not None and letter.lang != lang_of(regime):
        zh = "这个模板不会被用到：cn.* 用中文，其他用英文。"
        desk.at(1, 1, zh, "this template would never be used: cn.* is written in Chinese, all others in English.")
    elif regime != "_base" and letter is None:
        zh = "应放在 <制度>/<文种>/<语言>.txt。"
        desk.at(1, 1, zh, "it should stand at <regime>/<notice>/<language>.txt, or <language>.title.txt.")


_START = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Letter:
    regime: str
    notice: str
    lang: str


def _letter(name: str) -> _Letter | None:
    """Answer which letter a template writes; None for what letters share."""
    parts = name.removesuffix(".txt").removesuffix(".title").split("/")
    if len(parts) != len(("regime", "notice", "language")) or parts[2] not in ("zh", "en"):
        return None
    regime, notice, lang = parts
    return _Letter(regime=regime, notice=notice, lang=lang) if notice in list(duties.Notice) else None


# --- what it may say --------------------------------------------------------------------------------------------------


def _looping(trees: Iterable[nodes.Template]) -> frozenset[str]:
    """Answer the macros that list something, themselves or by a macro they call."""
    macros = {macro.name: macro for tree in trees for macro in tree.find_all(nodes.Macro)}
    found = {name for name, macro in macros.items() if macro.find(nodes.For)}
    while more := {
        name
        for name, macro in macros.items()
        if name not in found and any(_called(call) in found for call in macro.find_all(nodes.Call))
    }:
        found |= more
    return frozenset(found)


def _called(call: nodes.Call) -> str | None:
    """Answer the name of what is called, `say.next` being `next`; None where it is no plain name."""
    match call.node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=nodes.Name(), attr=name):
            return str(name)
        case _:
            return None


def _grammar(read: _Read, looping: frozenset[str]) -> None:
    """Note every node that a template may not have."""
    if read.tree is None:
        return
    callable_ = _callable(read.tree)
    for node in _all(read.tree):
        for zh, en in _wrong(node, callable_):
            read.desk.at(node.lineno, 1, zh, en)
    for loop in read.tree.find_all(nodes.For):
        for inner in _within(loop):
            if isinstance(inner, nodes.For) or (isinstance(inner, nodes.Call) and _called(inner) in looping):
                read.desk.at(inner.lineno, 1, *_NESTED)


_NESTED = (
    "循环里不能再有循环（包括调用含循环的宏）；请拆开。",
    "a loop within a loop is refused, in a macro too; split it.",
)


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _all(child)


def _within(loop: nodes.For) -> Iterator[nodes.Node]:
    for child in (*loop.body, *loop.else_):
        yield from _all(child)


def _callable(tree: nodes.Template) -> frozenset[str]:
    """Answer the names that may be called: the template's macros, what it imports, and the block it extends."""
    own = {macro.name for macro in tree.find_all(nodes.Macro)}
    imported = {each.target for each in tree.find_all(nodes.Import)}
    taken = {
        name[1] if isinstance(name, tuple) else name for each in tree.find_all(nodes.FromImport) for name in each.names
    }
    return frozenset(own | imported | taken | {"super", "self"})


def _wrong(node: nodes.Node, callable_: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with one node."""
    if not isinstance(node, _ALLOWED) and isinstance(node, (nodes.Expr, nodes.Stmt)):
        name = _NAMED.get(type(node), type(node).__name__)
        yield (
            f"模板里不能用“{name}”；只能打印、判断、列出。",
            f"“{name}” is refused; a template prints, chooses and lists.",
        )
    match node:
        case nodes.Const(value=str(value)) if len(value) > MOST_LITERAL:
            yield f"文字常量超过 {MOST_LITERAL} 个字符。", f"a literal has more than {MOST_LITERAL} characters."
        case nodes.Const(value=int(value)) if abs(value) > MOST_NUMBER:
            yield f"数字常量超过 {MOST_NUMBER}。", f"a literal number is above {MOST_NUMBER}."
        case nodes.Getattr(attr=str(name)) | nodes.Getitem(arg=nodes.Const(value=str(name))) if name.startswith("_"):
            yield f"不能访问“{shortened(name)}”。", f"“{shortened(name)}” may not be reached."
        case nodes.For(recursive=True):
            yield "不能用递归循环。", "a recursive loop is refused."
        case nodes.Call() if _root(node) not in callable_:
            yield "只能调用宏；不能调用函数和方法。", "only macros may be called, no functions or methods."
        case nodes.Filter(name=name) if name not in letter_press("zh").filters:
            yield f"没有过滤器“{shortened(name)}”。", f"there is no filter “{shortened(name)}”."
        case nodes.Extends() | nodes.Import() | nodes.Include() if not isinstance(node.template, nodes.Const):
            yield "引用的模板必须写明名称。", "a template is named outright where it is used."


def _root(call: nodes.Call) -> str | None:
    """Answer the first name of what is called: `say` of `say.next`, `figure` of `figure`."""
    match call.node:
        case nodes.Name(name=name) | nodes.Getattr(node=nodes.Name(name=name)):
            return str(name)
        case _:
            return None


# --- what it costs ----------------------------------------------------------------------------------------------------


def _trial(read: Iterable[_Read], folder: Path) -> None:
    """Render every letter with the fullest and with the barest sample; note what stops it."""
    left = [(each, facts) for each in read for facts in _samples(each.name)]
    while left:
        told = _rendered([facts for _, facts in left], folder)
        for (each, _), said in zip(left, told, strict=False):
            if said is not None and not each.desk.faults:
                each.desk.at(1, 1, *said)
        left = left[len(told) :]


def _samples(name: str) -> Iterator[Mapping[str, Any]]:
    letter = _letter(name)
    if letter is not None:
        regime = letter.regime if letter.regime != "_base" else {"zh": "cn.sample", "en": "sample"}[letter.lang]
        yield sample(regime, letter.notice, full=True)
        yield sample(regime, letter.notice, full=False)


_Told = tuple[str, str] | None
_SLOW = (
    f"渲染用去 {SECONDS} 秒以上的处理器时间，已中止。",
    f"it took more than {SECONDS} s of processor time and was stopped.",
)
_ENDED = ("渲染时被中止。", "it was stopped while it was rendered.")


def _rendered(samples: Sequence[Mapping[str, Any]], folder: Path) -> list[_Told]:
    """Render one after the other in a child; answer what was wrong with each, up to the first that ended the child."""
    regimes.lists(), regimes.all_regimes()  # read here once, not on each child's time
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_child, args=(theirs, samples, folder))
    child.start()
    theirs.close()
    told: list[_Told] = []
    with contextlib.suppress(EOFError):
        while True:
            told.append(ours.recv())
    child.join()
    if len(told) < len(samples):
        told.append(_SLOW if child.exitcode == -signal.SIGPROF else _ENDED)
    return told


def _child(answer: Connection, samples: Sequence[Mapping[str, Any]], folder: Path) -> None:
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # the alarm ends the process even in the midst of one long sum
    held = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    for facts in samples:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        answer.send(_attempt(facts, folder))


def _attempt(facts: Mapping[str, Any], folder: Path) -> _Told:
    try:
        written = len(render(facts, folder=folder).text)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as wrong:
        said = shortened(str(wrong))
        return f"用样例数据渲染失败（{said}）。", f"rendering it with sample facts failed ({said})."
    except RecursionError:
        return "模板互相调用没有尽头。", "its macros or templates call one another without end."
    except MemoryError:
        return "渲染占用内存过多，已中止。", "it took too much memory and was stopped."
    if written > MOST_CHARACTERS:
        return f"写出的报告超过 {MOST_CHARACTERS} 个字符。", f"the letter has more than {MOST_CHARACTERS} characters."
    return None


_AT = "2021-07-20T18:00:00+08:00"
_LATER = "2021-07-21T06:30:00+08:00"
_WRITTEN = ("summary", "impact", "cause", "measures", "next", "requests")
_COUNTS = (
    "deaths", "missing", "serious_injuries", "direct_loss_yuan", "users_affected", "duration_hours",
    "inter_operator_voice_total_block_hours", "stations_down", "stations_restored", "stations_total", "cables_down",
    "user_minutes", "personal_information_persons", "sensitive_information_persons",
)  # fmt: skip


def sample(regime: str, notice: str, *, full: bool) -> dict[str, Any]:
    """Answer facts as a letter is given them: everything known, a filing before this one; or nothing known at all."""
    both = {"zh": "样例文字，第一行\n第二行", "en": "Sample text\nand a second line"}
    known = dict.fromkeys(_COUNTS, 12) | dict.fromkeys(duties.INSTANTS, _AT) | {"affects_911": True}
    tasks = [{"do": both, "done_at": _AT, "due_at": _LATER, "role": both, "given": "x"} for _ in range(12 * full)]
    contact = {"name": "张强", "phone": "138-5550-0004"}
    return {
        "exercise": False, "organisation": both if full else None, "unit": both if full else None, "addressee": both,
        "number": "INC-2021-0007", "reference": "INC-2021-0007/D2/1", "regime": regime, "notice": notice,
        "kind": "sample", "seq": 2 if full else 1, "event": both["zh"] if full else None,
        "scenario": both if full else None, "event_class": ["network_operation", "work_safety"] if full else [],
        "declared_at": _AT, "activated_at": _AT if full else None, "stood_down_at": _LATER if full else None,
        "event_level": "II" if full else None, "event_level_decided": full, "response_level": "II" if full else None,
        "plan": {"title": both, "label": "sample v1 · 9f2c41"} if full else None,
        "facts": {
            name: {"value": value if full else None, "as_of": _AT if full else None, "source": "x" if full else None,
                   "note": None, "before": []}
            for name, value in known.items()
        },
        "previous": {"facts": known, "sent_at": _AT, "reference": "INC-2021-0007/D2/0", "receipt": "R-1"}
        if full else None,
        "written": dict.fromkeys(_WRITTEN, "甲\n乙" if full else ""),
        "assessment": [{"ask": both, "answer": "x"}] if full else [], "tasks_done": tasks, "tasks_open": tasks,
        "contact": contact if full else None, "drafter": "李伟", "signer": "何敏" if full else None,
        "cutoff_at": _LATER, "zone": "Asia/Shanghai",
    }  # fmt: skip
