"""The page of a notice for an authority without a portal: read, take the documents, acknowledge, ask back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote

import structlog
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.limit import Rate
from bot.press import House
from bot.views import pages
from bot.words import say
from errors import LinkExpired, Refusal, TooManyTries, UnknownReceipt
from escalation.links import Links
from escalation.records import kept
from incidents import reader, report
from incidents.records import Filing, Incident
from store import presses

log = structlog.get_logger()
CAP = 16 * 1024  # bytes of a form
A_MINUTE, A_LINK = 120, 30  # requests a minute from one address, and for one link
SAME = ("same-origin", "none")  # what a browser says of a form of our own page, or of a typed address
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # the address is the key: it is told to no other site
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}

Form = Mapping[str, str]
Answers = Callable[[House, Links, str, Request], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page shows of another notice: its title, when it was signed, where it is read."""

    title: str
    signed_at: str
    url: str


def routes(house: House, links: Links, clean: Callable[..., str]) -> list[Route]:
    """Every route of the page; `clean` makes one short line of what an outsider typed."""
    guard = _Guard(house, links, clean)
    here = "/notices/{sealed}"
    return [
        Route("/pages/style.css", _style),
        Route(here, guard.page),
        Route(f"{here}/files/{{digest}}/{{name}}", guard.file),
        Route(f"{here}/acknowledge", guard.acknowledge, methods=["POST"]),
        Route(f"{here}/ask", guard.ask, methods=["POST"]),
        Route(f"{here}/link", guard.link, methods=["POST"]),
    ]


async def _style(_request: Request) -> Response:
    return PlainTextResponse(pages.style(), media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


class _Guard:
    """Stands before every act of the page: the seal, how often, and that a form is one of ours."""

    def __init__(self, house: House, links: Links, clean: Callable[..., str]) -> None:
        self.house, self.links, self.clean = house, links, clean
        self.by_address, self.by_link = Rate(A_MINUTE), Rate(A_LINK)

    # --- reading ---

    async def page(self, request: Request) -> Response:
        """The notice as it was sent."""
        return await self._guarded(request, self._page)

    async def file(self, request: Request) -> Response:
        """One of its documents, byte for byte."""
        return await self._guarded(request, self._file)

    # --- presses ---

    async def acknowledge(self, request: Request) -> Response:
        """It was read: name and their own reference."""
        return await self._posted(request, self._acknowledge)

    async def ask(self, request: Request) -> Response:
        """A question back."""
        return await self._posted(request, self._ask)

    async def link(self, request: Request) -> Response:
        """A new link, to the address on record; also an expired link may ask for it."""
        return await self._posted(request, self._another, expired=True)

    # --- the guard ---

    def _admit(self, request: Request, *, expired: bool, at: datetime) -> str:
        address = request.client.host if request.client else ""
        sealed = request.path_params["sealed"]
        if not self.by_address.admits(address, at):
            raise TooManyTries
        token = self.links.token(sealed)
        if not self.by_link.admits(token, at):
            raise TooManyTries
        return token if expired else self.links.read(sealed, at=at)

    async def _guarded(
        self, request: Request, act: Callable[..., Response], *given: object, expired: bool = False
    ) -> Response:
        at = self.house.clock()
        try:
            token = self._admit(request, expired=expired, at=at)
            return await run_in_threadpool(act, request, token, *given, at)
        except Refusal as refusal:
            log.info("page refused", code=refusal.code)
            return self._refused(request, refusal)

    async def _posted(self, request: Request, act: Callable[..., Response], *, expired: bool = False) -> Response:
        if not _ours(request):
            return PlainTextResponse("此表单不是本页面提交的 / this form is not from our page", 403, headers=HEADERS)
        form = await _form(request)
        if form is None:
            return PlainTextResponse("表单过大或格式不对 / the form is too long or not a form", 400, headers=HEADERS)
        return await self._guarded(request, act, form, expired=expired)

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        status = {LinkExpired: 410, TooManyTries: 429, UnknownReceipt: 404}.get(type(refusal), 422)
        lang = _lang(request, self.house.view.lang)
        said = pages.refused(
            refusal.sentence(lang), lang, expired=isinstance(refusal, LinkExpired), here=_here(request)
        )
        return HTMLResponse(said, status, headers=HEADERS)

    # --- what is done, in a transaction each ---

    def _page(self, request: Request, token: str, at: datetime) -> Response:
        with self.house.database.begin() as session:
            of, notice = reader.notice_of(session, token)
            reader.looked(session, of, notice, "page", at=at)
            sent = reader.sent(session, notice)
            lang = _lang(request, sent.facts["lang"])
            more = [
                Shown(
                    title=reader.sent(session, each).facts["subject"],
                    signed_at=self.house.people.clock(each.signed_at or at),
                    url=self.links.sealed(str(each.token), at=at),
                )
                for each in reader.others(session, of, notice)
            ]
            html = pages.notice(_facts(self.house, of, notice, sent.facts), more, lang, here=_here(request),
                                done=request.query_params.get("done", ""))  # fmt: skip
        return HTMLResponse(html, headers=HEADERS)

    def _file(self, request: Request, token: str, at: datetime) -> Response:
        digest, name = request.path_params["digest"], request.path_params["name"]
        with self.house.database.begin() as session:
            of, notice = reader.notice_of(session, token)
            enclosed = reader.sent(session, notice).facts.get("enclosed", [])
            mine = [each for each in enclosed if (each["digest"], each["name"]) == (digest, name)]
            document = kept(session, digest) if mine else None
            if document is None:
                raise UnknownReceipt
            reader.looked(session, of, notice, name, at=at)
            content, media_type = document.content, document.media_type
        shown = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return Response(content, media_type=media_type, headers={**HEADERS, **shown})

    def _acknowledge(self, request: Request, token: str, form: Form, at: datetime) -> Response:
        who, receipt = self.clean(form.get("name")), self.clean(form.get("reference"))
        if not who:
            return self._back(request, "name")

        def act() -> None:
            with self.house.database.begin() as session:
                if presses.first(session, f"receipt:{token}", at=at):
                    report.acknowledge(session, token, who=who, receipt=receipt, said_at=at, at=at)

        _once_more(act)
        self.house.wake()
        return self._back(request, "acknowledged")

    def _ask(self, request: Request, token: str, form: Form, at: datetime) -> Response:
        who, question = self.clean(form.get("name")), self.clean(form.get("question"), reader.QUESTION_MOST)
        if not who or not question:
            return self._back(request, "question")

        def act() -> None:
            with self.house.database.begin() as session:
                # The form carries when it was drawn: pressed twice it is one question.
                if presses.first(session, f"ask:{token}:{self.clean(form.get('drawn'))}"[:255], at=at):
                    reader.ask_back(session, token, who=who, question=question, people=self.house.people, at=at)

        _once_more(act)
        self.house.wake()
        return self._back(request, "asked")

    def _another(self, request: Request, token: str, _form: Form, at: datetime) -> Response:
        with self.house.database.begin() as session:
            sent = reader.another_link(session, token, at=at)
        self.house.wake()
        lang = _lang(request, self.house.view.lang)
        said = say("page.link_sent", lang) if sent else say("page.link_not_sent", lang)
        return HTMLResponse(pages.refused(said, lang, expired=False, here=_here(request)), headers=HEADERS)

    def _back(self, request: Request, done: str) -> Response:
        lang = request.query_params.get("lang")
        query = f"?done={done}" + (f"&lang={lang}" if lang in ("zh", "en") else "")
        return RedirectResponse(_here(request) + query, 303, headers=HEADERS)


def _once_more(act: Callable[[], None]) -> None:
    try:
        act()
    except IntegrityError:
        act()  # it came twice at the same instant: what stands now is looked at, once


def _ours(request: Request) -> bool:
    """Whether a browser says that the form was on our own page; what is no browser says nothing and has the key."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    return (site is None or site in SAME) and (origin is None or origin.partition("://")[2] == request.headers["host"])


async def _form(request: Request) -> Form | None:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return None
    read = b""
    async for chunk in request.stream():
        read += chunk
        if len(read) > CAP:
            return None
    try:
        said = parse_qs(read.decode("ascii"), max_num_fields=20, encoding="utf-8", errors="replace")
    except ValueError:
        return None
    return {name: values[0] for name, values in said.items()}


def _lang(request: Request, default: str) -> str:
    asked = request.query_params.get("lang")
    return asked if asked in ("zh", "en") else default


def _here(request: Request) -> str:
    return f"/notices/{request.path_params['sealed']}"


def _facts(house: House, of: Incident, notice: Filing, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows; nothing but what was sent, and what they themselves said of it."""
    return {
        "exercise": of.exercise,
        "number": of.number,
        "title": sent["subject"],
        "text": sent["text"],
        "digest": sent["digest"],
        "reference": sent["reference"],
        "lang": sent["lang"],
        "enclosed": sent.get("enclosed", []),
        "signed_at": house.people.clock(notice.signed_at) if notice.signed_at else "",
        "acknowledged_at": house.people.clock(notice.acknowledged_at) if notice.acknowledged_at else "",
        "acknowledged_by": notice.acknowledged_by or "",
        "phone": house.people.organisation.phone,
        "organisation": house.people.organisation.title,
        "drawn": house.clock().isoformat(),
    }
