"""The forms of a plan: an outcome in the family's words, who does what by when, and how it ended."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from casework.days_given import require_come
from casework.edits import Edit, bundle
from casework.errors import BadInput
from casework.plan_edits import OutcomeStatus, edit_action, edit_outcome, is_late, set_outcome
from casework.plans import DONE, add_action, add_outcome, set_action, start_plan
from casework.records import Child
from casework.records_case import Action, ActionStatus, Outcome, Plan
from casework.wording import ACTION_STATUSES
from screens.base import Shell
from screens.choosers import OneOf
from screens.form_fields import FormField
from screens.over_record import RecordForm
from screens.plan_lines import ACTION, ENDING, OUTCOME, Names
from screens.reopening import LeftOpen
from screens.widgets.fitting import short
from storage.queries.plans import open_episode, open_plans, owner_of, plan_of, require_family, school_agreed

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store

_ENDINGS = {key: words for key, words in ACTION_STATUSES.items() if key != "to-do"}
_OUTCOME_ENDINGS = {"achieved": "reached", "dropped": "dropped", "open": "open again"}
_NEEDS_WHY = frozenset({"not-done", "dropped"})


def _outcome_words(held: Outcome) -> dict[str, str]:
    return held.model_dump(mode="json", include={"text", "baseline", "measure"})


def _action_words(held: Action) -> dict[str, str]:
    return held.model_dump(mode="json", include={"outcome", "text", "owner", "agency", "due"})


@dataclass(frozen=True, slots=True)
class _About:
    """What a draft is about: the child, the outcome or action it changes, and the outcomes of the plan."""

    child: Child
    who: str
    record: Outcome | Action | None
    outcomes: Sequence[Outcome]


async def _about(shell: Shell, left: LeftOpen) -> _About | None:
    """None where what a draft is about is on record no more, or the plan may not be seen."""

    def read(store: Store) -> _About | None:
        from storage.queries.guarded_words import guarded
        from storage.queries.lookup import display_name
        from storage.queries.plans import read_plan
        from storage.queries.sight import child_of_draft

        child = child_of_draft(store, left.subject)
        if child is None:
            return None
        shown = read_plan(store, child, attendance=False)
        outcomes = [entry.outcome for entry in shown.outcomes]
        every: list[Outcome | Action] = [*outcomes, *shown.actions]
        held = next((one for one in every if one.id == left.subject), None)
        if shown.withheld or (held is None and left.subject != child.id):
            return None
        return _About(child, short(display_name(child), 40), held, guarded(store, child, outcomes))

    return await shell.desk.run(read)


class PlanForm(RecordForm):
    """What the forms of a plan share: they are written for one child, and only where the plan may be seen."""

    def __init__(
        self,
        subject: str,
        child: Child,
        who: str,
        start: Mapping[str, str] | None = None,
        was: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(subject, who, start=start, was=was)
        self._child = child
        self.made = ""
        """The record that was made or changed."""

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """Write the step; the draft ends with it."""
        require_family(store, store.get(Child, self._child.id), "plan")
        try:
            edit = self.edit(store, values)
        except ValidationError:
            raise BadInput("bad-value", "The words do not fit; shorten them.") from None
        self.made = edit.changes[-1].record
        return store.journal.commit(edit, draft=(self.FORM, self.subject))

    @abstractmethod
    def edit(self, store: Store, values: Mapping[str, Any]) -> Edit:
        """The step that the form makes. Raises OutreachError."""


class OutcomeForm(PlanForm):
    """What the family wants to be different; the first outcome starts the plan in the same step."""

    FORM = OUTCOME
    TITLE_WORDS = "Outcome"

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> OutcomeForm | None:
        """The form as it was left."""
        about = await _about(shell, left)
        if about is None or isinstance(about.record, Action):
            return None
        return cls(about.child, about.who, about.record)

    def __init__(self, child: Child, who: str, outcome: Outcome | None = None) -> None:
        was = _outcome_words(outcome) if outcome else None
        super().__init__(outcome.id if outcome else child.id, child, who, was=was)
        self._outcome = outcome
        self._fields = (
            FormField("text", "They want", "page", hint="what is to be different, in the family's own words"),
            FormField("baseline", "It starts at", "page", hint="how it is now: late four days in five"),
            FormField("measure", "Measure", "page", hint="how everybody will know: in by 8:50 on four days"),
        )

    def form_fields(self) -> Sequence[FormField]:
        """The words, where it starts, the measure."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """Words are needed."""
        if not values["text"]:
            raise BadInput("empty", "Say what the family wants to be different.", "text")

    def now(self, store: Store) -> Mapping[str, str]:
        """The outcome's words as they stand."""
        return _outcome_words(store.get(Outcome, self.subject))

    def edit(self, store: Store, values: Mapping[str, Any]) -> Edit:
        """A new outcome, in a plan that starts with it where there is none; or one in other words."""
        if self._outcome is not None:
            held = store.get(Outcome, self._outcome.id)
            return edit_outcome(
                held, store.get(Plan, held.plan), **{**_outcome_words(held), **self.changed_values(values)}
            )
        words = (values["text"], values["baseline"], values["measure"])
        child = store.get(Child, self._child.id)
        plans = open_plans(store, child)
        if plans:
            return add_outcome(max(plans, key=lambda plan: (plan.started, plan.id)), *words)[0]
        case = open_episode(store, child)
        started, plan = start_plan(child, case, store.worker.id, store.today, store.today)
        return bundle("Plan started with an outcome", [started, add_outcome(plan, *words)[0]])


class ActionForm(PlanForm):
    """Who does what by when, for one of the open outcomes."""

    FORM = ACTION
    TITLE_WORDS = "Action"

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> ActionForm | None:
        """The form as it was left; its draft says towards which outcome."""
        about = await _about(shell, left)
        if about is None or isinstance(about.record, Outcome) or not about.outcomes:
            return None
        towards = None if about.record else about.outcomes[0]
        return cls(
            about.child, about.who, shell.agencies, about.outcomes, towards=towards, action=about.record
        )

    def __init__(
        self,
        child: Child,
        who: str,
        names: Names,
        outcomes: Sequence[Outcome],
        *,
        towards: Outcome | None = None,
        action: Action | None = None,
    ) -> None:
        start = {"outcome": towards.id} if towards else {}
        was = _action_words(action) if action is not None else None
        super().__init__(action.id if action else child.id, child, who, start, was)
        self._action = action
        self._people: dict[str, dict[str, str]] = {}
        self._several = action is None and len(outcomes) > 1
        held = {one.id: f"{n} {short(one.text, 50)}" for n, one in enumerate(outcomes, 1)}
        self._fields = (
            FormField("outcome", "Outcome", "one", held, "what it works towards"),
            FormField("text", "What", "page", hint="one step, in plain words"),
            FormField("who", "Person", "one", {}, "fills the next two lines from the record"),
            FormField("owner", "Who", hint="a person, or a member of the family"),
            FormField("agency", "Of", "one", names, "empty for the family"),
            FormField("due", "By", "day", since=""),
            FormField("moved_why", "Why later", hint="it is overdue: why it gets another day"),
        )

    def form_fields(self) -> Sequence[FormField]:
        """The outcome, what, who, by when."""
        return self._fields

    def _focus_on(self, name: str = "") -> None:
        """The words first: the outcome is the one that was under the cursor."""
        super()._focus_on(name or "text")

    def is_asked(self, name: str) -> bool:
        """Which outcome is asked where there are several, a person where some are known."""
        if name == "outcome":
            return self._several
        if name == "moved_why":
            return self._moves()
        return name != "who" or bool(self._people)

    def _moves(self) -> bool:
        """Whether an overdue action is to get another day."""
        held = self._action
        if held is None or not is_late(held, self.shell.today):
            return False
        with suppress(BadInput):
            return self.day_of("due") not in (None, held.due)
        return False

    async def prepare(self) -> None:
        """The worker, the child and the adults on record, as far as they may be seen."""

        def read(store: Store) -> dict[str, dict[str, str]]:
            from casework.relationships import say_relationship
            from storage.queries.child import read_child
            from storage.queries.lookup import display_name

            worker = store.worker
            found = {"me": {"label": f"me, {worker.name}", "owner": worker.name, "agency": worker.agency}}
            for entry in read_child(store, store.get(Child, self._child.id)).people:
                name = " ".join(filter(None, (entry.person.forename, entry.person.surname)))
                label = f"{short(name, 40)} ({short(say_relationship(entry.relationship.kind), 20)})"
                found[entry.person.id] = {"label": label, "owner": name, "agency": ""}
            name = display_name(self._child)
            return {**found, "child": {"label": f"{short(name, 40)} (child)", "owner": name, "agency": ""}}

        self._people = await self.ask(read)
        labels = {key: person["label"] for key, person in self._people.items()}
        self.query_one("#who", OneOf).set_choices(labels)

    def field_changed(self, name: str) -> None:
        """Picking a person fills in who and of which agency."""
        person = self._people.get(self.value_of("who")) if name == "who" else None
        if person is not None:
            self.put("owner", person["owner"])
            self.put("agency", person["agency"])

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing, in the form's order."""
        for name, words in (
            ("text", "Say what is to be done."),
            ("owner", "Say who does it: an agency's person, or a member of the family."),
            ("due", "Say by which day."),
        ):
            if not values[name]:
                raise BadInput("empty", words, name)
        if self._several and not values["outcome"]:
            raise BadInput("empty", "Say which outcome it works towards.", "outcome")

    def now(self, store: Store) -> Mapping[str, str]:
        """The action's words as they stand."""
        return _action_words(store.get(Action, self.subject))

    def edit(self, store: Store, values: Mapping[str, Any]) -> Edit:
        """A new action, or one in other words, with another owner or day."""
        school = school_agreed(store, store.get(Child, self._child.id))
        if self._action is not None:
            held = store.get(Action, self._action.id)
            now = held.model_dump(include={"text", "owner", "agency", "due"})
            said = {name: value for name, value in self.changed_values(values).items() if name in now}
            now |= said
            if "owner" in said:
                now["owner"], now["agency"] = owner_of(store, now["owner"], now["agency"])
            plan, why = plan_of(store, held), values["moved_why"]
            return edit_action(held, plan, **now, today=store.today, school=school, why=why)
        text, due = values["text"], values["due"]
        owner, agency = owner_of(store, values["owner"], values["agency"])
        towards = store.get(Outcome, values["outcome"] or self.value_of_start("outcome"))
        plan = store.get(Plan, towards.plan)
        return add_action(towards, text, owner, agency, due, store.today, plan=plan, school=school)[0]

    def value_of_start(self, name: str) -> str:
        """What a field began with."""
        return self._start.get(name, "")


class EndingForm(PlanForm):
    """How an action or an outcome ended, or that it goes on."""

    FORM = ENDING
    TITLE_WORDS = "How it ended"

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> EndingForm | None:
        """The form as it was left."""
        about = await _about(shell, left)
        return None if about is None or about.record is None else cls(about.record, about.child, about.who)

    def __init__(self, record: Outcome | Action, child: Child, who: str) -> None:
        self._record = record
        is_action = isinstance(record, Action)
        choices = _ENDINGS if is_action else _OUTCOME_ENDINGS
        super().__init__(record.id, child, who, {"status": "done" if is_action else "achieved"})
        self._fields = (
            FormField("told", "Action" if is_action else "Outcome", "told", hint=record.text, cut=300),
            FormField("status", "How", "one", choices),
            FormField("why", "Why", "page", hint="in a few words; it stays with the plan"),
            FormField("on", "On", "day", past=True, empty="today"),
        )

    def form_fields(self) -> Sequence[FormField]:
        """How, why and when."""
        return self._fields

    def is_asked(self, name: str) -> bool:
        """Why is asked of what was not done; the day of what an action ended on."""
        status = self.value_of("status")
        if name == "why":
            return status in _NEEDS_WHY
        return name != "on" or (isinstance(self._record, Action) and status in DONE)

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing."""
        if not values["status"]:
            raise BadInput("empty", "Say how it ended.", "status")
        if values["status"] in _NEEDS_WHY and not values["why"]:
            raise BadInput("empty", "Say why in a few words.", "why")
        if values["on"]:
            require_come(values["on"], self.shell.today, "It ends on a day that has come.", "on")

    def edit(self, store: Store, values: Mapping[str, Any]) -> Edit:
        """The action or the outcome as it stands now."""
        if isinstance(self._record, Action):
            day: date = values["on"] or store.today
            status = cast("ActionStatus", values["status"])
            action = store.get(Action, self._record.id)
            return set_action(action, status, values["why"], day, store.today, plan_of(store, action))
        held = store.get(Outcome, self._record.id)
        plan = store.get(Plan, held.plan)
        return set_outcome(held, plan, cast("OutcomeStatus", values["status"]), values["why"])
