"""The desk in a browser: who is meant, who acknowledges, and a letter that reads well on a phone."""

from __future__ import annotations

import json
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
