"""Plan documents as people have them: chapters, headings, what is missing, what was not read, what is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence

import pytest
from docx import Document
from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errors import UnreadableDocument
from playbooks.content import read
from playbooks.document import CHAPTERS, TEXT, TYPED_BYTES, Imported, chapters_of
from playbooks.export import skeleton_text
from playbooks.outlines import outlines
from playbooks.shape import canonical, from_canonical
from tests.rules.test_export import FLOOD

#: The chapters of the national plan, numbered as state plans are (rules c.1): figures and decimals.
NATIONAL = """国家通信保障应急预案
1 总则
1.1 编制目的
建立健全国家通信保障应急工作机制。
1.2 适用范围
本预案适用于特别重大通信中断。
2 组织指挥体系与职责
2.1 领导机构
设立领导小组。
3 预防与预警
3.1 预防机制
3.2 预警分级
分为红、橙、黄、蓝四级。
4 应急响应
4.1 工作机制
4.2 先期处置和信息报告
立即采取措施并上报。
4.3 Ⅰ级响应
5 后期处置
5.1 总结评估
5.2 恢复与重建
6 保障措施
6.1 应急通信保障队伍
7 附则
7.1 预案管理与更新
7.2 宣传、培训和演练
每年至少演练1次。"""
#: A city's plan, numbered in Chinese, with the parts that cities add (rules c.1).
CITY = """市突发事件通信保障应急预案
一、总则
（一）编制依据
1. 《中华人民共和国突发事件应对法》；
2. 《国家通信保障应急预案》。
（二）通信保障顺序
党政军优先。
二、组织指挥体系与职责
（一）指挥部
总指挥由副市长担任。
三、应急值守与信息报送
实行24小时值守。
四、应急响应
（一）网络拥塞处理
限制非紧急话务。
（二）军地联合保障
（三）响应结束
五、保障措施
队伍、物资。
附件1 联系方式"""
#: An enterprise's plan by GB/T 29639-2020, with chapters as 章 and 节.
ENTERPRISE = """通信事故综合应急预案
第一章 总则
第一节 适用范围
适用于本公司。
第二节 响应分级
分为四级。
第二章 应急组织机构及职责
设应急指挥部。
第三章 应急响应
第一节 信息报告
一小时内报告。
第二节 信息处置与研判
第三节 预警
第四节 响应启动
第五节 应急处置
第六节 应急支援
第七节 响应终止
险情消除。
第四章 后期处置
恢复生产。
第五章 应急保障
第一节 通信与信息保障
第二节 应急队伍保障
第三节 物资装备保障
库存清单见附件。
附件 联系方式
值班电话。"""


def saved(document: Word, *, extra: dict[str, bytes] | None = None) -> bytes:
    """The document's bytes, with parts added or replaced."""
    made = io.BytesIO()
    document.save(made)
    if extra is None:
        return made.getvalue()
    packed = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part not in extra:
                new.writestr(part, old.read(part))
        for part, data in extra.items():
            new.writestr(part, data)
    return packed.getvalue()


def written(lines: Sequence[str]) -> Word:
    """A document of plain paragraphs, as most are typed."""
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    return document


def imported(text: str) -> Imported:
    """The document of these lines, without a single style."""
    return chapters_of(saved(written(text.split("\n"))), "plan.docx")


def refused(data: bytes, name: str = "plan.docx") -> str:
    """The English sentence of a document that must be refused."""
    with pytest.raises(UnreadableDocument) as caught:
        chapters_of(data, name)
    assert caught.value.sentence("zh")
    return caught.value.sentence("en")


def test_the_national_outline_is_read_by_its_numbers() -> None:
    """Seven chapters, their sections as headings below, and nothing of the outline missing."""
    plan = imported(NATIONAL)
    assert plan.title == "国家通信保障应急预案"
    assert [each.title for each in plan.chapters if each.title[0].isdigit()] == [
        "1 总则", "2 组织指挥体系与职责", "3 预防与预警", "4 应急响应", "5 后期处置", "6 保障措施", "7 附则",
    ]  # fmt: skip
    assert [each.text for each in plan.headings if each.level == 2][:2] == ["1.1 编制目的", "1.2 适用范围"]
    assert "1.2 适用范围\n本预案适用于特别重大通信中断。" in plan.chapters[0].text
    assert plan.like is not None
    assert plan.like.id == "cn.comms2011"
    assert (plan.missing, plan.lawful, plan.unread) == ((), (), ())


def test_a_citys_outline_is_read_by_its_chinese_numbers() -> None:
    """一、 over （一）; a numbered list of laws is no heading; an appendix is a chapter; what is missing is named."""
    plan = imported(CITY)
    assert [each.title for each in plan.chapters] == [
        "一、总则", "二、组织指挥体系与职责", "三、应急值守与信息报送", "四、应急响应", "五、保障措施",
        "附件1 联系方式",
    ]  # fmt: skip
    assert not [each for each in plan.headings if each.text.startswith(("1.", "2."))]
    assert "1. 《中华人民共和国突发事件应对法》；" in plan.chapters[0].text
    assert {each.zh for each in plan.lawful} == {"预防与预警机制", "事后恢复与重建"}


def test_an_enterprises_outline_is_read_by_chapter_and_section() -> None:
    """第一章 over 第一节, and the standard's fourteen contents are all found."""
    plan = imported(ENTERPRISE)
    assert [each.title[:3] for each in plan.chapters] == ["第一章", "第二章", "第三章", "第四章", "第五章", "附件 "]
    assert plan.like is not None
    assert (plan.like.id, plan.missing) == ("gbt29639.comprehensive", ())


def test_what_a_plan_lacks_is_named() -> None:
    """Take the stand-down away, and the standard's chapter is missing, in both languages."""
    plan = imported(ENTERPRISE.replace("第七节 响应终止\n险情消除。\n", ""))
    assert [each.en for each in plan.missing] == ["Stand-down"]


def test_headings_are_known_by_their_style() -> None:
    """Styles win over numbers; a style based on a heading is one; what is numbered below stands below."""
    document = Document()
    document.add_heading("某公司应急预案", 0)
    own = document.styles.add_style("公司一级", WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = document.styles["Heading 1"]
    document.add_paragraph("总则", style="公司一级")
    document.add_heading("适用范围", 2)
    document.add_paragraph("1. 这不是标题，而是列表。")
    document.add_paragraph("（一）编制目的")
    document.add_paragraph("目的。")
    document.add_heading("组织体系", 1)
    document.add_paragraph("职责。")
    plan = chapters_of(saved(document), "a.docx")
    assert plan.title == "某公司应急预案"
    assert [(each.text, each.level) for each in plan.headings] == [
        ("总则", 1), ("适用范围", 2), ("（一）编制目的", 3), ("组织体系", 1),
    ]  # fmt: skip


def test_one_heading_over_all_others_is_the_title() -> None:
    """A document whose name is its only first-level heading still has chapters."""
    document = Document()
    for text, level in (("应急预案", 1), ("总则", 2), ("职责", 2)):
        document.add_heading(text, level)
        document.add_paragraph("正文。")
    plan = chapters_of(saved(document), "a.docx")
    assert plan.title == "应急预案"
    assert [each.title for each in plan.chapters] == ["应急预案", "总则", "职责"]


def test_tables_are_kept_as_text() -> None:
    """A row a line, a cell merged with the one above blank, a table within a cell with its cell."""
    document = written(["一、联系方式"])
    table = document.add_table(3, 2)
    for row, cells in enumerate((("岗位", "电话"), ("值班经理", "138"), ("", "139"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(2, 1).add_table(1, 1).cell(0, 0).text = "内表"
    (chapter,) = chapters_of(saved(document), "a.docx").chapters
    assert chapter.text.split("\n") == ["岗位 | 电话", "值班经理 | 138", "139 内表"]


W = nsdecls("w")
RUN = f"<w:r {W}><w:t>x</w:t></w:r>"
BOX = (
    f'<w:r {W}><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent><w:p><w:r>'
    "<w:t>框内文字</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
)
PIECES = {
    "text_box": (BOX, "text boxes were not read: 1 (“框内文字”…)"),
    "picture": (
        f'<w:r {W}><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata/></v:shape></w:pict></w:r>',
        "images were not read: 1",
    ),
    "drawing": (f"<w:r {W}><w:drawing/></w:r>", "drawings and charts were not read: 1"),
    "footnote": (f'<w:r {W}><w:footnoteReference w:id="2"/></w:r>', "footnotes and endnotes were not read: 1"),
    "comment": (f'<w:r {W}><w:commentReference w:id="0"/></w:r>', "comments were not read: 1"),
    "deleted": (
        f'<w:del {W} w:id="1" w:author="a"><w:r><w:delText>删掉的</w:delText></w:r></w:del>',
        "tracked deletions were left out: 1 (“删掉的”…)",
    ),
    "hidden": (f"<w:r {W}><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r>", "hidden text was left out: 1 (“藏”…)"),
    "object": (f"<w:r {W}><w:object/></w:r>", "embedded objects and files were not read: 1"),
    "symbol": (f'<w:r {W}><w:sym w:char="F0E0"/></w:r>', "symbols of a special font were not read: 1"),
}


@pytest.mark.parametrize(("xml", "told"), PIECES.values(), ids=PIECES)
def test_what_could_not_be_read_is_listed(xml: str, told: str) -> None:
    """Each kind is named with how often and how it begins, and its text is not in the chapters."""
    document = written(["一、总则", "正文"])
    document.paragraphs[1]._p.append(parse_xml(xml))
    plan = chapters_of(saved(document), "a.docx")
    assert [each.en for each in plan.unread] == [told]
    assert plan.chapters[0].text == "正文"


def test_tracked_insertions_are_read_and_said() -> None:
    """What was inserted is read as accepted, so that nothing new is lost, and a person is told to look."""
    document = written(["一、总则", "正文"])
    document.paragraphs[1]._p.append(
        parse_xml(f'<w:ins {W} w:id="1" w:author="a"><w:r><w:t>，新增</w:t></w:r></w:ins>')
    )
    plan = chapters_of(saved(document), "a.docx")
    assert plan.chapters[0].text == "正文，新增"
    assert [each.zh for each in plan.unread] == ["修订：插入的文字按已接受导入：1 处（“，新增”…）"]


def test_headers_automatic_numbers_and_macros_are_listed() -> None:
    """What stands in the margin, what Word counts by itself, and what must never run."""
    document = written(["一、总则", "正文"])
    document.sections[0].header.paragraphs[0].text = "内部资料"
    heading = document.add_heading("职责", 1)
    document.add_heading("处置", 1)
    numbers = f'<w:numPr {W}><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    heading._p.get_or_add_pPr().append(parse_xml(numbers))
    plan = chapters_of(saved(document, extra={"word/vbaProject.bin": b"\xd0\xcf"}), "a.docx")
    assert [each.en for each in plan.unread] == [
        "macros were neither read nor run: 1",
        "automatic numbers were not kept; check the numbering: 1 (“职责”…)",
        "headers and footers were not read: 1 (“内部资料”…)",
    ]


def test_a_table_of_contents_says_nothing_twice() -> None:
    """Its lines are no headings and no text."""
    document = written(["一、总则", "正文", "二、职责", "正文"])
    document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
    first = document.paragraphs[0].insert_paragraph_before("一、总则 ...... 1", style="toc 1")
    gallery = '<w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
    first._p.addprevious(parse_xml(f"<w:sdt {W}>{gallery}<w:sdtContent><w:p>{RUN}</w:p></w:sdtContent></w:sdt>"))
    plan = chapters_of(saved(document), "a.docx")
    assert [(each.title, each.text) for each in plan.chapters] == [("一、总则", "正文"), ("二、职责", "正文")]


def test_a_document_with_macros_is_opened_as_a_plain_one() -> None:
    """A .docm gives its text; the macro is listed and never looked at."""
    document = written(["一、总则", "正文"])
    with zipfile.ZipFile(io.BytesIO(saved(document))) as package:
        types = package.read("[Content_Types].xml").replace(
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            b"application/vnd.ms-word.document.macroEnabled.main+xml",
        )
    data = saved(document, extra={"[Content_Types].xml": types, "word/vbaProject.bin": b"x"})
    plan = chapters_of(data, "a.docm")
    assert plan.chapters[0].text == "正文"
    assert [each.en for each in plan.unread] == ["macros were neither read nor run: 1"]


DTD = '<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
BODY = f"<w:document {W}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>"
HARM: dict[str, tuple[Callable[[], bytes], str]] = {
    "an outside entity": (
        lambda: saved(Document(), extra={"word/document.xml": (DTD + BODY).encode()}),
        "it declares entities",
    ),
    "an outside entity in UTF-16": (
        lambda: saved(Document(), extra={"word/document.xml": (DTD + BODY).encode("utf-16")}),
        "it declares entities",
    ),
    "an entity in a part nobody needs": (
        lambda: saved(Document(), extra={"docProps/extra.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        "it declares entities",
    ),
    "another alphabet": (
        lambda: saved(Document(), extra={"word/document.xml": b'<?xml version="1.0" encoding="UTF-7"?><a/>'}),
        "it declares entities",
    ),
    "a bomb in one part": (
        lambda: saved(Document(), extra={"word/document.xml": b"<a>" + b" " * 30_000_000 + b"</a>"}),
        "unpacks to more",
    ),
    "a bomb in many parts": (
        lambda: saved(Document(), extra={f"word/media/{n}.png": b"\0" * 11_000_000 for n in range(10)}),
        "unpacks to more",
    ),
    "too many parts": (lambda: saved(Document(), extra={f"x/{n}": b"" for n in range(3_001)}), "unpacks to more"),
    "an old or locked document": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .doc"),
    "no package": (lambda: b"PK\x03\x04 and nothing more", "no sound Word document"),
    "a package of something else": (lambda: saved(Document(), extra={"word/document.xml": b"<a/>"}), "no sound Word"),
    "deeply nested XML": (
        lambda: saved(Document(), extra={"word/document.xml": b"<a>" * 5_000 + b"</a>" * 5_000}),
        "no sound Word document",
    ),
    "nothing": (lambda: b"", "no sound Word document"),
    "no text": (lambda: saved(Document()), "no text was found"),
    "more than may be sent": (lambda: b"x" * (20 * 1024 * 1024 + 1), "larger than 20 MB"),
}


@pytest.mark.parametrize(("made", "told"), HARM.values(), ids=HARM)
def test_what_is_built_to_do_harm_is_refused_in_a_sentence(made: Callable[[], bytes], told: str) -> None:
    """Bombs, entities, locks and rubbish end in one refusal that says what to do, and nothing is parsed of them."""
    assert told in refused(made())


@pytest.mark.parametrize("name", ["plan.pdf", "plan.doc", "plan.wps", "plan"])
def test_other_formats_are_refused_by_name(name: str) -> None:
    """The sentence says which formats there are."""
    assert ".docx, .docm, .md and .txt" in refused(b"%PDF-1.7", name)


def test_markdown_is_read_by_its_marks() -> None:
    """Hashes and underlines head chapters, fences do not, tables stay, pictures and markup are listed."""
    text = (
        "---\ntitle: x\n---\n# 应急预案\n\n## 一、总则\n适用于全网。<br>\n\n![机房](a.png)\n\n```\n# 不是标题\n```\n\n"
        "职责\n----\n| 岗位 | 人 |\n|---|---|\n| 值班 | 张三[^1] |\n\n[^1]: 见名册\n\n<!-- 待补 -->\n"
    )
    plan = chapters_of(text.encode("utf-8-sig"), "计划.MD")
    assert plan.title == "应急预案"
    assert [(each.title, each.text) for each in plan.chapters] == [
        ("一、总则", "适用于全网。\n# 不是标题"),
        ("职责", "岗位 | 人\n值班 | 张三"),
    ]
    assert [each.en.split(":")[0] for each in plan.unread] == [
        "metadata at the head of the file was not read",
        "images were not read",
        "comments were not read",
        "footnotes and endnotes were not read",
        "HTML markup was not kept",
    ]


def test_a_text_of_a_chinese_windows_is_read() -> None:
    """GB 18030 is as good as UTF-8; what is neither, or binary, is refused."""
    assert imported(CITY).chapters == chapters_of(CITY.encode("gb18030"), "a.txt").chapters
    assert "no text in UTF-8" in refused(b"\0\1\2", "a.txt")
    assert "no text in UTF-8" in refused(b"\xff\xff\xff", "a.md")


def test_a_long_chapter_is_kept_in_parts_and_a_long_document_to_its_limit() -> None:
    """Nothing is cut in silence: parts are numbered, and chapters that no plan file takes are named."""
    plan = imported("一、总则\n" + "\n".join("长" * 900 for _ in range(30)))
    assert [each.title for each in plan.chapters] == ["一、总则", "一、总则（2）"]
    assert sum(each.text.count("长") for each in plan.chapters) == 27_000
    assert all(len(each.text) <= TEXT for each in plan.chapters)
    many = chapters_of("".join(f"# 章{n}\n文\n" for n in range(CHAPTERS + 3)).encode(), "a.md")
    assert len(many.chapters) == CHAPTERS
    assert [each.en for each in many.unread] == ["the document is too long; 3 chapters from “章80” on were not read"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(NATIONAL.split("\n") + CITY.split("\n")) | st.text(max_size=60), max_size=30))
def test_any_text_becomes_chapters_that_a_plan_file_takes(lines: list[str]) -> None:
    """Whatever was typed is imported and stands in a plan that reads back the same, or is refused in a sentence."""
    data = "\n".join(lines).encode("utf-8", "replace")
    try:
        plan = chapters_of(data, "a.txt")
    except UnreadableDocument:
        return
    whole = from_canonical(
        {**canonical(FLOOD), "chapters": [{"title": each.title, "text": each.text} for each in plan.chapters]}
    )
    assert read(skeleton_text(FLOOD.code, plan.chapters, like=FLOOD)).chapters == whole.chapters


def test_the_outlines_say_how_sure_they_are() -> None:
    """Each has a mark of the house's scale and at least four chapters, named in both languages."""
    for outline in outlines():
        assert outline.confidence in {"V-text", "V-page", "V-part", "MEM"}
        assert len(outline.chapters) >= 4
        assert all(each.name.zh and each.name.en and each.words for each in outline.chapters)


@pytest.mark.parametrize("ending", ["md", "txt"])
def test_a_typed_text_has_an_end(ending: str) -> None:
    """Two megabytes of text are no plan: refused at once, with what to do, before anything of it is parsed."""
    with pytest.raises(UnreadableDocument) as refused:
        chapters_of(b"# x\n" + b"a" * TYPED_BYTES, f"long.{ending}")
    assert "2 MB" in refused.value.sentence("zh")
    assert "2 MB" in refused.value.sentence("en")
