"""Pressing: what is pressed reaches the app as Slack would send it, and what comes of it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import World
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.page


@pytest.fixture
def card(world: World, seat: Page, room: str) -> Locator:
    """The sample's status card in the test's channel."""
    world.post_card(room)
    shown = seat.get_by_role("log", name="Messages").locator("article", has_text="INC-2026-0031")
    expect(shown).to_be_visible()
    return shown


def heard_action(world: World) -> dict:
    """The one action of the newest press."""
    return world.heard.last("action")["actions"][0]


def test_a_button_acts(world: World, seat: Page, card: Locator, room: str) -> None:
    """A button's press carries its value and its message; the card is edited in place, the answer is a whisper."""
    card.get_by_role("button", name="Sign first notice").click()
    expect(card).to_contain_text("✅ signed by @李伟")
    expect(seat.get_by_text("Only you read this")).to_be_visible()
    body = world.heard.last("action")
    assert (body["actions"][0]["value"], body["channel"]["id"], body["user"]["id"]) == ("n1", room, "U0LIWEI")
    assert body["message"]["ts"] == card.get_attribute("data-ts")
    expect(card.get_by_role("button", name="Sign first notice")).to_be_focused()


def test_a_select_in_a_card_acts(world: World, card: Locator) -> None:
    """Choosing in a card's select reaches the app at once with the option."""
    card.get_by_role("combobox", name="Level").select_option("III")
    assert heard_action(world)["selected_option"] == {
        "text": {"type": "plain_text", "text": "III", "emoji": True},
        "value": "iii",
    }


def test_an_overflow_menu_acts(world: World, seat: Page, card: Locator) -> None:
    """The overflow menu opens by keyboard, closes with Esc, and its choice reaches the app."""
    more = card.get_by_role("button", name="More actions")
    more.focus()
    seat.keyboard.press("Enter")
    expect(seat.get_by_role("menuitem", name="Hand over")).to_be_focused()
    seat.keyboard.press("Escape")
    expect(seat.get_by_role("menuitem", name="Hand over")).to_be_hidden()
    expect(more).to_be_focused()
    more.click()
    seat.get_by_role("menuitem", name="Assess").click()
    assert heard_action(world)["selected_option"]["value"] == "assess"


def test_a_confirm_is_asked_first(world: World, seat: Page, card: Locator) -> None:
    """A button with a confirm asks; saying no tells the app nothing, saying yes does."""
    card.get_by_role("button", name="Stand down").click()
    asked = seat.get_by_role("dialog", name="Stand down?")
    expect(asked).to_contain_text("This ends the response.")
    asked.get_by_role("button", name="Not yet").click()
    expect(asked).to_have_count(0)
    assert world.heard.payloads == []
    card.get_by_role("button", name="Stand down").click()
    asked.get_by_role("button", name="Stand down now").click()
    assert heard_action(world)["action_id"] == "end"


def test_a_global_shortcut_opens_a_form(seat: Page) -> None:
    """The shortcuts of the app stand behind ⚡ on every page."""
    seat.get_by_role("button", name="Shortcuts").click()
    seat.get_by_role("menuitem", name="Open the form").click()
    expect(seat.get_by_role("dialog", name="Small")).to_be_visible()


def test_a_message_shortcut_carries_its_message(world: World, seat: Page, room: str) -> None:
    """A message's ⋯ menu offers the app's message shortcuts, and the app gets that message."""
    world.space.say("U0WANG", room, "something happened")
    article = seat.get_by_role("log", name="Messages").locator("article", has_text="something happened")
    article.hover()
    article.get_by_role("button", name="Message actions").click()
    seat.get_by_role("menuitem", name="Form from this message").click()
    expect(seat.get_by_role("dialog", name="Small")).to_be_visible()
    assert world.heard.last("message_action")["message"]["text"] == "something happened"


def test_home_is_published_and_pressed(world: World, seat: Page) -> None:
    """Opening Home lets the app publish it for this person, and its buttons act."""
    world.heard.payloads.clear()
    seat.get_by_role("navigation", name="Channels").get_by_role("link", name="Sample · Home").click()
    home = seat.get_by_role("region", name="Home")
    expect(home).to_contain_text("Nothing waits for you, @李伟.")
    home.get_by_role("button", name="Declare").click()
    assert heard_action(world)["value"] == "x"
    assert world.heard.last("action")["container"]["type"] == "view"


def test_a_late_app_is_reported(seat: Page) -> None:
    """When the app does not acknowledge in three seconds the person reads operation_timeout and the command."""
    seat.get_by_role("textbox", name="Message").fill("/slow")
    seat.keyboard.press("Enter")
    expect(seat.get_by_role("status").first).to_contain_text("/slow failed", timeout=6000)
    expect(seat.get_by_role("status").first).to_contain_text("operation_timeout")


def test_an_unknown_command_is_reported(seat: Page) -> None:
    """A command nobody declared is refused in a sentence that names it."""
    seat.get_by_role("textbox", name="Message").fill("/nosuch thing")
    seat.keyboard.press("Enter")
    expect(seat.get_by_text("/nosuch is not a valid command.")).to_be_visible()


def test_an_ack_with_text_is_a_whisper(world: World, seat: Page, room: str) -> None:
    """What a command's acknowledgement says is shown to the sender alone and never enters the history."""
    seat.get_by_role("textbox", name="Message").fill("/card")
    seat.keyboard.press("Enter")
    expect(seat.get_by_role("log", name="Messages")).to_contain_text("Posting the card")
    assert "Posting the card" not in str(world.space.history(room))


def test_two_people_see_one_press(world: World, seat: Page, card: Locator, room: str) -> None:
    """What one person presses changes the card on another's screen."""
    other = seat.context.browser.new_context().new_page()
    other.goto(f"{world.url}?lang=en&as=U0WANG&c={room}")
    theirs = other.locator("article", has_text="INC-2026-0031")
    expect(theirs).to_be_visible()
    card.get_by_role("button", name="Sign first notice").click()
    expect(theirs).to_contain_text("✅ signed by @李伟")
    other.context.close()
