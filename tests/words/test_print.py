"""A plan on paper and a role's card: all that the plan says and whom to phone, and no character lost in silence."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pypdf
import pytest

from errors import NoSuchRole, NoSuchUnit
from escalation import regimes, rosters
from escalation.duties import ClockKind
from escalation.words import Words
from playbooks import content
from playbooks import print as press
from playbooks.owed import INTERNAL, owed, start_words
from playbooks.print import Page, Stamp
from playbooks.shape import Chapter, Playbook

ROOT = Path(__file__).parents[2]
PEOPLE = rosters.read((ROOT / "people.yaml").read_text("utf-8"))
LANGS = ("zh", "en")
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@cache
def book(code: str) -> Playbook:
    """A starter plan."""
    return content.read((ROOT / "plans" / "library" / f"{code}.yaml").read_text("utf-8"), code)


def stamp(of: Playbook) -> Stamp:
    """What a printed page says of it."""
    standing, hands = Words(zh="现行有效", en="in force"), ((Words(zh="签发", en="signer"), "王芳"),)
    return Stamp(label=f"{of.code} v3 · {of.digest[:6]}", digest=of.digest, standing=standing, hands=hands, at=NOW)


def plan(of: Playbook, lang: str, unit: str = "henan") -> Page:
    """The whole plan as a page."""
    return press.plan(of, stamp(of), people=PEOPLE, unit=unit, lang=lang)


def card(of: Playbook, role: str, lang: str, unit: str = "henan") -> Page:
    """A role's card."""
    return press.card(of, press.role_of(of, role), stamp(of), people=PEOPLE, unit=unit, lang=lang)


def read(page: Page) -> tuple[str, int]:
    """All that one reads on the PDF, without blanks, and its number of pages."""
    pages = pypdf.PdfReader(io.BytesIO(press.pdf(page))).pages
    return "".join("".join(each.extract_text().split()) for each in pages), len(pages)


def bare(text: str) -> str:
    """A text without blanks, which a line's end may take away."""
    return "".join(text.split())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("code", ["power-outage", "live-line-card"])
def test_all_that_the_plan_says_is_on_paper(code: str, lang: str) -> None:
    """Each level, task, role, duty, question and criterion; each holder's phone; version, digest's head and hands."""
    of = book(code)
    text, _ = read(plan(of, lang))
    said = [of.title, of.scope, *of.stand_down]
    said += [words for rule in of.levels for words in (rule.when, rule.measures)]
    said += [words for role in of.roles for words in (role.title, role.brief)]
    said += [words for task in of.tasks for words in (task.do, task.evidence) if words]
    said += [duty.title for duty in of.duties] + [each.ask for each in (*of.assessment, *of.review)]
    missing = [each.said(lang) for each in said if bare(each.said(lang)) not in text]
    assert not missing
    for role in of.roles:
        assert all(bare(each.phone) in text for each in PEOPLE.holders(role.post, "henan")), role.id
    assert bare(stamp(of).label) in text
    assert "王芳" in text


#: In English, where words are longest: the roles with the most to do.
LONGEST = [("dns-outage", "resolver"), ("core-network-outage", "core"), ("signalling-storm", "core")]


@pytest.mark.parametrize(("code", "role"), LONGEST)
@pytest.mark.parametrize("lang", LANGS)
def test_a_role_s_card_is_one_page(code: str, role: str, lang: str) -> None:
    """All its tasks with their limits, and whom to phone, on one side of one sheet."""
    of = book(code)
    text, pages = read(card(of, role, lang))
    assert pages == 1
    for task in of.tasks:
        assert (bare(task.do.said(lang)) in text) == (task.role == role), task.id
    for each in of.roles:
        assert all(bare(holder.phone) in text for holder in PEOPLE.holders(each.post, "henan"))


def test_a_card_names_deputies_and_superiors() -> None:
    """Who phones this role in vain knows whom to phone next; the duty manager stands there in any case."""
    text, _ = read(card(book("power-outage"), "noc", "zh"))
    holder = PEOPLE.holders("noc", "henan")[0]
    above = PEOPLE.person(str(holder.superior))
    assert f"上级{above.name}" in text
    assert all(f"副职{PEOPLE.name(each)}" in text for each in holder.deputies)
    assert all(bare(each.phone) in text for each in PEOPLE.holders("duty_manager", "henan"))


def test_reports_that_a_role_signs_are_on_its_card() -> None:
    """Office, phone and clock of each; whoever signs nothing has no such part."""
    of = book("power-outage")
    signed = dataclasses.replace(of, duties=tuple(dataclasses.replace(each, signs="liaison") for each in of.duties))
    text, pages = read(card(signed, "liaison", "zh"))
    assert pages == 1
    assert all(bare(duty.title.zh) in text for duty in of.duties)
    assert "0371-5550-1182" in text
    assert "由您签发的报告" not in read(card(of, "power", "zh"))[0]


def test_a_post_that_nobody_holds_is_said() -> None:
    """Vacant is a word on the page, not a blank; an unknown unit's contacts are all vacant, and nothing breaks."""
    text, _ = read(card(book("power-outage"), "power", "en", unit="nowhere"))
    assert bare("vacant: phone the duty manager") in text


@pytest.mark.parametrize("said", ["power", "动力抢修", "Power engineers", " POWER "])
def test_a_role_is_found_by_id_or_title(said: str) -> None:
    """In either language, however it is spelt."""
    assert press.role_of(book("power-outage"), said).id == "power"


def test_an_unknown_role_or_unit_is_refused_with_the_nearest() -> None:
    """The nearest known one first."""
    with pytest.raises(NoSuchRole) as refused:
        press.role_of(book("power-outage"), "powr")
    assert str(refused.value.facts["known"]).startswith("power,")
    with pytest.raises(NoSuchUnit) as unknown:
        press.seen_from(book("power-outage"), PEOPLE, "shanghi")
    assert str(unknown.value.facts["known"]).startswith("shanghai,")


def test_what_is_typed_is_never_an_instruction() -> None:
    """Markup of the typesetter, of HTML and of a shell is printed as it was typed."""
    typed = '#panic("x") $1/0$ @here <b> *x* _y_ \\ `z` // = #import "/etc/passwd"'
    of = dataclasses.replace(book("power-outage"), scope=Words(zh=typed, en=typed))
    assert bare(typed) in read(plan(of, "en"))[0]


def test_a_character_no_face_has_is_marked_and_named() -> None:
    """An emergency is no time to refuse a page for one character; nor is it left out in silence."""
    of = dataclasses.replace(book("power-outage"), scope=Words(zh="先断电🔌再进入", en="x"))
    text, _ = read(plan(of, "zh"))
    assert "先断电〓再进入" in text
    assert "U+1F50C" in text


def test_chapters_are_kept_word_for_word() -> None:
    """The document's own chapters stand at the end, paragraphs and lines as they were."""
    chapter = Chapter(title="1 总则", text="甲。\n乙。\n\n丙。")
    text, _ = read(plan(dataclasses.replace(book("power-outage"), chapters=(chapter,)), "zh"))
    assert "1总则甲。乙。丙。" in text


def test_the_same_page_is_the_same_file() -> None:
    """Byte for byte, so that what is uploaded twice is one thing."""
    page = card(book("power-outage"), "power", "zh")
    assert press.pdf(page) == press.pdf(page)


@pytest.mark.parametrize("lang", LANGS)
def test_every_statutory_clock_says_how_sure_it_is(lang: str) -> None:
    """Each duty of each starter plan: its rule's source and mark; a target of our own is called internal."""
    for path in sorted((ROOT / "plans" / "library").glob("*.yaml")):
        for duty in book(path.stem).duties:
            told = owed(duty)
            if duty.clock.kind is not ClockKind.STATUTORY:
                assert told.sure == INTERNAL
                continue
            marks = [words.said(lang) for words in regimes.titles().confidences.values()]
            assert any(told.sure.said(lang).startswith(mark) for mark in marks), duty.id
            assert ("未由人核实" if lang == "zh" else "verified by nobody") in told.sure.said(lang)
            assert told.source.said(lang)
            assert all(line.said(lang) for line in told.clock)


def test_a_day_of_the_law_is_24_hours() -> None:
    """What the rule counts in hours is printed in hours, by event level; at once has no number."""
    brief = next(duty for duty in book("power-outage").duties if duty.kind == "brief_written")
    told = [words.zh for words in owed(brief).clock]
    assert told == ["事件 I 级：自发生时间起 4 小时内", "事件 II、III 级：自发生时间起 24 小时内"]
    oral = next(duty for duty in book("power-outage").duties if duty.kind == "oral")
    assert "立即（没有数字）" in owed(oral).clock[0].zh


@pytest.mark.parametrize("lang", LANGS)
def test_every_form_of_clock_is_said(lang: str) -> None:
    """Each rule of each regime of the house has a sentence without an id in it."""
    for regime in regimes.all_regimes().values():
        for rule in regime.every_rule:
            said = start_words(rule.start).said(lang)
            assert said, regime.id
            assert "_at" not in said, (regime.id, said)
