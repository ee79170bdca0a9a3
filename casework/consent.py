"""Building the edits of agreement and of sharing without it: record, withdraw, settle the words, disclose.

A withdrawal is final: agreeing again is a new record. The organisation's lawful basis is never set here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from casework.agreements import PRESUMED_ABLE_AT, by_the_child, capacity_of, presumed_able
from casework.canonical import fingerprint
from casework.days_given import require_come
from casework.edits import Edit, create, update
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.limits import Pair, settled_by
from casework.policies import Category
from casework.records_sharing import Agreement, Disclosure
from casework.sharing import LONGEST_DISCLOSURE_DAYS
from casework.text import fold
from casework.vocabulary import Agency
from casework.wording import CATEGORIES, count_of, join_words, say_day

RECORDED = {
    "given": "Agreement given",
    "limited": "Agreement given with limits",
    "refused": "Agreement refused",
}
"""The name of the step that records an agreement of each status."""


def record_agreement(
    agreement: Agreement, today: date, dob: date | None = None, earlier: Iterable[Agreement] = ()
) -> Edit:
    """A new agreement as a named edit. `earlier` are those on record for the child: whoever gave one of them
    keeps the word that stands for them (`Agreement.giver`).

    Raises BadInput when one given names no agency, category or purpose, when a date lies in the future or the
    last day before the first, or when a child's own agreement does not say why the child is competent and the
    child was not 16 by `dob` (None: not known). A child's refusal is heard without.
    """
    if agreement.status == "withdrawn":
        raise BadInput("bad-value", "An agreement is recorded as given, limited or refused.", "--status")
    if agreement.status != "refused":
        for name in ("agencies", "categories", "purposes"):
            if not getattr(agreement, name):
                raise BadInput("scope", f"An agreement names its {name}; give at least one.", f"--{name}")
    if agreement.exclude_pairs and not agreement.exclude.strip():
        raise BadInput("empty", "Write the family's own words that keep it from one agency.", "--exclude")
    if not agreement.given_by.strip():
        raise BadInput("empty", "Say who gave or refused the agreement.", "--by")
    own = by_the_child(agreement) and not agreement.gillick.strip()
    if own and agreement.status != "refused" and not presumed_able(dob, agreement.given_on):
        raise BadInput(
            "competence",
            f"Say why the child is competent to decide this; nobody need from {PRESUMED_ABLE_AT} on.",
            "--gillick",
        )
    require_come(agreement.given_on, today, "An agreement is recorded on or after the day it was given.")
    for name in ("review", "expires"):
        day = getattr(agreement, name)
        if day is not None and day < agreement.given_on:
            raise BadInput(
                "dates",
                f"The day lies before the agreement's own, {say_day(agreement.given_on)}.",
                f"--{name}",
            )
    made = standing_for_giver(agreement, earlier)
    return Edit(RECORDED[agreement.status], (create(made),), subject=agreement.child)


def standing_for_giver(agreement: Agreement, earlier: Iterable[Agreement]) -> Agreement:
    """The agreement with what stands for who gave it, where the family's names are withheld.

    Nothing in the word tells the name, when it was drawn, or that something else was given under it.
    """
    name = fold(agreement.given_by)
    known = sorted(one.giver for one in earlier if one.giver and fold(one.given_by) == name)
    giver = known[0] if known else fingerprint(new_id(), size=16).hex()
    return agreement.model_copy(update={"capacity": capacity_of(agreement), "giver": giver})


def withdraw_agreement(agreement: Agreement, reason: str, on: date, today: date) -> Edit:
    """The family takes an agreement back; what stood on it is withheld at once.

    Raises Refused when it was refused or is withdrawn already, BadInput without a reason or for a day
    before it was given or after `today`.
    """
    if agreement.status in ("refused", "withdrawn"):
        raise Refused("not-in-force", f"This agreement is {agreement.status} already.", agreement.id)
    if not reason.strip():
        raise BadInput("empty", "Say in a few words why the family withdrew it.", "--reason")
    require_come(on, today, "A withdrawal is recorded on or after the day it was said.")
    if on < agreement.given_on:
        raise BadInput(
            "dates", f"It was given on {say_day(agreement.given_on)}; it ends on that day or later.", "--on"
        )
    changes = update(agreement, status="withdrawn", withdrawn_on=on, withdrawn_why=reason)
    return Edit("Agreement withdrawn", changes, subject=agreement.child)


def settle_words(
    agreement: Agreement,
    agencies: tuple[Agency, ...],
    categories: tuple[Category, ...],
    pairs: tuple[Pair, ...] = (),
) -> Edit:
    """A worker read the family's own words and says what they rule out: whole agencies, categories for
    everyone, and in `pairs` a category for one agency.

    What was ruled out before stays so. Raises Refused when there are no words, or when they were settled.
    """
    if not agreement.exclude.strip():
        raise Refused("nothing-to-do", "The family set no limit in its own words here.", agreement.id)
    if agreement.exclude_read or agreement.exclude_pairs:
        raise Refused("settled", "These words were settled already; record a new agreement.", agreement.id)
    whole = (*agreement.exclude_agencies, *agencies)
    everyone = (*agreement.exclude_categories, *categories)
    changes = update(agreement, **settled_by(whole, everyone, pairs))
    return Edit("Limits of an agreement settled", changes, subject=agreement.child)


def disclose(disclosure: Disclosure, today: date) -> Edit:
    """A decision to share without agreement, or not to, as a named edit.

    Raises BadInput when it names no category, no reason or nobody who decided, when it lies in the future
    or opens something for too long, or when it says that the family was not told without why.
    """
    if not disclosure.categories:
        raise BadInput("scope", "Name what is shared: at least one category.", "--categories")
    for field, flag, what in (
        ("reason", "--reason", "why it is shared without agreement, or not shared"),
        ("decided_by", "--decided-by", "who decided"),
    ):
        if not getattr(disclosure, field).strip():
            raise BadInput("empty", f"Say {what}.", flag)
    require_come(disclosure.decided_on, today, "A decision is recorded on or after its day.")
    if disclosure.until is not None and disclosure.until < disclosure.decided_on:
        raise BadInput("dates", "The last day lies before the decision.", "--until")
    latest = disclosure.decided_on + timedelta(days=LONGEST_DISCLOSURE_DAYS)
    if disclosure.until is not None and disclosure.until > latest:
        longest = count_of(LONGEST_DISCLOSURE_DAYS, "day")
        sentence = f"It opens something for {longest} at most, until {say_day(latest)}; then decide anew."
        raise BadInput("dates", sentence, "--until")
    if disclosure.family_told == "no" and not disclosure.told_why.strip():
        raise BadInput("empty", "Say why the family was not told.", "--why")
    name = "Shared without agreement" if disclosure.decision == "share" else "Decided not to share"
    return Edit(name, (create(disclosure),), subject=disclosure.child)


def closed_since(made: Disclosure, decisions: Iterable[Disclosure], today: date) -> dict[Category, date]:
    """What a decision to share does not open, for one of these `decisions` is newer and was not to share
    that; with the day of that one. The newest one counts, as in `may_see`.
    """
    since: dict[Category, date] = {}
    if made.decision != "share":
        return since
    for one in sorted(decisions, key=lambda d: (d.decided_on, d.id)):
        is_about = not one.void and (one.agency, one.purpose) == (made.agency, made.purpose)
        is_newer = (made.decided_on, made.id) < (one.decided_on, one.id) and one.decided_on <= today
        if is_about and is_newer and one.decision == "not-share":
            since |= dict.fromkeys((c for c in made.categories if c in one.categories), one.decided_on)
    return since


def said_closed(since: Mapping[Category, date]) -> str:
    """What `closed_since` found, as a sentence; "" for nothing."""
    if not since:
        return ""
    what = join_words([CATEGORIES[category.value] for category in since])
    return f"It opens nothing of {what}: on {say_day(max(since.values()))} it was decided not to share that."
