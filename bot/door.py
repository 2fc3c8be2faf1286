"""The door: one press, one instant, one transaction; what Slack is told comes after the commit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sentry_sdk
import structlog
from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot import home, uploads
from bot.press import Given, House, Press
from bot.views import modals
from bot.words import say
from errors import BadValue, Refusal
from escalation.tell import tell
from escalation.words import Words
from incidents import show
from store import presses

log = structlog.get_logger()
RACES = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock detected
Body = Mapping[str, Any]


class Field(Exception):
    """A refusal that belongs to one field of the form."""

    def __init__(self, block: str, refusal: Refusal) -> None:
        """Name the block."""
        super().__init__(block)
        self.block, self.refusal = block, refusal


class Fields(Exception):
    """Refusals of several fields at once."""

    def __init__(self, refusals: Mapping[str, Refusal]) -> None:
        """Keep them by block."""
        super().__init__()
        self.refusals = refusals


#: How long a file may be read before the form says so: Slack waits three seconds, and acting takes some of them.
SOON_S = 1.2
#: What Slack is told by two ways at once it may hear in either order.
APART_S = 0.5

Refused = Refusal | Field | Fields
Act = Callable[[Session, Press], Any]
Opens = Callable[[Session, Press], dict[str, Any] | None]
Reads = Callable[[Given], Any]


class Door:
    """Takes presses from Bolt, hands them to acts, tells Slack what came of it."""

    def __init__(self, house: House, *, again: Mapping[str, Opens], under: Mapping[str, Opens]) -> None:
        """Stand before `house`.

        `again`: modals drawn anew after a button inside them; `under`: what lies under a form and is drawn anew
        when the form is done.
        """
        self.house, self.again, self.under = house, again, under
        self._readers = ThreadPoolExecutor(thread_name_prefix="reader")

    # --- buttons and selects ---

    def acting(self, act: Act, *, opens: Opens | None = None) -> Callable[..., None]:
        """A listener for a button that acts: commit, then acknowledge; a refusal is whispered to the presser.

        With `opens`, the button first asks for more where more is wanted (evidence), and acts where not.
        Pressed inside a modal, the modal shows afterwards what stands.
        """

        def pressed(body: Body, client: WebClient) -> None:
            view = self._look(body, opens) if opens else None
            if view is not None:
                _open(client, body, view)
            else:
                self._take(_action_key(body), body, act)
                self._show_again(client, body)

        return self._button(pressed)

    def opening(self, opens: Opens) -> Callable[..., None]:
        """A listener for a button that opens a modal: look, open within the trigger's life, acknowledge."""

        def pressed(body: Body, client: WebClient) -> None:
            view = self._look(body, opens)
            if view is not None:
                _open(client, body, view)

        return self._button(pressed)

    def changing(self, opens: Opens, *, prepare: Act | None = None) -> Callable[..., None]:
        """A listener for a choice inside a modal: the modal is drawn anew around it, what was typed stays.

        With `prepare`, something is done first, and the modal turns into what came of it.
        """

        def pressed(body: Body, client: WebClient) -> None:
            if prepare is not None:
                self._take(_action_key(body), body, prepare)
            view = self._look(body, opens)
            if view is None:
                return
            if (body.get("view") or {}).get("type") != "modal":
                _open(client, body, view)
                return
            try:
                client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)
            except SlackApiError as refused:
                log.info("modal moved on", error=refused.response.get("error"))

        return self._button(pressed)

    def preparing(self, prepare: Act, opens: Opens) -> Callable[..., None]:
        """A listener for a button that first brings something up to date (a draft), then opens it."""

        def pressed(body: Body, client: WebClient) -> None:
            self._take(_action_key(body), body, prepare)
            view = self._look(body, opens)
            if view is not None:
                _open(client, body, view)

        return self._button(pressed)

    def _button(self, pressed: Callable[[Body, WebClient], None]) -> Callable[..., None]:
        def listener(ack: Ack, body: Body, client: WebClient) -> None:
            with self._edge(body, lambda refused: self._refuse_press(client, body, refused)):
                pressed(body, client)
            ack()

        return listener

    # --- forms ---

    def submitting(self, act: Act) -> Callable[..., None]:
        """A listener for a submitted form: commit, then close it; what is wrong stands at its field, nothing is lost.

        The view's own id is the press's key: pressing submit twice is one act.
        """

        def listener(ack: Ack, body: Body, client: WebClient) -> None:
            with self._edge(body, lambda refused: self._refuse_form(ack, body, refused)):
                answer = self._take(_form_key(body), body, act)
                # Before the form goes: what lies under it must not change under the hands of who sees it again.
                self._show_under(client, body)
                ack(**answer) if isinstance(answer, dict) else ack()

        return listener

    def asking(self, opens: Opens) -> Callable[..., None]:
        """A listener for a form that only asks (a search): nothing is done, it turns into what was asked for."""

        def listener(ack: Ack, body: Body) -> None:
            with self._edge(body, lambda refused: self._refuse_form(ack, body, refused)):
                ack(response_action="update", view=self._look(body, opens))

        return listener

    def receiving(self, act: Act, reads: Reads) -> Callable[..., None]:
        """A listener for a form with files: they are fetched and read first, under no transaction, then submitted.

        A large document takes seconds to read: on SQLite every other press would wait for them.
        """

        def listener(ack: Ack, body: Body, client: WebClient) -> None:
            with self._edge(body, lambda refused: self._refuse_form(ack, body, refused)):
                given = _given(client, body, reads)
                self.submitting(lambda session, press: act(session, replace(press, files=given)))(ack, body, client)

        return listener

    def awaiting(self, act: Act, reads: Reads, waits: Callable[[str], dict[str, Any]]) -> Callable[..., None]:
        """A listener for a form whose file may take longer to read than Slack waits for an answer.

        What is read soon is submitted as any form. Else the form turns into `waits`, which claims nothing; then into
        what came of it, or why nothing did.
        """

        def listener(ack: Ack, body: Body, client: WebClient) -> None:
            reading = self._readers.submit(_given, client, body, reads)
            if wait([reading], timeout=SOON_S).done:
                with self._edge(body, lambda refused: self._refuse_form(ack, body, refused)):
                    given = reading.result()
                    self.submitting(lambda session, press: act(session, replace(press, files=given)))(ack, body, client)
                return
            ack(response_action="update", view=waits(self._lang(body)))
            self._show_later(client, body, act, reading)

        return listener

    def _show_later(self, client: WebClient, body: Body, act: Act, reading: Future[Any]) -> None:
        time.sleep(APART_S)
        with self._edge(body, lambda refused: self._show(client, body, _refusal(refused, self._lang(body)))):
            given = reading.result()
            answer = self._take(_form_key(body), body, lambda session, press: act(session, replace(press, files=given)))
            if answer is not None:
                self._show(client, body, answer["view"])
                self._show_under(client, body)

    def _show(self, client: WebClient, body: Body, view: dict[str, Any]) -> None:
        try:
            client.views_update(view_id=body["view"]["id"], view=view)
        except (SlackApiError, OSError) as moved:  # closed meanwhile: the desk under it shows what stands
            log.info("the form moved on", fault=type(moved).__name__)

    def _show_under(self, client: WebClient, body: Body) -> None:
        view = body["view"]
        below, again = view.get("previous_view_id"), self.under.get(str(view["callback_id"]))
        if not below or again is None:
            return
        try:
            client.views_update(view_id=below, view=self._look(body, again) or {})
        except (SlackApiError, OSError, Refusal) as moved:
            log.info("what lay under the form moved on", fault=type(moved).__name__)

    def _refuse_form(self, ack: Ack, body: Body, refused: Refused) -> None:
        lang = self._lang(body)
        match refused:
            case Fields():
                errors = {block: each.sentence(lang) for block, each in refused.refusals.items()}
            case Field():
                errors = {refused.block: refused.refusal.sentence(lang)}
            case Refusal():
                errors = {_first_block(body): refused.sentence(lang)}
        if not _first_block(body):
            title = say("door.cannot", lang)
            ack(response_action="update", view=modals.text_modal(lang, title, next(iter(errors.values()))))
            return
        ack(response_action="errors", errors=errors)

    # --- commands, shortcuts, events ---

    def commanding(self, command: Callable[[Session, Press, str], Any]) -> Callable[..., None]:
        """A listener for a slash command: it answers where it was typed, or opens a modal."""

        def listener(ack: Ack, body: Body, client: WebClient) -> None:
            with self._edge(body, lambda refused: ack(_sentence(refused, self._lang(body)))):
                answer = self._commanded(body, command)
                if isinstance(answer, dict) and answer.get("type") == "modal":
                    _open(client, body, answer)
                    ack()
                else:
                    ack(**answer) if isinstance(answer, dict) else ack(str(answer or ""))

        return listener

    def _commanded(self, body: Body, command: Callable[[Session, Press, str], Any]) -> Any:  # noqa: ANN401 -- as the command
        press = self._read(body)
        with self.house.database.read() as session:
            answer = command(session, press, str(body.get("text", "")).strip())
        if isinstance(answer, Doing):
            self._take(f"command:{body['trigger_id']}", body, answer.act)
            return answer.answer
        return answer

    def hearing(self, act: Act) -> Callable[..., None]:
        """A listener for an event (Home opened): taken once, whatever Slack redelivers."""

        def listener(body: Body) -> None:
            with self._edge(body, lambda refused: log.info("event refused", code=type(refused).__name__)):
                self._take(f"event:{body['event_id']}", body, act)

        return listener

    # --- the edge ---

    @contextmanager
    def _edge(self, body: Body, told: Callable[[Refused], object]) -> Iterator[None]:
        """The house's first edge: what a rule refuses is told in its words; every fault is reported, and told too."""
        try:
            yield
        except (Refusal, Field, Fields) as refused:
            told(refused)
        except Exception as fault:  # one of the three edges
            log.exception("press failed", fault=type(fault).__name__)
            sentry_sdk.capture_exception(fault)
            key = "door.faster" if _lost_a_race(fault) else "door.fault"
            told(_Said(say(key, self._lang(body))))

    # --- one press ---

    def _look(self, body: Body, opens: Opens) -> dict[str, Any] | None:
        press = self._read(body)
        with self.house.database.read() as session:
            return opens(session, press)

    def _show_again(self, client: WebClient, body: Body) -> None:
        """After a button inside a modal or on Home: draw it again with what stands now."""
        view = body.get("view") or {}
        again = self.again.get(str(view.get("callback_id", "")))
        if again is None or view.get("type") != "modal":
            return
        try:
            client.views_update(view_id=view["id"], view=self._look(body, again) or {})
        except (SlackApiError, OSError, Refusal) as moved:  # the act is committed: a picture that stays old is no fault
            log.info("modal moved on", fault=type(moved).__name__)

    def _take(self, key: str, body: Body, act: Act) -> Any:  # noqa: ANN401 -- whatever the act answers
        """One instant, one transaction; a redelivery finds its key and repeats nothing."""
        press = self._read(body)
        try:
            answer = self._act(key, body, press, act)
        except (StaleDataError, DBAPIError) as fault:
            if not _lost_a_race(fault):
                raise
            # Another process decided the same at the same instant: look again, once, at what stands now.
            answer = self._act(key, body, press, act)
        self.house.wake()
        return answer

    def _act(self, key: str, body: Body, press: Press, act: Act) -> Any:  # noqa: ANN401 -- whatever the act answers
        with self.house.database.begin() as session:
            if not presses.first(session, key[:255], at=press.at):
                return None
            answer = act(session, press)
            if (body.get("view") or {}).get("type") == "home":
                home.show_home(session, press)
            return answer

    def _read(self, body: Body) -> Press:
        action: Body = next(iter(body.get("actions", ())), {})
        view = body.get("view")
        chosen = action.get("selected_option") or {}
        return Press(
            house=self.house,
            by=self.house.locales.of(self.house.people.by_slack(_user(body))),
            at=self.house.clock(),
            value=str(action.get("value") or chosen.get("value") or ""),
            channel=_channel(body),
            message=str((body.get("message") or {}).get("text", "")),
            trigger=str(body.get("trigger_id", "")),
            view=view,
            private=json.loads(view["private_metadata"]) if view and view.get("private_metadata") else {},
            typed=_typed(view) if view else {},
        )

    # --- what the presser is told ---

    def _lang(self, body: Body) -> str:
        try:
            return self.house.locales.of(self.house.people.by_slack(_user(body))).lang
        except Refusal:
            return self.house.view.lang

    def _refuse_press(self, client: WebClient, body: Body, refused: Refused) -> None:
        """Say no where it was pressed: over the modal, which would hide a whisper; else to the presser alone."""
        if (body.get("view") or {}).get("type") == "modal":
            lang = self._lang(body)
            told = modals.text_modal(lang, say("door.cannot", lang), _sentence(refused, lang))
            try:
                client.views_push(trigger_id=body["trigger_id"], view=told)
            except (SlackApiError, OSError) as moved:  # three modals lie there already, or the trigger is too old
                log.info("no room over the modal", fault=type(moved).__name__)
            else:
                log.info("refused", code=type(refused).__name__)
                return
        self._whisper(body, refused)

    def _whisper(self, body: Body, refused: Refused) -> None:
        """Say no to the presser alone: a row like everything that leaves."""
        log.info("refused", code=type(refused).__name__)
        at = self.house.clock()
        told = {"user": _user(body), "channel": _channel(body), "text": _sentence(refused, self._lang(body))}
        with self.house.database.begin() as session:
            key = f"whisper:{_action_key(body)}"
            tell(session, show.HOUSE, "whisper", told, key=key[:200], courier=show.CHAT, priority=show.FIRST, at=at)
        self.house.wake()


@dataclass(frozen=True, kw_only=True)
class Doing:
    """A command that acts, and what is answered afterwards."""

    act: Act
    answer: Any = ""


class _Said(Refusal):
    """A sentence that is already said."""

    zh = en = "{text}"

    def __init__(self, text: str) -> None:
        super().__init__(text=text)


def _sentence(refused: Refused, lang: str) -> str:
    match refused:
        case Fields():
            return "\n".join(each.sentence(lang) for each in refused.refusals.values())
        case Field():
            return refused.refusal.sentence(lang)
        case Refusal():
            return refused.sentence(lang)


def _refusal(refused: Refused, lang: str) -> dict[str, Any]:
    return modals.text_modal(lang, say("door.cannot", lang), _sentence(refused, lang))


def _form_key(body: Body) -> str:
    return f"view:{body['view']['id']}:{body['view']['callback_id']}:{body['view'].get('hash', '')}"


def _given(client: WebClient, body: Body, reads: Reads) -> dict[str, Given]:
    """The files of a form, fetched and read."""
    fetched = uploads.fetch(client, body["view"])
    return {block: replace(each, read=reads(each)) for block, each in fetched.items()}


def _lost_a_race(fault: Exception) -> bool:
    """Whether another transaction was there first: the same decided twice, a row that moved, a deadlock broken."""
    broken = getattr(getattr(fault, "orig", None), "sqlstate", None) in RACES
    return broken or isinstance(fault, StaleDataError | IntegrityError)


def _open(client: WebClient, body: Body, view: dict[str, Any]) -> None:
    """Open over what is there: a modal from a message, a second one on top of a modal."""
    inside = body.get("view") or {}
    try:
        if inside.get("type") == "modal":
            client.views_push(trigger_id=body["trigger_id"], view=view)
        else:
            client.views_open(trigger_id=body["trigger_id"], view=view)
    except SlackApiError as refused:
        # The trigger lived its three seconds: the person presses again, nothing was lost.
        if refused.response.get("error") not in ("expired_trigger_id", "exchanged_trigger_id"):
            raise


def _user(body: Body) -> str:
    if "user_id" in body:
        return str(body["user_id"])
    if "event" in body:
        return str(body["event"].get("user", ""))
    return str(body["user"]["id"])


def _channel(body: Body) -> str | None:
    if "channel_id" in body:
        return str(body["channel_id"])
    channel = body.get("channel") or {}
    return channel.get("id") or (body.get("container") or {}).get("channel_id")


def _action_key(body: Body) -> str:
    action: Body = next(iter(body.get("actions", ())), {})
    return f"action:{body.get('trigger_id', '')}:{action.get('action_ts', '')}:{action.get('action_id', '')}"


def _first_block(body: Body) -> str:
    blocks = (body.get("view") or {}).get("blocks", ())
    return next((str(block["block_id"]) for block in blocks if block.get("type") == "input"), "")


def _typed(view: Body) -> dict[str, Any]:
    """What stands in the form's fields, by block: text, an option's value, a list of options' values, a person."""
    values: Mapping[str, Mapping[str, Any]] = (view.get("state") or {}).get("values", {})
    return {block: _value(element) for block, inside in values.items() for element in inside.values()}


def _value(element: Body) -> Any:  # noqa: ANN401 -- text, or a list of options
    if "files" in element:
        return [str(each["id"]) for each in element["files"] or ()]
    if "selected_options" in element:
        return [option["value"] for option in element["selected_options"] or ()]
    if element.get("selected_option"):
        return element["selected_option"]["value"]
    return element.get("value") or element.get("selected_user") or element.get("selected_date_time") or ""


def wrong(block: str, field_: Words, zh: str, en: str) -> Field:
    """A field's own refusal."""
    return Field(block, BadValue(field=field_, expected=Words(zh=zh, en=en)))
