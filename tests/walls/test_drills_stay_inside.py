"""A drill can never leave the house: also a courier that is handed one by mistake refuses it."""

from __future__ import annotations

import importlib
import pkgutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from escalation import couriers
from escalation.couriers.by_hand import ByHand
from escalation.couriers.mail import Mail
from escalation.couriers.portal import Portal, PortalAddress
from escalation.couriers.shelf import Shelf
from escalation.deliver import Courier, Delivered, Parcel, Rejected

AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
FACTS = {"addressee": "miit", "body": "{}", "digest": "d", "to": "a@b.example", "subject": "s", "text": "t"}


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A receiver that would notice any call."""
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(0.1)
        yield receiver


def _parcel(*, exercise: bool) -> Parcel:
    return Parcel(
        id=1, key="k", matter="m", kind="notice", courier="c", exercise=exercise, facts=FACTS, ref=None,
        attempt=1, asked=True, fence_at=AT,
    )  # fmt: skip


def _outside(port: int) -> dict[str, Courier]:
    return {
        "portal": Portal(url_of={"miit": PortalAddress(url=f"http://127.0.0.1:{port}/", token="t")}),
        "mail": Mail("127.0.0.1", port, "a@b.example", clock=lambda: AT),
    }


@pytest.mark.parametrize("name", ["portal", "mail"])
def test_a_real_courier_refuses_a_drill(listening: socket.socket, name: str) -> None:
    """Not a connection is opened, neither to send nor to ask, and the refusal says why."""
    courier = _outside(listening.getsockname()[1])[name]
    for outcome in (courier.send(_parcel(exercise=True)), courier.ask(_parcel(exercise=True))):
        assert isinstance(outcome, Rejected)
        assert "exercise" in outcome.why
    with pytest.raises(TimeoutError):
        listening.accept()


def test_every_courier_is_known_to_this_wall() -> None:
    """A new way out of the house fails here until it stands among those tried above, or is named harmless."""
    known = {"portal", "mail", "by_hand", "shelf", "limits"}
    assert {module.name for module in pkgutil.iter_modules(couriers.__path__)} == known
    for name in known:
        importlib.import_module(f"escalation.couriers.{name}")


def test_the_shelf_takes_drills_only() -> None:
    """A drill's receipt says EXERCISE; the real thing is never marked delivered by a shelf."""
    outcome = Shelf().send(_parcel(exercise=True))
    assert isinstance(outcome, Delivered)
    assert outcome.receipt["receipt"].startswith("EXERCISE-")
    assert outcome.receipt["exercise"] is True
    assert isinstance(Shelf().send(_parcel(exercise=False)), Rejected)


def test_by_hand_sends_nothing_itself() -> None:
    """It only ever hands over to a person, whose card says whether it is an exercise."""
    assert type(ByHand().send(_parcel(exercise=True))).__name__ == "WithPerson"
    assert ByHand().ask(_parcel(exercise=True)) is None
