"""A phone call, a fax, a walk across the street: a person carries it and says when it arrived."""

from __future__ import annotations

from escalation.deliver import Delivery, Outcome, Parcel, WithPerson


class ByHand:
    """Hands every parcel to a person; `escalation.deliver.confirm` is how they come back."""

    # Sending does nothing outside, so doing it again after a crash is harmless.
    delivery = Delivery.DEDUPES

    def send(self, parcel: Parcel) -> Outcome:  # noqa: ARG002 -- a courier's signature
        """Leave it with a person."""
        return WithPerson()

    def ask(self, parcel: Parcel) -> Outcome | None:  # noqa: ARG002 -- a courier's signature
        """Nothing can have arrived by machine."""
        return None
