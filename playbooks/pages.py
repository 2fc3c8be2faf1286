"""A document as lines, whatever it was written with: what its readers give and chapters are made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from escalation.words import Words

MOST_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One paragraph or one row of a table; `level` is 0 for the title, 1 and more for a heading that is marked so."""

    text: str
    level: int | None = None
    row: bool = False


@dataclass(kw_only=True, slots=True)
class Pages:
    """The lines of a document in their order, and what of it could not be read: how often, and how it begins."""

    lines: list[Line] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    begins: dict[str, str] = field(default_factory=dict)

    def pass_over(self, what: str, text: str = "") -> None:
        """Note that something was not read."""
        self.unread[what] += 1
        if text.strip():
            self.begins.setdefault(what, " ".join(text.split())[:40])

    def told(self) -> tuple[Words, ...]:
        """Answer what was not read, one sentence a kind, in the order it was met."""
        return tuple(self._told(what, count) for what, count in self.unread.items())

    def _told(self, what: str, count: int) -> Words:
        about, begins = UNREAD[what], self.begins.get(what)
        zh, en = (f"（“{begins}”…）", f" (“{begins}”…)") if begins else ("", "")
        return Words(zh=f"{about.zh}：{count} 处{zh}", en=f"{about.en}: {count}{en}")


UNREAD = {
    "image": Words(zh="图片未导入", en="images were not read"),
    "drawing": Words(zh="图形、图表未导入", en="drawings and charts were not read"),
    "text_box": Words(zh="文本框未导入", en="text boxes were not read"),
    "footnote": Words(zh="脚注、尾注未导入", en="footnotes and endnotes were not read"),
    "comment": Words(zh="批注未导入", en="comments were not read"),
    "inserted": Words(zh="修订：插入的文字按已接受导入", en="tracked insertions were read as accepted"),
    "deleted": Words(zh="修订：删除的文字未导入", en="tracked deletions were left out"),
    "hidden": Words(zh="隐藏文字未导入", en="hidden text was left out"),
    "formula": Words(zh="公式未导入", en="formulas were not read"),
    "embedded": Words(zh="嵌入的对象或文件未导入", en="embedded objects and files were not read"),
    "symbol": Words(zh="特殊符号未导入", en="symbols of a special font were not read"),
    "numbering": Words(zh="自动编号未保留，请核对序号", en="automatic numbers were not kept; check the numbering"),
    "margin": Words(zh="页眉页脚未导入", en="headers and footers were not read"),
    "macro": Words(zh="宏未导入，也没有运行", en="macros were neither read nor run"),
    "linked": Words(zh="外部链接的内容未取", en="content linked from elsewhere was not fetched"),
    "markup": Words(zh="HTML 标记未保留", en="HTML markup was not kept"),
    "front_matter": Words(zh="文件开头的元数据未导入", en="metadata at the head of the file was not read"),
}
