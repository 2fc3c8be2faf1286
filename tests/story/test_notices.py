"""Notices beside the plan's at the page: a correction, what the plan forgot, a warning, a second province."""

from __future__ import annotations

from tests.story.house import House, until
from tests.story.team import Team


def _started(house: House) -> Team:
    team = Team(house)
    assert team.declare("gao", title="核心网中断", scenario="core_network", unit="henan") == {}
    assert team.activate("gao", "II", event_level="I") == {}
    assert team.facts("zhang", house.now.isoformat(), users_affected="80000") == {}
    return team


def test_a_wrong_figure_is_corrected_in_three_presses(house: House) -> None:
    """Correct and its reason; read; sign: the desk has a second notice that names the first one and its digest."""
    team = _started(house)
    assert team.write("zhang", "首报", cause="市电中断。") == {}
    assert team.sign("wang", "首报") == {}
    until(lambda: len(house.received()) == 1, 15, what="the first notice at the desk")
    until(lambda: team.zhang.there("correct_open", beside="首报"), 15, what="its receipt")
    assert team.facts("zhang", house.now.isoformat(), users_affected="120000") == {}
    until(lambda: "已报受影响用户 8万户，现为 12万户" in team.zhang.log(), 15, what="the card says what moved")
    before = team.zhang.presses + team.wang.presses
    form = team.zhang.press("correct_open", beside="首报")
    assert form is not None
    assert "受影响用户：原报8万户，应为12万户" in form.text  # worked out, not typed
    assert "市电中断。" in form.text  # as it was filed, in its field and in the text
    assert "受影响用户：8万户" in form.text
    assert team.zhang.fill(why="统计口径有误。", said__cause="光缆被挖断。") == {}
    until(lambda: team.wang.there("notice_read", beside="更正："), 15, what="the correction's card")
    assert team.sign("wang", "更正：") == {}
    until(lambda: len(house.received()) == 2, 15, what="the correction at the desk")
    first, second = sorted(house.received(), key=lambda each: "更正" in each.title)
    assert team.zhang.presses + team.wang.presses - before == 4  # open, draft it; read, sign
    assert "原报8万户，应为12万户" in second.text
    assert "原因：原报市电中断，应为光缆被挖断。" in second.text
    assert "。。" not in second.text
    assert first.digest in second.text


def test_a_correction_says_what_it_corrects_before_it_can_be_signed(house: House) -> None:
    """With nothing that differs the form says so at its field; a warning offers to be filled in, not to be signed."""
    team = _started(house)
    assert team.sign("wang", "首报") == {}
    until(lambda: team.zhang.there("correct_open", beside="首报"), 15, what="its receipt")
    team.zhang.press("correct_open", beside="首报")
    assert "corrected" in team.zhang.fill(why="联系电话有误")
    assert team.zhang.fill(why="联系电话有误", corrected="联系电话：原报0371-1，应为0371-2。") == {}
    until(lambda: team.wang.there("notice_read", beside="更正："), 15, what="the correction's card")
    team.more("zhang", "reports")
    team.zhang.press("announce_open")
    assert team.zhang.fill(kind="warning", to="local_government") == {}
    until(lambda: team.zhang.there("notice_edit", beside="预警通知"), 15, what="the warning's card")
    read = team.wang.press("notice_read", beside="预警通知")
    assert read is not None
    assert "补齐才能签发" in read.text
    assert "签发并发送" not in read.text


def test_help_for_reports(house: House) -> None:
    """/report help says what can be typed, as the other commands do."""
    team = _started(house)
    team.wang.say("/report help")
    until(lambda: "/report returns" in team.wang.log(), 10, what="what can be typed")


def test_what_the_plan_forgot_is_filed_from_the_schedule(house: House) -> None:
    """/report lists it as not in the plan; one press behind ⋯ takes it among what is owed."""
    team = _started(house)
    team.wang.say("/report due")
    until(lambda: "预案未列" in team.wang.log(), 10, what="what the plan forgot")
    team.more("zhang", "reports")
    team.zhang.press("owed_press", beside="书面简要报告")
    until(lambda: team.wang.there("notice_read", beside="书面简要报告"), 15, what="its card")


def test_a_warning_and_a_second_province(house: House) -> None:
    """Another notice from ⋯; a further unit in the facts form brings that province's own first notice."""
    team = _started(house)
    team.more("zhang", "reports")
    team.zhang.press("announce_open")
    assert team.zhang.fill(kind="warning", to="local_government") == {}
    until(lambda: team.zhang.there("notice_edit", beside="预警通知"), 15, what="the warning's card")
    team.zhang.press("facts_open")
    assert team.zhang.fill(affected=["shanghai"]) == {}
    until(lambda: "上海市通信管理局" in team.zhang.log(), 15, what="Shanghai's first notice")
