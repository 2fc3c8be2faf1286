"""What each field of a plan is called, and what stands in it: for editors, forms and faults, in both languages.

A field is named by its keys from the root, without numbers and without the name of a level: `tasks.due`, `levels.when`.
"""

from __future__ import annotations

from dataclasses import dataclass

from escalation.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Title:
    """A field's name, and one sentence on what to write."""

    name: Words
    hint: Words


def _title(zh: str, en: str, hint_zh: str, hint_en: str) -> Title:
    return Title(name=Words(zh=zh, en=en), hint=Words(zh=hint_zh, en=hint_en))


_ZH = _title("中文", "Chinese", "中文文字。", "The text in Chinese.")
_EN = _title("英文", "English", "英文文字。", "The text in English.")

# Whatever stands here is taken by every field that says it: in words in a form, as it stands in brackets in a file.
_DUE = "例如 15 分钟、4 小时（文件中写 PT15M、PT4H）"
_SPAN = "Such as 15 min or 4 h (in a file PT15M, PT4H)"

TITLES: dict[str, Title] = {
    "": _title("预案", "Plan", "一份可执行的应急预案。", "One emergency plan, made ready to run."),
    "format": _title("格式", "Format", "固定写 tocsin.plan/1。", "Always tocsin.plan/1."),
    "code": _title("编号", "Code", "预案的固定编号，发布后不再改。", "The plan's lasting code; it never changes."),
    "title": _title("名称", "Title", "预案全称。", "The plan's full title."),
    "tier": _title(
        "层级",
        "Tier",
        "综合 comprehensive、专项 special、现场处置方案 onsite、应急处置卡 action_card。",
        "Comprehensive, special, on-site procedure or action card.",
    ),
    "scenario": _title("场景", "Scenario", "本预案应对的场景。", "The scenario it stands for."),
    "scenario_title": _title(
        "场景名称", "Scenario title", "申报时供选择的名称。", "What people choose at declaration."
    ),
    "family": _title(
        "类别",
        "Family",
        "own_network：本企业网络事故；support：突发事件通信保障。",
        "own_network: a fault of our own; support: communications support in an emergency.",
    ),
    "owner": _title(
        "责任人", "Owner", "预案由谁负责；文件中写人员名册的 id。", "Who answers for it; in a file, their id."
    ),
    "parent": _title(
        "上位预案",
        "Parent plan",
        "上位预案的编号，在预案库里名称旁边；没有就留空（文件中写 null）。",
        "The code beside its title in the library; blank where there is none (in a file null).",
    ),
    "organisation": _title(
        "组织层级",
        "Organisational level",
        "集团、省、地市、县、站点；不写即集团。",
        "Group, province, city, county or site; left out, the group.",
    ),
    "units": _title(
        "适用单位",
        "Units",
        "用于哪些单位；不选即全部单位。文件中写单位 id。",
        "Which units it is for; none chosen, all of them. In a file, their ids.",
    ),
    "covers": _title("另含场景", "Further scenarios", "除本场景外还覆盖的场景。", "Scenarios beside its own."),
    "outline": _title(
        "提纲",
        "Outline",
        "写 true 表示只是提纲，不计入覆盖。",
        "true marks a beginning that never counts as coverage.",
    ),
    "review_every": _title(
        "评估周期",
        "Review cycle",
        "多久评估一次，例如 1 年、6 个月（文件中写 P1Y、P6M）。",
        "How often it is reviewed, such as 1 year or 6 months (in a file P1Y, P6M).",
    ),
    "references": _title(
        "引用项",
        "References",
        "所依据的登记项；其中之一变化时须修订本预案。",
        "What it leans on; when one changes, the plan is revised.",
    ),
    "references.equipment": _title(
        "关键设备", "Equipment", "依靠的关键设备；须是设备登记项。", "What equipment it leans on, from the register."
    ),
    "references.posts": _title(
        "岗位", "Posts", "依靠的岗位；须是岗位登记项。", "Which posts it leans on, from the register."
    ),
    "references.sites": _title(
        "局站", "Sites", "依靠的局站；须是局站登记项。", "Which sites it leans on, from the register."
    ),
    "references.laws": _title(
        "法规标准", "Laws", "依据的法规标准；须是登记项。", "Which laws and standards it rests on, from the register."
    ),
    "source": _title("编制依据", "Sources", "每行一条依据。", "One source a line."),
    "scope": _title("适用范围", "Scope", "什么时候用本预案。", "When this plan applies."),
    "event_class": _title("事件类别", "Event classes", "决定适用哪些报送制度。", "They decide which regimes apply."),
    "criteria": _title("分级标准", "Level criteria", "事件定级所依据的标准。", "The criteria that grade the event."),
    "levels": _title("响应级别", "Response levels", "四级各写明条件和措施。", "All four, each with its condition."),
    "levels.when": _title("启动条件", "Called for when", "达到什么条件启动本级响应。", "What calls for this level."),
    "levels.measures": _title("应对措施", "Measures", "本级响应做什么。", "What is done at this level."),
    "levels.decided_by": _title("决定人", "Decided by", "本预案的角色，或值班经理等。", "A role of the plan or house."),
    "levels.period": _title("预计期限", "Expected period", f"{_DUE}。", f"{_SPAN}."),
    "roles": _title("响应角色", "Roles", "谁在响应中做什么。", "Who does what in the response."),
    "roles.id": _title("角色 id", "Role id", "小写字母和下划线。", "Lower-case letters and underscores."),
    "roles.title": _title("角色名称", "Role title", "现场叫得出的名称。", "What people call it."),
    "roles.post": _title("岗位", "Post", "由人员名册中的哪个岗位担任。", "The post of the people file that fills it."),
    "roles.from": _title("到位级别", "Called from level", "从哪一级响应起到位。", "From which level it is called out."),
    "roles.brief": _title("职责", "Brief", "一句话说清职责。", "Its duty in one sentence."),
    "tasks": _title("任务", "Tasks", "按时间先后排列。", "In the order they are done."),
    "tasks.id": _title("任务编号", "Task id", "例如 T01；全文不重复。", "Such as T01; used once."),
    "tasks.role": _title(
        "由谁做", "Done by", "由哪个响应角色做；文件中写角色 id。", "Which role does it; in a file, its id."
    ),
    "tasks.from": _title("从哪一级起", "From level", "从哪一级响应起要做。", "From which response level on."),
    "tasks.due": _title("时限", "Due", f"启动本级后多久内完成，{_DUE}。", f"After the level began. {_SPAN}."),
    "tasks.do": _title("做什么", "What to do", "写明对象、动作和限值。", "Name the object, the act and its limit."),
    "tasks.evidence": _title(
        "凭据", "Evidence", "完成时要填写的凭据；可不写。", "Asked for at the tick; may be left out."
    ),
    "duties": _title("报送义务", "Duties", "向谁、何时、怎样报送。", "What is owed to whom, when and how."),
    "duties.id": _title("报送编号", "Duty id", "例如 D1；全文不重复。", "Such as D1; used once."),
    "duties.regime": _title("报送制度", "Regime", "依据的报送制度。", "The regime it is owed under."),
    "duties.kind": _title("报告种类", "Kind", "该制度下的报告种类。", "The kind of report under the regime."),
    "duties.notice": _title("文种", "Notice", "口头、首报、续报或终报。", "Oral, first, update or final."),
    "duties.title": _title("名称", "Title", "报告的名称。", "What the notice is called."),
    "duties.addressee": _title("主送机关", "Addressee", "报给哪一类机关。", "The kind of authority."),
    "duties.courier": _title("送达方式", "Courier", "平台、邮件或人工。", "Portal, mail or by hand."),
    "duties.clock": _title(
        "时钟",
        "Clock",
        "法定 statutory，或内部目标：within、every、immediate 之一。",
        "statutory, or an internal target with within, every or immediate.",
    ),
    "duties.clock.kind": _title(
        "时钟种类",
        "Sort of clock",
        "法定 statutory、限时 within、定期 every、立即 immediate。",
        "statutory, within, every or immediate.",
    ),
    "duties.clock.from": _title(
        "起点",
        "From",
        "从哪个时刻起算；写时刻的名称，例如 restored_at（恢复）、submitted_at[brief_written]（某报告报出）。",
        "The instant it counts from, by its name: restored_at, or a report's filing: submitted_at[brief_written].",
    ),
    "duties.clock.within": _title(
        "多久之内", "Within", f"{_DUE}，或 5 个工作日（P5WD）。", f"{_SPAN}, or 5 working days (P5WD)."
    ),
    "duties.clock.every": _title("每隔多久", "Every", f"{_DUE}。", f"{_SPAN}."),
    "duties.clock.until": _title("直到", "Until", "到哪个时刻为止。", "The instant it ends at."),
    "duties.clock.immediate": _title("立即", "At once", "写 true。", "Write true."),
    "duties.clock.target": _title("内部目标", "Internal target", f"{_DUE}；不是法定时限。", f"{_SPAN}; not the law's."),
    "duties.clock.span": _title("时长", "Span", f"{_DUE}；立即的写内部目标。", f"{_SPAN}; at once: the target."),
    "duties.signs": _title("签发", "Signed by", "签发的角色或岗位。", "The role or post that signs."),
    "duties.alone": _title(
        "单独签发", "May sign alone", "到期前谁可以单独签发。", "Who may sign alone before it is due."
    ),
    "duties.alone.post": _title("谁", "Who", "角色或岗位。", "A role or post."),
    "duties.alone.before": _title(
        "提前多久",
        "How long before",
        f"到期前多久起；立即报送的不写。{_DUE}。",
        f"Before it is due; left out where it is due at once. {_SPAN}.",
    ),
    "ladder": _title("呼叫阶梯", "Call ladder", "无人应答时依次呼叫谁。", "Who is called when nobody answers."),
    "ladder.rungs": _title("梯级", "Rungs", "第一级不等待。", "The first does not wait."),
    "ladder.rungs.wait": _title("等待", "Wait", f"上一级之后等多久，{_DUE}。", f"After the rung before. {_SPAN}."),
    "ladder.rungs.whom": _title("呼叫谁", "Whom", "本人、副手、上级或值班经理。", "Holder, deputy, superior, manager."),
    "ladder.rungs.via": _title("方式", "Via", "事件群或直接联系。", "In the room, or direct."),
    "ladder.repeat": _title("末级重复", "Repeat of the last", f"{_DUE}。", f"{_SPAN}."),
    "facts": _title("关注的情况", "Facts", "本场景要问清的数据项。", "The figures asked for."),
    "assessment": _title("研判问题", "Assessment", "分析研判时要回答的问题。", "The questions of the assessment."),
    "assessment.id": _title("问题编号", "Question id", "例如 Q1。", "Such as Q1."),
    "assessment.ask": _title("问题", "Question", "一个问题。", "One question."),
    "stand_down": _title("响应终止条件", "Stand-down", "全部满足才终止响应。", "All hold before standing down."),
    "review": _title("复盘问题", "Review", "复盘时要回答的问题。", "The questions of the review."),
    "review.id": _title("问题编号", "Question id", "例如 R1。", "Such as R1."),
    "review.ask": _title("问题", "Question", "一个问题。", "One question."),
    "chapters": _title("预案文本", "Chapters", "原文各章，原样保留。", "The document's chapters, word for word."),
    "chapters.title": _title("章名", "Chapter title", "章的标题。", "The chapter's heading."),
    "chapters.text": _title("正文", "Text", "本章正文。", "The chapter's text."),
}

_SCALE = ("I", "II", "III", "IV")


def named(path: tuple[str | int, ...]) -> str:
    """Answer the name under which `TITLES` keeps the field at a path of the file."""
    keys = [str(key) for key in path if isinstance(key, str)]
    if keys[:1] == ["levels"] and keys[1:2] and keys[1] in _SCALE:
        del keys[1]
    return ".".join(keys)


def title(path: tuple[str | int, ...]) -> Title:
    """Answer the title of the field at a path of the file; KeyError for a field that no plan has."""
    name = named(path)
    if name in TITLES:
        return TITLES[name]
    if path and path[-1] in _SCALE:
        return _level(str(path[-1]))
    return {"zh": _ZH, "en": _EN}[name.rpartition(".")[2]]


def _level(level: str) -> Title:
    return _title(
        f"{level} 级响应", f"Response level {level}", "本级响应的条件和措施。", "This level's condition and measures."
    )
