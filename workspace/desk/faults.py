"""How the desk can be told to misbehave, for its next arrivals: one door apart from the other."""

from dataclasses import dataclass
from typing import Final, Literal

Door = Literal["portal", "mail"]
MOST: Final = 99

#: The portal's: answered 500, 503 with a wait, or 422; silent; taken and the answer lost, let out a byte a second, or
#: speaking of another text; moved elsewhere.
PORTAL: Final = ("ok", "500", "503", "refuse", "301", "hang", "lose_answer", "drip", "wrong_digest")
#: The mailbox's: 451 after the content; the recipient refused (550) or put off (451); silent after the content;
#: the connection dropped after the content, which is kept (`lose_answer`) or not (`drop`); taken, and sent back later.
MAIL: Final = ("ok", "500", "refuse", "greylist", "hang", "lose_answer", "drop", "bounce")
AT_RECIPIENT: Final = frozenset({"refuse", "greylist"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A misbehaviour asked for, for the next `count` arrivals at one door."""

    mode: str = "ok"
    count: int = 0


def modes(on: Door) -> tuple[str, ...]:
    """Name the misbehaviours of one door; "ok" is none."""
    return PORTAL if on == "portal" else MAIL
