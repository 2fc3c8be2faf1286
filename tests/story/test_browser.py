"""The path of an emergency in a real browser, on a desk and on a phone: every press is counted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.story.house import House, until
from tests.story.team import Team

TASKS = tuple(f"T{n:02}" for n in range(1, 20))  # of level III
WORDS = {"summary": "s", "impact": "i", "cause": "c", "measures": "m", "next": "n", "requests": "r"}

pytestmark = pytest.mark.page


@dataclass
class Hand:
    """A hand on the page: presses are counted, typing and looking are not."""

    page: Page
    house: House
    lang: str
    presses: int = 0

    def sit(self, who: str, room: str) -> None:
        """Be this person, in this room."""
        self.page.goto(f"{self.house.url}/?as={who}&c={room}&lang={self.lang}")
        self.presses = 0

    @property
    def form(self) -> Locator:
        """The form on top."""
        return self.page.locator("dialog.modal")

    def press(self, action: str, beside: str = "") -> None:
        """Press the newest button with this action, in a card that says these words."""
        row = self.page.locator("article .section").filter(has_text=beside) if beside else self.page.locator("article")
        self.click(row.locator(f"[data-action={action}]:visible").last)

    def menu(self, value: str) -> None:
        """Choose from ⋯: one press opens it, one chooses."""
        card = self.page.locator("article").filter(has=self.page.locator(f"[data-action=more][value^={value}]")).last
        self.click(card.locator(".blocks [data-menu]"))
        self.click(card.locator(f"[data-action=more][value^={value}]"))

    def submit(self) -> None:
        """Press the form's own button and see it go."""
        self.click(self.form.locator("footer button[type=submit]"))
        expect(self.form).to_have_count(0, timeout=10_000)

    def type(self, block: str, text: str) -> None:
        """Type into a field."""
        self.form.locator(f"[data-block='{block}'] :is(input, textarea)").first.fill(text)

    def choose(self, block: str, value: str) -> None:
        """Choose in a field."""
        self.form.locator(f"[data-block='{block}'] select").select_option(value)

    def sees(self, words: str) -> None:
        """Wait for these words in the room."""
        expect(self.page.locator("[data-pane=log]")).to_contain_text(words, timeout=15_000)

    def click(self, what: Locator) -> None:
        """Press this."""
        what.click(timeout=15_000)
        self.presses += 1


@pytest.mark.parametrize(("width", "lang"), [(1280, "en"), (360, "zh")])
def test_an_emergency_is_pressed_through_in_the_browser(chromium: Browser, house: House, width: int, lang: str) -> None:
    """Declare, activate, take, tick, facts, sign, acknowledge, stand down, review, close: in few presses each."""
    page = chromium.new_page(viewport={"width": width, "height": 900})
    team = Team(house)
    hand = Hand(page, house, lang)
    _declares(hand, team.at_duty_room("gao").channel)
    room = team.gao.go("inc-").channel
    _decides(hand, room)
    _works(hand, room)
    _signs(hand, team.wang.channel)
    _in_between(team, house)
    _ends(hand, room)
    page.close()


def _declares(hand: Hand, duty_room: str) -> None:
    """Command, four fields, submit."""
    hand.sit("U0GAOYUAN", duty_room)
    box = hand.page.locator("#say")
    box.fill("/incident ")
    box.press("Enter")
    hand.presses += 1
    hand.type("title", "Zhengdong rooms flooded")
    hand.choose("scenario", "flood_typhoon")
    expect(hand.form).to_contain_text("flood-typhoon v1")
    hand.choose("unit", "henan")
    hand.submit()
    assert hand.presses <= 3


def _decides(hand: Hand, room: str) -> None:
    """Activate: two presses; raise the level: two more."""
    hand.sit("U0GAOYUAN", room)
    hand.press("activate_open")
    hand.choose("level", "IV")
    hand.choose("event_level", "II")
    hand.submit()
    assert hand.presses == 2
    hand.sees("📣")
    hand.sit("U0GAOYUAN", room)
    hand.press("level_open")
    hand.choose("level", "III")
    hand.type("reason", "two counties")
    hand.submit()
    assert hand.presses == 2


def _works(hand: Hand, room: str) -> None:
    """Take a role: one press; tick with evidence: one and the form's; facts: the same."""
    hand.sit("U0ZHANGQIANG", room)
    hand.press("role_take", beside="网络监控")
    hand.sees("网络监控 张强")
    assert hand.presses == 1
    hand.sit("U0ZHANGQIANG", room)
    hand.press("task_done", beside="T02")
    hand.type("evidence", "0 / 0 / 0, 18:00")
    hand.submit()
    assert hand.presses == 2
    hand.sit("U0ZHANGQIANG", room)
    hand.press("facts_open")
    hand.type("fact:stations_down", "6.19万")
    hand.submit()
    hand.sees("61 900")
    assert hand.presses == 2


def _signs(hand: Hand, room: str) -> None:
    """Read what will be sent, sign it; the regulator acknowledges on the desk's page; the room shows it."""
    hand.sit("U0WANGFANG", room)
    card = hand.page.locator("article").filter(has_text="草稿，待签发").filter(has_text="首报").last
    hand.click(card.locator("[data-action=notice_read]"))
    expect(hand.form).to_contain_text("6.19万")
    hand.submit()
    assert hand.presses == 2
    until(lambda: [each for each in hand.house.received() if each.via == "portal"], 15, what="at the desk")
    hand.page.goto(f"{hand.house.url}/desk?lang={hand.lang}")
    hand.page.locator("main li.waiting button[type=submit]").first.click()
    hand.sit("U0WANGFANG", room)
    hand.sees("机关已确认")


def _ends(hand: Hand, room: str) -> None:
    """Stand down, review, close."""
    hand.sit("U0GAOYUAN", room)
    hand.menu("stand_down")
    hand.type("note", "the criteria are kept by the branch from here on")
    hand.submit()
    assert hand.presses <= 3  # ⋯, the line in it, the form; two by typing /incident standdown
    hand.press("review_open")
    hand.type("q:R1", "10 min")
    hand.submit()
    hand.press("close_press")
    hand.submit()
    hand.sees("已关闭")


def _in_between(team: Team, house: House) -> None:
    """What the browser has shown once already, done for the rest: tasks, letters, the final report."""
    for code in TASKS:
        if code != "T02":
            assert team.tick("zhang", code) == {}
    assert team.sign("wang", "县级人民政府") == {}
    assert team.phone("wang", "口头快报", "刘工") == {}
    now = house.now.isoformat()
    known = {"users_affected": "977000", "duration_hours": "2", "restored_at": now, "handled_at": now}
    assert team.facts("zhang", now, **known) == {}
    assert team.write("zhang", "终报", **WORDS) == {}
    assert team.sign("wang", "终报") == {}
    house.rest()
