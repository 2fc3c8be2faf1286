"""The life of a plan: its states, the steps between them, and which steps stand open."""

from __future__ import annotations

from enum import StrEnum

from statemachine import State as Node
from statemachine import StateMachine
from statemachine.exceptions import TransitionNotAllowed

from errors import WrongPlanState
from escalation.words import Words


class State(StrEnum):
    """Where a draft or a version of a plan stands."""

    DRAFT = "draft"
    UNDER_REVIEW = "under_review"
    SIGNED = "signed"
    ISSUED = "issued"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What happens to it; the last three the house does by itself."""

    EDIT = "edit"
    SUBMIT = "submit"
    REVIEW = "review"
    SEND_BACK = "send_back"
    SIGN = "sign"
    ISSUE = "issue"
    WITHDRAW = "withdraw"
    AMEND = "amend"
    TAKE_EFFECT = "take_effect"
    SUPERSEDE = "supersede"
    RESTORE = "restore"


STATES = {
    State.DRAFT: Words(zh="草稿", en="draft"),
    State.UNDER_REVIEW: Words(zh="审核中", en="under review"),
    State.SIGNED: Words(zh="已签发，待印发", en="signed"),
    State.ISSUED: Words(zh="已印发，待生效", en="issued"),
    State.IN_FORCE: Words(zh="现行有效", en="in force"),
    State.SUPERSEDED: Words(zh="已被替代", en="superseded"),
    State.WITHDRAWN: Words(zh="已撤回", en="withdrawn"),
}

#: What each state means, as a sentence.
MEANINGS = {
    State.DRAFT: Words(
        zh="正在编写，可以修改，不能用于事件。",
        en="It is being written; it may change, and no incident uses it.",
    ),
    State.UNDER_REVIEW: Words(
        zh="已提交，等待另一个人审核、第三个人签发。",
        en="Submitted: another person is to review it, a third to sign.",
    ),
    State.SIGNED: Words(
        zh="三个人都已对这一内容负责，可以印发。",
        en="Three persons answer for this very content; it may be issued.",
    ),
    State.ISSUED: Words(
        zh="内容已固定，到生效时间自动生效。",
        en="Its content is fixed; it takes effect at the stated instant.",
    ),
    State.IN_FORCE: Words(
        zh="新的事件按它响应。",
        en="New incidents run on it.",
    ),
    State.SUPERSEDED: Words(
        zh="更新的版本替代了它；已按它响应的事件不变。",
        en="A newer version took its place; what runs on it goes on.",
    ),
    State.WITHDRAWN: Words(
        zh="已停止使用，内容保留备查。",
        en="It is used no longer; what it said is kept.",
    ),
}

STEPS = {
    Step.EDIT: Words(zh="修改", en="edit"),
    Step.SUBMIT: Words(zh="提交", en="submit"),
    Step.REVIEW: Words(zh="审核", en="review"),
    Step.SEND_BACK: Words(zh="退回", en="send back"),
    Step.SIGN: Words(zh="签发", en="sign"),
    Step.ISSUE: Words(zh="印发", en="issue"),
    Step.WITHDRAW: Words(zh="撤回", en="withdraw"),
    Step.AMEND: Words(zh="应急修订", en="amend in an emergency"),
    Step.TAKE_EFFECT: Words(zh="生效", en="take effect"),
    Step.SUPERSEDE: Words(zh="被替代", en="be superseded"),
    Step.RESTORE: Words(zh="恢复生效", en="be in force again"),
}


class Flow(StateMachine):
    """The one drawing of the flow; built over a value for each question, never kept (it is not thread-safe)."""

    draft = Node(MEANINGS[State.DRAFT].en, value="draft", initial=True)
    under_review = Node(MEANINGS[State.UNDER_REVIEW].en, value="under_review")
    signed = Node(MEANINGS[State.SIGNED].en, value="signed")
    issued = Node(MEANINGS[State.ISSUED].en, value="issued")
    in_force = Node(MEANINGS[State.IN_FORCE].en, value="in_force")
    superseded = Node(MEANINGS[State.SUPERSEDED].en, value="superseded")
    withdrawn = Node(MEANINGS[State.WITHDRAWN].en, value="withdrawn", final=True)

    # A change takes it back to the desk: whoever read it before has read something else.
    edit = draft.to(draft) | under_review.to(draft) | signed.to(draft)
    submit = draft.to(under_review)
    review = under_review.to(under_review)
    send_back = under_review.to(draft) | signed.to(draft)
    sign = under_review.to(signed)
    issue = signed.to(issued)
    amend = draft.to(issued)  # an emergency amendment by one named person: it lives for a stated time
    take_effect = issued.to(in_force)
    supersede = in_force.to(superseded) | issued.to(superseded)
    restore = superseded.to(in_force)  # the emergency amendment above it has lapsed
    withdraw = (
        draft.to(withdrawn)
        | under_review.to(withdrawn)
        | signed.to(withdrawn)
        | issued.to(withdrawn)
        | in_force.to(withdrawn)
        | superseded.to(withdrawn)
    )


def advance(state: State, step: Step) -> State:
    """The state after `step`; `WrongPlanState` says what is possible instead."""
    flow = Flow(start_value=state.value)
    try:
        flow.send(step.value)
    except TransitionNotAllowed:
        raise WrongPlanState(state=STATES[state], step=STEPS[step], allowed=_listed(steps(state))) from None
    return State(next(iter(flow.configuration)).value)


def steps(state: State) -> tuple[Step, ...]:
    """Which steps stand open from `state`, in the order of life."""
    open_now = {event.id for event in Flow(start_value=state.value).allowed_events}
    return tuple(step for step in Step if step.value in open_now)


def _listed(open_now: tuple[Step, ...]) -> Words:
    zh, en = "、".join(STEPS[each].zh for each in open_now), ", ".join(STEPS[each].en for each in open_now)
    return Words(zh=zh or "没有可做的步骤", en=en or "nothing")
