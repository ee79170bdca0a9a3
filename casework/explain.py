"""Every rule by name, run on plain JSON-like input: the answer together with its reasons.

``RULES["n_code"].run({...})`` gives the same answer the program itself uses, so that a person can check any
number. No rule has ethnicity or sex among its inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from casework.codes import NEW_CODES_FROM
from casework.errors import BadInput
from casework.explain_duties import DUTIES
from casework.explain_rules import Answer, Rule, codes_of, dated_marks, iso, rule_of
from casework.inputs import Fields, bad_field
from casework.parameters import (
    ACCESS_MONTHS,
    ALLOCATION_DAYS,
    ASSESS_WEEKS,
    BOARD_MUST_DAYS,
    DELETION_DAYS,
    N_CODE_DAYS,
    NOTICE_FULL,
    PERSISTENT_SHARE,
    PROVISION_DAY,
    RE_REFERRAL_MONTHS,
    REVIEW_DECISION_WEEKS,
    SUSPENSION_LIMIT,
    THRESHOLD_SESSIONS,
)

if TYPE_CHECKING:
    from casework.identifiers import NumberCheck, UpnCheck

_MOST_SESSIONS = 1_000_000


def _attendance(fields: Fields) -> Answer:
    from casework.attendance import explain_tally, figures, tally

    counted = tally(codes_of(fields, "marks"))
    return figures(counted), explain_tally(counted)


def _persistent_severe(fields: Fields) -> Answer:
    from casework.attendance import explain_absence, is_persistent, is_severe

    possible = fields.whole("possible", 0, _MOST_SESSIONS)
    absent = fields.whole("absent", 0, possible)
    result = {"persistent": is_persistent(absent, possible), "severe": is_severe(absent, possible)}
    return result, explain_absence(absent, possible)


def _working_day_deadline(fields: Fields) -> Answer:
    from casework.early_help import working_day_deadline

    deadline = working_day_deadline(fields.day("received"), fields.whole("working_days", 0, 1000))
    return {"due": iso(deadline.due)}, deadline.reasons


def _n_code(fields: Fields) -> Answer:
    from casework.ncodes import n_clock

    clock = n_clock(
        fields.day("session_date"), fields.text("current_mark"), fields.day("today"), fields.calendar()
    )
    return {"last_day": iso(clock.last_day), "overdue": clock.overdue}, clock.reasons


def _penalty_notice_threshold(fields: Fields) -> Answer:
    from casework.legal import threshold

    verdict = threshold(dated_marks(fields), fields.calendar())
    met_at = [iso(verdict.met_at[0]), verdict.met_at[1]] if verdict.met_at else None
    result = {
        "threshold_met": verdict.threshold_met,
        "met_at": met_at,
        "most_in_any_window": verdict.most_in_any_window,
    }
    return result, verdict.reasons


def _penalty_notice_escalation(fields: Fields) -> Answer:
    from casework.legal import Notice, escalation

    prior = []
    for name, item in fields.items("prior"):
        notice = Fields(item, name)
        withdrawn = notice.flag("withdrawn", default=False)
        prior.append(Notice(notice.day("issued"), notice.text("parent"), notice.text("child"), withdrawn))
    verdict = escalation(fields.text("parent"), fields.text("child"), prior, fields.day("issue_on"))
    names = ("may_issue", "ordinal", "pay_within_21", "pay_22_to_28")
    return {name: getattr(verdict, name) for name in names}, verdict.reasons


def _ehcp_timeline(fields: Fields) -> Answer:
    from casework.send import plan_timeline

    timeline = plan_timeline(fields.day("request_received"))
    names = ("decision_to_assess_by", "no_plan_notice_by", "final_plan_by")
    return {name: iso(getattr(timeline, name)) for name in names}, timeline.reasons


def _annual_review(fields: Fields) -> Answer:
    from casework.send import annual_review

    meeting, letter = fields.day("meeting"), fields.day_or_none("decision_letter")
    if letter is not None and letter < meeting:
        raise bad_field("decision_letter", "a day on or after the meeting")
    review = annual_review(meeting, letter)
    result = {"decision_by": iso(review.decision_by), "final_amended_by": iso(review.final_amended_by)}
    return result, review.reasons


def _upn_check_letter(fields: Fields) -> Answer:
    from casework.identifiers import is_temporary_upn, tidy_upn, upn_check_letter

    body = tidy_upn(fields.text("body"))
    letter = upn_check_letter(body)
    temporary = is_temporary_upn(body)
    reasons = [
        f"Each of positions 2 to 13 times its value, summed, modulo 23 gives the check letter {letter}.",
        "It ends in a letter, so it is temporary."
        if temporary
        else "It ends in a digit, so it is permanent.",
    ]
    return {"check_letter": letter, "upn": letter + body, "temporary": temporary}, tuple(reasons)


def _upn_valid(fields: Fields) -> Answer:
    from casework.identifiers import check_upn

    return _checked(check_upn(fields.text("upn")), "The shape and the check letter are right.")


def _nhs_number(fields: Fields) -> Answer:
    from casework.identifiers import check_nhs_number

    return _checked(check_nhs_number(fields.text("number")), "The length and the check digit are right.")


def _checked(check: UpnCheck | NumberCheck, right: str) -> Answer:
    reasons = [check.error or right, *([check.warning] if check.warning else [])]
    return {"valid": check.valid}, tuple(reasons)


def _suspension_limit(fields: Fields) -> Answer:
    from casework.suspensions import Suspension, day_limit

    def one(item: object, name: str) -> Suspension:
        each = Fields(item, name)
        return Suspension(each.day("start"), each.number("days", 0, 400))

    prior = [one(item, name) for name, item in fields.items("prior")]
    limit = day_limit(prior, one(fields.mapping("proposed"), "proposed"))
    names = ("total_after", "remaining_before", "allowed")
    return {name: getattr(limit, name) for name in names}, limit.reasons


def _governing_board(fields: Fields) -> Answer:
    from casework.suspensions import governing_board

    verdict = governing_board(
        fields.number("days_in_term", 0, 400),
        NEW_CODES_FROM,
        missing_public_exam=fields.flag("missing_public_exam_or_nct"),
        permanent=fields.flag("permanent", default=False),
    )
    return {"duty": verdict.duty.value}, verdict.reasons


def _sixth_day(fields: Fields) -> Answer:
    from casework.suspensions import sixth_day_provision

    verdict = sixth_day_provision(
        fields.day("first_day"), fields.number("consecutive_school_days", 0, 400), fields.calendar()
    )
    return {"provision_from": iso(verdict.provision_from)}, verdict.reasons


def _twenty_day_limb(fields: Fields) -> Answer:
    from casework.missing_education import twenty_day_limb

    limb = twenty_day_limb(codes_of(fields, "marks"), fields.whole("sessions_per_day", 1, 4))
    return {"limb_met": limb.limb_met}, limb.reasons


def _re_referral(fields: Fields) -> Answer:
    from casework.early_help import re_referral

    previous, new = fields.day_or_none("previous_referral"), fields.day("new_referral")
    if previous is not None and previous > new:
        raise bad_field("previous_referral", "a day on or before the new referral")
    verdict = re_referral(new, previous)
    return {"re_referral": bool(verdict.from_referral)}, verdict.reasons


def _subject_access(fields: Fields) -> Answer:
    from casework.rights import subject_access_deadline

    deadline = subject_access_deadline(fields.day("received"))
    return {"due": iso(deadline.due)}, deadline.reasons


_UPN_SOURCE = "Unique pupil numbers (UPN): DfE guidance; GDSC UPN 2.0"
_NHS_SOURCE = "NHS Data Dictionary: NHS number"
_IDENTIFIERS_FROM = date(1999, 9, 1)

_ALL = (
    Rule(
        "attendance",
        "SI 2024/208 reg 10; DfE, Working together to improve school attendance, 2024; absence methodology",
        NEW_CODES_FROM,
        "Counts marks: possible, attended and absent sessions with their percentages.",
        _attendance,
    ),
    rule_of(
        "persistent_severe",
        PERSISTENT_SHARE,
        "Persistent and severe absence on the exact fraction.",
        _persistent_severe,
    ),
    rule_of(
        "working_day_deadline",
        ALLOCATION_DAYS,
        "The Nth working day after the day of receipt, in England.",
        _working_day_deadline,
    ),
    rule_of("n_code", N_CODE_DAYS, "The last school day on which a mark may still be N.", _n_code),
    rule_of(
        "penalty_notice_threshold",
        THRESHOLD_SESSIONS,
        "Ten unauthorised sessions in ten school weeks: a notice must be considered.",
        _penalty_notice_threshold,
    ),
    rule_of(
        "penalty_notice_escalation",
        NOTICE_FULL,
        "First, second or no further notice to one parent for one child.",
        _penalty_notice_escalation,
    ),
    rule_of(
        "ehcp_timeline", ASSESS_WEEKS, "The 6, 16 and 20 week limits of a request for a plan.", _ehcp_timeline
    ),
    rule_of("annual_review", REVIEW_DECISION_WEEKS, "The limits after an annual review.", _annual_review),
    Rule(
        "upn_check_letter",
        _UPN_SOURCE,
        _IDENTIFIERS_FROM,
        "The check letter of a pupil number's 12 other characters.",
        _upn_check_letter,
    ),
    Rule("upn_valid", _UPN_SOURCE, _IDENTIFIERS_FROM, "Whether a pupil number is well formed.", _upn_valid),
    Rule("nhs_number", _NHS_SOURCE, _IDENTIFIERS_FROM, "Whether an NHS number is well formed.", _nhs_number),
    rule_of(
        "suspension_45_day_limit",
        SUSPENSION_LIMIT,
        "A proposed suspension against 45 school days in a school year.",
        _suspension_limit,
    ),
    rule_of(
        "governing_board_trigger",
        BOARD_MUST_DAYS,
        "What the governing board must do after suspensions in a term.",
        _governing_board,
    ),
    rule_of(
        "sixth_day_provision",
        PROVISION_DAY,
        "The day from which a suspended child is owed full-time education.",
        _sixth_day,
    ),
    rule_of(
        "cme_20_day_limb",
        DELETION_DAYS,
        "One limb of the ground for taking a child off the roll.",
        _twenty_day_limb,
    ),
    rule_of(
        "re_referral", RE_REFERRAL_MONTHS, "A referral within 12 months of an earlier one.", _re_referral
    ),
    rule_of(
        "subject_access_deadline",
        ACCESS_MONTHS,
        "The last day to answer a subject-access request.",
        _subject_access,
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in (*_ALL, *DUTIES)})
"""Every rule by the name that ``explain`` takes."""


def rule(name: str) -> Rule:
    """The rule of a name. Raises BadInput when there is none."""
    found = RULES.get(name)
    if found is None:
        raise BadInput("no-such-rule", "There is no rule of that name: see explain --list.", where="rule")
    return found
