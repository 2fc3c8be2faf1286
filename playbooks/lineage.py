"""How a plan stands to those around it and to its own past: its place in the tree, and ids that keep their meaning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from escalation.words import Words
from plans.tree import Node
from playbooks.shape import Playbook


def node_of(playbook: Playbook) -> Node:
    """What the tree of plans must know of it."""
    return Node(
        code=playbook.code,
        title=playbook.title,
        tier=playbook.tier,
        organisation=playbook.organisation,
        parent=playbook.parent,
        duties=playbook.duties,
    )


def reused(playbook: Playbook, before: Iterable[Playbook]) -> tuple[Words, ...]:
    """Every duty whose id meant another duty in an older version, as a sentence.

    An incident that moves to this version keeps the clocks it has by the ids of their duties: under the old id a
    notice that was filed would count for one that never was.
    """
    return tuple(_reused(playbook, before))


def _reused(playbook: Playbook, before: Iterable[Playbook]) -> Iterator[Words]:
    meant = {(duty.id, duty.regime, duty.kind, duty.addressee) for book in before for duty in book.duties}
    known = {name for name, *_ in meant}
    for duty in playbook.duties:
        if duty.id in known and (duty.id, duty.regime, duty.kind, duty.addressee) not in meant:
            yield Words(
                zh=f"报送 {duty.id} 在旧版本中是另一项报送；请给它一个新的编号。",
                en=f"the duty {duty.id} was another duty in an older version; give it a new id.",
            )


def unknown_units(playbook: Playbook, known: Collection[str]) -> tuple[Words, ...]:
    """Every unit that the people file does not know, as a sentence."""
    return tuple(
        Words(
            zh=f"人员名册中没有单位“{unit}”；请改写，或先在名册中加入。",
            en=f"the people file knows no unit “{unit}”; change it, or add it there first.",
        )
        for unit in playbook.units
        if unit not in known
    )
