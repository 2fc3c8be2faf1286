"""The page's addresses: one page, its pieces, what a person does on it, and files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from workspace import blocks
from workspace.files import GIVEN_MOST
from workspace.pages import controls, showing
from workspace.pages.sight import PANES, Place, Sight, all_blocks
from workspace.pages.words import WORDS
from workspace.refusals import Doc, Refused
from workspace.state import Workspace

LOCALES: Final = {"zh": "zh-CN", "en": "en-US"}

# Types a browser shows by itself without running anything.
_SHOWN_INLINE: Final = ("image/png", "image/jpeg", "image/gif", "application/pdf", "text/plain")

Act = Callable[[Workspace, Place, Doc], dict[str, Any]]


def build(workspace: Workspace, *, lang: str) -> list[BaseRoute]:
    """Give the page's routes; `lang` is what a reader gets who asked for neither language."""
    page = Page(space=workspace, lang=lang)
    return [
        Route("/", page.show),
        Route("/ui/stream", page.stream),
        Route("/ui/panes", page.panes, methods=["POST"]),
        Route("/ui/give", page.give, methods=["POST"]),
        Route("/ui/{act}", page.act, methods=["POST"]),
        Route("/files/{file_id}", page.file),
        Mount("/static", StaticFiles(directory=showing.STATIC)),
    ]


@dataclass(frozen=True, kw_only=True)
class Page:
    """The routes' common ground: the workspace and the default language."""

    space: Workspace
    lang: str

    async def show(self, request: Request) -> Response:
        """Answer with the whole page as one person sees it."""
        place = self._place(request, dict(request.query_params))
        answer = await run_in_threadpool(self._page, request, place)
        if request.query_params.get("as") == place.viewer:
            answer.set_cookie("as", place.viewer, max_age=31_536_000, samesite="lax")
        return answer

    def _page(self, request: Request, place: Place) -> Response:
        self._speak(request, place)
        version = self.space.version(place.viewer)
        sight = Sight(self.space, place)
        named = _named(request.query_params, request)
        drawn = {pane: [sight.draw(each) for each in sight.pieces(pane)] for pane in PANES}
        return showing.page(
            request,
            "page.html",
            default=self.lang,
            place=place,
            sight=sight,
            drawn=drawn,
            version=version,
            stranger=named if named != place.viewer else "",
            shortcuts=self.space.shortcuts("global"),
            completions=_completions(sight),
        )

    def _place(self, request: Request, asked: Mapping[str, Any]) -> Place:
        """Find out who looks at what; what cannot be seen gives way to the person's first channel."""
        viewer = self._viewer(_named(asked, request))
        home = bool(asked.get("home"))
        channel = "" if home else self._channel(viewer, str(asked.get("c") or ""))
        thread = str(asked.get("thread") or "") if channel == asked.get("c") else ""
        lang = showing.language(request, default=self.lang)
        return Place(viewer=viewer, channel=channel, thread=thread, home=home, lang=lang)

    def _viewer(self, asked: str) -> str:
        people = [each["id"] for each in self.space.members() if not each["is_bot"]]
        return asked if asked in people else (people or [""])[0]

    def _channel(self, viewer: str, asked: str) -> str:
        mine = [each["id"] for each in self.space.channels_of(viewer)]
        seen = [*mine, *(each["id"] for each in self.space.all_channels())]
        return asked if asked in seen else (seen or [""])[0]

    def _speak(self, request: Request, place: Place) -> None:
        """A language that was chosen on the page is the person's, as it is in Slack's own client."""
        if place.viewer and showing.chosen_language(request) is not None:
            self.space.set_locale(place.viewer, LOCALES[place.lang])

    async def stream(self, request: Request) -> Response:
        """Stream the person's change count."""
        viewer = self._viewer(request.query_params.get("as", ""))
        return showing.stream(
            request,
            lambda: self.space.version(viewer),
            lambda seen, timeout: self.space.wait(viewer, seen, timeout),
            lambda: self.space.closed,
        )

    async def panes(self, request: Request) -> Response:
        """Answer with every pane's pieces; those the browser has already come without their HTML."""
        asked = await request.json()
        return JSONResponse(await run_in_threadpool(self._panes, request, asked))

    def _panes(self, request: Request, asked: Doc) -> dict[str, Any]:
        place = self._place(request, asked)
        self._speak(request, place)
        version = self.space.version(place.viewer)
        sight = Sight(self.space, place)
        known = asked.get("known", {})
        shown = {
            pane: [
                [each.key, each.seal, None if known.get(each.key) == each.seal else str(sight.draw(each))]
                for each in sight.pieces(pane)
            ]
            for pane in PANES
        }
        return {"version": version, "panes": shown}

    async def act(self, request: Request) -> Response:
        """Do what the person did, then answer with the panes as they are now, or with why it was refused."""
        act = ACTS.get(request.path_params["act"])
        if act is None:
            return JSONResponse({"refused": "unknown_act"}, 404)
        asked = await request.json()
        return JSONResponse(await run_in_threadpool(self._act, act, request, asked))

    def _act(self, act: Act, request: Request, asked: Doc) -> dict[str, Any]:
        place = self._place(request, asked)
        self._speak(request, place)
        try:
            done = act(self.space, place, asked)
        except Refused as refused:
            sentence = WORDS[place.lang]["notice_refused"].format(what=refused.code)
            return {"refused": sentence} | self._panes(request, asked)
        return done | self._panes(request, asked)

    async def give(self, request: Request) -> Response:
        """Take the bytes of a file that a person puts into a form; the form then holds its id."""
        viewer = self._viewer(_named(request.query_params, request))
        name = request.query_params.get("name", "").replace("/", "_") or "file"
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > GIVEN_MOST:
                break
        try:
            found = await run_in_threadpool(self.space.give, viewer, name, bytes(body))
        except Refused as refused:
            lang = showing.language(request, default=self.lang)
            return JSONResponse({"refused": WORDS[lang]["notice_refused"].format(what=refused.code)})
        return JSONResponse({"file": found["id"]})

    async def file(self, request: Request) -> Response:
        """Open a file of a channel the reader may see, in the browser where that is safe."""
        viewer = self._viewer(request.query_params.get("as") or request.cookies.get("as") or "")
        try:
            found, path = await run_in_threadpool(self._file, viewer, request.path_params["file_id"])
        except Refused as refused:
            return JSONResponse({"error": refused.code}, 404)
        inline = found["mimetype"] in _SHOWN_INLINE and "download" not in request.query_params
        shown = "inline" if inline else "attachment"
        kind = "text/plain; charset=utf-8" if found["mimetype"] == "text/plain" else found["mimetype"]
        headers = {
            "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(found['name'])}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return FileResponse(path, media_type=kind, headers=headers)

    def _file(self, viewer: str, file_id: str) -> tuple[Doc, Any]:
        found, path = self.space.file(file_id)
        shared = [*found["channels"], *found["groups"], *found["ims"]]
        if found["user"] != viewer and not any(self._may_see(viewer, each) for each in shared):
            raise Refused("file_not_found")
        return found, path

    def _may_see(self, viewer: str, channel_id: str) -> bool:
        channel = self.space.channel(channel_id)
        return not channel["is_private"] or self.space.is_member(channel_id, viewer)


def _named(asked: Mapping[str, Any], request: Request) -> str:
    """Say as whom the page was asked for: in the address, else as last time; there may be no such person."""
    return str(asked.get("as") or request.cookies.get("as") or "")


def _completions(sight: Sight) -> list[dict[str, str]]:
    """Give what the composer can complete: commands and people."""
    commands = [
        {
            "insert": each["command"] + " ",
            "shown": f"{each['command']} {each['usage_hint']}".strip(),
            "why": each["description"],
        }
        for each in sight.space.commands()
    ]
    people = [
        {"insert": f"@{each['real_name']} ", "shown": f"@{each['real_name']}", "why": each["profile"].get("title", "")}
        for each in sight.space.members()
    ]
    return [*commands, *people]


# What people do. Each takes what the page posted and may add to its answer.


def _say(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    text = str(asked.get("text", "")).strip()
    if text.startswith("/") and not asked.get("in_thread"):
        command, *rest = text.split(maxsplit=1)
        space.command(place.viewer, place.channel, command, "".join(rest))
        return {}
    thread = place.thread if asked.get("in_thread") else None
    space.say(place.viewer, place.channel, _as_slack(space, text), thread_ts=thread)
    return {}


def _as_slack(space: Workspace, text: str) -> str:
    """Write typed text as Slack keeps it: the three signs escaped, @names as mentions."""
    kept = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for user in sorted(space.members(), key=lambda each: -len(each["real_name"])):
        for called in (user["real_name"], user["name"]):
            kept = kept.replace(f"@{called}", f"<@{user['id']}>")
    return kept


def _press(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    view_id, ts = str(asked.get("view") or ""), str(asked.get("ts") or "")
    standing = _standing(space, place, view_id=view_id, ts=ts)
    block_id, action_id = str(asked.get("block_id")), str(asked.get("action_id"))
    element = blocks.find_element(standing, block_id, action_id)
    action: Doc = {"block_id": block_id, "action_id": action_id}
    if element is not None:
        action |= controls.chosen(element, [str(each) for each in asked.get("picked", [])])
    values = _typed(space, place, standing, asked)
    if view_id:
        space.press(place.viewer, view_id=view_id, action=action, state_values=values)
    else:
        space.press(place.viewer, channel_id=place.channel, ts=ts, action=action, state_values=values)
    return {}


def _standing(space: Workspace, place: Place, *, view_id: str, ts: str) -> list[Doc]:
    """Find the blocks that stand where the person pressed; none when they are gone."""
    if view_id:
        home = space.home(place.viewer)
        views = [*space.modals(place.viewer), *([home] if home else [])]
        return next((list(each["blocks"]) for each in views if each["id"] == view_id), [])
    try:
        return all_blocks(space.message(place.channel, ts))
    except Refused:
        return _whispered(space, place, ts)


def _whispered(space: Workspace, place: Place, ts: str) -> list[Doc]:
    try:
        return all_blocks(space.whispered(place.channel, ts, place.viewer))
    except Refused:
        return []


def _typed(space: Workspace, place: Place, standing: list[Doc], asked: Doc) -> Doc:
    """What the form holds as Slack's `state.values`: files as the app is told of them, those of this person alone."""
    values = controls.typed(standing, asked.get("form", {}))
    for inside in values.values():
        for entry in inside.values():
            if "files" in entry:
                given = (space.given(place.viewer, each) for each in entry["files"])
                entry["files"] = [each for each in given if each is not None]
    return values


def _type(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    view_id = str(asked.get("view"))
    standing = _standing(space, place, view_id=view_id, ts="")
    if standing:
        space.type_in(place.viewer, view_id, _typed(space, place, standing, asked))
    return {}


def _submit(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    view_id = str(asked.get("view"))
    standing = _standing(space, place, view_id=view_id, ts="")
    values = _typed(space, place, standing, asked)
    # The workspace would look for what is missing as well, and say so in the person's language, not in the page's.
    missing = blocks.shortcomings(standing, blocks.state_of(standing, values), lang=place.lang)
    if missing:
        space.type_in(place.viewer, view_id, values)
        space.mark_view(view_id, errors=missing)
    else:
        space.submit(place.viewer, view_id, values)
    return {}


def _close(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    space.close_view(place.viewer, str(asked.get("view")))
    return {}


def _shortcut(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    space.shortcut(place.viewer, str(asked.get("callback_id")))
    return {}


def _message_action(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    space.message_action(place.viewer, str(asked.get("callback_id")), place.channel, str(asked.get("ts")))
    return {}


def _open_home(space: Workspace, place: Place, _asked: Doc) -> dict[str, Any]:
    space.open_home(place.viewer)
    return {}


def _read(space: Workspace, place: Place, _asked: Doc) -> dict[str, Any]:
    space.mark_read(place.viewer, place.channel)
    return {}


def _join(space: Workspace, place: Place, _asked: Doc) -> dict[str, Any]:
    space.join(place.viewer, place.channel)
    return {}


def _dismiss(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    ts = str(asked.get("ts"))
    space.whispered(place.channel, ts, place.viewer)
    space.rewhisper(place.channel, ts, None)
    return {}


def _message_app(space: Workspace, place: Place, asked: Doc) -> dict[str, Any]:
    other = str(asked.get("user") or space.bot_user["id"])
    return {"go": place.url(c=space.open_dm(place.viewer, other))}


ACTS: Final[dict[str, Act]] = {
    "say": _say,
    "press": _press,
    "type": _type,
    "submit": _submit,
    "close": _close,
    "shortcut": _shortcut,
    "message_action": _message_action,
    "open_home": _open_home,
    "read": _read,
    "join": _join,
    "dismiss": _dismiss,
    "direct": _message_app,
}
