"""Slack's mrkdwn, plain text and rich text, as safe HTML."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Final

from markupsafe import Markup

Doc = Mapping[str, Any]

EMOJI: Final = {
    "rotating_light": "🚨",
    "dart": "🎯",
    "stopwatch": "⏱️",
    "alarm_clock": "⏰",
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "warning": "⚠️",
    "x": "❌",
    "bell": "🔔",
    "no_bell": "🔕",
    "memo": "📝",
    "pushpin": "📌",
    "calendar": "📅",
    "link": "🔗",
    "lock": "🔒",
    "telephone_receiver": "📞",
    "phone": "☎️",
    "email": "✉️",
    "eyes": "👀",
    "wave": "👋",
    "+1": "👍",
    "thumbsup": "👍",
    "tada": "🎉",
    "fire": "🔥",
    "information_source": "ℹ️",
    "red_circle": "🔴",
    "large_orange_circle": "🟠",
    "large_yellow_circle": "🟡",
    "large_blue_circle": "🔵",
    "large_green_circle": "🟢",
    "white_circle": "⚪",
    "hourglass_flowing_sand": "⏳",
    "arrow_right": "➡️",
    "arrow_up": "⬆️",
    "arrow_down": "⬇️",
    "speech_balloon": "💬",
    "page_facing_up": "📄",
    "clipboard": "📋",
    "books": "📚",
    "busts_in_silhouette": "👥",
}
_SAFE_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:")
_SPECIAL: Final = {"channel": "@channel", "here": "@here", "everyone": "@everyone"}
_TOKEN: Final = re.compile(r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>", re.DOTALL)
_HELD: Final = re.compile("\ue000(\\d+)\ue001")
_EMOJI: Final = re.compile(r":([a-z0-9_+-]+):")
_STYLES: Final = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "s"),
)
_LISTED: Final = re.compile(r"^(\s*)([•◦▪▫–-]|\d{1,2}[.)、])\s+(.*)$", re.DOTALL)
_QUOTE: Final = re.compile(r"^(?:&gt;|>)\s?")


@dataclass(frozen=True, kw_only=True)
class Names:
    """How people and channels are called, and which of the people reads."""

    user: Callable[[str], str]
    channel: Callable[[str], str]
    viewer: str = ""
    place: Callable[[str], str] = lambda _: ""


def text(composition: Doc, names: Names) -> Markup:
    """Give the HTML of a text object, plain_text or mrkdwn."""
    if composition.get("type") == "plain_text":
        return plain(composition.get("text", ""))
    return mrkdwn(composition.get("text", ""), names)


def plain(said: str) -> Markup:
    """Give the HTML of plain text: nothing formatted, emoji names shown as emoji."""
    return Markup(_emoji(_safe(said)))  # noqa: S704 - escaped by _safe


def bare(said: str) -> str:
    """Give plain text as a string for attributes and options, with emoji in place of their names."""
    return _emoji(unescape(said))


def mrkdwn(said: str, names: Names) -> Markup:
    """Give the HTML of mrkdwn: styles, code, quotes, lists, links, mentions, dates, a few emoji."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(_token(match, names))
        return f"\ue000{len(held) - 1}\ue001"

    without = _TOKEN.sub(hold, said.replace("\ue000", "").replace("\ue001", ""))
    lines = _lines(without.split("\n"))
    whole = _HELD.sub(lambda match: held[int(match[1])], lines)
    # A preformatted block breaks the line by itself.
    alone = whole.replace("<br><pre>", "<pre>").replace("</pre><br>", "</pre>")
    return Markup(alone)  # noqa: S704 - every part was escaped


def summary(said: str, names: Names, *, limit: int = 140) -> str:
    """Give the first words of a mrkdwn text as one plain line."""
    spaced = re.sub(r"<(?:br|span class=.item|/?blockquote|/?pre)", r" \g<0>", str(mrkdwn(said, names)))
    line = " ".join(Markup(spaced).striptags().split())  # noqa: S704 - it was safe before the spaces
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _safe(said: str) -> str:
    """Escape for HTML what may already be escaped Slack's way (only &, < and >)."""
    loose = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return escape(loose)


def _emoji(said: str) -> str:
    return _EMOJI.sub(lambda match: EMOJI.get(match[1], match[0]), said)


def _styled(said: str) -> str:
    styled = _emoji(_safe(said))
    for pattern, tag in _STYLES:
        styled = pattern.sub(rf"<{tag}>\1</{tag}>", styled)
    return styled


def _lines(lines: list[str]) -> str:
    """Join lines, setting off quotes and hanging the lines of lists."""
    parts: list[str] = []
    quoted: list[str] = []
    for line in [*lines, ""]:
        if _QUOTE.match(line):
            quoted.append(_styled(_QUOTE.sub("", line)))
            continue
        if quoted:
            parts.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
            quoted = []
        parts.append(_line(line))
    return _joined(parts[:-1] if parts[-1] == "" else parts)


def _line(line: str) -> str:
    listed = _LISTED.match(line)
    if listed is None:
        return _styled(line)
    depth = min(len(listed[1]) // 2, 3)
    return f'<span class="item deep-{depth}"><span class="mark">{listed[2]}</span> {_styled(listed[3])}</span>'


def _joined(parts: Iterable[str]) -> str:
    """Join lines with <br>, except around what is a block of its own."""
    out = ""
    for part in parts:
        alone = part.startswith(("<blockquote", '<span class="item'))
        out += part if alone or not out or out.endswith(("</blockquote>", "</span>")) else "<br>" + part
    return out


def _token(match: re.Match[str], names: Names) -> str:
    if match["pre"] is not None:
        return f"<pre>{_safe(match['pre'].strip(chr(10)))}</pre>"
    if match["code"] is not None:
        return f"<code>{_safe(match['code'])}</code>"
    return _angle(match["angle"], names)


def _angle(inside: str, names: Names) -> str:
    """Give the HTML of what stands in angle brackets: a mention, a date or a link."""
    target, _, label = inside.partition("|")
    match target[:1]:
        case "@":
            return mention(target[1:], names)
        case "#":
            return channel_link(target[1:], label, names)
        case "!":
            return _bang(target[1:], label)
        case _:
            return link(target, label)


def mention(user_id: str, names: Names) -> str:
    """Give the HTML of a mention, marked when it is the reader who is meant."""
    me = " me" if user_id == names.viewer else ""
    return f'<span class="mention{me}">@{escape(names.user(user_id))}</span>'


def channel_link(channel_id: str, label: str, names: Names) -> str:
    """Give the HTML of a link to a channel."""
    name = escape(label or names.channel(channel_id))
    place = names.place(channel_id)
    if not place:
        return f'<span class="mention">#{name}</span>'
    return f'<a class="mention" href="{escape(place)}">#{name}</a>'


def link(target: str, label: str) -> str:
    """Give the HTML of a link; a scheme that could run something is shown as text."""
    url = unescape(target)
    shown = _emoji(_safe(label or url.removeprefix("mailto:").removeprefix("tel:")))
    if not url.startswith(_SAFE_SCHEMES):
        return shown
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{shown}</a>'


def _bang(target: str, label: str) -> str:
    kind, *rest = target.split("^")
    if kind == "date" and len(rest) > 1:
        return date(rest[0], rest[1], label or rest[1], rest[2] if len(rest) > 2 else "")  # noqa: PLR2004 - the link
    if kind in _SPECIAL:
        return f'<span class="mention me">{_SPECIAL[kind]}</span>'
    return f'<span class="mention">{_safe(label or "@" + kind.removeprefix("subteam^"))}</span>'


def date(seconds: str, shape: str, fallback: str, url: str = "") -> str:
    """Give the HTML of a date token; the page's script writes it in the reader's own time."""
    if not seconds.lstrip("-").isdigit():
        return _safe(fallback)
    marked = f'<time data-ts="{seconds}" data-format="{_safe(shape)}">{_safe(fallback)}</time>'
    return link(url, "\ue002").replace("\ue002", marked) if url else marked


# Rich text


def rich_text(block: Doc, names: Names) -> Markup:
    """Give the HTML of a rich_text block: sections, lists, quotes, preformatted."""
    return Markup("".join(_rich_part(each, names) for each in block.get("elements", [])))  # noqa: S704 - escaped below


def _rich_part(part: Doc, names: Names) -> str:
    inner = "".join(_rich_piece(each, names) for each in part.get("elements", []))
    match part.get("type"):
        case "rich_text_list":
            items = "".join(f"<li>{_rich_part(each, names)}</li>" for each in part.get("elements", []))
            tag = "ol" if part.get("style") == "ordered" else "ul"
            return f'<{tag} class="deep-{min(int(part.get("indent", 0)), 3)}">{items}</{tag}>'
        case "rich_text_quote":
            return f"<blockquote>{inner}</blockquote>"
        case "rich_text_preformatted":
            return f"<pre>{inner}</pre>"
        case _:
            return f"<div>{inner}</div>"


def _rich_piece(piece: Doc, names: Names) -> str:
    style = piece.get("style", {})
    drawn: dict[str, Callable[[], str]] = {
        "text": lambda: _rich_styled(_safe(piece.get("text", "")).replace("\n", "<br>"), style),
        "link": lambda: _rich_styled(link(piece.get("url", ""), piece.get("text", "")), style),
        "user": lambda: mention(piece.get("user_id", ""), names),
        "channel": lambda: channel_link(piece.get("channel_id", ""), "", names),
        "broadcast": lambda: f'<span class="mention me">@{_safe(piece.get("range", ""))}</span>',
        "emoji": lambda: EMOJI.get(piece.get("name", ""), f":{_safe(piece.get('name', ''))}:"),
        "date": lambda: date(str(piece.get("timestamp", "")), piece.get("format", "{date}"), piece.get("fallback", "")),
    }
    draw = drawn.get(str(piece.get("type")))
    return draw() if draw else ""


def _rich_styled(html: str, style: Doc) -> str:
    for name, tag in (("code", "code"), ("strike", "s"), ("italic", "em"), ("bold", "strong")):
        if style.get(name):
            html = f"<{tag}>{html}</{tag}>"
    return html


# The markdown block


_HEADING: Final = re.compile(r"^#{1,6}\s+(.*)$")
_LINK: Final = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


def markdown(said: str, names: Names) -> Markup:
    """Give the HTML of a markdown block, by way of mrkdwn: headings, bold, italics, strikes, links, code, lists."""
    turned = [_markdown_line(line) for line in said.split("\n")]
    return mrkdwn("\n".join(turned), names)


def _markdown_line(line: str) -> str:
    heading = _HEADING.match(line)
    if heading:
        return f"*{heading[1].replace('*', '')}*"
    line = re.sub(r"(?<!\*)\*(?!\*)([^*\n]+)\*(?!\*)", r"_\1_", line)
    line = re.sub(r"\*\*([^*\n]+)\*\*", r"*\1*", line).replace("~~", "~")
    line = re.sub(r"^(\s*)[*+-]\s+", r"\1• ", line)
    return _LINK.sub(r"<\2|\1>", line)
