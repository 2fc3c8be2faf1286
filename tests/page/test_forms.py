"""Forms: every kind of element can be filled, errors stand under their fields, and nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import World
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.page


def opened(page: Page, command: str = "/form") -> Locator:
    """The dialog that a command opens."""
    page.get_by_role("textbox", name="Message").fill(command)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def fill_required(dialog: Locator, what: str) -> None:
    """Fill what the big form insists on."""
    dialog.get_by_label("What happened").fill(what)
    dialog.get_by_label("Scenario").select_option("Cable cut")
    dialog.get_by_label("Users affected").fill("120 000")
    dialog.get_by_label("Since when").fill("2026-11-23T14:02")
    dialog.get_by_role("radio", name="II", exact=True).check()
    dialog.get_by_role("combobox", name="Commander").select_option(label="李伟")


def test_commands_complete(seat: Page) -> None:
    """Typing / offers the commands; Tab completes, Enter then sends, and the first field of the form has the focus."""
    box = seat.get_by_role("textbox", name="Message")
    box.press_sequentially("/fo")
    expect(seat.get_by_role("option", name="/form [all | small]")).to_be_visible()
    box.press("Tab")
    expect(box).to_have_value("/form ")
    box.press("Enter")
    expect(seat.get_by_role("dialog", name="Every field").get_by_label("What happened")).to_be_focused()


def test_a_form_opens_at_its_top(seat: Page) -> None:
    """A form whose first field is below the fold opens on its first words; its heading has the focus, Tab goes on."""
    dialog = opened(seat, "/form long")
    expect(dialog.get_by_role("heading", name="Call")).to_be_focused()
    expect(dialog.get_by_text("第 1 段")).to_be_in_viewport(ratio=1)
    assert dialog.locator(".modal-body").evaluate("el => el.scrollTop") == 0
    seat.keyboard.press("Tab")
    seat.keyboard.press("Tab")
    expect(dialog.get_by_label("Spoken to")).to_be_focused()
    expect(dialog.get_by_label("Spoken to")).to_be_in_viewport()


def test_every_element_reaches_the_app(world: World, seat: Page) -> None:
    """Each kind of element is filled as a person would, and the app gets Slack's own state.values."""
    dialog = opened(seat)
    fill_required(dialog, "海缆中断")
    dialog.get_by_label("Details").fill("two\nlines")
    dialog.get_by_label("Day").fill("2026-11-24")
    dialog.get_by_label("Hour").fill("08:05")
    dialog.get_by_role("checkbox", name="This is a drill").check()
    roles = dialog.get_by_role("group", name="Roles")
    roles.get_by_role("checkbox", name="Liaison").check()
    roles.get_by_role("checkbox", name="Commander").check()
    dialog.get_by_role("group", name="Team").get_by_role("checkbox", name="Ada Byron").check()
    dialog.get_by_label("Room").select_option(label="#duty-room")
    dialog.get_by_label("Mail").fill("a@example.com")
    dialog.get_by_role("button", name="Declare").click()
    expect(dialog).to_have_count(0)
    held = {key: each["it"] for key, each in world.heard.last("submission")["view"]["state"]["values"].items()}
    since = int(datetime(2026, 11, 23, 6, 2, tzinfo=UTC).timestamp())
    assert held["what"] == {"type": "plain_text_input", "value": "海缆中断"}
    assert held["more"]["value"] == "two\nlines"
    assert held["plan"]["selected_option"]["value"] == "cable cut"
    assert held["users"] == {"type": "number_input", "value": "120000"}
    assert (held["day"]["selected_date"], held["hour"]["selected_time"]) == ("2026-11-24", "08:05")
    assert held["since"] == {"type": "datetimepicker", "selected_date_time": since}
    assert held["level"]["selected_option"]["value"] == "ii"
    assert [each["value"] for each in held["drill"]["selected_options"]] == ["this is a drill"]
    assert [each["value"] for each in held["roles"]["selected_options"]] == ["commander", "liaison"]
    assert (held["who"]["selected_user"], held["team"]["selected_users"]) == ("U0LIWEI", ["U0ADA"])
    assert held["room"]["selected_conversation"] == world.room
    assert held["mail"]["value"] == "a@example.com"


def test_untouched_fields_keep_their_first_values(world: World, seat: Page) -> None:
    """A field nobody touched is submitted as the app set it; one left empty is null, as with Slack."""
    dialog = opened(seat)
    fill_required(dialog, "x")
    dialog.get_by_role("button", name="Declare").click()
    expect(dialog).to_have_count(0)
    values = world.heard.last("submission")["view"]["state"]["values"]
    assert values["day"]["it"]["selected_date"] == "2026-11-23"
    assert values["hour"]["it"]["selected_time"] == "09:30"
    assert values["more"]["it"]["value"] is None
    assert values["drill"]["it"]["selected_options"] == []


def test_missing_fields_are_named_at_once(world: World, seat: Page) -> None:
    """A required field left empty is named under it without asking the app, and what was typed stays."""
    dialog = opened(seat)
    dialog.get_by_label("Details").fill("kept")
    dialog.get_by_label("Users affected").fill("many")
    dialog.get_by_role("button", name="Declare").click()
    expect(dialog.locator("[data-block=what] [role=alert]")).to_have_text("Please complete this required field.")
    expect(dialog.locator("[data-block=users] [role=alert]")).to_have_text("Enter a number.")
    expect(dialog.get_by_label("What happened")).to_be_focused()
    expect(dialog.get_by_label("What happened")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Details")).to_have_value("kept")
    assert not [each for each, _ in world.heard.payloads if each == "submission"]


def test_the_apps_errors_stand_under_their_fields(seat: Page) -> None:
    """What the app refuses is said under the field, every value is kept, and mending it goes through."""
    dialog = opened(seat)
    fill_required(dialog, "wrong")
    dialog.get_by_role("button", name="Declare").click()
    expect(dialog.locator("[data-block=what] [role=alert]")).to_have_text("Say more than that.")
    expect(dialog.locator("[data-block=plan] [role=alert]")).to_have_text("Not this one.")
    expect(dialog.get_by_label("Scenario")).to_have_value("cable cut")
    expect(dialog.get_by_label("Since when")).to_have_value("2026-11-23T14:02")
    expect(dialog.get_by_role("radio", name="II", exact=True)).to_be_checked()
    dialog.get_by_label("What happened").fill("right")
    dialog.get_by_role("button", name="Declare").click()
    expect(dialog).to_have_count(0)


def test_typing_survives_an_update_of_the_form(seat: Page) -> None:
    """When the app changes the open form, what was typed, the focus and the caret stay where they are."""
    dialog = opened(seat)
    dialog.get_by_label("Details").fill("typed before")
    dialog.get_by_role("group", name="Roles").get_by_role("checkbox", name="Liaison").check()
    seat.evaluate("document.querySelector('[data-action=grow]').click()")
    field = dialog.get_by_label("What happened")
    field.focus()
    field.press_sequentially("abc", delay=20)
    expect(dialog.get_by_label("Extra field")).to_be_visible()
    field.press_sequentially("def")
    expect(field).to_have_value("abcdef")
    expect(field).to_be_focused()
    expect(dialog.get_by_label("Details")).to_have_value("typed before")
    expect(dialog.get_by_role("group", name="Roles").get_by_role("checkbox", name="Liaison")).to_be_checked()


def test_typing_survives_arrivals(world: World, seat: Page, room: str) -> None:
    """Messages that arrive behind an open form leave it exactly as it is."""
    dialog = opened(seat)
    field = dialog.get_by_label("What happened")
    for number in range(5):
        field.press_sequentially("ab")
        world.space.say("U0WANG", room, f"arrival {number}")
    expect(seat.locator(".log")).to_contain_text("arrival 4")
    expect(field).to_have_value("ab" * 5)
    expect(field).to_be_focused()


def test_typing_survives_a_reload(seat: Page) -> None:
    """An open form is open again after a reload, with what was typed in it."""
    dialog = opened(seat)
    with seat.expect_response("**/ui/type"):
        dialog.get_by_label("What happened").fill("before the reload")
    seat.reload()
    expect(seat.get_by_role("dialog").get_by_label("What happened")).to_have_value("before the reload")


def test_escape_closes_and_the_app_is_told(world: World, seat: Page) -> None:
    """Esc closes the form, the app hears of it, and the focus goes back to where the person was."""
    dialog = opened(seat, "/form small")
    seat.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert world.heard.last("closed")["is_cleared"] is False
    expect(seat.get_by_role("textbox", name="Message")).to_be_focused()


def test_the_focus_stays_in_the_form(seat: Page) -> None:
    """Tab goes round within the form and never reaches the page behind it."""
    opened(seat, "/form small")
    for _ in range(9):
        seat.keyboard.press("Tab")
        assert seat.evaluate("!!document.activeElement.closest('dialog') || document.activeElement === document.body")


def test_pages_of_a_form_stack(seat: Page) -> None:
    """A form pushed on another shows alone; closing it gives back the one below, with what was typed."""
    dialog = opened(seat, "/form small")
    dialog.get_by_label("Word").fill("below")
    dialog.get_by_role("button", name="Next page").click()
    second = seat.get_by_role("dialog", name="Second")
    expect(second).to_contain_text("Page two")
    expect(seat.get_by_role("dialog")).to_have_count(1)
    second.get_by_role("button", name="Back").click()
    expect(seat.get_by_role("dialog", name="Small").get_by_label("Word")).to_have_value("below")


def test_enter_submits_a_short_form(world: World, seat: Page) -> None:
    """Enter in a one-line field submits the form, as with Slack."""
    dialog = opened(seat, "/form small")
    dialog.get_by_label("Word").fill("quick")
    seat.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert world.heard.last("submission")["view"]["state"]["values"]["word"]["it"]["value"] == "quick"


def test_a_double_press_submits_once(world: World, seat: Page) -> None:
    """An impatient second press on Submit reaches the app only once."""
    dialog = opened(seat, "/form small")
    dialog.get_by_label("Word").fill("once")
    dialog.get_by_role("button", name="Save").dblclick()
    expect(dialog).to_have_count(0)
    assert [each for each, _ in world.heard.payloads].count("submission") == 1
