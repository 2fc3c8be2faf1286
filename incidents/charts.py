"""The chart of a periodic return, and what a document of it says to machines: facts in, values out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from escalation.documents.chart import Bars, Chart
from incidents import tally

#: What the chart compares, and how it is called on it.
SHOWN = {
    "count": "事故起数",
    "deaths": "死亡人数",
    "serious_injuries": "重伤人数",
    "network": "网络运行事故",
    "drills": "演练次数",
}


def of_return(facts: Mapping[str, Any]) -> Chart:
    """This period beside the one before; what is not wholly known is drawn as far as it is, and marked."""
    now, then = facts["now"], facts["then"]
    return Chart(
        title=f"{facts['unit']['zh']} · {facts['period']['zh']}",
        series=(facts["before"]["zh"], facts["period"]["zh"]),
        groups=tuple(
            Bars(
                label=label, values=(_value(then[name]), _value(now[name])), told=(_told(then[name]), _told(now[name]))
            )
            for name, label in SHOWN.items()
        ),
    )


def _value(told: Mapping[str, Any] | None) -> float:
    return float(Decimal(str(told["known"]))) if told else 0.0


def _told(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return "待核实"
    return f"{told['known']}+待核实" if told["unknown"] else str(told["known"])


def as_letter(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a document of the return says to machines: its figures as facts, those not wholly known as unknown."""
    figures = {
        name: {"value": None if told["unknown"] else told["known"], "as_of": facts["cutoff_at"], "source": "Tocsin"}
        for name, told in facts["now"].items()
        if name in tally.TITLES
    }
    return {
        **facts,
        "number": facts["reference"],
        "notice": "final",  # a return is whole when it leaves: there is no kind of its own for it in an incident's life
        "scenario": None,
        "event": facts["period"],
        "event_level": None,
        "event_level_decided": False,
        "response_level": None,
        "previous": None,
        "facts": figures,
    }
