"""Henan, July 2021, from the declaration to the close, with a restart in the middle."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.story.henan import Henan
from tests.story.house import House, Received, standing
from tests.story.look import filings
from tests.story.team import local

KEYS = [f"notice:INC-2021-0001:{duty}" for duty in ("D2:1", "D3:1", "D3:2", "D3:3", "D3:4", "D4:1")]


def test_henan_is_reported_as_it_was_published_and_closes(engine: str, tmp_path: Path) -> None:
    """Seven notices reach the desk once each, in order, with the published figures; a restart in between loses none."""
    with standing(tmp_path / "var", database_url=engine, at=local(7, 20, 18)) as house:
        story = Henan(house)
        for label, step in story.steps():
            if label.endswith("follow-up 3"):
                house.again()
            step()
            if label.endswith("follow-up 2"):
                _graded(story)
        house.settle()
        house.stop()
        _witnessed(house)
        _proved(house)


def _graded(story: Henan) -> None:
    """Level I is what the facts give, for the users; the room reads it with its reason."""
    person = story.team.gao
    form = person.press("level_open")
    assert form is not None
    assert "按已知事实，事件级别至少为：Ⅰ级（特别重大）" in form.text.replace(" ", "")
    assert "977 000" in form.text
    person.close()
    assert any("Ⅱ级（重大） → Ⅰ级（特别重大）" in each.text for each in person.messages())


def _witnessed(house: House) -> None:
    """The regulator's own log: what came, in which order, and that nothing came twice or was refused."""
    came = house.received()
    assert [each.via for each in came] == ["mail", *["portal"] * 6]
    assert [each.key for each in came if each.via == "portal"] == KEYS
    entries = [each for each in house.log() if each["event"] in ("portal", "mail")]
    assert len(entries) == 7
    assert not [each for each in entries if each.get("repeat") or "refused" in each]
    assert len({each["receipt"] for each in house.log() if each["event"] == "told"}) == 7
    county, first, *follow, final = came
    assert county.to == ("gov.zhengdong@desk.invalid",)
    assert "受影响用户：待核实" in first.text
    _figures(follow)
    assert "2021年7月27日12时00分" in final.text


def _figures(follow: list[Received]) -> None:
    """Cumulative and current figures stand apart; a rise of the cumulative is told, not hidden."""
    one, two, three, four = (each.text for each in follow)
    assert "已恢复6300个" in one
    assert "仍未恢复待核实" in one
    assert "抢通光缆170条，275公里" in one
    for figure in ("6.19万", "4.43万", "71.6%", "仍未恢复1.76万个", "3.9%", "45.4万", "97.7万户", "3359条"):
        assert figure in two, figure
    for figure in ("6.91万个，本期新增7200个（此前报6.19万个）", "5.89万", "仍未恢复1.02万个"):
        assert figure in three, figure
    assert "郑州市通信已全部恢复" in four
    assert "重大（Ⅱ级）" in one
    assert all("特别重大（Ⅰ级）" in text for text in (two, three, four))


def _proved(house: House) -> None:
    """The house's own record agrees with the desk byte for byte, every receipt came back, the journal is whole."""
    verified = house.run("journal", "verify")
    assert verified.returncode == 0, verified.stderr
    kept = filings(house)
    sent = {each.digest: each for each in house.received()}
    assert len(kept) == 8
    for filed in kept:
        assert filed.digest == hashlib.sha256(filed.text.encode()).hexdigest()
        if filed.duty == "D1":
            continue
        arrived = sent[filed.digest]
        assert arrived.text.replace("\r\n", "\n").rstrip("\n") == filed.text.rstrip("\n")
        assert filed.acknowledged_by == "省局值班员"
        assert arrived.receipt_url.endswith(filed.token)
    times = {(each.duty, each.seq): each for each in kept}
    assert times["D1", 1].due_at == local(7, 20, 22)
    assert times["D2", 1].due_at == local(7, 21, 18)
    assert times["D2", 1].met_at is not None
    assert times["D2", 1].met_at < local(7, 21, 6, 45)
    assert times["D4", 1].due_at == local(8, 3, 12)
