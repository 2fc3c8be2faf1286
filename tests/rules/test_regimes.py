"""The regimes as data: every rule has its source, its mark and its words."""

from __future__ import annotations

import pytest

from errors import BadRegimes, NoSuchRegime
from escalation import regimes
from escalation.clocks import Regime
from escalation.duties import Addressee

ALL = tuple(regimes.all_regimes().values())


@pytest.mark.parametrize("regime", ALL, ids=lambda regime: regime.id)
def test_every_rule_has_source_article_mark_and_recipients(regime: Regime) -> None:
    """Each regime and each of its rules can be traced to a text, and nobody has signed for one yet."""
    assert regime.source
    assert regime.article
    assert (regime.verified_by, regime.verified_on) == (None, None)
    for rule in regime.every_rule:
        assert rule.article
        assert rule.recipients
        assert rule.confidence in {"V-text", "V-page", "V-part", "MEM"}


@pytest.mark.parametrize("regime", ALL, ids=lambda regime: regime.id)
def test_every_name_has_words_in_both_languages(regime: Regime) -> None:
    """Kinds, recipients, channels and fields are ids in the rules; people read words, in Chinese and in English."""
    words = regimes.titles()
    for rule in regime.every_rule:
        assert rule.kind in words.kinds
        assert set(rule.recipients) <= set(words.recipients)
        assert rule.channel is None or rule.channel in words.channels
        assert {*rule.now, *rule.later, *rule.final} <= set(regimes.lists().fields)
    for relay in regime.relays:
        assert {relay.sender, *relay.recipients} <= set(words.recipients)
    assert regime.criteria is None or regime.criteria in regimes.criteria_ids()


@pytest.mark.parametrize(
    ("regime", "confidence"),
    [
        ("cn.so493", "V-text"),
        ("cn.telecom2009", "V-page"),
        ("cn.cac2025", "V-page"),
        ("cn.miit.datasec2024", "MEM"),
        ("cn.erl2024", "V-text"),
        ("eu.nis2", "V-text"),
        ("us.fcc.nors.wireless", "V-text"),
        ("tw.ncc", "V-page"),
    ],
)
def test_marks_are_no_higher_than_what_was_read(regime: str, confidence: str) -> None:
    """The marks are those of the collection the rules come from."""
    assert regimes.regime(regime).confidence == confidence


def test_recipients_map_to_kinds_of_authority() -> None:
    """Where a recipient is an authority of the people file, that kind exists there."""
    assert set(regimes.titles().addressees.values()) <= {addressee.value for addressee in Addressee}
    assert set(regimes.titles().addressees) <= set(regimes.titles().recipients)


def test_an_unknown_regime_is_refused_by_name() -> None:
    """Asking for a regime that does not exist says which exist."""
    with pytest.raises(NoSuchRegime, match=r"cn\.so493"):
        regimes.regime("cn.cac2025.cii")
    with pytest.raises(NoSuchRegime):
        regimes.criteria("cn.so493")


def test_a_bad_regime_is_refused_with_its_places() -> None:
    """A slip in a regime's file is told with line and column, all slips at once."""
    bad = (
        "- id: own\n  title: {zh: 一, en: one}\n  source: s\n  confidence: V-text\n  effective_from: 1 May\n"
        "  rules:\n    - {kind: initial, from: occurred_at, within: 4 h, to: [x], immidiate: true}\n"
    )
    with pytest.raises(BadRegimes) as refused:
        regimes.read_regimes(bad, "own.yaml")
    said = refused.value.sentence("en")
    assert "own.yaml:5:19: write the date as YYYY-MM-DD." in said
    assert "own.yaml:7:50: “4 h” is not a duration." in said
    assert "did you mean “immediate”?" in said
