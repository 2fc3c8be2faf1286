"""Every way the house says no: a `Refusal` is a rule that said no, a `Fault` is the world that failed.

The class carries the sentence in both languages, the instance the facts that fill it. A presser reads a
refusal's sentence in their own language; Sentry hears only of faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable


@runtime_checkable
class Bilingual(Protocol):
    """A value that can be said in both languages."""

    def said(self, lang: str) -> str:
        """Say it in `lang` (`zh` or `en`)."""


class TocsinError(Exception):
    """The root of the tree; never raised itself."""

    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""

    def __init__(self, **facts: object) -> None:
        """Keep the facts that fill the sentence."""
        super().__init__()
        self.facts = facts

    def sentence(self, lang: str) -> str:
        """Say it in `lang` (`zh` or `en`), filled with the instance's facts."""
        template = self.zh if lang == "zh" else self.en
        spoken = {name: fact.said(lang) if isinstance(fact, Bilingual) else fact for name, fact in self.facts.items()}
        return template.format_map(spoken)

    def __str__(self) -> str:
        """English, for logs and tests."""
        return f"{type(self).__name__}: {self.sentence('en')}"

    @property
    def code(self) -> str:
        """The class's name: stable, for scripts and tests."""
        return type(self).__name__


class Refusal(TocsinError):
    """A rule said no; nothing was changed; the presser is told what to do."""


class Fault(TocsinError):
    """The world failed; nothing was changed, and an engineer hears of it."""


# --- who may -----------------------------------------------------------------------------------------------------


class NotPermitted(Refusal):
    """The person has no role that may do this."""

    zh = "您没有执行此操作的权限：需要“{role}”角色。请联系值班经理。"
    en = "You may not do this: it needs the role “{role}”. Ask the duty manager."


class UnknownPerson(Refusal):
    """Nobody in the people file has this identity."""

    zh = "人员名册中没有您的账号（{who}）。请值班经理把您加入 people.yaml 后重试。"
    en = "Your account ({who}) is not in the people file. Ask the duty manager to add you, then try again."


class SignerIsDrafter(Refusal):
    """Four eyes: who last changed a draft or its facts does not sign it."""

    zh = "起草人（{drafter}）不能签发自己的稿件。请让另一位签发人签发；{alone}。"
    en = "The drafter ({drafter}) may not sign their own draft. Ask another approver; {alone}."


class DeputyOutOfDates(Refusal):
    """A deputy signs on the days that the people file names, and on no others."""

    zh = "您代理{who}的日期是 {since} 至 {until}，今天不能代签。请{who}本人或其他签发人签发，或先更新人员名册。"
    en = "You stand in for {who} from {since} to {until}, not today. Ask {who} or another approver to sign."


class SecondPersonWanted(Refusal):
    """Four eyes: what a regulator is owed, or might get twice, is not decided by the one who did the step before."""

    zh = "{what}需要第二个人：{who}已经{did}，请由另一位值班经理或签发人操作。"
    en = "{what} wants a second person: {who} {did}. Ask another duty manager or approver to do it."


# --- incidents ---------------------------------------------------------------------------------------------------


class NoSuchIncident(Refusal):
    """No incident has this number."""

    zh = "没有找到事件“{number}”。输入 /incident list 查看进行中的事件。"
    en = "There is no incident “{number}”. Type /incident list to see those that are open."


class WhichIncident(Refusal):
    """Nothing says which incident is meant."""

    zh = "请写明是哪一起事件，例如 /incident timeline INC-2026-0001。进行中的有：{numbers}"
    en = "Say which incident, as in /incident timeline INC-2026-0001. Open now: {numbers}"


class BeforeItBegan(Refusal):
    """An instant of the end was given that lies before the beginning."""

    zh = "“{field}”早于发生时间 {began}。请核对后重填。"
    en = "“{field}” lies before the beginning ({began}). Check it and fill it in again."


class WrongState(Refusal):
    """The state machine has no such step from here."""

    zh = "事件现在是“{state}”，不能“{step}”。现在可以：{allowed}。"
    en = "The incident is “{state}”; it cannot be “{step}” now. Possible now: {allowed}."


class CannotClose(Refusal):
    """Something the law or the plan asks for is still open."""

    zh = "还不能关闭：{reasons}"
    en = "Cannot close yet: {reasons}"


class NoSuchTask(Refusal):
    """No task has this id in the incident."""

    zh = "事件 {number} 中没有任务 {task}。"
    en = "Incident {number} has no task {task}."


class EvidenceWanted(Refusal):
    """The task cannot be ticked without its evidence."""

    zh = "完成此任务需要填写凭据：{evidence}"
    en = "This task needs its evidence before it can be ticked: {evidence}"


class AlreadyDone(Refusal):
    """Somebody was faster."""

    zh = "{who} 已于 {when} 完成，无需重复。"
    en = "Already done by {who} at {when}; nothing to do."


class BadValue(Refusal):
    """A field does not hold what it should; the form keeps what was typed."""

    zh = "“{field}”{expected}"
    en = "“{field}” {expected}"


class InTheFuture(Refusal):
    """An instant of the past was asked for."""

    zh = "时间 {when} 还没有到。请填写已经发生的时间。"
    en = "{when} has not come yet. Give a time in the past."


class PlanNotInForce(Refusal):
    """No published version stands for this scenario."""

    zh = "场景“{scenario}”没有现行有效的预案。请选择其他场景，或让预案责任人先发布。"
    en = "No plan is in force for “{scenario}”. Choose another scenario, or have its owner publish one."


class NoSuchPlan(Refusal):
    """No plan of that code ever stood."""

    zh = "没有编号为“{code}”的预案。用 /plan 查看现有预案。"
    en = "There is no plan “{code}”. See the plans there are with /plan."


class NoSuchRole(Refusal):
    """The plan has no such role."""

    zh = "预案 {code} 没有角色“{role}”。有：{known}。"
    en = "The plan {code} has no role “{role}”. It has: {known}."


class NoSuchUnit(Refusal):
    """The people file has no such unit."""

    zh = "人员名册中没有单位“{unit}”。有：{known}。"
    en = "The people file has no unit “{unit}”. It has: {known}."


class WrongPlanState(Refusal):
    """The plan's state machine has no such step from here."""

    zh = "预案现在是“{state}”，不能“{step}”。现在可以：{allowed}。"
    en = "The plan is “{state}”; it cannot be “{step}” now. Possible now: {allowed}."


class NoSuchDraft(Refusal):
    """No draft has this id."""

    zh = "没有找到这份草稿。用 /plan 查看现有预案和草稿。"
    en = "There is no such draft. See the plans and drafts there are with /plan."


class DraftStands(Refusal):
    """A plan has one draft at a time, so that nobody's change is lost."""

    zh = "预案 {code} 已有一份草稿（{who}，{when}）。请在那份草稿上修改。"
    en = "The plan {code} has a draft already (by {who}, {when}). Change that one."


class PlanMoved(Refusal):
    """The draft moved since it was read; `changes` says what moved."""

    zh = "您阅读之后草稿已变更（现为第 {revision} 稿）：{changes} 请重新阅读后再做；您填写的内容没有丢失。"
    en = "The draft changed since you read it (revision {revision} now): {changes} Read it again; your text is kept."


class PlanOvertaken(Refusal):
    """A version came after the one that the draft began from; issued as it is, the draft would silently undo it."""

    zh = "草稿开始之后，本预案已有 {now}：{changes} 请先在草稿中选择：并入这些改动，或保留自己的内容。"
    en = "Since the draft was begun the plan has {now}: {changes} Say in the draft: take these over, or keep your own."


class PlanUnfit(Refusal):
    """The plan does not fit among the plans that stand; every fault is listed at once."""

    zh = "预案还有 {n} 处需要修改：\n{faults}"
    en = "To be mended in the plan: {n}\n{faults}"


class SamePerson(Refusal):
    """Author, reviewer and signer are three persons; who stands in for one of them counts as both."""

    zh = "编制、审核、签发须由三个不同的人负责，而{who}已经参与{role}。请另一位有权限的人来做。"
    en = "Author, reviewer and signer are three persons, and {who} is already {role}. Ask another who may."


class HandMissing(Refusal):
    """A signature on this very content is missing, or has expired."""

    zh = "这一内容还没有有效的{role}签字（签字 {days} 天内有效，内容一变即失效）。请先完成{role}。"
    en = "There is no valid signature of the {role} on this content (it holds {days} days, and only for what was read)."


class NotForThisPlan(Refusal):
    """What was asked does not belong to this plan or this version."""

    zh = "不能这样做：{why}"
    en = "Not possible: {why}"


class AmendmentOver(Refusal):
    """An emergency amendment lives for a stated time, and is then reviewed."""

    zh = "应急修订最多有效 {hours} 小时（自首次应急修订起算，至 {until}）。请改短，或走正常的编制、审核、签发。"
    en = "An emergency amendment lives {hours} h at most (here: until {until}). Make it shorter, or issue a version."


class PlanHasChildren(Refusal):
    """Plans stand under this one; without it they would be orphans."""

    zh = "预案 {code} 之下还有：{children}。请先为它们改换上位预案，或先撤回它们。"
    en = "Plans stand under {code}: {children}. Give them another parent first, or withdraw them."


class AlreadyFiled(Refusal):
    """The version's filing is on record."""

    zh = "该版本已由 {who} 于 {when} 登记备案（{number}）。"
    en = "The filing of this version was recorded by {who} at {when} ({number})."


class SameIncident(Refusal):
    """A merge needs two incidents of the same kind (both real, or both drills)."""

    zh = "不能并入：{why}"
    en = "Cannot merge: {why}"


class OpenIncidentFits(Refusal):
    """Somebody has declared what looks like the same thing."""

    zh = "{who} 已于 {when} 申报了类似事件 {number}（{title}）。请先加入它；确属另一事件再另行申报。"
    en = "{who} declared {number} ({title}) at {when}, which looks the same. Join it, or declare another if it is not."


class NotTheHolder(Refusal):
    """Only who holds the role (or commands) may hand it over."""

    zh = "只有现任“{role}”或指挥员可以移交。"
    en = "Only the holder of “{role}” or the commander may hand it over."


# --- notices -----------------------------------------------------------------------------------------------------


class StaleDraft(Refusal):
    """The facts moved since the draft was read."""

    zh = "您阅读之后内容已变更：{moved}。请重新阅读后再签发。"
    en = "The draft changed since you read it: {moved}. Read it again, then sign."


class FieldsMissing(Refusal):
    """Fields that are required now are not there."""

    zh = "以下内容必须现在填写：{fields}"
    en = "These fields are required now: {fields}"


class AlreadySigned(Refusal):
    """The notice was signed before."""

    zh = "该报告已由 {who} 于 {when} 签发。"
    en = "This notice was signed by {who} at {when}."


class NotSent(Refusal):
    """Only what an authority has is corrected; a draft is edited."""

    zh = "“{title}”还没有送达，不必更正。请直接编辑草稿，或等待送达。"
    en = "“{title}” has not reached the authority, so there is nothing to correct. Edit the draft, or wait for it."


class NoSuchDuty(Refusal):
    """The incident owes no such notice."""

    zh = "该事件没有“{duty}”这项报送义务。"
    en = "This incident owes no notice “{duty}”."


class ReturnNotDrafted(Refusal):
    """A periodic return is drafted when its time has come, and not before."""

    zh = "“{title}”将于 {when} 自动起草，在此之前没有草稿。"
    en = "“{title}” is drafted by itself at {when}; before that there is no draft."


class ReturnNotFiled(Refusal):
    """Only a return that the authority has is corrected."""

    zh = "“{title}”还没有送达，不必更正。请直接编辑草稿，或等待送达。"
    en = "“{title}” has not reached the authority, so there is nothing to correct. Edit the draft, or wait for it."


class UnknownReceipt(Refusal):
    """A receipt link that was not made by us, or for nothing we sent."""

    zh = "回执链接无效。"
    en = "This receipt link is not valid."


class LinkExpired(Refusal):
    """A link to a notice is over."""

    zh = "此链接已过有效期。请点击“索取新链接”，新链接会发到登记的邮箱。"
    en = "This link has expired. Press “Ask for a new link”; it goes to the mail address on record."


class TooManyTries(Refusal):
    """Somebody asks too often."""

    zh = "请求过于频繁，请一分钟后再试。"
    en = "Too many requests; try again in a minute."


class TooLateToRecall(Refusal):
    """A notice is recalled that a courier has taken: it may have left."""

    zh = "已不能撤回：{courier}已于 {when} 取走。内容有误请在送达后报送更正件。"
    en = "Too late to recall: {courier} took it at {when}. If it is wrong, send a correction once it has arrived."


class NoScanWanted(Refusal):
    """A sealed scan is given where none is wanted, or a second time."""

    zh = "不能上传盖章扫描件：{why}。"
    en = "No sealed scan can be uploaded: {why}."


class AddressUnconfirmed(Refusal):
    """An authority's address changed, and no second person has confirmed it."""

    zh = (
        "收报机关（{office}）的地址由“{was}”改为“{now}”，还没有第二人核实。"
        "请签发人用 /report addresses 核实后再签发；紧急时请电话报告。"
    )
    en = (
        "The address of {office} changed from “{was}” to “{now}”, and no second person has confirmed it. "
        "Have an approver do it with /report addresses, or report by phone."
    )


class AddressMoved(Refusal):
    """The address that was read is not the one that stands."""

    zh = "您核实之后地址又变了，现为“{now}”。请重新核实。"
    en = "The address changed again since you read it; it is “{now}” now. Check it again."


class AlreadyRecalled(Refusal):
    """Somebody has taken it back."""

    zh = "该报告已由 {who} 于 {when} 撤回，没有发出。请签发新的草稿。"
    en = "{who} took this notice back at {when}; it did not leave. Sign the new draft."


class NotSigned(Refusal):
    """Only what was signed is taken back; a draft is edited."""

    zh = "“{title}”还没有签发，不必撤回。请直接编辑草稿。"
    en = "“{title}” is not signed, so there is nothing to take back. Edit the draft."


# --- plans and playbooks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class FileFault:
    """One fault in a file: where (line and column from 1) and what, in both languages."""

    file: str
    line: int
    column: int
    zh: str
    en: str

    def sentence(self, lang: str) -> str:
        """`FILE:LINE:COL: sentence`, as editors read it."""
        return f"{self.file}:{self.line}:{self.column}: {self.zh if lang == 'zh' else self.en}"


class BadFile(Refusal):
    """A file was refused; every fault is listed at once."""

    zh = "{listed}"
    en = "{listed}"

    def __init__(self, faults: tuple[FileFault, ...]) -> None:
        """Keep the faults in the order they stand in the file."""
        super().__init__()
        self.faults = faults

    def sentence(self, lang: str) -> str:
        """Every fault, one a line."""
        return "\n".join(fault.sentence(lang) for fault in self.faults)


class BadPlaybook(BadFile):
    """A playbook file was refused."""


@dataclass(frozen=True, kw_only=True)
class FieldFault:
    """One fault of a form: the field it belongs to (empty: the plan as a whole) and what, in both languages."""

    field: str
    zh: str
    en: str

    def said(self, lang: str) -> str:
        """Say it in `lang` (`zh` or `en`)."""
        return self.zh if lang == "zh" else self.en


class BadEdit(Refusal):
    """A change of a plan was refused; every fault is listed, at the field it belongs to."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        """Keep the faults in the order of the form."""
        super().__init__()
        self.faults = faults

    def sentence(self, lang: str) -> str:
        """Every fault, one a line."""
        return "\n".join(fault.said(lang) for fault in self.faults)


class UnreadableDocument(Refusal):
    """A plan document cannot be imported."""

    zh = "“{name}”不能导入：{why}。"
    en = "“{name}” cannot be imported: {why}."


class BadPeople(BadFile):
    """The people file was refused."""


class BadRegister(BadFile):
    """A sheet of a register was refused."""


class BadCycles(BadFile):
    """A file of review and drill rules was refused."""


class ReadAnother(Refusal):
    """The version that was read is not the one that stands now."""

    zh = "您读的是 {read}，现行的已是 {label}。请重新打开并阅读现行版本，再签署评审。"
    en = "You read {read}; {label} stands now. Open and read the version in force, then sign the review."


class NothingDue(Refusal):
    """What was to be put off is done already, or is no longer asked for."""

    zh = "这一项已经办结或不再需要，无需推迟。用 /plan due 查看还有哪些到期事项。"
    en = "This is done already, or is no longer asked for; there is nothing to put off. See what is due with /plan due."


class NoSuchEntry(Refusal):
    """The register has no such entry."""

    zh = "“{register}”清单中没有“{name}”，或它已停用。"
    en = "The register “{register}” has no entry “{name}”, or it is retired."


class EntryStands(Refusal):
    """The register has an entry of that name already."""

    zh = "编号“{name}”已有条目：{title}。请改用别的编号，或修改那一条。"
    en = "There is an entry “{name}” already: {title}. Use another id, or change that one."


class NoSuchRegister(Refusal):
    """There is no such register."""

    zh = "没有清单“{register}”。有：{known}。"
    en = "There is no register “{register}”. There are: {known}."


class BadUpload(Refusal):
    """A file that was given in a form cannot be taken."""

    zh = "“{name}”没有收到：{why}。您填写的内容还在，请再试一次。"
    en = "“{name}” was not received: {why}. What you typed is still there; try again."


class KeptElsewhere(Refusal):
    """Units are written in the people file, not in a register."""

    zh = "组织单位在人员名册（people.yaml）中维护。请修改名册后重启。"
    en = "Units are kept in the people file (people.yaml). Change them there, and start again."


# --- the world ---------------------------------------------------------------------------------------------------


class AnotherInstance(Fault):
    """A second process was started on the same SQLite file."""

    zh = "另一个 Tocsin 正在使用 {file}。请先停止它，或改用 PostgreSQL（DATABASE_URL）。"
    en = "Another Tocsin is using {file}. Stop it first, or use PostgreSQL (DATABASE_URL)."


class BadSettings(Fault):
    """Settings are missing or wrong; all are named at once."""

    zh = "配置有误：\n{listed}"
    en = "Settings are wrong:\n{listed}"


class WorkspaceDidNotStart(Fault):
    """The local workspace ended before it answered."""

    zh = "本地工作区没有启动（TOCSIN_PORT 的端口可能被占用）；原因见 {log}。"
    en = "The local workspace did not start (is TOCSIN_PORT in use?); the reason is in {log}."


class BrokenJournal(Fault):
    """The journal's chain does not hold."""

    zh = "日志链在第 {seq} 条断裂：{why}"
    en = "The journal's chain breaks at entry {seq}: {why}"


class NaiveInstant(Fault):
    """An instant came without its offset."""

    zh = "时间 {value} 没有时区。"
    en = "The instant {value} has no offset."


# --- cases and regimes -------------------------------------------------------------------------------------------


class BadSpan(Refusal):
    """A duration that is not one we read."""

    zh = "“{text}”不是可用的时长。请写整数的 ISO 8601 时长，例如 PT15M、PT4H、P30D、P1M，或工作日 P5WD。"
    en = "“{text}” is not a duration. Write ISO 8601 in whole numbers: PT15M, PT4H, P30D, P1M, or working days P5WD."


class UnknownHolidays(Refusal):
    """Working days were asked for in a year whose holidays nobody has published to us."""

    zh = "{year} 年的节假日和调休安排未知，无法计算工作日。请更新节假日数据，或由人确定日期。"
    en = "The holidays of {year} are not known; working days cannot be counted. Update them, or set the date by hand."


class BadCase(BadFile):
    """A case file was refused."""


class BadRegimes(BadFile):
    """A file of regimes or level criteria was refused."""


class NoSuchRegime(Refusal):
    """No regime or criteria has this id."""

    zh = "没有制度“{regime}”。可用的有：{known}。"
    en = "There is no regime “{regime}”. Known: {known}."


# --- the cellar and the couriers ---------------------------------------------------------------------------------


class OldSqlite(Fault):
    """The SQLite library is older than what the tables need."""

    zh = "SQLite 版本 {found} 过旧，需要 {wanted} 或更新版本。请升级 Python 或 SQLite。"
    en = "SQLite {found} is too old; {wanted} or newer is needed. Upgrade Python or SQLite."


class CannotConfirm(Refusal):
    """A person confirms an arrival of something that never left."""

    zh = "不能确认送达：“{key}”的状态是“{state}”，没有发出。"
    en = "Cannot confirm: “{key}” is “{state}”, so it never left."


# --- what is kept --------------------------------------------------------------------------------------------------


class NotMigrated(Fault):
    """The database is not at this version."""

    zh = "数据库版本是 {found}，需要 {wanted}：请先运行 app.py migrate。"
    en = "The database is at {found}, {wanted} is needed: run app.py migrate first."


class NotEmpty(Refusal):
    """A backup is read into an empty database only."""

    zh = "表 {table} 里已有数据：只能恢复到空数据库。请改用新的 TOCSIN_VAR 或 DATABASE_URL。"
    en = "The table {table} holds rows: restore into an empty database only. Use a new TOCSIN_VAR or DATABASE_URL."


class BadBackup(Refusal):
    """The file is no whole backup of this version."""

    zh = "{file} 不是本版本的完整备份：{why}"
    en = "{file} is no whole backup of this version: {why}"


class BadExport(Refusal):
    """An export does not hold against its own manifest, its seal or the journal's key."""

    zh = "{file} 核对不符：{why}"
    en = "{file} does not hold: {why}"


# --- documents -----------------------------------------------------------------------------------------------------


class NotTheSignedText(Fault):
    """A document was to be made of other words than those that were signed."""

    zh = "文稿与签发文本（{digest}）不一致，不能生成文件。请重新生成草稿并签发。"
    en = "The words are not those of the signed text ({digest}), so no document is made. Draft it again and sign."


class MissingGlyph(Refusal):
    """No font at hand can draw a character."""

    zh = "现有字体缺少以下字符，不能生成PDF：{characters}。请安装含这些字符的字体，或改用Word文件。"
    en = "No font here can draw {characters}, so no PDF is made. Install a font that has them, or use the Word file."


class BadDocumentNumber(Refusal):
    """A 发文字号 cannot be made of this."""

    zh = "发文字号不能由“{code}”“{year}”“{number}”组成：机关代字应为2至12个汉字，年份四位，序号从1起。"
    en = "“{code}”, {year}, {number} make no document number: give 2 to 12 Chinese characters, a year, a number from 1."


class BadDocument(Fault):
    """A machine-readable document does not follow its own schema."""

    zh = "{format} 文件不符合其格式标准：{why}。请告知维护人员；文本可照常报送。"
    en = "The {format} document does not follow its schema: {why}. Tell the maintainers; the text can go as it is."
