"""Telling a sender that its notice was acknowledged, again until it hears."""

import requests

from workspace.desk.arrivals import Arrival

TIMEOUT_S = 2.0


def post_receipt(arrival: Arrival) -> int | None:
    """POST one acknowledgement straight to loopback, past any proxy; None when nobody answered."""
    at = arrival.acknowledged_at
    told = {"receipt": arrival.receipt, "acknowledged_at": at.isoformat() if at else None, "by": arrival.by}
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(arrival.receipt_url, json=told, timeout=TIMEOUT_S, allow_redirects=False)
        except requests.RequestException:
            return None
        return answer.status_code


def was_heard(status: int | None) -> bool:
    """Say whether an answer means that the sender knows: only a 2xx does."""
    return status is not None and requests.codes.ok <= status < requests.codes.multiple_choices
