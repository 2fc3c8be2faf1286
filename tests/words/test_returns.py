"""The letters, the chart and the cards of periodic returns: what they say, in both languages, whatever is unknown."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest
from jinja2.exceptions import UndefinedError

from bot.views import returns as views
from bot.views.cards import CARDS
from errors import MissingGlyph
from escalation.documents import chart, letter_of, pdf
from escalation.returns import TEMPLATES, cell, render, row
from escalation.words import Words
from incidents import charts, periods, tally
from incidents.tally import Case
from tests.words.told import view
from workspace.blocks import message_faults, view_faults

GOLDEN = Path(__file__).parent / "golden"
COLLAPSE = Words(zh="通信建设工程生产安全事故", en="Telecom construction accident")
CORE = Words(zh="核心网故障", en="Core network fault")
TYPED = dict.fromkeys(("summary", "works", "problems", "next", "note", *tally.HAZARDS, "hazards_source"), "")


def at(day: int, hour: int = 10, month: int = 10) -> datetime:
    """An instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def cases() -> list[Case]:
    """Answer what happened in October 2026: two accidents, three network incidents, a drill."""
    accident = Case(
        number="INC-2026-0007", title="管道施工坍塌｜<!channel>\n二", scenario=COLLAPSE, exercise=False, at=at(5),
        classes=frozenset({"work_safety"}), occurred=True, level="III",
        facts={"deaths": 3, "missing": 0, "serious_injuries": 1, "direct_loss_yuan": 1_234_500},
    )  # fmt: skip
    network = replace(
        accident, number="INC-2026-0009", title="省际干线中断", scenario=CORE, classes=frozenset({"network_operation"}),
        at=at(9), level="IV", facts={"users_affected": 52_000, "duration_hours": "1.5"}, cause="施工挖断光缆",
    )  # fmt: skip
    return [
        accident,
        replace(accident, number="INC-2026-0008", title="高处坠落", at=at(7), level=None, facts={"deaths": 0}),
        network,
        replace(network, number="INC-2026-0010", title="配置错误", level=None, facts={}, cause=None, occurred=False),
        replace(network, number="EX-2026-0003", exercise=True, at=at(20), drill="tabletop"),
    ]


def facts(held: list[Case] | None = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answer the facts of Henan's return for October 2026."""
    held = cases() if held is None else held
    now = tally.figures(held)
    told = {
        "exercise": False,
        "organisation": {"zh": "东方通信集团", "en": "East Telecom Group"},
        "unit": {"zh": "河南省公司", "en": "Henan company"},
        "addressee": {"zh": "河南省通信管理局", "en": "Henan Communications Administration"},
        "reference": "RET-2026-10-MONTHLY-henan",
        "regime": "cn.miit.monthly",
        "kind": "monthly",
        "seq": 1,
        "period": {"zh": "2026年10月", "en": "October 2026"},
        "before": {"zh": "2026年9月", "en": "September 2026"},
        "from_at": "2026-09-30T16:00:00+00:00",
        "last_at": "2026-10-30T16:00:00+00:00",
        "known_from": "2025-12-01T00:00:00+00:00",
        "covered": True,
        "year_covered": True,
        "nil": not now["count"]["known"],
        "now": now,
        "year": now,
        "months": [],
        "by_class": tally.by_class(held),
        "major": {"rows": tally.listed(tally.major(held)), "more": 0},
        "ungraded": len(tally.ungraded(held)),
        "ordinary": {"rows": tally.listed(tally.ordinary(held)), "more": 0},
        "drills": tally.drills(held),
        "plans": {"standing": 29, "issued": 20, "starter": 9, "revised": 2, "reviewed": 4, "gaps": 1},
        "then": tally.figures([]),
        "then_from": {"zh": "取自已报送的RET-2026-09-MONTHLY-henan", "en": "as filed in RET-2026-09-MONTHLY-henan"},
        "previous": {"filed": tally.figures([]), "now": tally.figures([])},
        "corrects": None,
        "correction": None,
        "moved": [],
        "written": TYPED,
        "contact": {"name": "吴刚", "phone": "138-5550-0011"},
        "drafter": "吴刚",
        "signer": "王芳",
        "cutoff_at": "2026-11-01T01:30:00+00:00",
        "zone": "Asia/Shanghai",
    } | changes
    missing = [{"zh": each.zh, "en": each.en} for each in tally.missing(told)]
    wrong = [{"zh": each.zh, "en": each.en} for each in tally.contradictions(told)]
    return told | {"missing": {"now": missing, "later": [], "contradictions": wrong}}


def month(name: str, count: int | None) -> dict[str, Any]:
    """Answer a row of the table by month."""
    told = None if count is None else {"known": count, "unknown": 0}
    return {"month": {"zh": name, "en": name}, **dict.fromkeys(("count", "deaths", "network", "drills"), told)}


def annual(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answer the facts of the group's summary of 2026, in a house that began in October."""
    written = TYPED | {"summary": "一、完成三年行动年度任务。\n二、<@U0LIWEI> 推进标准化。", "next": "继续排查隐患。"}
    return facts(
        regime="cn.miit.annual",
        kind="annual_summary",
        reference="RET-2026-ANNUAL-group",
        period={"zh": "2026年", "en": "2026"},
        before={"zh": "2025年", "en": "2025"},
        covered=False,
        year_covered=False,
        known_from="2026-10-01T04:00:00+00:00",
        months=[month("2026年9月", None), month("2026年10月", 2)],
        then=dict.fromkeys(tally.figures([])),
        then_from={"zh": "本系统尚无记录", "en": "before this record begins"},
        previous=None,
        plans=None,
        written=written,
        **changes,
    )


def correction() -> dict[str, Any]:
    """Answer the facts of a correction: one accident was left out."""
    first = {
        "reference": "RET-2026-10-MONTHLY-henan",
        "signed_at": "2026-11-02T02:00:00+00:00",
        "digest": "9f2c41" * 10 + "abcd",
        "why": "漏报一起",
        "changes": [
            {
                "name": "count",
                "title": {"zh": "事故起数", "en": "accidents"},
                "was": {"known": 1, "unknown": 0},
                "now": {"known": 2, "unknown": 0},
            }
        ],
    }
    typed = TYPED | {
        "hazards_found": "12",
        "hazards_closed": "9",
        "hazards_source": "安全部台账",
        "note": "见原因。",
    }
    return facts(corrects=first, seq=2, reference="RET-2026-10-MONTHLY-henan-2", written=typed)


LETTERS = {
    "return-monthly": facts,
    "return-monthly-nil": lambda: facts([], drills=[]),
    "return-monthly-correction": correction,
    "return-annual": annual,
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", LETTERS)
def test_golden(name: str, lang: str) -> None:
    """Each letter, and its reading aid, is word for word what somebody has read."""
    path = GOLDEN / f"{name}-{lang}.txt"
    text = render(LETTERS[name](), lang=lang).text
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("name", LETTERS)
def test_what_is_sent_is_the_regimes_own_language_and_its_digest(name: str) -> None:
    """Chinese; the same facts give the same bytes; nothing says None, and no mention comes through."""
    one, two = render(LETTERS[name]()), render(LETTERS[name]())
    assert (one.lang, one.text) == ("zh", two.text)
    assert one.digest == hashlib.sha256(one.text.encode()).hexdigest()
    for lang in ("zh", "en"):
        said = render(LETTERS[name](), lang=lang).text
        assert "None" not in said
        assert "<!" not in said
        assert "<@" not in said


def test_a_cell_cannot_break_its_row() -> None:
    """A bar or a line break that somebody typed stays inside its cell."""
    assert cell("甲｜乙\n丙") == "甲|乙 丙"
    assert row(["甲｜乙", 3, None]) == "｜甲|乙｜3｜｜"
    tables = [line for line in render(facts()).text.splitlines() if line.startswith("｜")]
    assert any("管道施工坍塌|" in line for line in tables)
    assert all(line.endswith("｜") for line in tables)


def test_every_table_has_as_many_cells_in_each_row() -> None:
    """Row by row as its head."""
    for made in LETTERS.values():
        widths: list[int] = []
        for line in [*render(made()).text.splitlines(), ""]:
            if line.startswith("｜"):
                widths.append(line.count("｜"))
            else:
                assert len(set(widths)) <= 1
                widths = []


def test_every_unknown_is_said_and_no_fact_is_forgotten() -> None:
    """With nothing known beyond the counts it still renders; a name that is not in the facts stops the letter."""
    bare = facts([], then=dict.fromkeys(tally.figures([])), plans=None, contact={"name": None, "phone": None})
    assert "待核实" in render(bare).text
    assert "预案登记数据未接入" in render(bare).text
    lacking = {name: value for name, value in facts().items() if name != "ungraded"}
    with pytest.raises(UndefinedError):
        render(lacking)


def test_every_rule_has_its_letters_in_both_languages() -> None:
    """A return that nobody can write is found here."""
    for rule in periods.rules().values():
        for name in ("zh.txt", "zh.title.txt", "en.txt", "en.title.txt"):
            assert (TEMPLATES / rule.regime / name).is_file()


def test_an_ungraded_accident_is_not_called_minor() -> None:
    """Where nobody could grade it, the list of major accidents says so."""
    ungraded = [replace(cases()[0], level=None)]
    assert "另有1起尚未定级，级别待核实" in render(facts(ungraded)).text


# --- documents -------------------------------------------------------------------------------------------------------


@cache
def picture(form: str) -> bytes:
    """Answer the chart of October."""
    return chart.drawn(charts.of_return(facts()), form)  # type: ignore[arg-type]


def test_the_chart_is_drawn_and_the_same_each_time() -> None:
    """SVG and PNG; the same facts give the same picture."""
    assert picture("svg").lstrip().startswith(b"<svg")
    assert picture("png").startswith(b"\x89PNG")
    assert chart.drawn(charts.of_return(facts()), "svg") == picture("svg")


def test_the_chart_marks_what_is_not_wholly_known() -> None:
    """An unknown bar says 待核实 and is not a zero without a word."""
    groups = {each.label: each for each in charts.of_return(annual()).groups}
    assert groups["死亡人数"].told == ("待核实", "3")
    assert {each.label: each for each in charts.of_return(facts()).groups}["重伤人数"].told == ("0", "1+待核实")


def test_the_chart_refuses_a_character_that_no_font_has() -> None:
    """Nothing is drawn with a hole in it."""
    with pytest.raises(MissingGlyph):
        chart.drawn(replace(charts.of_return(facts()), title="\U000f0000"), "svg")


@pytest.mark.parametrize("made", [facts, annual])
def test_the_document_says_what_was_signed(made: Any) -> None:  # noqa: ANN401
    """The PDF has the letter's words, its tables and the digest."""
    told = made()
    letter = letter_of(render(told), charts.as_letter(told), sender="east-telecom", signed_at=at(2, month=11))
    whole = pdf.pdf(letter).content
    said = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(whole)).pages)
    assert "生产安全事故" in said
    assert "INC-2026-0007" in said
    assert letter.digest[:8] in said.replace("\n", "")


# --- chat ------------------------------------------------------------------------------------------------------------


def shown(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answer a return as a card shows it."""
    now = facts()["now"]
    return {
        "return": 3, "filing": 3, "page": "p" * 32, "number": "RET-2026-10-MONTHLY-henan", "unit": "henan",
        "title": {"zh": "生产安全事故信息月报 · 2026年10月", "en": "Monthly work-safety return · October 2026"},
        "unit_title": {"zh": "河南省公司", "en": "Henan company"}, "period": "2026-10", "exercise": False,
        "commander": None,
        "clock": {
            "title": {"zh": "月报", "en": "Monthly"}, "recipient": {"zh": "省局", "en": "the office"},
            "courier": "portal",
            "due_at": "2026-11-05T15:59:59+00:00", "met_at": None, "confidence": "MEM",
            "immediate": False, "phone": None,
        },
        "state": "running", "drafted_at": "2026-10-31T16:00:00+00:00", "draft": 1, "missing": facts()["missing"],
        "drafter": "wu.gang", "nil": False,
        "figures": {name: now[name] for name in ("count", "deaths", "network", "drills")},
        "stale": False, "asked": None, "sent_back": None, "signed_by": None, "signed_at": None, "signed_alone": False,
        "digest": None, "sending": None, "acknowledged_at": None, "acknowledged_by": None, "corrects": None,
        "correction": None, "moved": [],
        "why": None, "corrected_by": None, "at": "2026-11-01T00:00:00+00:00",
    } | changes  # fmt: skip


SIGNED = {"signed_by": "wang.fang", "signed_at": "2026-11-02T02:00:00+00:00", "digest": "a" * 64}
STATES = {
    "draft": {},
    "returned": {"sent_back": "缺 <!channel> 数据", "asked": "wang.fang"},
    "sending": SIGNED | {"sending": {"state": "pending", "courier": "portal", "outcome": {}, "settled_at": None}},
    "delivered": SIGNED | {"sending": {"state": "delivered", "courier": "portal", "outcome": {"receipt": "HN-1"},
                                       "settled_at": "2026-11-02T02:01:00+00:00"}},
    "rejected": SIGNED | {"sending": {"state": "rejected", "courier": "portal", "outcome": {"why": "格式"},
                                      "settled_at": "2026-11-02T02:01:00+00:00"}},
    "correction": {"corrects": "RET-2026-10-MONTHLY-henan", "why": "漏报" * 400},
}  # fmt: skip
WHATS = ("due", "late", "asked", "sent_back", "delivered", "failed")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("state", STATES)
def test_the_card_is_one_message_in_every_state(state: str, lang: str) -> None:
    """Slack takes it; it says how sure the day is; no press of an incident's notice is on it."""
    card = CARDS["return_card"](shown(**STATES[state]), view(lang))
    assert message_faults(card["blocks"]) == []
    told = str(card)
    assert ("未核实" if lang == "zh" else "unverified") in told
    assert "notice_" not in told
    assert "<!channel>" not in told


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("state", STATES)
def test_whatever_is_told_straight_can_be_drawn(what: str, state: str, lang: str) -> None:
    """A reminder without a draft has nothing to press and says when there will be one."""
    told = shown(**STATES[state]) | {"what": what, "by": "wu.gang", "to": "wang.fang"}
    assert message_faults(CARDS["return_news"](told, view(lang))["blocks"]) == []
    early = CARDS["return_news"](told | {"draft": 0, "figures": {}, "missing": {}}, view(lang))
    assert "action_id" not in str(early)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("mode", ["sign", "ask", "wait"])
def test_the_reading_shows_every_word_and_the_aid_only_beside_it(lang: str, mode: str) -> None:
    """The text that goes stands whole; who reads English finds an aid below that is named as such."""
    letter = render(facts())
    rendered = {"title": letter.title, "text": letter.text, "digest": letter.digest, "version": 1,
                "sure": "MEM", "missing_now": [], "missing_later": [], "contradictions": []}  # fmt: skip
    aid = render(facts(), lang="en").text if lang == "en" else None
    made = views.reading(
        lang, facts=shown(), rendered=rendered, aid=aid, mode=mode, approvers=[{"id": "he.lin", "name": "何琳"}],
        private={"return": 3}, view=view(lang),
    )  # fmt: skip
    assert view_faults(made, "modal") == []
    assert made.get("callback_id") == {"sign": "return_sign", "ask": "return_ask"}.get(mode)
    said = "".join(
        piece["elements"][0]["elements"][0]["text"] for piece in made["blocks"] if piece["type"] == "rich_text"
    )
    assert said == letter.text + (aid or "")
    assert ("Reading aid" in str(made)) == (lang == "en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_forms_and_lists_are_taken_by_slack(lang: str) -> None:
    """Writing (a year asks more than a month), refusing, handing over, correcting, the list, Home's row."""
    rendered = {"title": "t", "text": "正文", "digest": "d", "version": 1, "sure": "MEM",
                "missing_now": [], "missing_later": [],
                "contradictions": []}  # fmt: skip
    forms = [
        *(views.writing(lang, facts=shown(), written=TYPED, yearly=yearly, private={}) for yearly in (True, False)),
        views.refusing(lang, facts=shown(), private={}),
        views.phoning(lang, facts=shown(), rendered=rendered, now_text="2026-11-01 10:00", private={}),
        views.correcting(lang, facts=shown(), private={}),
    ]
    for form in forms:
        assert view_faults(form, "modal") == []
        assert form["callback_id"].startswith("return_")
    asked = [{block["block_id"] for block in form["blocks"] if "block_id" in block} for form in forms[:2]]
    assert asked[0] - asked[1] == {"summary", "problems", "next"}
    rows = [shown(), shown(draft=0, figures={}), shown(**STATES["delivered"])]
    assert message_faults(views.listing(lang, rows, view(lang))) == []
    assert views.listing(lang, [], view(lang))
    assert message_faults([views.waiting(lang, shown() | {"mine": mine}) for mine in ("sign", "draft")]) == []
