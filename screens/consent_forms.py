"""The forms of agreement: record one, withdraw it, share without agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from casework.agreements import is_child_word
from casework.consent import record_agreement, said_closed, withdraw_agreement
from casework.errors import BadInput
from casework.limits import written_with
from casework.policies import Category
from casework.records import Child
from casework.records_sharing import Agreement, Disclosure
from casework.relationships import say_relationship
from casework.sharing import DISCLOSURE_DAYS, last_day
from casework.vocabulary import AGENCIES
from casework.wording import AGREEMENT_METHODS, CATEGORIES, PURPOSES, RESPONSIBILITY, join_words, say_day
from screens.base import Shell
from screens.choosers import OneOf
from screens.consent_lines import (
    AGREEMENT,
    DISCLOSURE,
    WITHDRAWAL,
    Names,
    lost_lines,
)
from screens.field_form import FieldForm
from screens.form_fields import FormField, Question, made_record
from screens.limit_fields import APART, agency_of, apart_fields, pairs_in
from screens.reopening import LeftOpen
from screens.widgets.fitting import plain, short
from screens.widgets.text import Piece, Tone
from storage.disclosing import commit_disclosure, require_sight

if TYPE_CHECKING:
    from datetime import date

    from storage.journal import Receipt
    from storage.store import Store

_STATUSES = {"given": "given", "limited": "given with limits", "refused": "refused"}
_THE_CHILD = "child"
_DIALOG = 56
"""Cells for the details of a question."""


async def about_child(shell: Shell, left: LeftOpen) -> tuple[Child, str] | None:
    """The child of a draft, with the name that a form is headed with."""
    from storage.queries.lookup import display_name
    from storage.queries.sight import child_of_draft

    child = await shell.desk.run(lambda store: child_of_draft(store, left.subject))
    return None if child is None else (child, short(display_name(child), 40))


async def about_agreement(shell: Shell, left: LeftOpen) -> tuple[Agreement, Child, str] | None:
    """The agreement of a draft, as it may be shown, and its child; None where it is no longer there."""
    about = await about_child(shell, left)
    if about is None:
        return None
    child = about[0]

    def read(store: Store) -> Agreement | None:
        from storage.queries.agreements import read_agreements

        shown = (entry.agreement for entry in read_agreements(store, child))
        return next((one for one in shown if one.id == left.subject), None)

    agreement = await shell.desk.run(read)
    return None if agreement is None else (agreement, *about)


def said_opened(store: Store, agreement: str, names: Names) -> str:
    """What an agreement that was just kept opens today, or why it opens nothing."""
    from storage.queries.agreements import read_opening

    return read_opening(store, agreement, names).words


class AgreementForm(FieldForm):
    """What somebody of the family agreed to, or refused, about one child."""

    FORM = AGREEMENT
    TITLE_WORDS = "Record an agreement"
    FLAGS: ClassVar[Mapping[str, str]] = {"--by": "given_by", "--on": "given_on"}

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> AgreementForm | None:
        """The form about a child as it was left."""
        about = await about_child(shell, left)
        return None if about is None else cls(*about, shell.agencies)

    def __init__(self, child: Child, who: str, names: Names) -> None:
        super().__init__(child.id, who)
        self._child, self._names = child, names
        self._opens = ""
        self._people: dict[str, dict[str, str]] = {}
        self._fields = (
            FormField("status", "Answer", "one", _STATUSES, "a refusal is an answer, too"),
            FormField("who", "Person", "one", {}, "fills the next lines from the record"),
            FormField("given_by", "Given by"),
            FormField("relationship", "Who that is", hint="mother, grandfather, self for the child"),
            FormField("gillick", "Why able", "page", hint="why the child understands and may decide this"),
            FormField("responsibility", "Responsibility", "one", RESPONSIBILITY,
                      "parental responsibility; a mother always has it"),
            FormField("how_known", "How known", hint="birth certificate, court order, school's file"),
            FormField("agencies", "With agencies", "many", names, "named one by one"),
            FormField("purposes", "For", "many", PURPOSES, "what it may be used for", whole=True),
            FormField("categories", "What", "many", CATEGORIES, "what may be shared", whole=True),
            FormField("exclude", "But not", "page", hint="limits in the family's own words"),
            FormField("exclude_agencies", "  nothing to", "many", names,
                      "agencies that these words rule out wholly", empty="no agency: L settles it later"),
            FormField("exclude_categories", "  to nobody", "many", CATEGORIES,
                      "categories that these words rule out for everyone", empty="no category"),
            *apart_fields("  kept from", AGENCIES, names, CATEGORIES),
            FormField("method", "How", "one", AGREEMENT_METHODS),
            FormField("interpreter", "Interpreter", hint="which language, and who interpreted"),
            FormField("leaflet", "Leaflet", hint="the version they were given"),
            FormField("given_on", "On", "day", past=True, empty="today"),
            FormField("review", "Review by", "day", since="given_on", hint="the day by which to ask again"),
            FormField("expires", "Ends", "day", since="given_on", hint="the last day on which it holds"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """The fields of an agreement."""
        return self._fields

    @property
    def _by_child(self) -> bool:
        return is_child_word(self.value_of("relationship"))

    def is_asked(self, name: str) -> bool:
        """Why a child is able is asked of a child; what words rule out, where there are words."""
        if name == "gillick":
            return self._by_child
        if name in ("responsibility", "how_known"):
            return not self._by_child
        if name in ("exclude_agencies", "exclude_categories"):
            return bool(self.value_of("exclude").strip())
        if name.startswith(APART):
            named = self.value_of("agencies").split(",")
            shown = agency_of(name) in named if agency_of(name) else any(named)
            return shown and bool(self.value_of("exclude").strip())
        return name != "who" or bool(self._people)

    async def prepare(self) -> None:
        """The adults on record, as far as this worker may see them, and the child."""

        def read(store: Store) -> dict[str, dict[str, str]]:
            from storage.queries.child import read_child
            from storage.queries.lookup import display_name

            found = {}
            for entry in read_child(store, store.get(Child, self.subject)).people:
                person, tie = entry.person, entry.relationship
                name = " ".join(filter(None, (person.forename, person.surname)))
                found[person.id] = {
                    "given_by": name,
                    "relationship": say_relationship(tie.kind),
                    "responsibility": tie.responsibility,
                    "how_known": tie.how_known,
                }
            told = {"given_by": display_name(self._child), "relationship": "self"}
            return {**found, _THE_CHILD: {**told, "responsibility": "", "how_known": ""}}

        self._people = await self.ask(read)
        self.query_one("#who", OneOf).set_choices(
            {
                key: f"{short(person['given_by'], 40)} ({short(person['relationship'], 20)})"
                for key, person in self._people.items()
            }
        )

    def field_changed(self, name: str) -> None:
        """Picking a person fills in what is on record of them."""
        if name == "who":
            for field_name, value in self._people.get(self.value_of("who"), {}).items():
                self.put(field_name, value)

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing before anything else."""
        if not values["status"]:
            raise BadInput("empty", "Say what the answer was: given, with limits, or refused.", "status")
        record_agreement(self._agreement(values, "-"), self.shell.today, self._child.dob)

    def _agreement(self, values: Mapping[str, Any], by: str) -> Agreement:
        given = {name: values[name] for name in values if name != "who" and not name.startswith(APART)}
        categories = tuple(map(Category, values["exclude_categories"]))
        limits = written_with(values["exclude_agencies"], categories, pairs_in(values))
        return made_record(
            Agreement,
            {
                **given,
                "responsibility": values["responsibility"] or "unknown",
                **limits,
                "given_on": values["given_on"] or self.shell.today,
                "child": self.subject,
                "by": by,
            },
        )

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """A new record; what was agreed before stays as it was, and where that opens more it is said."""
        from casework.opened import beside_words
        from storage.queries.agreements import read_beside

        made = self._agreement(values, store.worker.id)
        edit = record_agreement(made, store.today, self._child.dob, store.grounds.of(made.child).agreements)
        receipt = store.journal.commit(edit, draft=(self.FORM, self.subject))
        beside = beside_words([one.given_on for one in read_beside(store, made.id)])
        self._opens = f"{beside} {said_opened(store, made.id, self._names)}".strip()
        return receipt

    def said(self, receipt: Receipt) -> str:
        """That it is kept, and what it opens."""
        return f"{super().said(receipt)} {self._opens}".rstrip()


class WithdrawForm(FieldForm):
    """The family takes an agreement back."""

    FORM = WITHDRAWAL
    TITLE_WORDS = "Withdraw an agreement"
    FLAGS: ClassVar[Mapping[str, str]] = {"--reason": "withdrawn_why"}

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> WithdrawForm | None:
        """The form about an agreement as it was left."""
        about = await about_agreement(shell, left)
        return None if about is None else cls(*about, shell.agencies)

    def __init__(self, agreement: Agreement, child: Child, who: str, names: Names) -> None:
        super().__init__(agreement.id, who)
        self._agreement, self._child, self._names = agreement, child, names
        what = join_words([names.get(a, a) for a in agreement.agencies])
        self._fields = (
            FormField("told", "Agreement", "told",
                      hint=f"of {say_day(agreement.given_on)}" + (f", with {what}" if what else "")),
            FormField("withdrawn_why", "Why", "page", hint="in a few words, theirs if you can"),
            FormField("on", "On", "day", past=True, empty="today"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """Why, and since when."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """A reason is needed, and a day on which it could be withdrawn."""
        day = values["on"] or self.shell.today
        withdraw_agreement(self._agreement, values["withdrawn_why"], day, self.shell.today)

    async def question_before(self, values: Mapping[str, Any]) -> Question:
        """What will disappear, and that it is final."""
        del values
        from storage.queries.agreements import read_lost

        lost, own = await self.ask(lambda store: read_lost(store, self._child, self._agreement.id))
        details = [
            *lost_lines(lost, own, self._names, _DIALOG),
            *plain("The record stays; only sharing on this agreement ends, at once.", _DIALOG, indent=0),
            *plain("This is final and not undone: agreeing again is a new record.", _DIALOG, indent=0,
                   tone=Tone.WARN),
        ]  # fmt: skip
        return Question("Withdraw this agreement?", details)

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """It stands as withdrawn; what rested on it is withheld at once."""
        held = store.get(Agreement, self._agreement.id)
        edit = withdraw_agreement(held, values["withdrawn_why"], values["on"] or store.today, store.today)
        return store.journal.commit(edit, draft=(self.FORM, self.subject))

    def said(self, receipt: Receipt) -> str:
        """It is not taken back."""
        return f"{receipt.name}: what stood on it is withheld now."


class DisclosureForm(FieldForm):
    """A decision to share without agreement, or not to share."""

    FORM = DISCLOSURE
    TITLE_WORDS = "Share without agreement, or decide not to"
    FLAGS: ClassVar[Mapping[str, str]] = {"--on": "decided_on", "--why": "told_why"}

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> DisclosureForm | None:
        """The form about a child as it was left."""
        about = await about_child(shell, left)
        return None if about is None else cls(*about, shell.agencies)

    def __init__(
        self, child: Child, who: str, names: Names, *, start: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(child.id, who, start=start)
        self._names = names
        self._fields = (
            FormField("decision", "Decision", "one", {"share": "share", "not-share": "do not share"}),
            FormField("agency", "With", "one", names),
            FormField("categories", "What", "many", CATEGORIES, "only what is needed"),
            FormField("purpose", "For", "one", PURPOSES),
            FormField("reason", "Reason", "page", hint="why without agreement, or why not"),
            FormField("decided_by", "Decided by", hint="name and role"),
            FormField("consulted", "Consulted", hint="the manager or safeguarding lead"),
            FormField("family_told", "Family told", "one", {"yes": "yes", "no": "no"},
                      "tell them unless that is unsafe"),
            FormField("told_why", "Why", "page", hint="why the family was, or was not, told"),
            FormField("decided_on", "On", "day", past=True, empty="today"),
            FormField("until", "Open until", "day", since="decided_on", empty=f"{DISCLOSURE_DAYS} days on"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """The fields of a decision."""
        return self._fields

    def is_asked(self, name: str) -> bool:
        """A decision not to share opens nothing; why follows whether the family was told."""
        if name == "until":
            return self.value_of("decision") != "not-share"
        return name != "told_why" or bool(self.value_of("family_told"))

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing, in the form's order."""
        from casework.consent import disclose

        for name, words in (
            ("decision", "Say whether it is shared or not."),
            ("agency", "Name the agency it is, or is not, for."),
            ("purpose", "Say what for."),
        ):
            if not values[name]:
                raise BadInput("empty", words, name)
        disclose(self._disclosure(values, "-"), self.shell.today)

    def _disclosure(self, values: Mapping[str, Any], by: str) -> Disclosure:
        day = values["decided_on"] or self.shell.today
        return made_record(Disclosure, {**values, "decided_on": day, "child": self.subject, "by": by})

    async def question_before(self, values: Mapping[str, Any]) -> Question | None:
        """Sharing without agreement asks once more, with what it opens and until when."""
        from storage.queries.agreements import read_closed

        made = self._disclosure(values, "-")

        def look(store: Store) -> dict[Category, date]:
            child = store.get(Child, self.subject)
            require_sight(store, child, made)
            return read_closed(store, child, made)

        closed = await self.ask(look)
        if made.decision != "share":
            return None
        what = join_words([CATEGORIES[c.value] for c in made.categories if c not in closed])
        opens = (
            f"{self._names.get(made.agency, made.agency)} may see {what} for {made.purpose}"
            f" until {say_day(last_day(made))}."
        )
        words = " ".join([*([opens] if what else ()), "No agreement is changed by it.", said_closed(closed)])
        told = made.family_told != "yes"
        note = "Tell the family unless that is unsafe; say so here." if told else "The family was told."
        return Question(
            "Share this without agreement?",
            [*plain(words, _DIALOG, indent=0), Piece(note, Tone.WARN if told else Tone.QUIET)],
        )

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """The decision is on record, and in the audit where something was shared."""
        child = store.get(Child, self.subject)
        made = self._disclosure(values, store.worker.id)
        return commit_disclosure(store, child, made, draft=(self.FORM, self.subject))
