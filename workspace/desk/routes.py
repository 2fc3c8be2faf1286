"""The desk's pages: the portal's notices, the mailbox's letters, one of either as a document."""

from collections.abc import Callable
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from workspace.desk import portal
from workspace.desk.arrivals import Arrival
from workspace.desk.faults import MOST, modes
from workspace.desk.letters import linked
from workspace.desk.state import Desk
from workspace.guard import Guard
from workspace.pages import showing
from workspace.pages.words import WORDS

NAME_LIMIT: Final = 80
OFFICER: Final = "officer"
NUMBERED: Final = frozenset({"update", "follow_up", "supplementary"})
# A paragraph begins two spaces in; what stands further in was set towards the right edge.
SET_RIGHT: Final = "\u3000" * 3


def letter_parts(text: str) -> list[tuple[bool, str]]:
    """Cut a text for showing into runs of lines, True for a run to stand on the right without its leading spaces."""
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    runs = groupby(lines, key=lambda line: line.startswith(SET_RIGHT))
    return [(right, "".join(f"{line.strip() if right else line}\n" for line in run)) for right, run in runs]


def _officer(request: Request, *, default: str) -> str:
    """Give the name its reader last acknowledged under, else the officer on duty."""
    known = unquote(request.cookies.get(OFFICER, ""))[:NAME_LIMIT]
    return known or showing.words_for(request, default=default)["desk_officer"]


def _page(request: Request, desk: Desk, template: str, *, tab: str, **shown: Any) -> Response:  # noqa: ANN401 - template values
    """Show a page under the two tabs, each with what is unread behind it."""
    return showing.page(
        request,
        template,
        default=desk.lang,
        desk=desk,
        tab=tab,
        unread={
            "portal": sum(each.read_at is None and each.acknowledged_at is None for each in desk.arrivals()),
            "mail": sum(each.read_at is None for each in desk.letters()),
        },
        faults={"portal": desk.fault("portal"), "mail": desk.fault("mail")},
        modes_of=modes,
        most=MOST,
        letter_parts=letter_parts,
        linked=linked,
        **shown,
    )


def _show(request: Request, desk: Desk, *, groups: list[tuple[str, list[Arrival]]], one: Arrival | None) -> Response:
    waiting = sum(each.acknowledged_at is None for _, letters in groups for each in letters)
    officer = _officer(request, default=desk.lang)
    return _page(
        request, desk, "desk.html", tab="portal", groups=groups, waiting=waiting, one=one, officer=officer,
        numbered=NUMBERED,
    )  # fmt: skip


def _grouped(arrivals: list[Arrival]) -> list[tuple[str, list[Arrival]]]:
    """Group arrivals by incident, the incident heard of last first."""
    groups: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        groups.setdefault(arrival.incident, []).append(arrival)
    return list(groups.items())


async def _list_page(request: Request) -> Response:
    desk: Desk = request.state.desk
    return _show(request, desk, groups=_grouped(desk.arrivals()), one=None)


async def _one_page(request: Request) -> Response:
    desk: Desk = request.state.desk
    arrival = await run_in_threadpool(desk.read_notice, request.path_params["receipt"])
    if arrival is None:
        return RedirectResponse("/desk", 303)
    return _show(request, desk, groups=[], one=arrival)


async def _mail_page(request: Request) -> Response:
    desk: Desk = request.state.desk
    return _page(request, desk, "mailbox.html", tab="mail", letters=desk.letters(), one=None)


async def _letter_page(request: Request) -> Response:
    desk: Desk = request.state.desk
    letter = await run_in_threadpool(desk.read_letter, request.path_params["letter"])
    if letter is None:
        return RedirectResponse("/desk/mailbox", 303)
    return _page(request, desk, "mailbox.html", tab="mail", letters=[], one=letter)


async def _file(request: Request) -> Response:
    """One file of a letter: a PDF opens, everything else is taken home."""
    desk: Desk = request.state.desk
    letter = desk.letter(request.path_params["letter"])
    found = await run_in_threadpool(desk.file, letter, int(request.path_params["number"])) if letter else None
    if found is None:
        return PlainTextResponse("Not found", 404)
    file, content = found
    shown = "inline" if file.opens else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=file.media_type, headers=headers)


async def _acknowledge(request: Request) -> Response:
    desk: Desk = request.state.desk
    form = await request.form()
    given = str(form.get("by") or "").strip()[:NAME_LIMIT]
    by = given or _officer(request, default=desk.lang)
    receipt = request.path_params["receipt"]
    await run_in_threadpool(desk.acknowledge, receipt, by=by)
    answer = RedirectResponse("/desk" if form.get("back") else f"/desk/notices/{receipt}", 303)
    _remember(answer, given)
    return answer


def _remember(answer: Response, given: str) -> None:
    """Keep the name for the next acknowledgement, unless it is only the page's own word for whoever is on duty."""
    if given and given not in {words["desk_officer"] for words in WORDS.values()}:
        answer.set_cookie(OFFICER, quote(given), max_age=31_536_000, samesite="lax", httponly=True)


async def _stream(request: Request) -> Response:
    desk: Desk = request.state.desk
    return showing.stream(request, lambda: desk.version, desk.wait, lambda: desk.ending)


def build(desk: Desk) -> list[BaseRoute]:
    """Give the desk's routes: the portal, the pages, and the control of its faults."""

    def on(path: str, endpoint: Callable[..., Any], *methods: str) -> Route:
        async def bound(request: Request) -> Response:
            request.state.desk = desk
            answer: Response = await endpoint(request)
            return answer

        return Route(path, bound, methods=list(methods) or ["GET"])

    return [
        on("/desk", _list_page),
        on("/desk/stream", _stream),
        on("/desk/notices/{receipt}", _one_page),
        on("/desk/notices/{receipt}/acknowledge", _acknowledge, "POST"),
        on("/desk/mailbox", _mail_page),
        on("/desk/mailbox/{letter}", _letter_page),
        on("/desk/mailbox/{letter}/files/{number:int}/{name}", _file),
        on("/desk/faults", portal.set_fault, "POST"),
        on("/desk/portal/notices", portal.post_notice, "POST"),
        on("/desk/portal/notices/{key:path}", portal.get_notice),
        on("/desk/_control", portal.control, "POST"),
    ]


def application(desk: Desk) -> ASGIApp:
    """Give the desk alone as an application, with the look it shares with the workspace page."""
    return Guard(Starlette(routes=[*build(desk), Mount("/static", StaticFiles(directory=showing.STATIC))]))
