"""The mailbox: an SMTP server on loopback that hands every mail to the desk, or misbehaves as it was asked to."""

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from workspace.desk.faults import AT_RECIPIENT, MAIL

if TYPE_CHECKING:
    from workspace.desk.state import Desk

HANG_S: Final = 120.0
LIMIT_BYTES: Final = 33_554_432
AFTER_CONTENT: Final = frozenset(MAIL) - AT_RECIPIENT
TAKEN: Final = "250 2.0.0 Kept"


class Mailbox:
    """An SMTP server in a thread of its own."""

    def __init__(self, desk: "Desk") -> None:
        """Prepare a mailbox for `desk`; nothing listens until it is started."""
        self._desk = desk
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="desk-mailbox", daemon=True)

    def start(self, port: int) -> int:
        """Listen on 127.0.0.1 at `port`, 0 for any free one; answer the port."""
        self._thread.start()
        listening: Future[asyncio.Server] = asyncio.run_coroutine_threadsafe(self._listen(port), self._loop)
        return int(listening.result(timeout=5).sockets[0].getsockname()[1])

    async def _listen(self, port: int) -> asyncio.Server:
        return await self._loop.create_server(self._session, "127.0.0.1", port)

    def _session(self) -> SMTP:
        return SMTP(self, loop=self._loop, enable_SMTPUTF8=True, data_size_limit=LIMIT_BYTES)

    def stop(self) -> None:
        """Stop listening and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=1)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, refuse it, or put it off."""
        match self._desk.next_fault("mail", among=AT_RECIPIENT):
            case "refuse":
                return "550 5.1.1 No such user here"
            case "greylist":
                return "451 4.7.1 Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep one mail before saying so, or misbehave as was asked."""
        fault = self._desk.next_fault("mail", among=AFTER_CONTENT)
        if fault == "500":
            return "451 4.3.0 Try again later"
        if fault == "hang":
            await asyncio.sleep(HANG_S)
        taken = fault == "drop" or await asyncio.to_thread(self._take, envelope, bounces=fault == "bounce")
        if fault in ("lose_answer", "drop") and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return TAKEN if taken else "554 5.7.1 An exercise does not belong here"

    def _take(self, envelope: Envelope, *, bounces: bool) -> bool:
        raw = envelope.original_content or b""
        recipients = [str(one) for one in envelope.rcpt_tos]
        sender = str(envelope.mail_from or "")
        return self._desk.receive_mail(raw=raw, sender=sender, recipients=recipients, bounces=bounces)
