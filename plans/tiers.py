"""The four tiers of emergency plan, their titles, and which tier may stand above which."""

from __future__ import annotations

from enum import StrEnum

from escalation.words import Words


class Tier(StrEnum):
    """A plan's tier, from the whole enterprise down to one post's card (应急管理部令第2号; GB/T 29639-2020)."""

    COMPREHENSIVE = "comprehensive"
    SPECIAL = "special"
    ONSITE = "onsite"
    ACTION_CARD = "action_card"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _TITLES[self]


_TITLES = {
    Tier.COMPREHENSIVE: Words(zh="综合应急预案", en="Comprehensive plan"),
    Tier.SPECIAL: Words(zh="专项应急预案", en="Special plan"),
    Tier.ONSITE: Words(zh="现场处置方案", en="On-site procedure"),
    Tier.ACTION_CARD: Words(zh="应急处置卡", en="Action card"),
}


class OrgLevel(StrEnum):
    """Which level of the organisation a plan is for 组织层级, from the group down to a site."""

    GROUP = "group"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    SITE = "site"

    @property
    def words(self) -> Words:
        """What people read for it."""
        return _ORG_LEVELS[self]

    @property
    def rank(self) -> int:
        """0 for the group, higher for what is lower."""
        return tuple(OrgLevel).index(self)


_ORG_LEVELS = {
    OrgLevel.GROUP: Words(zh="集团", en="Group"),
    OrgLevel.PROVINCE: Words(zh="省", en="Province"),
    OrgLevel.CITY: Words(zh="地市", en="City"),
    OrgLevel.COUNTY: Words(zh="县", en="County"),
    OrgLevel.SITE: Words(zh="站点", en="Site"),
}

#: A lower organisation's plan names the same tier of the organisation above it, or a higher tier; a card names no card.
_PARENTS: dict[Tier, frozenset[Tier]] = {
    Tier.COMPREHENSIVE: frozenset({Tier.COMPREHENSIVE}),
    Tier.SPECIAL: frozenset({Tier.COMPREHENSIVE, Tier.SPECIAL}),
    Tier.ONSITE: frozenset({Tier.COMPREHENSIVE, Tier.SPECIAL, Tier.ONSITE}),
    Tier.ACTION_CARD: frozenset({Tier.SPECIAL, Tier.ONSITE}),
}


def parents_of(tier: Tier) -> tuple[Tier, ...]:
    """Answer the tiers a plan of `tier` may name as its parent plan (上位预案), highest first."""
    return tuple(above for above in Tier if above in _PARENTS[tier])


def may_be_parent(parent: Tier, child: Tier) -> bool:
    """Whether a plan of tier `parent` may be the parent plan (上位预案) of a plan of tier `child`."""
    return parent in _PARENTS[child]
