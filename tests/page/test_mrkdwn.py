"""mrkdwn, plain text and rich text become the HTML a reader of Slack would expect, and never more than that."""

from __future__ import annotations

import pytest

from workspace.pages.mrkdwn import Names, bare, markdown, mrkdwn, plain, rich_text, summary

NAMES = Names(
    user={"U1": "李伟", "U2": "王芳"}.get,
    channel={"C1": "duty-room"}.get,
    viewer="U2",
    place=lambda each: f"/?c={each}",
)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("*bold* _slant_ ~gone~", "<strong>bold</strong> <em>slant</em> <s>gone</s>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("* not bold *", "* not bold *"),
        ("第*三*条", "第*三*条"),
        ("a `*code* <x>` b", "a <code>*code* &lt;x&gt;</code> b"),
        ("```a\nb```", "<pre>a\nb</pre>"),
        ("before\n```a```\nafter", "before<pre>a</pre>after"),
        ("> one\n> two\nthree", "<blockquote>one<br>two</blockquote>three"),
        ("&gt; one", "<blockquote>one</blockquote>"),
        ("one\ntwo", "one<br>two"),
        ("1 &lt; 2 &amp;&amp; 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("<@U1>", '<span class="mention">@李伟</span>'),
        ("<@U2>", '<span class="mention me">@王芳</span>'),
        ("<#C1>", '<a class="mention" href="/?c=C1">#duty-room</a>'),
        ("<!channel>", '<span class="mention me">@channel</span>'),
        (":dart: :no_such_one:", "🎯 :no_such_one:"),
        ("<javascript:alert(1)|press>", "press"),
        (
            '<https://e.com/?a="b"&c|*x*>',
            '<a href="https://e.com/?a=&quot;b&quot;&amp;c" target="_blank" rel="noopener noreferrer">*x*</a>',
        ),
    ],
)
def test_mrkdwn(said: str, shown: str) -> None:
    """Each mark of mrkdwn is drawn as Slack draws it, and what is no mark stays as it was written."""
    assert mrkdwn(said, NAMES) == shown


def test_html_never_passes() -> None:
    """Marks of HTML are shown as text wherever they stand."""
    evil = '<img src=x onerror="x">"&<b>'
    parts = (f"{evil}", f"*{evil}*", f"`{evil}`", f"```{evil}```", f"> {evil}", f"• {evil}", f"<https://e.com|{evil}>")
    for said in parts:
        shown = str(mrkdwn(said, NAMES))
        assert "<img" not in shown
        assert "<b>" not in shown
    assert plain(evil) == "&lt;img src=x onerror=&quot;x&quot;&gt;&quot;&amp;&lt;b&gt;"
    assert "<img" not in rich_text(
        {"elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": evil}]}]}, NAMES
    )
    assert "<img" not in markdown(evil, NAMES)


def test_dates_carry_their_instant() -> None:
    """A date token keeps its instant, its format and its fallback for the page's script; a broken one shows as text."""
    shown = mrkdwn("<!date^1764000000^{date_short} {time}|later>", NAMES)
    assert shown == '<time data-ts="1764000000" data-format="{date_short} {time}">later</time>'
    linked = mrkdwn("<!date^1764000000^{time}^https://e.com|later>", NAMES)
    assert linked.startswith('<a href="https://e.com"')
    assert '<time data-ts="1764000000"' in linked
    assert mrkdwn("<!date^x onload=1^{time}|later>", NAMES) == "later"


def test_lists_hang() -> None:
    """Lines that begin with a bullet or a number are set off, deeper ones further in."""
    shown = mrkdwn("• one\n  ◦ two\n3. three\nplain", NAMES)
    assert shown.count('class="item') == 3
    assert 'class="item deep-1"' in shown
    assert shown.endswith("plain")


def test_markdown_and_rich_text() -> None:
    """The markdown block and rich text come to the same HTML as mrkdwn."""
    assert markdown("**bold** *slant* [here](https://e.com)", NAMES).startswith(
        "<strong>bold</strong> <em>slant</em> <a "
    )
    assert markdown("# Title", NAMES) == "<strong>Title</strong>"
    pieces = [
        {"type": "text", "text": "b", "style": {"bold": True}},
        {"type": "user", "user_id": "U1"},
        {"type": "emoji", "name": "dart"},
    ]
    section = {"type": "rich_text_section", "elements": pieces}
    items = {"type": "rich_text_list", "style": "ordered", "elements": [section]}
    line = '<strong>b</strong><span class="mention">@李伟</span>🎯'
    assert rich_text({"elements": [section, items]}, NAMES) == (
        f'<div>{line}</div><ol class="deep-0"><li><div>{line}</div></li></ol>'
    )


def test_summaries_are_one_plain_line() -> None:
    """A summary is one line without marks, cut with an ellipsis; option texts show emoji and Slack's escapes."""
    assert summary("*a*\n<@U1> b", NAMES) == "a @李伟 b"
    assert summary("x" * 300, NAMES, limit=10) == "x" * 9 + "…"
    assert bare(":dart: a &amp; b") == "🎯 a & b"
