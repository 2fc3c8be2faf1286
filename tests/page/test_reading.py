"""Reading: what is said is shown, live, to whom it is meant, in their language and their own time."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from workspace.pages.words import LANGUAGES, words

if TYPE_CHECKING:
    from conftest import World
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.page
NOON = 1764000000  # 2025-11-24 16:00:00 UTC


def log(page: Page):  # noqa: ANN201
    """The channel's log."""
    return page.get_by_role("log", name="Messages")


def test_enter_sends(seat: Page) -> None:
    """Enter sends, Shift+Enter begins a new line, and the message stands in the log without a reload."""
    box = seat.get_by_role("textbox", name="Message")
    box.press_sequentially("first")
    box.press("Shift+Enter")
    box.press_sequentially("大家好 & <b>")
    box.press("Enter")
    expect(log(seat).locator("article").last).to_contain_text(re.compile("first.*大家好 & <b>"))
    expect(box).to_have_value("")


def test_live_arrival_keeps_what_is_half_typed(world: World, seat: Page, room: str) -> None:
    """A message of another arrives without a reload, and leaves the draft, the caret and the focus alone."""
    box = seat.get_by_role("textbox", name="Message")
    box.fill("half a sentence")
    box.press("ArrowLeft")
    world.space.say("U0WANG", room, "live!")
    expect(log(seat)).to_contain_text("live!")
    expect(box).to_have_value("half a sentence")
    expect(box).to_be_focused()
    assert box.evaluate("el => el.selectionStart") == len("half a sentence") - 1


def test_drafts_survive_a_reload(seat: Page) -> None:
    """What was typed and not sent is there again after the page was reloaded."""
    seat.get_by_role("textbox", name="Message").press_sequentially("not yet sent")
    seat.reload()
    expect(seat.get_by_role("textbox", name="Message")).to_have_value("not yet sent")


def test_cards_are_drawn(world: World, seat: Page, room: str) -> None:
    """A card's header, fields, context and buttons are shown, and its marks do not run as HTML."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": ":rotating_light: Cable *cut*"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Bold* _slant_ ~gone~ `code` &lt;b&gt; <script>"}},
        {
            "type": "section",
            "fields": [{"type": "mrkdwn", "text": "*Level*\nII"}, {"type": "mrkdwn", "text": "<@U0WANG>"}],
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "<https://example.com/plan|the plan>"}]},
    ]
    world.client.chat_postMessage(channel=room, text="card", blocks=blocks)
    card = log(seat).locator("article").last
    expect(card.get_by_role("heading", name="🚨 Cable *cut*")).to_be_visible()
    expect(card.locator("strong", has_text="Bold")).to_be_visible()
    expect(card).to_contain_text("<b> script")
    expect(card.locator(".mention")).to_have_text("@王芳")
    expect(card.get_by_role("link", name="the plan")).to_have_attribute("href", "https://example.com/plan")


@pytest.mark.parametrize(("zone", "shown"), [("Asia/Shanghai", "00:00"), ("Europe/Berlin", "17:00")])
def test_dates_are_the_readers_own(world: World, chromium: Browser, room: str, zone: str, shown: str) -> None:
    """A date token is written in the time zone of the browser that shows it."""
    world.client.chat_postMessage(channel=room, text=f"due <!date^{NOON}^{{date_num}} at {{time}}|unknown>")
    context = chromium.new_context(timezone_id=zone, locale="en-GB")
    page = context.new_page()
    page.goto(f"{world.url}?lang=en&as=U0LIWEI&c={room}")
    expect(log(page).locator("article").last).to_contain_text(f"at {shown}")
    context.close()


def test_whispers_are_for_one(world: World, seat: Page, context: BrowserContext, room: str) -> None:
    """An ephemeral message is shown to its reader alone, says so, and can be dismissed."""
    other = context.browser.new_context().new_page()
    other.goto(f"{world.url}?lang=en&as=U0WANG&c={room}")
    world.client.chat_postEphemeral(channel=room, user="U0LIWEI", text="for you only")
    world.space.say("U0ADA", room, "for all")
    whisper = log(seat).locator("article", has_text="for you only")
    expect(whisper).to_contain_text("Only visible to you")
    expect(log(other)).to_contain_text("for all")
    expect(log(other)).not_to_contain_text("for you only")
    whisper.get_by_role("button", name="Dismiss").click()
    expect(whisper).to_have_count(0)
    other.context.close()


def test_unread_marks_come_and_go(world: World, seat: Page) -> None:
    """A channel with something unread says how much, a mention counts apart, and opening it clears the mark."""
    elsewhere = world.fresh_room(f"elsewhere-{time.time_ns()}")
    name = world.space.channel(elsewhere)["name"]
    row = seat.get_by_role("navigation", name="Channels").get_by_role("link", name=name)
    world.space.say("U0WANG", elsewhere, "one")
    expect(row.get_by_label("1 unread")).to_be_visible()
    world.space.say("U0WANG", elsewhere, "two <@U0LIWEI>")
    expect(row.get_by_label("1 mention you")).to_be_visible()
    row.click()
    expect(log(seat)).to_contain_text("two @李伟")
    expect(row.locator(".count")).to_have_count(0)


def test_threads_stand_beside(world: World, seat: Page, room: str) -> None:
    """A reply goes to the thread pane, not to the channel, and the channel counts it, for others live."""
    world.space.say("U0WANG", room, "the root")
    article = log(seat).locator("article", has_text="the root")
    article.hover()
    article.get_by_role("button", name="Message actions").click()
    seat.get_by_role("menuitem", name="Reply in thread").click()
    seat.get_by_role("textbox", name="Reply").fill("a reply")
    seat.get_by_role("textbox", name="Reply").press("Enter")
    expect(seat.get_by_role("log", name="Thread")).to_contain_text("a reply")
    expect(log(seat)).not_to_contain_text("a reply")
    world.space.say("U0WANG", room, "another", thread_ts=article.get_attribute("data-ts"))
    expect(article.get_by_role("link", name="2 replies")).to_be_visible()
    seat.get_by_role("link", name="Close thread").click()
    expect(seat.get_by_role("log", name="Thread")).to_have_count(0)


def test_files_open_for_members_only(world: World, seat: Page, room: str) -> None:
    """A file in a channel opens with its own bytes; one in a private channel does not open for a stranger."""
    world.client.files_upload_v2(channel=room, filename="notice.txt", content="首报正文", title="Notice v2")
    link = log(seat).get_by_role("link", name="Notice v2")
    expect(link).to_be_visible()
    answer = seat.request.get(world.url.rstrip("/") + link.get_attribute("href"))
    assert answer.text() == "首报正文"
    private = world.client.conversations_create(name=f"private-{time.time_ns()}", is_private=True)["channel"]["id"]
    file = world.client.files_upload_v2(channel=private, filename="secret.txt", content="no")["file"]
    assert seat.request.get(f"{world.url}files/{file['id']}?as=U0LIWEI").status == 404


def test_pins_and_bookmarks_stand_above(world: World, seat: Page, room: str) -> None:
    """The topic, the pinned card and the bookmarks appear above the log as the app sets them."""
    said = world.client.chat_postMessage(channel=room, text="the status card")
    world.client.pins_add(channel=room, timestamp=said["ts"])
    world.client.bookmarks_add(channel_id=room, title="Plan v3", type="link", link="https://example.com/3")
    world.client.conversations_setTopic(channel=room, topic="Level II")
    expect(seat.get_by_role("link", name="Plan v3")).to_be_visible()
    expect(seat.locator(".topic")).to_have_text("Level II")
    seat.get_by_role("button", name="1 pinned").click()
    expect(seat.get_by_role("menuitem", name="the status card")).to_be_visible()


def test_archived_channels_are_read_only(world: World, seat: Page, room: str) -> None:
    """When a channel is archived its message box gives way to a sentence, live."""
    world.client.conversations_archive(channel=room)
    expect(seat.get_by_text("This channel is archived; it can only be read.")).to_be_visible()
    expect(seat.get_by_role("textbox", name="Message")).to_have_count(0)


def test_strangers_may_join(world: World, page: Page) -> None:
    """A public channel one is not in can be looked at and joined with one press."""
    made = world.client.conversations_create(name=f"open-{time.time_ns()}")["channel"]["id"]
    page.goto(f"{world.url}?lang=en&as=U0ADA&c={made}")
    page.get_by_role("button", name="Join channel").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()


def test_scrolled_up_stays(world: World, seat: Page, room: str) -> None:
    """Who reads further up is not moved by an arrival, and gets a way back to the newest."""
    for number in range(40):
        world.space.say("U0WANG", room, f"line {number}")
    expect(log(seat)).to_contain_text("line 39")
    log(seat).evaluate("el => { el.scrollTop = 100 }")
    world.space.say("U0WANG", room, "the newest of all")
    expect(log(seat)).to_contain_text("the newest of all")
    assert log(seat).evaluate("el => el.scrollTop") == 100
    seat.get_by_role("button", name="Jump to newest").click()
    expect(seat.get_by_text("the newest of all")).to_be_in_viewport()


def test_acting_as_another(world: World, seat: Page, room: str) -> None:
    """Choosing another person under "Act as" shows the same channel as theirs, and they speak in their own name."""
    chooser = seat.get_by_role("combobox", name="Act as")
    assert [each.split(" · ")[0] for each in chooser.locator("option").all_inner_texts()] == [
        "李伟",
        "王芳",
        "Ada Byron",
    ]
    chooser.select_option("U0WANG")
    seat.wait_for_url(re.compile("as=U0WANG"))
    seat.get_by_role("textbox", name="Message").fill("it is me")
    seat.keyboard.press("Enter")
    expect(log(seat).locator("article", has_text="it is me")).to_contain_text("王芳")
    assert world.space.history(room)[0]["user"] == "U0WANG"


def test_an_unknown_person_is_said_to_be_unknown(world: World, page: Page, room: str) -> None:
    """An address that names nobody known says so and says who one is instead; it does not become one's seat."""
    page.goto(f"{world.url}?lang=en&as=U0WANG&c={room}")
    expect(page.get_by_text("There is no such person")).to_have_count(0)
    page.goto(f"{world.url}?lang=en&as=U0NOBODY&c={room}")
    expect(page.get_by_text("There is no such person: U0NOBODY; you are now 李伟.")).to_be_visible()
    world.space.say("U0ADA", room, "something new")
    expect(log(page)).to_contain_text("something new")
    expect(page.get_by_text("There is no such person")).to_be_visible()
    page.goto(f"{world.url}?lang=zh&as=U0NOBODY&c={room}")
    expect(page.get_by_text("没有这个人：U0NOBODY；您现在的身份是李伟。")).to_be_visible()
    page.goto(f"{world.url}?lang=en&c={room}")
    expect(page.get_by_role("combobox", name="Act as")).to_have_value("U0WANG")
    expect(page.get_by_text("There is no such person")).to_have_count(0)


def test_many_who_join_are_one_line(world: World, page: Page) -> None:
    """Two joins are two lines; from the third on they are one, which counts on live and stays open if opened."""
    made = str(world.client.conversations_create(name=f"crowd-{time.time_ns()}")["channel"]["id"])
    world.client.conversations_invite(channel=made, users="U0LIWEI,U0WANG")
    page.goto(f"{world.url}?lang=en&as=U0LIWEI&c={made}")
    expect(log(page).locator("article")).to_have_count(2)
    world.client.conversations_invite(channel=made, users="U0ADA")
    expect(log(page).locator("article")).to_have_count(1)
    line = log(page).locator("summary")
    expect(line).to_contain_text("李伟, 王芳 and 1 other joined the channel")
    line.click()
    expect(log(page).get_by_text("李伟, 王芳, Ada Byron", exact=True)).to_be_visible()
    world.space.add_member(made, "U0GUEST1")
    expect(line).to_contain_text("李伟, 王芳 and 2 others joined the channel")
    expect(log(page).get_by_text("李伟, 王芳, Ada Byron, U0GUEST1", exact=True)).to_be_visible()
    world.space.say("U0WANG", made, "now we talk")
    world.space.add_member(made, "U0GUEST2")
    expect(log(page).locator("article")).to_have_count(3)
    expect(log(page).locator("article").last).to_contain_text("U0GUEST2 joined the channel")
    page.goto(f"{world.url}?lang=zh&as=U0LIWEI&c={made}")
    expect(page.locator("summary", has_text="李伟、王芳等 4 人加入了频道")).to_be_visible()


def test_long_channel_names_are_read_whole_on_a_phone(world: World, chromium: Browser, room: str) -> None:
    """In the drawer of a phone a long channel name goes on in a next line instead of being cut."""
    world.fresh_room("inc-2026-0031-东海段海缆双缆阻断-上海崇明-江苏南通-应急响应指挥")
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{world.url}?lang=en&as=U0LIWEI&c={room}")
    page.get_by_role("button", name="Menu", exact=True).tap()
    row = page.get_by_role("navigation", name="Channels").get_by_role("link", name="应急响应指挥")
    name = row.locator(".name")
    assert name.evaluate("el => [el.scrollWidth <= el.clientWidth, el.scrollHeight <= el.clientHeight]") == [True, True]
    assert name.evaluate("el => el.clientHeight") > 30
    assert "应急响应指挥" in str(row.get_attribute("title"))
    context.close()


def test_languages_switch(world: World, seat: Page, room: str) -> None:
    """The page speaks Chinese when asked to, remembers it, and says where English is."""
    seat.get_by_role("link", name="切换到中文").click()
    expect(seat.get_by_role("navigation", name="频道")).to_be_visible()
    seat.goto(f"{world.url}?as=U0LIWEI&c={room}")
    expect(seat.get_by_role("log", name="消息", exact=True)).to_be_visible()
    expect(seat.get_by_role("textbox", name="输入消息")).to_be_visible()
    assert seat.locator("html").get_attribute("lang") == "zh-CN"
    expect(seat.get_by_role("link", name="Switch to English")).to_be_visible()


def test_both_languages_say_everything() -> None:
    """No word of the page is missing or left untranslated in either language."""
    both = [words(lang) for lang in LANGUAGES]
    assert both[0].keys() == both[1].keys()
    assert all(said.strip() for each in both for said in each.values())
    fields = [{key: sorted(re.findall(r"\{\w+\}", said)) for key, said in each.items()} for each in both]
    assert fields[0] == fields[1]


def test_nothing_is_fetched_from_elsewhere(world: World, seat: Page, room: str) -> None:
    """The page asks only its own server, forbids anything else, and shows a picture from elsewhere as words."""
    asked: list[str] = []
    seat.on("request", lambda request: asked.append(request.url))
    image = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a map"}
    world.client.chat_postMessage(channel=room, text="x", blocks=[image])
    expect(log(seat)).to_contain_text("Picture elsewhere: a map")
    seat.reload()
    expect(log(seat)).to_contain_text("Picture elsewhere: a map")
    assert asked
    assert all(each.startswith((world.url, "data:")) for each in asked)
    policy = seat.request.get(world.url).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_phone_is_enough(world: World, chromium: Browser, room: str) -> None:
    """At 360 pixels nothing scrolls sideways, the channels are a drawer, and every button is 44 pixels high."""
    world.post_card(room)
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{world.url}?lang=en&as=U0LIWEI&c={room}")
    expect(log(page)).to_contain_text("INC-2026-0031")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    low = page.evaluate(
        """[...document.querySelectorAll('button, select, .chip, .composer textarea')]
           .filter(el => el.offsetParent && getComputedStyle(el).visibility === 'visible')
           .map(el => [el.textContent.trim().slice(0, 20), el.getBoundingClientRect().height])
           .filter(([, high]) => high < 44)"""
    )
    assert low == []
    expect(page.get_by_role("navigation", name="Channels")).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).tap()
    page.get_by_role("navigation", name="Channels").get_by_role("link", name="duty-room").tap()
    expect(page.get_by_role("heading", name="duty-room")).to_be_visible()
    context.close()
