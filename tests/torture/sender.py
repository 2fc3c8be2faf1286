"""A sender in its own process: sweeps and delivers until it is killed."""

from __future__ import annotations

import logging
import os
import time
from datetime import datetime, timedelta
from urllib.parse import quote

import requests
import structlog
from sqlalchemy.orm import Session

from escalation.couriers.addresses import LOOPBACK
from escalation.couriers.portal import Portal, PortalAddress
from escalation.deliver import Delivered, Delivery, Later, Lost, Outcome, Parcel, deliver
from escalation.records import Deadline
from escalation.sweep import sweep
from escalation.tell import tell
from store.database import Database

KEY = b"torture"
LEASE = timedelta(seconds=2)  # shortened: a trial does not wait a minute for every kill
LIMIT_S = 0.4  # one send; the fence stands at half the lease, and both together stay within it


class Asked:
    """A receiver that repeats what it is told, but can be asked."""

    def __init__(self, url: str, delivery: Delivery) -> None:
        """`url`: where it takes and where it is asked; `delivery`: what the house believes of it."""
        self._url, self.delivery = url, delivery

    def send(self, parcel: Parcel) -> Outcome:
        """Post it."""
        headers = {"Idempotency-Key": quote(parcel.key)}
        try:
            requests.post(self._url, data=b"{}", headers=headers, timeout=LIMIT_S).raise_for_status()
        except requests.RequestException as fault:
            return Lost(why=type(fault).__name__)
        return Delivered(receipt={"receipt": parcel.key})

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Whether it has the key."""
        try:
            answer = requests.get(self._url + quote(parcel.key), timeout=LIMIT_S)
        except requests.RequestException as fault:
            return Later(why=type(fault).__name__)
        return Delivered(receipt={"receipt": parcel.key}) if answer.ok else None


def ring(session: Session, due: Deadline, at: datetime) -> datetime | None:
    """A deadline that falls due tells the receiver so: a ring lost or rung twice shows in the witness's log."""
    facts = {"addressee": "miit", "body": "{}", "digest": due.name}
    tell(session, due.matter, "ring", facts, key=f"ring {due.name}", courier="a", at=at)
    return None


def work(url: str, witness: str, *, blind: bool) -> None:
    """Sweep and deliver until killed; `blind` plants a fault: what can only be asked is sent again unasked."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    database = Database(url, journal_key=KEY)
    address = PortalAddress(url=f"{witness}/a", token="t", inside=LOOPBACK)
    asked = Asked(f"{witness}/b/", Delivery.DEDUPES if blind else Delivery.CAN_BE_ASKED)
    portal = Portal(url_of={"miit": address}, clock=database.now, limit_s=LIMIT_S)
    couriers = {False: {"a": portal, "b": asked}, True: {}}
    worker = f"sender {os.getpid()}"
    while True:
        sweep(database.begin, database.read, {"bell": ring}, at=database.now())
        deliver(database.begin, database.read, couriers, ["a", "b"], worker=worker, clock=database.now, lease=LEASE)
        time.sleep(0.01)
