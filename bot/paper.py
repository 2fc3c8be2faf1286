"""Lay the call sheet on disk, for when nothing electronic works but a printer."""

from __future__ import annotations

import os
from pathlib import Path

from bot.views import sheet
from bot.views.parts import View
from escalation.deliver import Delivered, Delivery, Later, Outcome, Parcel


class Paper:
    """Writes one printable page an incident; the newest replaces the one before."""

    delivery = Delivery.DEDUPES

    def __init__(self, folder: Path, view: View) -> None:
        """Write into `folder`."""
        self.folder, self.view = folder, view

    def send(self, parcel: Parcel) -> Outcome:
        """Write it whole or not at all."""
        page = sheet.html(parcel.facts["status"], parcel.facts["filings"], self.view)
        path = self.folder / f"{parcel.facts['status']['number']}.html"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            whole = path.with_suffix(".part")
            whole.write_text(page, "utf-8")
            os.replace(whole, path)  # noqa: PTH105 -- Path.replace would do the same; os says atomically
        except OSError as full:
            return Later(why=str(full.strerror))
        return Delivered(receipt={"file": str(path)})

    def ask(self, parcel: Parcel) -> Outcome | None:  # noqa: ARG002 -- a courier's signature
        """Writing again is harmless."""
        return None
