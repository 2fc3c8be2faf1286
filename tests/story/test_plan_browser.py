"""From a starter plan to a version in force in a real browser, on a desk and on a phone: every press is counted."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.story.house import House
from tests.story.team import Team
from tests.story.test_browser import Hand

SAID = {"title": "郑东机房进水", "scenario": "flood_typhoon", "unit": "henan"}

pytestmark = pytest.mark.page


@pytest.mark.parametrize(("width", "lang"), [(1280, "en"), (360, "zh")])
def test_a_plan_owner_changes_a_task_and_three_sign_for_it(
    chromium: Browser, house: House, width: int, lang: str
) -> None:
    """Library, plan, new version, one task's time, submit; read and agree; read and sign; issue; the incident moves."""
    team = Team(house)
    assert team.declare("gao", **SAID) == {}
    room = team.gao.go("inc-").channel
    assert team.activate("gao", "IV", event_level="II") == {}
    page = chromium.new_page(viewport={"width": width, "height": 900})
    hand = Hand(page, house, lang)
    _writes(hand, team.at_duty_room("chen").channel)
    for slack, action, most in (
        ("U0LIWEI", "plan_read_open", 2),
        ("U0WANGFANG", "plan_read_open", 2),
        ("U0CHENJING", "plan_issue_open", 2),
    ):
        hand.sit(slack, _messages_with_tocsin(team, slack))
        hand.click(page.locator(f"article [data-action={action}]:visible").last)
        hand.submit()
        assert hand.presses == most, (slack, hand.presses)
    hand.sit("U0GAOYUAN", room)
    expect(page.locator("article [data-action=plan_move_press]")).to_be_visible(timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def _writes(hand: Hand, duty_room: str) -> None:
    """Search, open, new version, tasks, edit T01, save, submit, ask: nine presses, and none of them wide."""
    hand.sit("U0CHENJING", duty_room)
    box = hand.page.locator("#say")
    box.fill("/plan")
    box.press("Enter")
    hand.presses += 1
    hand.type("plan_q", "flood-typhoon")
    hand.click(hand.form.locator("footer button[type=submit]"))
    expect(hand.form.locator("[data-action=plan_open]")).to_have_count(1, timeout=10_000)
    hand.click(hand.form.locator("[data-action=plan_open]"))
    hand.click(hand.form.locator("[data-action=plan_version_press]"))
    hand.form.locator("select[data-action=plan_piece_select]").select_option("tasks")
    hand.presses += 1
    hand.click(hand.form.locator("[data-action=plan_edit_open]").first)
    hand.type("due#1", "20 min")
    assert hand.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hand.click(hand.form.locator("footer button[type=submit]"))
    expect(hand.form.locator("[data-action=plan_edit_open]").first).to_be_visible(timeout=10_000)
    hand.click(hand.form.locator("[data-action=plan_submit_open]"))
    expect(hand.form.locator("[data-block=whom] select")).to_be_visible(timeout=10_000)
    hand.choose("whom", "li.wei")
    hand.click(hand.form.locator("footer button[type=submit]"))
    expect(hand.form).to_contain_text("审核中" if hand.lang == "zh" else "under review", timeout=10_000)
    assert hand.presses == 9, hand.presses
    while hand.form.count():
        hand.form.last.locator("[data-close]").first.click()
        hand.page.wait_for_timeout(300)


def _messages_with_tocsin(team: Team, slack: str) -> str:
    name = {"U0LIWEI": "li", "U0WANGFANG": "wang", "U0CHENJING": "chen"}[slack]
    return team.at_duty_room(name).go("Tocsin").channel
