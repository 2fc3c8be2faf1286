"""Carry cards to Slack: it can be asked whether something arrived, for each message wears its dispatch's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot import papers
from bot.locales import Locales
from bot.views import home, mail
from bot.views.cards import CARDS
from bot.views.parts import View
from bot.words import say
from errors import NotTheSignedText
from escalation.deliver import Courier, Delivered, Delivery, Later, Lost, Outcome, Parcel, Rejected
from escalation.rosters import Person
from plans import picture
from playbooks import print as paper

UNSURE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "accesslimited"})
GONE = frozenset({"message_not_found", "cant_update_message"})
ALREADY = frozenset({"already_in_channel", "already_pinned", "already_archived", "not_pinned"})
#: Slack does not know us (a token was revoked or is being rotated): nothing is wrong with what was to be said, and
#: chat is as silent as if it were down. It waits, and warnings go by mail meanwhile.
LOCKED_OUT = frozenset(
    {
        "invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive", "org_login_required",
        "team_access_not_granted", "ekm_access_denied",
    }
)  # fmt: skip
TRIES = 5
PAPERS = "notice_papers"
EVENT = "tocsin_dispatch"


def _nothing_kept(digest: str) -> bytes:
    raise KeyError(digest)


class Slack:
    """The one chat surface. Slack has no idempotency key: after an attempt that may have arrived, it is asked first."""

    delivery = Delivery.CAN_BE_ASKED

    def __init__(self, client: WebClient, view: View, locales: Locales, *, kept: papers.Kept = _nothing_kept) -> None:
        """Send through `client`, which must not retry by itself: the outbox does; `kept`: digest → bytes."""
        self.client, self.view, self.locales, self.kept = client, view, locales, kept

    def person(self, who: str) -> Person:
        """A person of the file, speaking the language of their Slack client."""
        return self.locales.of(self.view.people.person(who))

    def view_for(self, facts: Mapping[str, Any]) -> View:
        """What one person reads is in their language, what a room reads in the organisation's."""
        return replace(self.view, lang=self.person(str(facts["to"])).lang) if "to" in facts else self.view

    def send(self, parcel: Parcel) -> Outcome:
        """Do what the parcel's kind asks."""
        order = ORDERS.get(parcel.kind, _card)
        outcome: Outcome = _called(lambda: order(self, parcel))
        return outcome

    def ask(self, parcel: Parcel) -> Outcome | None:
        """Whether an earlier attempt arrived; orders that repeat harmlessly are simply given again."""
        if parcel.kind in HARMLESS or (parcel.kind != PAPERS and parcel.ref is not None and "ts" in parcel.ref):
            return None
        if parcel.kind == "room.open":
            return None  # `_open_room` looks for its own room under the name
        look = self._find_papers if parcel.kind == PAPERS else self._find
        found: Outcome | None = _called(lambda: look(parcel))
        return found

    def _find(self, parcel: Parcel) -> Outcome | None:
        channel = self._where(parcel)
        page = self.client.conversations_history(channel=channel, include_all_metadata=True, limit=200)
        for message in page["messages"]:
            payload = (message.get("metadata") or {}).get("event_payload", {})
            if payload.get("key") == parcel.key:
                return _posted(channel, message["ts"])
        return None

    def _find_papers(self, parcel: Parcel) -> Outcome | None:
        """Files carry no key: what we ourselves put below that very message is the documents, for nothing else is."""
        ref, me = parcel.ref or {}, self.client.auth_test()["user_id"]
        thread = self.client.conversations_replies(channel=ref["channel"], ts=ref["ts"], limit=200)
        for message in thread["messages"]:
            if message.get("files") and message.get("user") == me:
                return Delivered(receipt={"files": [each.get("name") for each in message["files"]]})
        return None

    def _where(self, parcel: Parcel) -> str:
        if parcel.ref is not None:
            return str(parcel.ref["channel"])
        slack = self.slack_id(str(parcel.facts["to"]))
        opened = self.client.conversations_open(users=slack)
        return str(opened["channel"]["id"])

    def slack_id(self, person: str) -> str:
        """The Slack id of a person of the file."""
        return self.view.people.person(person).slack


def _called(order: Callable[[], Outcome | None]) -> Any:  # noqa: ANN401 -- the order's own outcome
    """Turn what Slack answers into an outcome; only what surely did not happen may simply be tried again."""
    try:
        return order()
    except SlackApiError as refused:
        return _refused(refused)
    except (TimeoutError, ConnectionResetError) as lost:
        return Lost(why=type(lost).__name__)
    except URLError as unreachable:
        if isinstance(unreachable.reason, ConnectionRefusedError):
            return Later(why="chat unreachable")
        return Lost(why=str(unreachable.reason)[:120])
    except (SlackClientError, OSError, ValueError) as lost:
        return Lost(why=type(lost).__name__)


def _refused(refused: SlackApiError) -> Outcome:
    error = str(refused.response.get("error", "unknown"))
    if error in ALREADY:
        return Delivered(receipt={"already": error})
    if refused.response.status_code == 429 or error in ("ratelimited", "rate_limited"):  # noqa: PLR2004 -- HTTP's own
        wait = str(refused.response.headers.get("Retry-After", "1"))
        return Later(why="ratelimited", wait=timedelta(seconds=int(wait)) if wait.isdecimal() else None)
    if refused.response.status_code >= 500 or error in UNSURE:  # noqa: PLR2004 -- HTTP's own
        return Lost(why=error)
    return Later(why=error) if error in LOCKED_OUT else Rejected(why=error)


def _posted(channel: str, ts: str) -> Delivered:
    at = datetime.fromtimestamp(float(ts), UTC)
    return Delivered(receipt={"channel": channel, "ts": ts, "at": at.isoformat()}, ref={"channel": channel, "ts": ts})


# --- orders ----------------------------------------------------------------------------------------------------------


def _card(slack: Slack, parcel: Parcel) -> Outcome:
    """A message: posted, or edited in place where one stands already."""
    card = CARDS[parcel.kind](parcel.facts, slack.view_for(parcel.facts))
    if parcel.ref is not None and "ts" in parcel.ref:
        return _edit(slack, parcel, card)
    return _post(slack, parcel, card)


def _post(slack: Slack, parcel: Parcel, card: Mapping[str, Any]) -> Outcome:
    channel = str(parcel.ref["channel"]) if parcel.ref else slack.slack_id(str(parcel.facts["to"]))
    metadata = {"event_type": EVENT, "event_payload": {"key": parcel.key}}
    posted = slack.client.chat_postMessage(channel=channel, metadata=metadata, unfurl_links=False, **card)
    return _posted(posted["channel"], posted["ts"])


def _edit(slack: Slack, parcel: Parcel, card: Mapping[str, Any]) -> Outcome:
    ref = parcel.ref or {}
    try:
        slack.client.chat_update(channel=ref["channel"], ts=ref["ts"], **card)
    except SlackApiError as refused:
        if refused.response.get("error") not in GONE:
            raise
        # Somebody deleted the card: it is posted anew, and edits go there from now on.
        return _post(slack, parcel, card)
    return Delivered(receipt=dict(ref))


def _whisper(slack: Slack, parcel: Parcel) -> Outcome:
    """To one person alone, where they pressed; straight to them where that cannot be."""
    who = parcel.facts.get("person")
    card = CARDS[parcel.kind](parcel.facts, slack.view_for({"to": who} if who else {}))
    user = slack.slack_id(str(who)) if who else str(parcel.facts["user"])
    channel = parcel.facts.get("channel")
    if channel:
        try:
            slack.client.chat_postEphemeral(channel=channel, user=user, **card)
            return Delivered()
        except SlackApiError as refused:
            if refused.response.get("error") not in ("channel_not_found", "not_in_channel", "user_not_in_channel"):
                raise
    slack.client.chat_postMessage(channel=user, **card)
    return Delivered()


def _open_room(slack: Slack, parcel: Parcel) -> Outcome:
    """Make the incident's own channel; a name that is taken by somebody else gets the next number."""
    name = str(parcel.facts["name"])[:76]
    for n in range(TRIES):
        tried = name if n == 0 else f"{name}-{n + 1}"
        try:
            made = slack.client.conversations_create(name=tried, is_private=bool(parcel.facts.get("private")))
        except SlackApiError as refused:
            if refused.response.get("error") != "name_taken":
                raise
            ours = _own_room(slack, tried) if parcel.asked else None
            if ours is None:
                continue
            return Delivered(receipt={"channel": ours}, ref={"channel": ours, "name": tried})
        channel = made["channel"]["id"]
        return Delivered(receipt={"channel": channel}, ref={"channel": channel, "name": made["channel"]["name"]})
    return Rejected(why="name_taken")


def _own_room(slack: Slack, name: str) -> str | None:
    """The channel of that name that we made ourselves in an attempt whose answer was lost; None if it is another's."""
    me = slack.client.auth_test()["user_id"]
    cursor = ""
    while True:
        page = slack.client.conversations_list(limit=200, cursor=cursor, types="public_channel,private_channel")
        for channel in page["channels"]:
            if channel["name"] == name:
                return str(channel["id"]) if channel.get("creator") == me else None
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            return None


def _invite(slack: Slack, parcel: Parcel) -> Outcome:
    """Invite everybody who can be; who cannot is named in the receipt and stops nobody else."""
    users = [slack.slack_id(person) for person in parcel.facts["whom"]]
    answer = slack.client.conversations_invite(channel=_channel(parcel), users=[u for u in users if u], force=True)
    failed = [{"user": each.get("user"), "error": each.get("error")} for each in answer.get("errors") or ()]
    return Delivered(receipt={"invited": len(users) - len(failed), "failed": failed})


def _topic(slack: Slack, parcel: Parcel) -> Outcome:
    facts = parcel.facts
    topic = f"{_mark(slack, parcel)}{facts['number']} · {facts['title']} · {facts['plan']['label']}"
    slack.client.conversations_setTopic(channel=_channel(parcel), topic=topic[:250])
    return Delivered()


def _pin(slack: Slack, parcel: Parcel) -> Outcome:
    ref = parcel.ref or {}
    slack.client.pins_add(channel=ref["channel"], timestamp=ref["ts"])
    return Delivered()


def _bookmark(slack: Slack, parcel: Parcel) -> Outcome:
    channel, title = _channel(parcel), str(parcel.facts["plan"]["label"])
    if parcel.asked and any(b["title"] == title for b in slack.client.bookmarks_list(channel_id=channel)["bookmarks"]):
        return Delivered()
    link = f"{slack.view.page_url}plans/{parcel.facts['plan']['code']}/{parcel.facts['plan']['version']}"
    slack.client.bookmarks_add(channel_id=channel, title=title, type="link", link=link)
    return Delivered()


def _home(slack: Slack, parcel: Parcel) -> Outcome:
    person = slack.person(str(parcel.facts["to"]))
    view = home.home(person.lang, me=person, facts=parcel.facts, view=slack.view)
    slack.client.views_publish(user_id=person.slack, view=view)
    return Delivered()


def _file(slack: Slack, parcel: Parcel) -> Outcome:
    """A file to one person, in their direct messages."""
    facts = {name: str(said) for name, said in parcel.facts.items()}
    opened = slack.client.conversations_open(users=slack.slack_id(facts["to"]))
    slack.client.files_upload_v2(
        channel=opened["channel"]["id"], filename=facts["filename"], title=facts["title"], content=facts["content"],
        initial_comment=facts["comment"],
    )  # fmt: skip
    return Delivered()


def _printed(slack: Slack, parcel: Parcel) -> Outcome:
    """A page, drawn now, to one person."""
    content = paper.pdf(parcel.facts["page"])
    return _upload(slack, parcel, [{"filename": parcel.facts["filename"], "content": content}])


def _papers(slack: Slack, parcel: Parcel) -> Outcome:
    """A signed notice's documents, below its message; in one message, so that they stand there whole or not at all."""
    try:
        files = papers.of(parcel.facts, slack.kept)
    except NotTheSignedText as other:
        return Rejected(why=other.code)
    if not files:
        return Rejected(why="no document could be drawn")
    ref = parcel.ref or {}
    slack.client.files_upload_v2(
        channel=ref["channel"],
        thread_ts=ref["ts"],
        file_uploads=[{"filename": name, "title": name, "content": content} for name, content in files],
        initial_comment=say(
            "paper.signed", slack.view.lang, mark=_mark(slack, parcel), digest=parcel.facts["digest"][:8]
        ),
    )
    return Delivered(receipt={"files": [name for name, _ in files]})


def _mark(slack: Slack, parcel: Parcel) -> str:
    return ("【演练】" if slack.view.lang == "zh" else "EXERCISE · ") if parcel.exercise else ""


def _covered(slack: Slack, parcel: Parcel) -> Outcome:
    """The pictures of what plans cover, drawn now, in one message to one person."""
    name, drawings = parcel.facts["filename"], parcel.facts["drawings"]
    pages = [{"filename": f"{name}-{n}.png", "content": picture.drawn(each)} for n, each in enumerate(drawings, 1)]
    return _upload(slack, parcel, pages)


def _upload(slack: Slack, parcel: Parcel, uploads: list[dict[str, Any]]) -> Outcome:
    facts = parcel.facts
    opened = slack.client.conversations_open(users=slack.slack_id(str(facts["to"])))
    slack.client.files_upload_v2(
        channel=opened["channel"]["id"],
        file_uploads=[{"title": str(facts["title"])} | each for each in uploads],
        initial_comment=str(facts["comment"]),
    )
    return Delivered()


def _channel(parcel: Parcel) -> str:
    return str((parcel.ref or {})["channel"])


ORDERS: Mapping[str, Callable[[Slack, Parcel], Outcome]] = {
    "room.open": _open_room,
    "room.invite": _invite,
    "room.topic": _topic,
    "room.pin": _pin,
    "room.bookmark": _bookmark,
    "home": _home,
    "whisper": _whisper,
    "opened": _whisper,
    "plan_calendar": _file,
    "plan_text": _file,
    "register_sheet": _file,
    "plan_print": _printed,
    "coverage_picture": _covered,
    PAPERS: _papers,
}
#: Repeating these changes nothing; a whisper said twice harms nobody, and neither does a file that was asked for.
HARMLESS = frozenset(
    {
        "room.invite", "room.topic", "room.pin", "room.bookmark", "home", "whisper", "opened", "plan_calendar",
        "plan_text",         "register_sheet", "plan_print", "coverage_picture",
    }
)  # fmt: skip


class StaffMail:
    """Mail to our own people when chat is silent: the card's words, through the mail courier."""

    delivery = Delivery.NEITHER

    def __init__(self, courier: Courier, view: View) -> None:
        """Write for `view`, send through `courier`."""
        self.courier, self.view = courier, view

    def send(self, parcel: Parcel) -> Outcome:
        """Write the mail and send it."""
        subject, text = mail.mail_text(parcel.kind, parcel.facts, self.view)
        letter = {**parcel.facts, "subject": subject, "text": text, "receipt_url": ""}
        return self.courier.send(replace(parcel, facts=letter))

    def ask(self, parcel: Parcel) -> Outcome | None:  # noqa: ARG002 -- mail cannot be asked
        """Mail cannot be asked."""
        return None
