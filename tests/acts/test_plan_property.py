"""Any sequence of presses by any people: no version without three persons or a live amendment; none changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.exc import DBAPIError

from errors import Refusal
from escalation.rosters import Acting, People, Person
from escalation.words import Words
from plans.records import Origin
from playbooks import draft, publish
from playbooks import records as plans
from playbooks.records import Draft, Hand, Version
from playbooks.shape import Playbook, from_canonical
from store.base import Base
from store.database import Database
from tests.acts.incident_house import OVERALL, PEOPLE, overall, small

NOON = datetime.fromisoformat("2027-03-01T12:00:00+00:00")
CODE = "core-network-outage"
ROLES = {
    "anna": {"plan_owner", "approver"},
    "bert": {"plan_owner", "approver", "duty_manager"},
    "cora": {"approver"},
    "dora": {"responder"},  # stands in for Cora, now and then
    "emil": {"plan_owner"},  # stands in for Anna, always
    "fred": {"duty_manager"},
}
STANDS_IN = {
    "cora": Acting(who="dora", since=date(2027, 3, 1), until=date(2027, 3, 20)),
    "anna": Acting(who="emil", since=date(2027, 1, 1), until=date(2028, 1, 1)),
}
WHAT_WAS_SAID = (
    "code", "number", "digest", "content", "origin", "author", "reviewer", "signer", "issued_by", "issued_at",
    "effective_at", "lives_until", "units", "covers", "scenario",
)  # fmt: skip


def person(name: str) -> Person:
    """Somebody with these roles everywhere, and perhaps a deputy."""
    held = {unit: frozenset(ROLES[name]) for unit in PEOPLE.units}
    acting = (STANDS_IN[name],) if name in STANDS_IN else ()
    return replace(PEOPLE.person("li.wei"), id=name, name=name, slack="", posts=held, roles=held, acting=acting)


WHO: People = replace(PEOPLE, people={name: person(name) for name in ROLES})


@cache
def content(n: int) -> Playbook:
    """One of a few contents; the fourth fits nowhere."""
    title = Words(zh=f"第 {n} 种", en=f"No. {n}")
    tasks = small().tasks[: len(small().tasks) - n % 3]
    return replace(small(), title=title, owner="anna", tasks=tasks, parent=None if n == 3 else OVERALL)


@cache
def house() -> Database:
    """One database in memory; each example is a transaction that is rolled back."""
    made = Database("sqlite://", journal_key=b"a key for the journal of tests")
    Base.metadata.create_all(made.engine)
    return made


people = st.sampled_from(sorted(ROLES))
contents = st.integers(0, 3)


class Life(RuleBasedStateMachine):
    """Everybody tries everything, at any time, on what they read last or long ago."""

    @initialize()
    def begin(self) -> None:
        """The starter plans stand, signed by nobody."""
        self.open = contextlib.ExitStack()
        self.session = self.open.enter_context(house()._sessions())
        self.session.begin()
        self.at = NOON
        self.first_seen: dict[int, tuple[Any, ...]] = {}
        self.read = ["x" * 64]
        publish.start(self.session, overall(), by="anna", at=NOON)
        publish.start(self.session, replace(small(), owner="anna"), by="anna", at=NOON)

    def teardown(self) -> None:
        """Nothing of it is kept."""
        if hasattr(self, "open"):
            self.session.rollback()
            self.open.close()

    # --- presses ---

    def press(self, act: Callable[..., Any], *args: Any, **more: Any) -> None:  # noqa: ANN401
        """One press: it succeeds as a whole, or is refused and changes nothing."""
        more = {"people": WHO, "at": self.at} | more
        with contextlib.suppress(Refusal), self.session.begin_nested():
            act(self.session, *args, **more)

    def about(self) -> Draft | None:
        """The draft there is; remembered, so that it can be signed when it has moved on."""
        found = plans.draft_of(self.session, CODE)
        if found is not None and self.read[-1] != found.digest:
            self.read.append(found.digest)
        return found

    def on(self, act: Callable[..., Any], *args: Any, **more: Any) -> None:  # noqa: ANN401
        """A press about the draft, if there is one."""
        of = self.about()
        if of is not None:
            self.press(act, of, *args, **more)

    def digest(self, back: int) -> str:
        """What was read last, or a while ago."""
        self.about()
        return self.read[max(0, len(self.read) - 1 - back)]

    @rule(who=people, n=contents)
    def opens(self, who: str, n: int) -> None:
        """A draft of the next version."""
        base = plans.newest(self.session, CODE)
        self.press(draft.open, content=content(n), base=base, by=WHO.person(who))

    @rule(who=people, n=contents, back=st.integers(0, 1))
    def edits(self, who: str, n: int, back: int) -> None:
        """On what stands, or on what stood."""
        of = self.about()
        self.on(draft.edit, content(n), revision=of.revision - back if of else 0, by=WHO.person(who))

    @rule(who=people, back=st.integers(0, 1), keeps=st.booleans())
    def goes_on(self, who: str, back: int, keeps: bool) -> None:
        """From a version that came in between: what it changed is taken over, or the draft kept as it is."""
        newest = plans.newest(self.session, CODE)
        assert newest is not None
        self.on(draft.keep if keeps else draft.take_over, newest.number - back, by=WHO.person(who))

    @rule(who=people, back=st.sampled_from([0, 0, 0, 1]))
    def submits(self, who: str, back: int) -> None:
        """As its author."""
        self.on(draft.submit, digest=self.digest(back), by=WHO.person(who))

    @rule(who=people, back=st.sampled_from([0, 0, 0, 1]), agrees=st.sampled_from([True, True, False]))
    def reviews(self, who: str, back: int, agrees: bool) -> None:
        """Or sends it back."""
        self.on(draft.review, digest=self.digest(back), agrees=agrees, note="缺", by=WHO.person(who))

    @rule(who=people, back=st.sampled_from([0, 0, 0, 1]))
    def signs(self, who: str, back: int) -> None:
        """As its signer."""
        self.on(draft.sign, digest=self.digest(back), by=WHO.person(who))

    @rule(who=people)
    def sends_back(self, who: str) -> None:
        """With a reason."""
        self.on(draft.send_back, "再改", by=WHO.person(who))

    @rule(who=people)
    def gives_up(self, who: str) -> None:
        """The draft is abandoned."""
        self.on(draft.abandon, by=WHO.person(who))

    @rule(who=people, hours=st.sampled_from([-1, 0, 0, 5]))
    def issues(self, who: str, hours: int) -> None:
        """At once, for later, or for the past."""
        self.on(publish.issue, digest=self.digest(0), effective_at=self.at + timedelta(hours=hours), by=WHO.person(who))

    @rule(quick=st.lists(people, min_size=4, max_size=4), n=contents, hours=st.sampled_from([0, 0, 9]))
    def hurries(self, quick: list[str], n: int, hours: int) -> None:
        """The whole road in one go, by whomever: chance alone walks it too seldom."""
        base = plans.newest(self.session, CODE)
        self.press(draft.open, content=content(n), base=base, by=WHO.person(quick[0]))
        for act, who in zip((draft.submit, draft.review, draft.sign), quick[:3], strict=True):
            more = {"agrees": True} if act is draft.review else {}
            self.on(act, digest=self.digest(0), by=WHO.person(who), **more)
        effective_at = self.at + timedelta(hours=hours)
        self.on(publish.issue, digest=self.digest(0), effective_at=effective_at, by=WHO.person(quick[3]))

    @rule(who=people, n=contents, hours=st.integers(-1, 80))
    def amends(self, who: str, n: int, hours: int) -> None:
        """In an emergency."""
        until = self.at + timedelta(hours=hours)
        self.press(publish.amend, content(n), until=until, reason="断路", by=WHO.person(who))

    @rule(who=people)
    def withdraws(self, who: str) -> None:
        """The whole plan."""
        self.press(publish.withdraw, CODE, reason="停用", by=WHO.person(who))

    @rule(who=people, n=st.integers(1, 4), back=st.booleans())
    def takes_back(self, who: str, n: int, back: bool) -> None:
        """A version that waits, or back to an old one."""
        for each in plans.versions(self.session, CODE):
            if each.number == n:
                more: dict[str, Any] = {} if back else {"reason": "错"}
                self.press(publish.roll_back if back else publish.recall, each, by=WHO.person(who), **more)

    @rule(hours=st.sampled_from([1, 6, 30, 24 * 20]))
    def waits(self, hours: int) -> None:
        """Time passes; what is due rings a while later, or not yet."""
        self.at += timedelta(hours=hours)

    @rule()
    def rings(self) -> None:
        """The rings of effect and lapse, in the order of the numbers."""
        for each in reversed(plans.versions(self.session, CODE)):
            publish.take_effect(self.session, each, by="tocsin", at=self.at)
            publish.lapse(self.session, each, by="tocsin", at=self.at)
        self.session.flush()

    @rule(sql=st.sampled_from(["content = '{}'", "digest = 'x'", "signer = 'anna'", "origin = 'issued'"]))
    def tampers(self, sql: str) -> None:
        """Straight into the table."""
        with pytest.raises(DBAPIError), self.session.begin_nested():
            self.session.connection().exec_driver_sql(f"update playbook_version set {sql}, number = number + 50")  # noqa: S608

    # --- what always holds ---

    def issued(self) -> Iterator[Version]:
        """Every version, as the database has it."""
        self.session.expire_all()
        yield from plans.versions(self.session, CODE)

    @invariant()
    def no_version_changes(self) -> None:
        """What a version says is what it said when it was first seen, and its digest is of that very content."""
        for each in self.issued() if hasattr(self, "session") else ():
            said = tuple(getattr(each, name) for name in WHAT_WAS_SAID)
            assert self.first_seen.setdefault(each.id, said) == said
            assert from_canonical(each.content).digest == each.digest

    @invariant()
    def three_persons_or_a_live_amendment(self) -> None:
        """Each issued version has three different persons on its very digest; an amendment has one, and an end."""
        for each in self.issued() if hasattr(self, "session") else ():
            match each.origin:
                case Origin.STARTER:
                    assert each.number == 1
                case Origin.EMERGENCY:
                    assert each.lives_until is not None
                    assert each.lives_until - each.effective_at <= publish.AMENDMENT_MOST
                case Origin.ISSUED:
                    self.three(each)

    def three(self, version: Version) -> None:
        """Also counting whom they stood in for, and leaving out what had expired: by the bare rows."""
        of = self.session.query(Draft).filter(Draft.version_id == version.id).one()
        given = [
            hand
            for hand in self.session.query(Hand).filter(Hand.draft_id == of.id, Hand.digest == version.digest)
            if hand.given_at <= version.issued_at < hand.given_at + timedelta(days=30)
        ]
        named = {"author": version.author, "reviewer": version.reviewer, "signer": version.signer}
        answered = [
            {each for hand in given if (hand.part, hand.person) == (part, who) for each in (who, hand.stands_for)}
            - {None}
            for part, who in named.items()
        ]
        assert all(answered)
        assert len(set.union(*answered)) == sum(len(each) for each in answered)
        assert not {version.reviewer, version.signer} & (set(of.editors) - {version.author})

    @invariant()
    def nothing_is_undone_unseen(self) -> None:
        """Between an issued version and the one its draft goes on from, none stood or was to: by the bare rows."""
        if not hasattr(self, "session"):
            return
        found = {each.id: each for each in self.issued()}
        for of in self.session.query(Draft).filter(Draft.version_id.is_not(None)):
            born = found[of.version_id]  # type: ignore[index]
            base = found[of.base_version_id].number if of.base_version_id is not None else 0
            between = [each for each in found.values() if base < each.number < born.number]
            at = born.issued_at
            over = [
                (each.withdrawn_at is not None and each.withdrawn_at <= at)
                or (each.lives_until is not None and each.lives_until <= at)
                for each in between
            ]
            assert all(over)

    @invariant()
    def what_stands_may_stand(self) -> None:
        """In force is a version that is effective, not withdrawn, and whose time is not over."""
        if not hasattr(self, "session"):
            return
        standing = plans.in_force_of(self.session, CODE, at=self.at)
        if standing is not None:
            assert standing.effective_at <= self.at
            assert standing.withdrawn_at is None
            assert standing.lives_until is None or standing.lives_until > self.at


def test_no_sequence_of_presses_gets_round_the_three() -> None:
    """Any people, any order, any time: see the invariants."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Life, settings=settings(max_examples=45, stateful_step_count=40, deadline=None, suppress_health_check=checks)
    )


def test_the_search_reaches_versions() -> None:
    """The invariants are not kept for want of anything to keep: the road is open to three, and shut to two."""
    life = Life()
    life.begin()
    life.hurries(["anna", "bert", "cora", "anna"], 0, 0)
    assert plans.in_force_of(life.session, CODE, at=life.at).number == 2  # type: ignore[union-attr]
    life.hurries(["anna", "bert", "emil", "anna"], 1, 0)  # Emil stands in for Anna
    assert plans.newest(life.session, CODE).number == 2  # type: ignore[union-attr]
    life.gives_up("anna")
    life.amends("fred", 1, 10)
    assert plans.newest(life.session, CODE).origin is Origin.EMERGENCY  # type: ignore[union-attr]
    life.no_version_changes()
    life.three_persons_or_a_live_amendment()
    life.nothing_is_undone_unseen()
    life.teardown()


def test_the_search_reaches_a_version_in_between() -> None:
    """An amendment between a draft's base and its issue shuts the road, and a press opens it again."""
    life = Life()
    life.begin()
    life.opens("anna", 0)
    life.submits("anna", 0)
    life.reviews("bert", 0, agrees=True)
    life.signs("cora", 0)
    life.amends("fred", 1, 10)
    life.issues("anna", 0)
    assert plans.newest(life.session, CODE).origin is Origin.EMERGENCY  # type: ignore[union-attr]
    life.goes_on("anna", 0, keeps=True)
    life.waits(1)
    life.submits("anna", 0)
    life.reviews("bert", 0, agrees=True)
    life.signs("cora", 0)
    life.issues("anna", 0)
    assert plans.newest(life.session, CODE).origin is Origin.ISSUED  # type: ignore[union-attr]
    life.nothing_is_undone_unseen()
    life.teardown()
