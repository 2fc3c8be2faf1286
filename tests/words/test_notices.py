"""Every letter that leaves the house: it renders whole, says what is unknown, and computes what it derives."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError

from escalation import notices, regimes
from escalation.duties import INSTANTS, Notice
from escalation.notices import BANNER, TEMPLATES, lang_of, render
from incidents.facts import KINDS, Sort

GOLDEN = Path(__file__).parent / "golden"
HENAN = {"zh": "河南省公司", "en": "Henan company"}
NOC = {"zh": "网络监控岗", "en": "NOC"}
WRITTEN = ("summary", "impact", "cause", "measures", "next", "requests")
REGIMES = regimes.ids()


def incident(known: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answer the facts of a letter about the Henan flood of July 2021, with `known` facts and `changes` of its keys."""
    facts: dict[str, Any] = {
        name: {"value": None, "as_of": None, "source": None, "note": None, "before": []} for name in KINDS
    }
    for name, value in (known or {}).items():
        facts[name] = value if isinstance(value, dict) else facts[name] | {"value": value}
    return {
        "exercise": False,
        "organisation": {"zh": "东方通信集团", "en": "East Telecom Group"},
        "unit": HENAN,
        "addressee": {"zh": "河南省通信管理局", "en": "Henan Communications Administration"},
        "number": "INC-2021-0007",
        "reference": "INC-2021-0007/D2/1",
        "regime": "cn.telecom2009",
        "notice": "first",
        "kind": "brief_written",
        "seq": 1,
        "event": "河南特大暴雨：郑州、新乡等地通信中断",
        "scenario": {"zh": "防汛防台风通信保障", "en": "Flood or typhoon"},
        "event_class": ["disaster", "network_operation"],
        "declared_at": "2021-07-20T18:05:00+08:00",
        "activated_at": "2021-07-20T18:20:00+08:00",
        "stood_down_at": None,
        "event_level": "I",
        "event_level_decided": False,
        "response_level": "I",
        "plan": {
            "title": {"zh": "防汛防台风通信保障应急预案", "en": "Flood and typhoon communications support plan"},
            "label": "flood-typhoon v1 · 9f2c41",
        },
        "facts": facts,
        "previous": None,
        "corrects": None,
        "affected": [],
        "response_level_before": None,
        "written": dict.fromkeys(WRITTEN, ""),
        "assessment": [],
        "tasks_done": [],
        "tasks_open": [],
        "contact": {"name": "张强", "phone": "138-5550-0004"},
        "drafter": "李伟",
        "signer": None,
        "cutoff_at": "2021-07-23T08:00:00+08:00",
        "zone": "Asia/Shanghai",
    } | changes


def done(count: int, day: int = 21) -> list[dict[str, Any]]:
    """Answer `count` finished tasks, one an hour."""
    return [
        {
            "do": {"zh": f"向第{n}个断电节点派出油机。", "en": f"Send a generator to dark node {n}."},
            "done_at": f"2021-07-{day:02}T{n:02}:30:00+08:00",
            "role": NOC,
        }
        for n in range(1, count + 1)
    ]


#: The published figures of 23 July 2021, 08:00.
ON_23 = {
    "occurred_at": "2021-07-20T18:00:00+08:00",
    "users_affected": {
        "value": 977_000,
        "as_of": "2021-07-23T08:00:00+08:00",
        "source": "网管中心",
        "note": "移动网用户",
        "before": [{"value": 800_000, "as_of": "2021-07-22T08:00:00+08:00"}],
    },
    "stations_down": 61_900,
    "stations_restored": 44_300,
    "stations_total": 454_000,
    "cables_down": 170,
}
#: Those of 25 July 2021, 08:00.
ON_25 = ON_23 | {"stations_down": 69_100, "stations_restored": 58_900}

FILED_23 = {
    "reference": "INC-2021-0007/D2/1",
    "sent_at": "2021-07-23T08:20:00+08:00",
    "receipt": "HN-2021-1182",
    "seq": 1,
    "facts": {
        "users_affected": 977_000,
        "stations_down": 61_900,
        "stations_restored": 44_300,
        "stations_total": 454_000,
    },
}


def henan_first(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answer the first report's facts."""
    return incident(ON_23, **{"tasks_done": done(3), **changes})


def henan_update(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answer the follow-up's facts, two days on."""
    return incident(
        ON_25,
        **{
            "notice": "update",
            "kind": "update",
            "seq": 2,
            "reference": "INC-2021-0007/D3/2",
            "previous": FILED_23,
            "cutoff_at": "2021-07-25T08:00:00+08:00",
            "tasks_done": done(3) + done(2, day=24),
            "tasks_open": [
                {
                    "do": {"zh": "抢通巩义市米河镇光缆。", "en": "Repair the cable to Mihe."},
                    "due_at": "2021-07-25T20:00:00+08:00",
                },
                {"do": {"zh": "为安置点布放应急基站。", "en": "Put up a station at the shelters."}, "due_at": None},
            ],
            "assessment": [
                {
                    "ask": {"zh": "退服的主因是什么？", "en": "Why are stations down?"},
                    "answer": "停电约占八成。\n其余为断缆。",
                }
            ],
            "signer": "王芳",
            **changes,
        },
    )


# --- golden letters --------------------------------------------------------------------------------------------------

ACCIDENT = {
    "occurred_at": "2026-05-11T09:40:00+08:00",
    "deaths": 1,
    "missing": 0,
    "serious_injuries": 2,
}
LETTERS: dict[str, dict[str, Any]] = {
    "telecom2009-oral": henan_first(notice="oral", kind="oral", reference="INC-2021-0007/D1/1"),
    "telecom2009-first": henan_first(),
    "telecom2009-update": henan_update(),
    "telecom2009-final": incident(
        ON_25 | {"stations_restored": 69_100, "restored_at": "2021-07-27T12:00:00+08:00", "duration_hours": 162},
        notice="final",
        kind="final",
        reference="INC-2021-0007/D4/1",
        previous=FILED_23,
        event_level_decided=True,
        stood_down_at="2021-07-28T09:00:00+08:00",
        cutoff_at="2021-07-28T10:00:00+08:00",
        signer="王芳",
        written=dict.fromkeys(WRITTEN, "")
        | {
            "cause": "特大暴雨造成停电、断缆和机房水浸。",
            "measures": "抢修基站6.91万个。\n调集油机。",
            "next": "抬高低洼机房。",
        },
    ),
    "telecom2009-first-unknown-drill": incident(exercise=True, unit=None, event_level=None, activated_at=None),
    "so493-first": incident(
        ACCIDENT,
        regime="cn.so493",
        kind="initial",
        event="通信管道施工沟槽坍塌",
        scenario={"zh": "通信建设工程施工事故", "en": "Construction accident"},
        event_class=["work_safety"],
        event_level="IV",
        response_level="III",
        addressee={"zh": "河南省应急管理厅", "en": "Henan Emergency Management Department"},
        reference="INC-2026-0031/D2/1",
        activated_at="2026-05-11T09:52:00+08:00",
        plan={"title": {"zh": "通信建设施工事故应急预案", "en": "-"}, "label": "construction-accident v1 · 77ab01"},
        tasks_done=[
            {
                "do": {"zh": "停止作业，清点人员，拨打119、120。", "en": "-"},
                "done_at": "2026-05-11T09:45:00+08:00",
                "role": {"zh": "现场负责人", "en": "-"},
                "given": "现场12人已清点，2人送医。",
            }
        ],
        cutoff_at="2026-05-11T10:20:00+08:00",
    ),
    "erl2024-first": henan_first(
        regime="cn.erl2024",
        kind="initial",
        addressee={"zh": "郑州市郑东新区管理委员会", "en": "-"},
        written=dict.fromkeys(WRITTEN, "")
        | {"summary": "20日16时起电力中断。\n地下机房进水。", "requests": "请协调油料。"},
    ),
    "cac2025-first": henan_first(regime="cn.cac2025", kind="initial", event_class=["cyber"]),
    "nis2-update": henan_update(regime="eu.nis2", kind="notification"),
    "nis2-oral-drill": henan_first(regime="eu.nis2", notice="oral", exercise=True),
    "nors-final": henan_update(regime="us.fcc.nors.wireless", notice="final", kind="final", zone="America/New_York"),
}


CORRECTED = {
    "reference": "INC-2021-0007/D2/1",
    "title": "东方通信集团河南省公司关于防汛防台风通信保障的首次报告",
    "digest": "5e" * 32,
    "sent_at": "2021-07-23T08:20:00+08:00",
    "receipt": "HN-2021-1182",
    "written": {"cause": "停电"},
    "changes": [
        {"name": "users_affected", "was": 977_000, "now": 1_203_000},
        {"name": "occurred_at", "was": "2021-07-20T18:00:00+08:00", "now": "2021-07-20T16:30:00+08:00"},
        {"name": "affects_911", "was": False, "now": True},
        {"name": "event_level", "was": "II", "now": "I"},
    ],
}
#: The kinds that stand beside a regime's own, with what makes each one whole.
BESIDE: dict[str, dict[str, Any]] = {
    "correction": {"kind": "correction", "corrects": CORRECTED},
    "supplementary": {"kind": "supplementary"},
    "warning": {"kind": "warning"},
    "start": {"kind": "start"},
    "level_change": {"kind": "level_change", "response_level_before": "II"},
    "end": {"kind": "end", "stood_down_at": "2021-07-28T09:00:00+08:00"},
    "drill": {"kind": "drill", "exercise": True},
    "drill_summary": {"kind": "drill_summary", "exercise": True},
    "hazard": {"kind": "hazard"},
}


def _own(regime: str) -> dict[str, str]:
    """Answer a regime's own letters, and the kind each is written for."""
    rules = {regimes.titles().letters[rule.kind]: rule.kind for rule in reversed(regimes.regime(regime).every_rule)}
    named = {*regimes.regime(regime).letters, *rules} & {path.name for path in (TEMPLATES / regime).glob("*")}
    return {notice: rules.get(notice, notice) for notice in sorted(named)}


def _whole(regime: str, notice: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answer facts in which every text that the letter asks is written."""
    facts = henan_update(regime=regime, notice=notice, seq=1, **more)
    said = [name for name in notices.texts(regime, facts["kind"], notice) if name not in ("measures", "next")]
    written = dict.fromkeys(WRITTEN, "") | {name: f"（{notices.label(name).zh}的内容）" for name in said}
    return facts | {"written": written | ({"cause": "断缆"} if notice == "correction" else {})}


EVERY: dict[str, dict[str, Any]] = {
    f"{regime}-{notice}": _whole(regime, notice, kind=kind)
    for regime in REGIMES
    if (TEMPLATES / regime).is_dir()
    for notice, kind in _own(regime).items()
} | {
    f"{lang}-{notice}": _whole(regime, notice, **more)
    for lang, regime in (("zh", "cn.telecom2009"), ("en", "eu.nis2"))
    for notice, more in BESIDE.items()
}


def test_every_regime_with_letters_of_its_own_is_read() -> None:
    """Each folder of letters has its copies, in the language of its regime."""
    assert {name.rpartition("-")[0] for name in EVERY} >= {
        path.name for path in TEMPLATES.iterdir() if path.is_dir() and path.name != "_base"
    }
    assert len(EVERY) > 50


@pytest.mark.parametrize("name", EVERY)
def test_every_kind_reads_as_its_copy(name: str) -> None:
    """Every kind of letter of every regime, everything known, reads as the copy; a whole one lacks nothing now."""
    path = GOLDEN / f"every-{name}.txt"
    letter = render(EVERY[name])
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(letter.text, encoding="utf-8")
    assert letter.text == path.read_text(encoding="utf-8")
    missing = {words.zh for words in letter.missing_now} - {
        notices.label(each).zh for each in (*notices._UNITS, *INSTANTS)
    }
    assert missing == set()


@pytest.mark.parametrize(
    ("template", "typed", "said"),
    [
        ("{{ v }}。", "光缆断了。", "光缆断了。"),
        ("{{ v }}。", "光缆断了", "光缆断了。"),
        ("{{ v }}，已报。", "光缆断了。", "光缆断了，已报。"),
        ("{{ v }}。", "断了吗？", "断了吗？"),
        ("{{ v | lines }}。", "其一。\n其二；", "其一。\n　　其二。"),
        ("{{ v }}。", "原文“断。”", "原文“断。”。"),
        ("{{ v }}\n。", "断。。。", "断。。。\n。"),
        ("{{ v }}.", "Cut by Smith Ltd.", "Cut by Smith Ltd."),
        ("{{ v }}, Henan.", "Smith Ltd.", "Smith Ltd., Henan."),
        ("{% macro m() %}{{ v }}{% endmacro %}{{ m() }}。", "断。", "断。"),
        ("{{ v }}。", None, "待核实。"),
    ],
)
def test_a_sentence_ends_once(template: str, typed: str | None, said: str) -> None:
    """A full stop that somebody typed and the template's own make one; what was typed is otherwise left as it is."""
    assert notices.letter_press("zh").from_string(template).render({"v": typed}) == said


def test_no_letter_ends_a_sentence_twice() -> None:
    """Every letter of every regime, with every text ended by its own full stop, has no two beside each other."""
    for name, facts in EVERY.items():
        ended = {key: f"{text}。" if text else text for key, text in facts["written"].items()}
        text = render(facts | {"written": ended}).text
        assert "。。" not in text, name
        assert "\uffff" not in text, name


def test_what_is_carried_stands_beside_what_is_new() -> None:
    """Measures and next steps in the words of the report before do not hide what was done and is planned since."""
    words = {"measures": "已调集油机", "next": "继续抢修"}
    written = dict.fromkeys(WRITTEN, "") | words
    carried = {name: {"text": text, "reference": "INC-2021-0007/D2/1", "by": "li.wei"} for name, text in words.items()}
    fresh = "已完成：向第1个断电节点派出油机", "拟于 20:00 前：抢通巩义市米河镇光缆"
    own = render(henan_update(written=written, carried={})).text
    assert all(each not in own for each in fresh)
    text = render(henan_update(written=written, carried=carried)).text
    assert all(each in text for each in (*words.values(), *fresh))


EXTREMES = {name: 10**15 for name in notices._UNITS if name != "affects_911"} | {
    "affects_911": True,
    "occurred_at": "0999-01-01T00:00:00+00:00",
    "restored_at": "9998-12-31T23:59:59+14:00",
    "direct_loss_yuan": 0.000001,
}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("known", ["nothing", "extremes"])
def test_every_kind_stands_extremes(name: str, known: str) -> None:
    """With nothing known, and with the largest and longest that can be, each letter is whole and of a sane size."""
    long = "长" * 3000
    facts = incident(EXTREMES, event=long, written=dict.fromkeys(EVERY[name]["written"], long), tasks_done=done(20))
    base = facts if known == "extremes" else incident(unit=None, event="", contact=None, event_class=[], plan=None)
    kept = {each: EVERY[name][each] for each in ("regime", "notice", "kind", "exercise")}
    text = render(base | kept).text
    assert "None" not in text
    assert len(text) < 200_000


@pytest.mark.parametrize("name", LETTERS)
def test_golden(name: str) -> None:
    """A letter reads, to the byte, as the copy a person has read (WRITE_GOLDEN=1 writes it anew)."""
    path = GOLDEN / f"notice-{name}.txt"
    text = render(LETTERS[name]).text
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# --- every template --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notice", Notice)
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("base", ["nothing", "first", "update"])
def test_every_letter_is_whole(regime: str, notice: Notice, base: str) -> None:
    """Every letter of every regime renders from nothing known and from much, without a blank or a None."""
    nothing = incident(
        unit=None,
        scenario=None,
        event="",
        event_class=[],
        activated_at=None,
        event_level=None,
        response_level=None,
        plan=None,
        contact=None,
        drafter=None,
    )
    facts = {"nothing": nothing, "first": henan_first(), "update": henan_update()}[base]
    letter = render(facts | {"regime": regime, "notice": notice.value})
    assert "None" not in letter.text
    assert not [
        line for line in letter.text.splitlines() if line.rstrip("　 ").endswith(("：", ": ")) and _is_end(line)
    ]
    assert letter.text.startswith(letter.title)
    assert letter.digest == hashlib.sha256(letter.text.encode()).hexdigest()
    assert letter.lang == lang_of(regime)


def _is_end(line: str) -> bool:
    # A label with nothing behind it; these introduce what stands on the lines below, or are the addressee.
    intros = (
        "影响",
        "措施",
        "下一步安排",
        "请求",
        "数据时点和来源",
        "分析研判",
        "影响业务、范围和用户",
        "管理局",
        "本期完成",
    )
    return not any(intro in line for intro in intros)


def test_every_template_is_reached() -> None:
    """No template file stands unused: each is a letter's, a title's, or a part of the base."""
    for path in TEMPLATES.rglob("*.txt"):
        parts = path.relative_to(TEMPLATES).parts
        if len(parts) == 3:
            regime, notice, name = parts
            assert notice in set(Notice)
            assert name in {"zh.txt", "en.txt", "zh.title.txt", "en.title.txt"}
            assert regime == "_base" or (regime in REGIMES and name.startswith(lang_of(regime)))
        else:
            assert parts[0] == "_base"


def test_every_figure_has_words() -> None:
    """Each figure an incident may know has its words, each instant can be printed, each regime named is one we know."""
    assert set(notices._UNITS) == {kind.name for kind in KINDS.values() if kind.sort is not Sort.INSTANT}
    assert set(notices._ALWAYS_FOR) <= set(REGIMES)
    assert {kind.name for kind in KINDS.values() if kind.sort is Sort.INSTANT} <= {*INSTANTS}


# --- the Henan figures -----------------------------------------------------------------------------------------------


def test_henan_first() -> None:
    """The figures of 23 July come out as published, and what follows from them is computed."""
    letter = render(henan_first())
    assert letter.title == "东方通信集团河南省公司关于防汛防台风通信保障的首次报告"
    assert "受影响用户：97.7万户\n" in letter.text
    assert (
        "累计退服基站6.19万个；已恢复4.43万个（占71.6%）；仍未恢复1.76万个（占基站总数的3.9%）；基站总数45.4万个。"
        in letter.text
    )
    assert letter.contradictions == ()


def test_henan_update() -> None:
    """A cumulative figure that rises is told as this period's and as the whole, and is no contradiction."""
    letter = render(henan_update())
    assert letter.title.endswith("情况的续报（第2期）")
    assert "累计退服基站6.91万个，本期新增7200个（此前报6.19万个）" in letter.text
    assert "已恢复5.89万个（占85.2%），本期恢复1.46万个（此前报4.43万个）" in letter.text
    assert "仍未恢复1.02万个" in letter.text
    assert "受影响用户：累计97.7万户，本期无变化\n" in letter.text
    assert "累计完成5项措施，本期完成2项：" in letter.text
    assert letter.contradictions == ()


def test_contradictions() -> None:
    """Figures that cannot all be right are listed for the signer, and no false share is printed."""
    impossible = {"stations_down": 50_000, "stations_restored": 60_000, "stations_total": 40_000, "deaths": 1}
    previous = FILED_23 | {"facts": FILED_23["facts"] | {"deaths": 2}}  # type: ignore[operator]
    letter = render(henan_update() | {"facts": incident(impossible)["facts"], "previous": previous})
    said = [words.zh for words in letter.contradictions]
    assert said == [
        "已恢复基站（6万）多于累计退服基站（5万），请核对。",
        "累计退服基站（5万）多于基站总数（4万），请核对。",
        "累计退服基站（5万）少于上次所报（6.19万），累计数不应减少，请核对。",
        "死亡（1）少于上次所报（2），累计数不应减少，请核对。",
    ]
    assert "仍未恢复待核实；基站总数4万个（此前报45.4万个）" in letter.text
    assert "%" not in letter.text
    assert not any(sentence in letter.text for sentence in said)


def test_restored_before_it_occurred() -> None:
    """A restoration that precedes the event is listed, whatever the offsets."""
    times = {"occurred_at": "2021-07-20T18:00:00+08:00", "restored_at": "2021-07-20T09:59:00+00:00"}
    assert [words.en for words in render(incident(times)).contradictions] == [
        "It was restored before it occurred; check the times."
    ]
    assert render(incident(times | {"restored_at": "2021-07-20T10:00:00+00:00"})).contradictions == ()


def test_superseded_is_what_was_filed() -> None:
    """Only a value that left the house is called previously reported; one changed before the filing is not."""
    assert "此前报" not in render(henan_first()).text
    previous = FILED_23 | {"facts": {"users_affected": 80_000}}
    assert "受影响用户：97.7万户（此前报8万户）" in render(henan_first(previous=previous)).text


def test_unknown_after_known() -> None:
    """A figure that was filed and is no longer known is said to be unknown, beside what was filed."""
    assert "受影响用户：待核实（此前报97.7万户）" in render(henan_update() | {"facts": incident()["facts"]}).text


def test_zero_is_not_unknown() -> None:
    """Nought missing people is a fact, and unknown direct loss is not nought."""
    text = render(LETTERS["so493-first"]).text
    assert "下落不明：0人" in text
    assert "初步估计的直接经济损失：待核实" in text


# --- drills, titles, languages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("notice", Notice)
@pytest.mark.parametrize("regime", REGIMES)
def test_drill(regime: str, notice: Notice) -> None:
    """A drill's letter says so in its title, its first and its last line; a real one says it nowhere."""
    drill = render(henan_update(regime=regime, notice=notice.value, exercise=True))
    assert drill.title.startswith("【演练】")
    assert [drill.text.splitlines()[0], drill.text.splitlines()[-1]] == [BANNER, BANNER]
    real = render(henan_update(regime=regime, notice=notice.value))
    if "drill" in notice.value:
        return  # sent of a drill alone, and it speaks of nothing else
    assert "演练" not in real.text
    assert "EXERCISE" not in real.text.upper()


@pytest.mark.parametrize(
    ("scenario", "unit", "title"),
    [
        ("海缆中断", "河南省公司", "东方通信集团河南省公司关于海缆中断事件的首次报告"),
        ("海缆中断", "集团总部", "东方通信集团总部关于海缆中断事件的首次报告"),
        ("通信建设工程施工事故", "河南省公司", "东方通信集团河南省公司关于通信建设工程施工事故的首次报告"),
    ],
)
def test_title(scenario: str, unit: str, title: str) -> None:
    """A title is 发文机关 + 关于 + 事由 + 的 + 文种, and no word of it stands twice."""
    facts = incident(scenario={"zh": scenario, "en": "-"}, unit={"zh": unit, "en": "-"})
    assert render(facts).title == title


def test_oral_ends_with_the_question() -> None:
    """The script for the telephone says who calls, and ends by asking for the name and the time."""
    text = render(LETTERS["telecom2009-oral"]).text
    assert text.endswith("请记录接报人姓名和时间\n")
    assert "您好，我是东方通信集团河南省公司张强，电话138-5550-0004。" in text


def test_signature() -> None:
    """A letter says who drafted and who signed it, and that it awaits signing."""
    assert "签发人：（待签发）" in render(henan_first()).text
    signed = render(henan_first(signer="王芳")).text
    assert "起草人：李伟\n　　签发人：王芳\n" in signed
    assert "　2021年7月23日\n" in signed


def test_articles_six_items_in_order() -> None:
    """A report of a work-safety accident has the six items of article 12, in the article's order."""
    headings = [line for line in render(LETTERS["so493-first"]).text.splitlines() if line[:2] in _NUMBERS]
    assert [heading[2:6] for heading in headings] == [
        "事故发生",
        "事故发生",
        "事故的简",
        "已经造成",
        "已经采取",
        "其他应当",
    ]


_NUMBERS = {f"{number}、" for number in "一二三四五六七八"}


# --- what is missing -------------------------------------------------------------------------------------------------


def test_missing_of_a_first_report() -> None:
    """A first report may leave cause and restoration for later; what its own list names now it may not."""
    nothing = render(incident(unit=None, event="", contact=None, event_level=None))
    assert [words.zh for words in nothing.missing_now] == [
        "地点",
        "发生时间",
        "事件简况",
        "影响业务种类",
        "影响范围",
        "受影响用户",
        "已采取的措施",
        "联系人及电话",
    ]
    assert [words.zh for words in nothing.missing_later] == [
        "恢复时间",
        "原因",
        "是否影响党政军、应急和110、119、120等紧急呼叫",
    ]
    assert "尚待核实：地点、发生时间" in nothing.text


def test_missing_of_a_final_report() -> None:
    """A final report must have cause and restoration."""
    final = render(henan_update(notice="final", kind="final"))
    assert [words.zh for words in final.missing_now] == ["恢复时间", "原因"]
    assert render(LETTERS["telecom2009-final"]).missing_now == ()


def test_nought_counts_as_known() -> None:
    """A figure of nought is known, so it is not missing."""
    assert [words.zh for words in render(LETTERS["so493-first"]).missing_now] == ["现场情况", "初步估计的直接经济损失"]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"duration_hours": 20, "restored_at": "2021-07-21T12:00:00+08:00"}, "中断时长（20）长于"),
        ({"duration_hours": 18, "restored_at": "2021-07-21T12:00:00+08:00"}, ""),
        ({"user_minutes": 6001, "users_affected": 100, "duration_hours": 1}, "受影响用户时长（6001）多于"),
        ({"user_minutes": 6000, "users_affected": 100, "duration_hours": 1}, ""),
        ({"sensitive_information_persons": 2, "personal_information_persons": 1}, "其中涉及敏感个人信息（2）多于"),
        ({"handled_at": "2021-07-20T17:59:00+08:00"}, "处置完毕时间早于发生时间"),
        ({"discovered_at": "2021-07-20T17:59:00+08:00"}, "发现时间早于发生时间"),
        ({"restored_at": "2021-07-23T08:01:00+08:00"}, "恢复时间晚于本件的截止时点"),
        ({"restored_at": "2021-07-23T08:00:00+08:00"}, ""),
    ],
)
def test_what_cannot_be(known: dict[str, Any], said: str) -> None:
    """Times and products that cannot all be right are listed, at the boundary not yet."""
    facts = incident({"occurred_at": "2021-07-20T18:00:00+08:00"} | known)
    told = [words.zh for words in render(facts).contradictions]
    assert (len(told) == 1 and told[0].startswith(said)) if said else told == []


def test_deaths_that_fall_are_no_contradiction_in_a_correction() -> None:
    """A cumulative figure may fall by a correction, and by nothing else."""
    previous = FILED_23 | {"facts": {"deaths": 2}}
    facts = incident({"deaths": 1}, previous=previous)
    assert len(render(facts).contradictions) == 1
    assert render(facts | {"notice": "correction", "kind": "correction", "corrects": CORRECTED}).contradictions == ()


def test_a_list_from_memory_holds_nothing_up() -> None:
    """What is missing by a list that nobody has read is told and blocks nothing; by one that was read it does."""
    telecom = render(incident())
    assert telecom.sure == "MEM"
    assert telecom.missing_now
    assert telecom.wanting == ()
    accident = render(incident(regime="cn.so493", kind="initial"))
    assert (accident.sure, accident.wanting) == ("V-text", accident.missing_now)


def test_said_to_be_unknown_is_said() -> None:
    """A figure that somebody has put down as not known yet is not missing in a first report; in a final one it is."""
    unknown = {"value": None, "as_of": "2021-07-23T08:00:00+08:00", "source": "NOC", "note": "", "before": []}
    facts = incident({"users_affected": unknown})
    assert "受影响用户" not in [words.zh for words in render(facts).missing_now]
    assert "受影响用户" in [words.zh for words in render(facts | {"notice": "final", "kind": "final"}).missing_now]


def test_every_item_of_every_list_can_be_told() -> None:
    """What an item asks is a fact, a figure, an instant or a text with words; each list has its mark of sureness."""
    lists = regimes.lists()
    for name, asks in lists.asks.items():
        assert name.rpartition(".")[0] in lists.sure
        for each in asks:
            assert notices.label(each.removesuffix(notices.MAY)).zh
    wanted = [*lists.base.values(), *(each for regime in REGIMES for each in regimes.regime(regime).letters.values())]
    assert {name for each in wanted for name in (*each.now, *each.later)} <= set(lists.fields)
    assert set(lists.base) == set(Notice)


# --- the words of a template -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (977_000, "97.7万", "977,000"),
        (61_900, "6.19万", "61,900"),
        (61_903, "61903", "61,903"),
        (6_193, "6193", "6,193"),
        (17_600, "1.76万", "17,600"),
        (0, "0", "0"),
        (10_000, "1万", "10,000"),
        (120_000_000, "1.2亿", "120,000,000"),
        (123_450_000, "12345万", "123,450,000"),
        (2.5, "2.5", "2.5"),
        (None, None, None),
    ],
)
def test_count(value: float | None, zh: str | None, en: str | None) -> None:
    """Counts are written as situation reports write them, and exactly."""
    assert (notices.count(value, "zh"), notices.count(value, "en")) == (zh, en)


@given(st.integers(min_value=0, max_value=10**12))
def test_count_loses_nothing(value: int) -> None:
    """Whatever the count, it can be read back to the same number."""
    said = notices.count(value, "zh") or ""
    scale = {"万": 10_000, "亿": 100_000_000}.get(said[-1], 1)
    whole, _, part = said.rstrip("万亿").partition(".")
    assert int(whole) * scale + (int(part) * scale // 10 ** len(part) if part else 0) == value


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        (44_300, 61_900, "71.6%"),
        (17_600, 454_000, "3.9%"),
        (61_899, 61_900, "99.9%"),
        (61_900, 61_900, "100.0%"),
        (1, 61_900, "不足0.1%"),
        (0, 61_900, "0.0%"),
        (5, 4, None),
        (0, 0, None),
        (None, 4, None),
    ],
)
def test_percent(part: int | None, whole: int, share: str | None) -> None:
    """A share has one decimal, never rounds a remainder away, and is unknown where it cannot be."""
    assert notices.percent(part, whole, "zh") == share


def test_times_are_local_and_to_the_minute() -> None:
    """An instant is said in the organisation's zone, with the offset where the reader may be elsewhere."""
    instant = "2021-07-20T10:00:59+00:00"
    assert notices.when(instant, "Asia/Shanghai", "zh") == "2021年7月20日18时00分"
    assert notices.when(instant, "Asia/Shanghai", "en") == "2021-07-20 18:00 (UTC+8)"
    assert notices.when(instant, "America/St_Johns", "en") == "2021-07-20 07:30 (UTC-2:30)"


# --- hostile text ----------------------------------------------------------------------------------------------------


def test_typed_text_is_harmless() -> None:
    """Mentions, control and invisible characters are gone; line breaks stay, and no line passes for a heading."""
    typed = "第一行 <!channel> <@U01> {{ 7 * 7 }}\r\n一、签发人：他人\u202e\x1b[31m\u200b\x00\nRTT<5ms & <b>"
    text = render(incident(written=dict.fromkeys(WRITTEN, "") | {"impact": typed})).text
    assert "影响范围：第一行 ＜!channel> ＜@U01> {{ 7 * 7 }}\n　　一、签发人：他人[31m\n　　RTT<5ms & <b>\n" in text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_makes_a_letter(typed: str) -> None:
    """Whatever is typed, a letter comes out, encodes, and holds no character that a reader cannot see."""
    letter = render(incident(event=typed, scenario=None, written=dict.fromkeys(WRITTEN, typed), drafter=typed))
    assert letter.digest == hashlib.sha256(letter.text.encode("utf-8")).hexdigest()
    assert not {unicodedata.category(letter_) for letter_ in letter.text.replace("\n", "")} & {"Cc", "Cf", "Cs"}
    assert "\n" not in letter.title
    assert "<!" not in letter.text


@pytest.mark.parametrize(
    "source",
    ["{{ range(10**9) }}", "{{ unheard_of }}", "{{ ''.__class__.__mro__ }}", "{{ 'a' | center(1000000000) }}"],
)
def test_a_template_can_do_little(source: str) -> None:
    """A template has only the words allowed to it: no stock globals or filters, no attributes of Python's own."""
    with pytest.raises((UndefinedError, SecurityError, TemplateSyntaxError)):
        notices.letter_press("zh").from_string(source).render({})


def test_same_facts_same_letter() -> None:
    """What was shown can be made again byte for byte, and a fact that moves moves the digest."""
    assert render(henan_update()) == render(henan_update())
    moved = henan_update()
    moved["facts"]["stations_restored"]["value"] = 58_901
    assert render(moved).digest != render(henan_update()).digest


def test_tasks_are_folded() -> None:
    """At most eight measures are listed, the latest, and the rest are counted."""
    text = render(henan_first(tasks_done=done(11))).text
    assert "（8）" in text
    assert "（9）" not in text
    assert "向第11个断电节点派出油机。" in text
    assert "另有3项较早的措施已完成。" in text


def test_a_measure_is_a_fact_with_its_result() -> None:
    """What was done is told with its hour and what came of it; without a result it is told without one."""
    with_result, without = ({"given": given} for given in ("已通电", None))
    tasks = [task | given for task, given in zip(done(2, day=23), (with_result, without), strict=True)]
    text = render(henan_first(tasks_done=tasks)).text
    assert "（1）01:30 已完成：向第1个断电节点派出油机；结果：已通电。\n" in text
    assert "（2）02:30 已完成：向第2个断电节点派出油机。\n" in text


def test_what_is_planned_is_not_told_as_done() -> None:
    """An open task is planned for its hour; one whose hour has passed is under way."""
    hours = ("2021-07-23T12:00:00+08:00", "2021-07-23T07:00:00+08:00", "2021-07-24T12:00:00+08:00", None)
    tasks = [{"do": {"zh": f"做{n}。", "en": "-"}, "due_at": hour} for n, hour in enumerate(hours)]
    text = render(henan_first(tasks_open=tasks)).text
    for said in ("正在进行：做1。", "拟于 12:00 前：做0。", "拟于 7月24日12:00 前：做2。", "拟采取：做3。"):
        assert said in text


def test_our_own_label_of_the_plan_stays_with_us() -> None:
    """The authority reads the plan's title and version, not our code and digest of it."""
    for notice in Notice:
        text = render(henan_update(notice=notice.value)).text
        assert "flood-typhoon" not in text
        assert "9f2c41" not in text
    assert "《防汛防台风通信保障应急预案》（版本 v1）" in render(henan_first()).text


def test_a_final_report_promises_nothing_more() -> None:
    """No report follows the final one: what is still unknown is said to be so."""
    final, first = render(henan_update(notice="final", kind="final")).text, render(henan_first()).text
    assert "　　至今未能核实：恢复时间、原因、" in final
    assert "核实后补报" not in final
    assert "　　尚待核实：影响业务种类、恢复时间、原因、" in first
    assert "，核实后补报。\n" in first


def test_written_wins() -> None:
    """What the drafter wrote of the measures stands instead of the list of tasks."""
    text = render(henan_first(written=dict.fromkeys(WRITTEN, "") | {"measures": "已派出应急通信车8台。"})).text
    assert "已派出应急通信车8台。" in text
    assert "断电节点" not in text


def test_unheard_of_notice_is_refused() -> None:
    """A kind of letter that does not exist is an error, not an empty letter."""
    with pytest.raises(ValueError, match="postcard"):
        render(incident(notice="postcard"))
