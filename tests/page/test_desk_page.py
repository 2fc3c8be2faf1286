"""The desk in a browser: who is meant, who acknowledges, and a letter that reads well on a phone."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import World
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.page
SIGNATURE = "　" * 13 + "东方通信集团河南分公司\n" + "　" * 16 + "2026年11月23日"
TEXT = f"河南省通信管理局：\n\n　　东海段海缆中断，受影响用户待核实。\n\n{SIGNATURE}\n\n编号：HN-1"


def arrive(world: World, key: str) -> str:
    """Let a notice arrive at the portal; give its receipt."""
    body = {"title": f"关于海缆中断的报告 {key}", "text": TEXT, "kind": "initial", "incident": "INC-2026-0031"}
    answer = world.desk.receive(key=key, raw=json.dumps(body | {"addressee": "河南省通信管理局"}).encode())
    return str(answer.body["receipt"])


def test_the_list_acknowledges_under_the_chosen_name(world: World, page: Page) -> None:
    """The name typed above the list is kept when another notice arrives, stands in the record, and is there again."""
    first = arrive(world, "chosen-1")
    page.goto(f"{world.url}desk?lang=en")
    name = page.get_by_role("textbox", name="Acknowledged by")
    expect(name).to_have_value("Desk officer")
    name.fill("王科长")
    second = arrive(world, "chosen-2")
    expect(page.get_by_role("link", name="chosen-2")).to_be_visible()
    expect(name).to_have_value("王科长")
    name.press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="chosen-1")).to_contain_text("To: 河南省通信管理局")
    assert world.desk.arrival(first).acknowledged_at is None
    assert world.desk.arrival(second).acknowledged_at is None
    page.get_by_role("listitem").filter(has_text="chosen-1").get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("listitem").filter(has_text="chosen-1")).to_contain_text("Acknowledged · 王科长")
    expect(name).to_have_value("王科长")
    assert (world.desk.arrival(first).by, world.desk.arrival(second).by) == ("王科长", "")


def test_a_signature_stands_on_the_right_on_a_phone(world: World, chromium: Browser) -> None:
    """At 360 pixels nothing scrolls sideways, and issuer and date stand in one line each at the right edge."""
    receipt = arrive(world, "signature")
    context = chromium.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{world.url}desk/notices/{receipt}?lang=zh")
    signed = page.locator(".letter .sign")
    expect(signed).to_have_text("东方通信集团河南分公司\n2026年11月23日\n")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    lines, letter = signed.evaluate(
        """el => { const range = document.createRange(); range.selectNodeContents(el);
           const boxes = [...range.getClientRects()].filter(box => box.width > 1);
           return [boxes.map(box => box.right), el.parentElement.getBoundingClientRect().right]; }"""
    )
    assert len(lines) == 2
    assert all(abs(right - letter) < 2 for right in lines)
    assert world.desk.arrival(receipt).text == TEXT
    context.close()


def letter(world: World, subject: str, **headers: str) -> None:
    """Let a letter with two files and a link arrive in the mailbox."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "tocsin@example.invalid", "em.henan@desk.invalid", subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(TEXT + "\n")
    mail.add_attachment("请在此查阅：\nhttp://127.0.0.1:8766/notices/Ab-_1\n", disposition="inline")
    mail.add_attachment(b"%PDF-1.4\n%%EOF", maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment(b"PK", maintype="application", subtype="zip", filename="a.docx")
    taken = world.desk.receive_mail(raw=mail.as_bytes(), sender="tocsin@example.invalid", recipients=["x@desk.invalid"])
    assert taken


def test_the_mailbox_is_the_other_tab(world: World, page: Page) -> None:
    """Newest first, unread until opened; who wrote to whom, the text, a link to follow, a PDF to open, a file to take.

    It arrives while the page is open.
    """
    page.goto(f"{world.url}desk?lang=en")
    doors = page.get_by_role("navigation", name="Doors of the desk")
    doors.get_by_role("link", name="Mailbox").click()
    expect(doors.get_by_role("link", name="Mailbox")).to_have_attribute("aria-current", "page")
    letter(world, "the older letter")
    letter(world, "the newer letter", X_Receipt_URL="http://127.0.0.1:1/receipts/x")
    shown = page.get_by_role("list", name="Letters received").get_by_role("listitem")
    expect(shown.filter(has_text="the newer letter")).to_contain_text("Unread")
    expect(shown.first).to_contain_text("the newer letter")
    page.get_by_role("link", name="the newer letter").click()
    article = page.get_by_role("article")
    expect(article).to_contain_text("tocsin@example.invalid")
    expect(article).to_contain_text("em.henan@desk.invalid")
    expect(article.locator(".sign")).to_contain_text("东方通信集团河南分公司")
    link = article.get_by_role("link", name="http://127.0.0.1:8766/notices/Ab-_1")
    expect(link).to_have_attribute("target", "_blank")
    files = page.get_by_role("list", name="Attachments").get_by_role("listitem")
    expect(files.nth(0).get_by_role("link")).to_have_attribute("target", "_blank")
    with page.expect_download() as taken:
        files.nth(1).get_by_role("link").click()
    assert taken.value.suggested_filename == "a.docx"
    page.get_by_role("link", name="All letters").click()
    expect(shown.filter(has_text="the newer letter")).not_to_contain_text("Unread")
    expect(shown.filter(has_text="the older letter")).to_contain_text("Unread")
    assert len(world.desk.letters()) == len(shown.all())


def test_a_fault_is_set_shown_and_cleared_by_one_press(world: World, page: Page) -> None:
    """Each door has its own form; what is set stands above it with what is left of it, which an arrival uses up."""
    page.goto(f"{world.url}desk?lang=en")
    page.get_by_text("Simulate faults", exact=True).click()
    form = page.get_by_role("form", name="Faults of the portal")
    form.get_by_role("combobox", name="Fault").select_option("lose_answer")
    form.get_by_role("spinbutton", name="Times").fill("2")
    form.get_by_role("button", name="Set").click()
    said = page.get_by_role("status")
    expect(said).to_contain_text("the answer is lost; 2 to go")
    assert (world.desk.fault("portal").mode, world.desk.fault("mail").count) == ("lose_answer", 0)
    world.desk.next_fault("portal")
    expect(said).to_contain_text("1 to go")
    said.get_by_role("button", name="Clear").click()
    expect(said).to_have_count(0)
    assert world.desk.fault("portal").count == 0
    page.goto(f"{world.url}desk/mailbox?lang=en")
    page.get_by_text("Simulate faults", exact=True).click()
    form = page.get_by_role("form", name="Faults of the mailbox")
    form.get_by_role("combobox", name="Fault").select_option("greylist")
    form.get_by_role("button", name="Set").click()
    expect(page.get_by_role("status")).to_contain_text("try again later (451); 1 to go")
    assert page.url.endswith("/desk/mailbox")
    assert world.desk.fault("mail").mode == "greylist"
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("status")).to_have_count(0)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_is_enough(world: World, chromium: Browser, lang: str) -> None:
    """At 360 pixels neither tab, nor a notice, nor a letter scrolls sideways, and a finger hits every control."""
    receipt = arrive(world, f"phone-{lang}")
    letter(world, "海缆中断首报" * 6)
    world.desk.misbehave("wrong_digest", count=1)
    context = chromium.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page = context.new_page()
    for path in ("desk", "desk/mailbox", f"desk/notices/{receipt}", f"desk/mailbox/{world.desk.letters()[0].id}"):
        page.goto(f"{world.url}{path}?lang={lang}")
        for closed in page.locator("details.faults").all():
            closed.locator("summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
        heights = page.locator("main :is(button, select, .tabs a, summary, input):visible").evaluate_all(
            "all => all.map(el => el.getBoundingClientRect().height)"
        )
        assert [each for each in heights if each < 43] == [], path
    world.desk.misbehave("ok", count=0)
    context.close()
