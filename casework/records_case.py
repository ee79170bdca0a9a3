"""The work with a family, from a school's notification to closure.

Source of the flow: Kent Family Support Framework and what followed it (notification, triage, allocation,
assessment, plan, review, closure); names of services and levels of need are local settings.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, get_args

from casework.policies import Category as C
from casework.policies import Meta
from casework.policies import Policy as P
from casework.records import Line, Prose, Record, Whole
from casework.vocabulary import Agency

Feedback = Literal["", "full", "in-touch"]
CloseReason = Literal[
    "outcomes-achieved",
    "universal-support",
    "stepped-up",
    "stepped-down",
    "other-service",
    "disengaged",
    "agreement-withdrawn",
    "moved-area",
    "no-further-action",
    "opened-in-error",
    "child-died",
]
CLOSE_REASONS: tuple[CloseReason, ...] = get_args(CloseReason)
ActionStatus = Literal["to-do", "in-progress", "done", "not-done", "dropped"]
ACTION_STATUSES: tuple[ActionStatus, ...] = get_args(ActionStatus)
DisagreementLevel = Literal["practitioner", "team-manager", "district-manager"]
PauseKind = Literal["more-information", "pause", "snooze"]


class Notification(Record):
    """A school's request: concern, what was offered, intended outcome, the child's voice."""

    type = "notification"
    child: Annotated[str, Meta(C.IDENTITY, "Child")]
    received: Annotated[date, Meta(C.IDENTITY, "Received")]
    school: Annotated[str | None, Meta(C.EDUCATION, "School")] = None
    notifier: Annotated[Line, Meta(C.WORKFORCE, "From")]
    concern: Annotated[Prose, Meta(C.FAMILY, "Nature of concern")] = ""
    offered: Annotated[Prose, Meta(C.FAMILY, "Support already offered, and its result")] = ""
    outcome: Annotated[Prose, Meta(C.FAMILY, "Intended outcome")] = ""
    voice: Annotated[Prose, Meta(C.FAMILY, "The child's voice, verbatim")] = ""
    heard_by: Annotated[Line, Meta(C.WORKFORCE, "Who listened")] = ""
    heard_on: Annotated[date | None, Meta(C.FAMILY, "Heard on")] = None
    siblings: Annotated[Prose, Meta(C.FAMILY, "Siblings and household")] = ""
    risks: Annotated[Prose, Meta(C.SAFEGUARDING, "Risks to visiting staff")] = ""
    other_agencies: Annotated[Prose, Meta(C.FAMILY, "Other agencies")] = ""
    agreement_note: Annotated[Prose, Meta(C.FAMILY, "Agreement, or why none")] = ""
    level: Annotated[Line, Meta(C.IDENTITY, "Level of need")] = ""
    sufficient_on: Annotated[date | None, Meta(C.IDENTITY, "Enough information on")] = None
    allocated_to: Annotated[str | None, Meta(C.WORKFORCE, "Allocated to")] = None
    allocated_on: Annotated[date | None, Meta(C.WORKFORCE, "Allocated on")] = None
    contacted_with: Annotated[Line, Meta(C.WORKFORCE, "Notifier spoken to")] = ""
    contacted_on: Annotated[date | None, Meta(C.WORKFORCE, "Notifier contacted on")] = None
    feedback: Annotated[Feedback, Meta(C.WORKFORCE, "Feedback to the notifier")] = ""
    feedback_on: Annotated[date | None, Meta(C.WORKFORCE, "Feedback on")] = None
    new_information: Annotated[bool, Meta(C.IDENTITY, "New information in an open case")] = False
    by: Annotated[str, Meta(C.WORKFORCE, "Recorded by", P.APPEND_ONLY)]


class Pause(Record):
    """A time in which a clock stands still or a reminder sleeps, with its reason and when it wakes.

    `about` is the record whose clock it is. A pause without `end` still runs; `wake` ends it by itself.
    """

    type = "pause"
    child: Annotated[str, Meta(C.IDENTITY, "Child", P.APPEND_ONLY)]
    about: Annotated[str, Meta(C.IDENTITY, "About", P.APPEND_ONLY)]
    clock: Annotated[Line, Meta(C.IDENTITY, "Clock", P.APPEND_ONLY)]
    kind: Annotated[PauseKind, Meta(C.IDENTITY, "Kind", P.APPEND_ONLY)]
    start: Annotated[date, Meta(C.IDENTITY, "From", P.APPEND_ONLY)]
    wake: Annotated[date | None, Meta(C.IDENTITY, "Wakes on")] = None
    end: Annotated[date | None, Meta(C.IDENTITY, "Ended on")] = None
    reason: Annotated[Prose, Meta(C.FAMILY, "Reason", P.APPEND_ONLY)]
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]


class Episode(Record):
    """One time of working with a child, from allocation to closure; re-opening makes a new one."""

    type = "episode"
    child: Annotated[str, Meta(C.IDENTITY, "Child", P.APPEND_ONLY)]
    number: Annotated[Whole, Meta(C.IDENTITY, "Number", P.APPEND_ONLY)] = 1
    notification: Annotated[str | None, Meta(C.IDENTITY, "Notification", P.APPEND_ONLY)] = None
    referred: Annotated[date | None, Meta(C.IDENTITY, "Referred", P.APPEND_ONLY)] = None
    opened: Annotated[date, Meta(C.IDENTITY, "Opened", P.APPEND_ONLY)]
    worker: Annotated[str | None, Meta(C.WORKFORCE, "Lead worker")] = None
    closed: Annotated[date | None, Meta(C.IDENTITY, "Closed")] = None
    reason: Annotated[Literal["", CloseReason], Meta(C.FAMILY, "Why closed")] = ""
    passed_to: Annotated[Line, Meta(C.FAMILY, "Passed on to")] = ""
    told: Annotated[Line, Meta(C.FAMILY, "Who was told")] = ""
    views: Annotated[Prose, Meta(C.FAMILY, "Closing views")] = ""
    note: Annotated[Prose, Meta(C.FAMILY, "Closing note")] = ""


class Assessment(Record):
    """A whole-family assessment, part by part."""

    type = "assessment"
    child: Annotated[str, Meta(C.FAMILY, "Child", P.APPEND_ONLY)]
    episode: Annotated[str | None, Meta(C.FAMILY, "Episode", P.APPEND_ONLY)] = None
    started: Annotated[date, Meta(C.FAMILY, "Started")]
    completed: Annotated[date | None, Meta(C.FAMILY, "Completed")] = None
    completed_by: Annotated[str | None, Meta(C.FAMILY, "Completed by")] = None
    development: Annotated[Prose, Meta(C.FAMILY, "Development and needs of each child")] = ""
    strengths: Annotated[Prose, Meta(C.FAMILY, "Strengths")] = ""
    parenting: Annotated[Prose, Meta(C.FAMILY, "Parenting")] = ""
    environment: Annotated[Prose, Meta(C.FAMILY, "Family and environment")] = ""
    health: Annotated[Prose, Meta(C.HEALTH, "Health")] = ""
    history: Annotated[Prose, Meta(C.FAMILY, "History")] = ""
    views: Annotated[Prose, Meta(C.FAMILY, "Views of child and family")] = ""
    analysis: Annotated[Prose, Meta(C.FAMILY, "Analysis")] = ""
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]


class Score(Record):
    """One reading of an outcome tool in one area. Tools are licensed: names and numbers only, no wording."""

    type = "score"
    child: Annotated[str, Meta(C.FAMILY, "Child", P.APPEND_ONLY)]
    tool: Annotated[Line, Meta(C.FAMILY, "Tool", P.APPEND_ONLY)]
    area: Annotated[Line, Meta(C.FAMILY, "Area", P.APPEND_ONLY)]
    score: Annotated[Whole, Meta(C.FAMILY, "Score", P.APPEND_ONLY)]
    scored_on: Annotated[date, Meta(C.FAMILY, "On", P.APPEND_ONLY)]
    with_whom: Annotated[Line, Meta(C.FAMILY, "With", P.APPEND_ONLY)] = ""
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]


class Plan(Record):
    """A family's support plan. The school is in it only when the family agreed."""

    type = "plan"
    child: Annotated[str, Meta(C.IDENTITY, "Child", P.APPEND_ONLY)]
    episode: Annotated[str | None, Meta(C.FAMILY, "Episode", P.APPEND_ONLY)] = None
    started: Annotated[date, Meta(C.FAMILY, "Started")]
    next_review: Annotated[date | None, Meta(C.FAMILY, "Review due")] = None
    ended: Annotated[date | None, Meta(C.FAMILY, "Ended")] = None
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]


class Outcome(Record):
    """What the family wants to be different, in their words, with where it starts and how it is measured."""

    type = "outcome"
    plan: Annotated[str, Meta(C.FAMILY, "Plan", P.APPEND_ONLY)]
    child: Annotated[str, Meta(C.FAMILY, "Child", P.APPEND_ONLY)]
    text: Annotated[Prose, Meta(C.FAMILY, "In the family's words")]
    baseline: Annotated[Prose, Meta(C.FAMILY, "Baseline")] = ""
    measure: Annotated[Prose, Meta(C.FAMILY, "Measure")] = ""
    status: Annotated[Literal["open", "achieved", "dropped"], Meta(C.FAMILY, "Status")] = "open"


class Action(Record):
    """One step towards an outcome: what, who (agency and person, or a family member), by when."""

    type = "action"
    outcome: Annotated[str, Meta(C.FAMILY, "Outcome", P.APPEND_ONLY)]
    child: Annotated[str, Meta(C.FAMILY, "Child", P.APPEND_ONLY)]
    text: Annotated[Prose, Meta(C.FAMILY, "Action")]
    owner: Annotated[Line, Meta(C.FAMILY, "Owner")]
    agency: Annotated[Literal["", Agency], Meta(C.FAMILY, "Owner's agency")] = ""
    due: Annotated[date, Meta(C.FAMILY, "Due")]
    moved_from: Annotated[date | None, Meta(C.FAMILY, "Was due first")] = None
    status: Annotated[ActionStatus, Meta(C.FAMILY, "Status")] = "to-do"
    why: Annotated[Prose, Meta(C.FAMILY, "Why not done or dropped")] = ""
    done_on: Annotated[date | None, Meta(C.FAMILY, "Done on")] = None


class Review(Record):
    """A review of a plan, usually a Team Around the Family meeting: who came, views, progress, next date."""

    type = "review"
    plan: Annotated[str, Meta(C.FAMILY, "Plan", P.APPEND_ONLY)]
    child: Annotated[str, Meta(C.FAMILY, "Child", P.APPEND_ONLY)]
    held_on: Annotated[date, Meta(C.FAMILY, "On", P.APPEND_ONLY)]
    next_review: Annotated[date | None, Meta(C.FAMILY, "Next review", P.APPEND_ONLY)] = None
    agenda: Annotated[Prose, Meta(C.FAMILY, "Agenda", P.APPEND_ONLY)] = ""
    attended: Annotated[tuple[Line, ...], Meta(C.FAMILY, "Attended", P.APPEND_ONLY)] = ()
    apologies: Annotated[tuple[Line, ...], Meta(C.FAMILY, "Apologies", P.APPEND_ONLY)] = ()
    child_views: Annotated[Prose, Meta(C.FAMILY, "The child's views", P.APPEND_ONLY)] = ""
    views: Annotated[Prose, Meta(C.FAMILY, "The family's views", P.APPEND_ONLY)] = ""
    progress: Annotated[Prose, Meta(C.FAMILY, "Progress", P.APPEND_ONLY)]
    decision: Annotated[
        Literal["continue", "step-up", "step-down", "close"], Meta(C.FAMILY, "Decision", P.APPEND_ONLY)
    ] = "continue"
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]


class Disagreement(Record):
    """A professional disagreement, put to one level; each step up, to the District Manager at last, is a
    record of its own that names the one it `follows`.
    """

    type = "disagreement"
    child: Annotated[str, Meta(C.SAFEGUARDING, "Child", P.APPEND_ONLY)]
    raised: Annotated[date, Meta(C.SAFEGUARDING, "Raised", P.APPEND_ONLY)]
    about: Annotated[Prose, Meta(C.SAFEGUARDING, "About", P.APPEND_ONLY)]
    with_whom: Annotated[Line, Meta(C.SAFEGUARDING, "Put to", P.APPEND_ONLY)]
    level: Annotated[DisagreementLevel, Meta(C.SAFEGUARDING, "Level", P.APPEND_ONLY)] = "practitioner"
    follows: Annotated[str | None, Meta(C.SAFEGUARDING, "Follows", P.APPEND_ONLY)] = None
    due: Annotated[date | None, Meta(C.SAFEGUARDING, "Answer due")] = None
    outcome: Annotated[Prose, Meta(C.SAFEGUARDING, "Outcome")] = ""
    settled: Annotated[date | None, Meta(C.SAFEGUARDING, "Settled on")] = None
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]
