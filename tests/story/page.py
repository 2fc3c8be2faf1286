"""The page as a person uses it, without a browser: reads what it shows and posts what its script would post."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

from tests.story.house import Doc, House, until

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
FIELDS = frozenset({"input", "textarea", "select"})


@dataclass
class Node:
    """An element of the page: tag, attributes, what is in it."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    def every(self, *tags: str, **wanted: str) -> Iterator[Node]:
        """Elements within, of these tags, whose attributes (`data_block` is data-block) are these."""
        named = {name.replace("_", "-"): value for name, value in wanted.items()}
        for each in self.inside:
            if isinstance(each, Node):
                if (not tags or each.tag in tags) and all(each.attrs.get(k) == v for k, v in named.items()):
                    yield each
                yield from each.every(*tags, **wanted)

    @property
    def text(self) -> str:
        """What one reads in it."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        for each in self.inside:
            yield from [each] if isinstance(each, str) else [*each._words(), "" if each.tag in ("span", "b") else " "]


@dataclass
class Piece:
    """One replaceable piece of the page; read only when somebody looks at it."""

    seal: str
    html: str
    read_as: Node | None = None

    @property
    def node(self) -> Node:
        """It as a tree."""
        if self.read_as is None:
            self.read_as = read(self.html)
        return self.read_as

    def may_hold(self, action: str) -> bool:
        """Whether a control of this action can be in it."""
        return f'data-action="{action}"' in self.html


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and len(self.open) > 1:
            if self.open.pop().tag == tag:
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> Node:
    """A piece of the page as a tree."""
    reader = _Reader()
    reader.feed(html)
    return reader.root


def form_of(host: Node) -> dict[str, list[str]]:
    """What the page's script would post of the controls of a message or a modal."""
    form: dict[str, list[str]] = {}
    for each in host.every(*FIELDS):
        name = each.attrs.get("name")
        if name is None or ("data-action" not in each.attrs and each.attrs.get("type") != "hidden"):
            continue
        if each.attrs.get("type") == "radio" and "checked" not in each.attrs:
            continue
        held = form.setdefault(name, [])
        if each.attrs.get("type") != "checkbox" or "checked" in each.attrs:
            held.append(_value(each))
    return form


def _value(each: Node) -> str:
    if each.tag == "textarea":
        return "".join(part for part in each.inside if isinstance(part, str))
    if each.tag == "select":
        chosen = next((option for option in each.every("option") if "selected" in option.attrs), None)
        return chosen.attrs.get("value", "") if chosen else ""
    return each.attrs.get("value", "")


class Person:
    """Somebody at the page: looks, presses, types; `presses` counts what the hand does (typing is not pressing)."""

    def __init__(self, house: House, slack: str, *, lang: str = "zh") -> None:
        """Sit down as the member `slack`."""
        self.house, self.slack, self.lang = house, slack, lang
        self.channel = ""
        self.presses = 0
        self.pieces: dict[str, Piece] = {}
        self.panes: dict[str, list[Piece]] = {}

    # --- looking

    def _ask(self, act: str, **more: object) -> Doc:
        """Post what the page's script would, with the pieces that are known already, and keep those that are new."""
        known = {key: piece.seal for key, piece in self.pieces.items()}
        asked = {"as": self.slack, "c": self.channel, "known": known, **more}
        said = self.house.web.post(f"{self.house.url}/ui/{act}", json=asked, cookies={"lang": self.lang}, timeout=20)
        said.raise_for_status()
        answer: Doc = said.json()
        for pane, pieces in answer["panes"].items():
            for key, seal, html in pieces:
                if html is not None:
                    self.pieces[key] = Piece(seal, html)
            self.panes[pane] = [self.pieces[key] for key, _, _ in pieces]
        return answer

    def _look(self, pane: str, **more: object) -> list[Node]:
        self._ask("panes", **more)
        return [piece.node for piece in self.panes[pane]]

    def rooms(self) -> dict[str, str]:
        """The rooms in the left column, joined or not: name → id."""
        links = [link for piece in self._look("rooms") for link in piece.every("a") if "c=" in link.attrs["href"]]
        ids = [parse_qs(urlsplit(link.attrs["href"]).query)["c"][0] for link in links]
        names = [next(link.every("span", **{"class": "name"})).text for link in links]
        return dict(zip(names, ids, strict=True))

    def go(self, room: str) -> Person:
        """Go to the room whose name begins so, waiting for it to appear."""
        self.channel = until(lambda: self._room(room), 15, what=f"a room {room}")
        return self

    def _room(self, begins: str) -> str | None:
        return next((each for name, each in self.rooms().items() if name.startswith(begins)), None)

    def messages(self) -> list[Node]:
        """The messages of the room, oldest first."""
        self._ask("panes")
        return self._shown()

    def _shown(self) -> list[Node]:
        return [each for piece in self.panes["log"] for each in piece.node.every("article")]

    def log(self) -> str:
        """All one reads in the room."""
        return "\n".join(each.text for each in self.messages())

    def home(self) -> Node | None:
        """The Home tab as it is published."""
        return next((each for piece in self._look("home", home="1") for each in piece.every("div")), None)

    def modal(self) -> Node | None:
        """The form on top, if one is open."""
        self._ask("panes")
        return self._top()

    def _top(self) -> Node | None:
        return next((each for piece in self.panes["modal"] for each in piece.node.every("dialog")), None)

    def _told(self) -> set[str]:
        return {piece.seal for piece in self.panes.get("notices", [])}

    def notices(self) -> str:
        """What the page itself says at the bottom: not connected, no answer in time."""
        return " ".join(each.text for each in self._look("notices"))

    # --- doing

    def say(self, text: str) -> Node | None:
        """Type a line and press Enter; give the form that opened."""
        self.presses += 1
        self._ask("say", text=text)
        return self._top()

    def press(self, action: str, *, beside: str = "", within_s: float = 12) -> Node | None:
        """Press the newest button with this action beside these words, waiting for it; give the form on top then."""
        return self._pressed(action, beside, "", within_s)

    def there(self, action: str, *, beside: str = "") -> bool:
        """Whether such a button is there now."""
        return self._find(action, beside) is not None

    def choose(self, action: str, value: str, *, beside: str = "") -> Node | None:
        """Choose a line of a menu (⋯) or of a list in a message, by the beginning of its value."""
        return self._pressed(action, beside, value, 12)

    def _pressed(self, action: str, beside: str, value: str, within_s: float) -> Node | None:
        self.presses += 1
        for _ in range(5):
            what = f"a button {action} {value} beside {beside!r} for {self.slack}"
            host, button = until(lambda: self._find(action, beside, value), within_s, what=what)
            before = self._told()
            answer = self._ask(
                "press", view=host.attrs.get("data-view", ""), ts=host.attrs.get("data-ts", ""),
                block_id=button.attrs["data-block"], action_id=button.attrs["data-action"],
                picked=[button.attrs.get("value", "")], form=form_of(host),
            )  # fmt: skip
            # A card that was edited under the finger is looked at again.
            if not answer.get("refused") and self._told() <= before:
                return self._top()
        raise AssertionError(f"refused five times: {what}")

    def _find(self, action: str, beside: str, value: str = "") -> tuple[Node, Node] | None:
        modal = self.modal()
        log = [piece for piece in reversed(self.panes["log"]) if piece.may_hold(action)]
        hosts = [modal] if modal is not None else [each for piece in log for each in piece.node.every("article")]
        for host in hosts:
            for block in [*_rows(host), host]:
                if beside in (_headline(host) if block is host else block.text):
                    for button in block.every("button", "select", data_action=action):
                        if button.attrs.get("value", "").startswith(value):
                            return host, button
        return None

    def fill(self, **typed: str | list[str]) -> Doc:
        """Submit the form on top with these fields filled, by block (`fact__x` is fact:x); the answer's errors."""
        return self.submit(self.filled(**typed))

    def filled(self, **typed: str | list[str]) -> dict[str, list[str]]:
        """The form on top with these fields filled in."""
        modal = self.modal()
        assert modal is not None, "no form is open"
        form = form_of(modal)
        for name, said in typed.items():
            block = name.replace("__", ":")
            key = next((each for each in form if each.partition("|")[0] == block), None)
            assert key is not None, f"no field {block} among {list(form)}"
            form[key] = [said] if isinstance(said, str) else said
        return form

    def submit(self, form: dict[str, list[str]] | None = None) -> Doc:
        """Press the form's own button; give what stands wrong at its fields (empty: it was taken)."""
        modal = self.modal()
        assert modal is not None, "no form is open"
        self.presses += 1
        posted = form_of(modal) if form is None else form
        trouble = ""
        for _ in range(10):
            self._ask("submit", view=modal.attrs["data-view"], form=posted)
            left = self._top()
            if left is None or left.attrs["data-view"] != modal.attrs["data-view"]:
                return {}
            if not any(left.every("p", **{"class": "trouble"})):
                return wrongs(left) or {"form": left.text}
            # "Not connected" or "no answer in time: what you typed is still there, try again": so one does.
            trouble = left.text
            time.sleep(1)
        return {"form": trouble}

    def redraw(self, block: str, picked: str, **typed: str) -> Node | None:
        """Choose in a field that draws the form anew (scenario, level), keeping what is typed."""
        form = self.filled(**{**typed, block: picked})
        modal = self.modal()
        assert modal is not None
        self._ask("press", view=modal.attrs["data-view"], block_id=block, action_id="value", picked=[picked], form=form)
        return self.modal()

    def redraw_choice(self, action: str, picked: str, **typed: str | list[str]) -> Node:
        """Choose in a list of the form on top that turns it into another page; what is typed stays."""
        modal = self.modal()
        assert modal is not None, "no form is open"
        self.presses += 1
        box = next(modal.every("select", data_action=action))
        self._ask(
            "press", view=modal.attrs["data-view"], block_id=box.attrs["data-block"], action_id=action,
            picked=[picked], form=self.filled(**typed),
        )  # fmt: skip
        turned = self._top()
        assert turned is not None, "the form is gone"
        return turned

    def close(self) -> None:
        """Close the form on top."""
        modal = self.modal()
        if modal is not None:
            self._ask("close", view=modal.attrs["data-view"])


def wrongs(modal: Node) -> Doc:
    """What stands wrong at a form's fields, by block."""
    found: Doc = {}
    for each in modal.every("div"):
        if "input" in each.attrs.get("class", "").split():
            error = next(each.every("p", **{"class": "error"}), None)
            if error is not None:
                found[each.attrs["data-block"]] = error.text
    return found


def _rows(host: Node) -> list[Node]:
    return [each for each in host.every("div") if each.attrs.get("class", "").split()[:1] == ["section"]]


def _headline(host: Node) -> str:
    """A card is known by its header, anything else by all it says."""
    return next((each.text for each in host.every("h3")), host.text)
