"""The drill's courier for every address outside: what would have been sent is put on a shelf."""

from __future__ import annotations

import hashlib

from escalation.deliver import Delivered, Delivery, Outcome, Parcel, Rejected


class Shelf:
    """Sends nothing; gives a receipt that says EXERCISE wherever it is shown."""

    delivery = Delivery.DEDUPES

    def send(self, parcel: Parcel) -> Outcome:
        """Give the receipt of an exercise; a real dispatch is refused, for nobody would ever get it."""
        if not parcel.exercise:
            return Rejected(why="a real dispatch never ends on the drill's shelf / 真实报送不得转入演练")
        short = hashlib.sha256(parcel.key.encode()).hexdigest()[:8]
        digest = parcel.facts.get("digest")
        return Delivered(receipt={"receipt": f"EXERCISE-{short}", "exercise": True, "digest": digest})

    def ask(self, parcel: Parcel) -> Outcome | None:  # noqa: ARG002 -- a courier's signature
        """Nothing was sent."""
        return None
