"""Every card by the kind of dispatch that asks for it: finished facts in, a Slack message out."""

from __future__ import annotations

from collections.abc import Mapping

from bot.views import covering, duty, filings, gaps, news, plan_news, returns, reviews, status, work
from bot.views.parts import Card

CARDS: Mapping[str, Card] = {
    "status": status.status,
    "calls": work.calls,
    "call": work.call,
    "tasks": work.tasks,
    "task_due": work.task_due,
    "filing": filings.filing,
    "sign_asked": filings.sign_asked,
    "sent_back": filings.sent_back,
    "notice_delivered": filings.delivered,
    "notice_failed": filings.failed,
    "notice_uncertain": filings.uncertain,
    "notice_unread": filings.unread,
    "question": filings.question,
    "graded": news.graded,
    "level": news.level,
    "clock": news.clock,
    "handed_over": news.handed_over,
    "stood_down": news.stood_down,
    "resumed": news.resumed,
    "cancelled": news.cancelled,
    "merged": news.merged,
    "reviewed": news.reviewed,
    "closed": news.closed,
    "room_failed": news.room_failed,
    "opened": news.opened,
    "whisper": news.whisper,
    "duty_card": duty.duty_card,
    "plan_changed": plan_news.plan_changed,
    "plan_filing": plan_news.plan_filing,
    "plan_lapsed": plan_news.plan_lapsed,
    "plan_step": plan_news.plan_step,
    "gap_due": gaps.gap_due,
    "coverage_gaps": covering.coverage_gaps,
    "plan_due": reviews.plan_due,
    "return_card": returns.return_card,
    "return_news": returns.return_news,
}
