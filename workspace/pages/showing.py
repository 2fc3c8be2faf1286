"""What the workspace page and the desk share: language, templates, headers, and the stream that says "look again"."""

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import anyio
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse

from workspace.pages.words import LANGUAGES, WORDS

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STREAM_WAIT_S: Final = 0.5
_WAITERS: Final = 200


class Absent(StrictUndefined):
    """A field Slack's documents may leave out: it may be asked for, and still may not be printed."""

    def __bool__(self) -> bool:  # type: ignore[override]
        """Stand for no."""
        return False


templates: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=Absent,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _stamp(name: str) -> str:
    """Give a static file's address, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?{digest}"


def chosen_language(request: Request) -> str | None:
    """Say which language the reader chose: the query's, else the cookie's, else None."""
    for asked in (request.query_params.get("lang"), request.cookies.get("lang")):
        if asked in LANGUAGES:
            return str(asked)
    return None


def language(request: Request, *, default: str) -> str:
    """Say which language a request wants: the chosen one, else the default."""
    return chosen_language(request) or default


def words_for(request: Request, *, default: str) -> dict[str, str]:
    """Give the words of the language a request wants."""
    return WORDS[language(request, default=default)]


def in_other_language(request: Request, lang: str) -> str:
    """Give the address of the same page in the other language."""
    other = LANGUAGES[1 - LANGUAGES.index(lang)]
    kept = {key: value for key, value in request.query_params.items() if key != "lang"}
    return f"{request.url.path}?{urlencode({**kept, 'lang': other})}"


def page(request: Request, template: str, *, default: str, **shown: Any) -> HTMLResponse:  # noqa: ANN401 - template values
    """Answer with a whole page, remembering an asked-for language in a cookie."""
    lang = language(request, default=default)
    html = templates.get_template(template).render(
        lang=lang, w=WORDS[lang], stamp=_stamp, other_language_url=in_other_language(request, lang), **shown
    )
    answer = HTMLResponse(html, headers=HEADERS)
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie("lang", lang, max_age=31_536_000, samesite="lax")
    return answer


def stream(
    request: Request,
    version: Callable[[], int],
    wait: Callable[[int, float], int],
    is_ending: Callable[[], bool],
) -> StreamingResponse:
    """Answer with server-sent events: the change count now, and again whenever it moved."""
    events = _events(request, version, wait, is_ending)
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(
    request: Request, version: Callable[[], int], wait: Callable[[int, float], int], is_ending: Callable[[], bool]
) -> AsyncIterator[str]:
    limiter = anyio.CapacityLimiter(_WAITERS)
    seen = version()
    yield f"retry: 1000\ndata: {seen}\n\n"
    while not is_ending() and not await request.is_disconnected():
        now = await anyio.to_thread.run_sync(wait, seen, STREAM_WAIT_S, limiter=limiter)
        yield f"data: {now}\n\n" if now != seen else ": \n\n"
        seen = now
