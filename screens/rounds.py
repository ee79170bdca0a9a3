"""Following up from a list: single-key outcomes, reasons, words, undo; views and schools to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casework.edits import Edit, bundle, create, update
from casework.errors import BadInput
from casework.followups import OUTCOME_LABELS, follow_up
from casework.ids import new_id
from casework.records import FollowUp, FollowUpOutcome
from screens.dialogs import AskLine, Choice, Confirm, PickOne
from screens.roster import Entry, RosterScreen, Sheet
from screens.roster_lines import bulk_lines
from screens.round_dialogs import Given, Keep, WordsForm, reason_codes
from screens.views import remove_view, save_view
from screens.widgets.text import Cell, Piece, Tone
from storage.drafts import Draft
from storage.journal import Receipt
from storage.queries.steps import children_of_step, newest_follow_up
from storage.store import Store

DRAFT_FORM = "round-words"
WORDS, REASON, CLOSE = "words", "reason", "close"

SAFEGUARDING: Sequence[Cell] = (
    "If a child is in danger now: 999.",
    "1 Tell the school's designated safeguarding lead, by voice, now.",
    "2 Nobody there? Their deputy, then the council's front door.",
    "3 Has a social worker? Tell them too.",
    "4 Write what you saw and heard, in the words that were said.",
    "Do not wait for agreement, and do not put questions to the child.",
    "",
    Piece("y logs: safeguarding lead told. N then takes your words.", Tone.QUIET),
)

_FORM_KEYS: Mapping[str, FollowUpOutcome] = {
    "n": "no-answer",
    "m": "left-message",
    "w": "wrong-number",
    "s": "spoke",
    "v": "visit-planned",
    "e": "seen",
    "x": "not-seen",
}


class RoundScreen(RosterScreen):
    """A list whose rows are followed up with single keys."""

    _last: Entry | None = None
    _waiting_draft: Draft | None = None

    # Outcomes

    def targets(self) -> list[Entry]:
        """The marked children in list order, else the one under the cursor."""
        places = self.sheet.places
        return [self.sheet.entries[places[child]] for child in self.rows.targets if child in places]

    async def outcome(self, outcome: FollowUpOutcome) -> None:
        """Log an outcome for the row under the cursor, or for the marked rows after a question."""
        targets = self.targets()
        if not targets:
            self.say("No child is listed here, so nothing was logged.")
        elif len(targets) == 1:
            await self.log_step(targets, outcome)
        else:
            words = OUTCOME_LABELS[outcome]
            question = f"{words.capitalize()}: log it for {len(targets)} children?"

            async def answered(yes: bool | None) -> None:
                if yes:
                    await self.log_step(targets, outcome)

            await self.question(Confirm(question, bulk_lines([entry.name for entry in targets])), answered)

    async def log_step(
        self, targets: Sequence[Entry], outcome: FollowUpOutcome, given: Given | None = None
    ) -> None:
        """Commit one step for these children and go on to the next open row."""
        given = given or Given("")

        def make(store: Store) -> tuple[Edit, tuple[str, str] | None]:
            steps = [
                follow_up(
                    entry.child.id,
                    by=store.actor.worker,
                    at=store.now(),
                    session_date=entry.session_date,
                    outcome=outcome,
                    reason_code=given.code,
                    note=given.words,
                )
                for entry in targets
            ]
            draft = (DRAFT_FORM, targets[0].child.id) if given.words or given.code else None
            if len(steps) == 1:
                return steps[0], draft
            return bundle(f"Follow-up of {len(steps)} children: {OUTCOME_LABELS[outcome]}", steps), draft

        before = self.sheet
        receipt = await self.write(make)
        if receipt is None or self._next_sheet is None:
            return
        self.rows.clear_marks()
        self._last = targets[-1] if len(targets) == 1 else None
        following = next_open(before, self._next_sheet, targets)
        self.show_sheet(self._next_sheet, to=following)
        self.say(self._logged(targets, outcome, given))

    def _logged(self, targets: Sequence[Entry], outcome: FollowUpOutcome, given: Given) -> str:
        words = OUTCOME_LABELS[outcome] + (f" {given.code}" if given.code else "")
        if len(targets) > 1:
            return f"{len(targets)} children: {words}. u undoes all of them."
        entry = targets[0]
        tries = f" ({entry.tried + 1} tries)" if entry.tried else ""
        more = "" if given.words else ", N adds words"
        return f"{self.said_name(entry.name)}: {words}{tries}. u undoes{more}."

    async def do_no_answer(self) -> None:
        """Called, nobody answered."""
        await self.outcome("no-answer")

    async def do_left_message(self) -> None:
        """Left a message."""
        await self.outcome("left-message")

    async def do_wrong_number(self) -> None:
        """The number is not theirs."""
        await self.outcome("wrong-number")

    async def do_spoke(self) -> None:
        """Spoke to somebody."""
        await self.outcome("spoke")

    async def do_visit_planned(self) -> None:
        """A home visit is planned."""
        await self.outcome("visit-planned")

    async def do_seen(self) -> None:
        """The child was seen."""
        await self.outcome("seen")

    async def do_not_seen(self) -> None:
        """Visited, the child was not seen."""
        await self.outcome("not-seen")

    async def do_safeguarding(self) -> None:
        """Say what to do now; `y` logs that the safeguarding lead was told."""
        targets = self.targets()
        if len(targets) != 1:
            self.say("Safeguarding is one child at a time: unmark with esc first.", wrong=True)
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                await self.log_step(targets, "safeguarding")

        name = self.said_name(targets[0].name)
        await self.question(Confirm(f"Safeguarding: {name}. Do this now:", SAFEGUARDING), answered)

    # Reasons and words

    async def do_reason(self) -> None:
        """A reason was given: its code, then words if there are any."""
        targets = self.targets()
        if not targets:
            self.say("No child is listed here, so nothing was logged.")
            return
        who = targets[0].name if len(targets) == 1 else f"{len(targets)} children"
        await self._form(
            REASON, targets, f"Reason given: {self.said_name(who)}", codes_of=targets[0].session_date
        )

    async def do_closed(self) -> None:
        """Close the follow-up, in words."""
        targets = self.targets()
        if len(targets) != 1:
            self.say("Closing takes words about one child: unmark with esc first.", wrong=True)
            return
        await self._form(CLOSE, targets, f"Close the follow-up: {self.said_name(targets[0].name)}")

    async def do_note(self) -> None:
        """Words about the row under the cursor: added to its newest step, else with an outcome of its own."""
        if self.entry is not None:
            await self._note(self.entry)

    async def do_note_last(self) -> None:
        """Words for the step logged last here, or what was left half written."""
        draft = self._waiting_draft
        entry = self._last
        if draft is not None:
            entry = next((e for e in self.everyone() if e.child.id == draft.subject), entry)
            self._waiting_draft = None
            kind = draft.fields.get("kind", WORDS)
            if entry is not None and entry.child.id == draft.subject and kind != WORDS:
                name = self.said_name(entry.name)
                await (
                    self._form(REASON, [entry], f"Reason given: {name}", codes_of=entry.session_date)
                    if kind == REASON
                    else self._form(CLOSE, [entry], f"Close the follow-up: {name}")
                )
                return
        if entry is None:
            self.say("No single step was logged here yet; t takes words about the row under the cursor.")
            return
        await self._note(entry)

    def everyone(self) -> list[Entry]:
        """Every child of this screen, shown or left out."""
        return [*self.sheet.whole.entries, *self.sheet.whole.done]

    async def _note(self, entry: Entry) -> None:
        try:
            step = await self.ask(lambda store: newest_follow_up(store, entry.child.id, entry.session_date))
        except BadInput:
            step = None
        name = self.said_name(entry.name)
        if step is None:
            await self._form(WORDS, [entry], f"Words about {name} (then the outcome)")
        else:
            words = f"Words for: {OUTCOME_LABELS[step.outcome]}, {name}"
            await self._form(WORDS, [entry], words, step=step)

    async def _form(
        self,
        kind: str,
        targets: Sequence[Entry],
        question: str,
        *,
        step: FollowUp | None = None,
        codes_of: object = None,
    ) -> None:
        entry = targets[0]
        subject = entry.child.id
        draft = (
            await self.ask(lambda store: store.drafts.load(DRAFT_FORM, subject))
            if len(targets) == 1
            else None
        )
        start = Given(step.note if step else "")
        if draft is not None and draft.fields.get("kind") == kind:
            start = Given(draft.fields.get("words", ""), draft.fields.get("code", ""))

        async def answered(given: Given | None) -> None:
            if given is None:
                await self._tell_draft(entry)
            elif kind == REASON:
                await self.log_step(targets, "reason", given)
            elif kind == CLOSE:
                await self.log_step(targets, "closed", given)
            elif step is not None:
                await self._add_words(entry, step, given.words)
            else:
                await self._pick_outcome(entry, given)

        form = WordsForm(
            question,
            keep=self._keeper(kind, subject if len(targets) == 1 else ""),
            codes=reason_codes(entry.session_date) if codes_of is not None else (),
            start=start,
            required=kind != REASON,
        )
        await self.question(form, answered)

    def _keeper(self, kind: str, subject: str) -> Keep:
        async def keep(fields: Mapping[str, str]) -> None:
            held = {**fields, "kind": kind}
            if not subject:
                return
            if fields["words"] or fields["code"]:
                await self.ask(lambda store: store.drafts.save(DRAFT_FORM, subject, held))
            else:
                await self.ask(lambda store: store.drafts.discard(DRAFT_FORM, subject))

        return keep

    async def _tell_draft(self, entry: Entry) -> None:
        draft = await self.ask(lambda store: store.drafts.load(DRAFT_FORM, entry.child.id))
        if draft is not None:
            self._waiting_draft = draft
            self.say(f"Kept as a draft: {self.said_name(entry.name)}. N goes on with it.")

    async def recall_draft(self) -> None:
        """Say whose words were left half written, before a lock or a crash."""
        waiting = await self.ask(lambda store: store.drafts.waiting())
        here = {entry.child.id: entry for entry in self.everyone()}
        draft = next((d for d in waiting if d.form == DRAFT_FORM and d.subject in here), None)
        if draft is not None:
            self._waiting_draft = draft
            name = self.said_name(here[draft.subject].name)
            self.say(f"Words about {name} were left unfinished: N goes on with them.")

    async def _add_words(self, entry: Entry, step: FollowUp, words: str) -> None:
        if words == step.note:
            return

        def make(_store: Store) -> tuple[Edit, tuple[str, str]]:
            # A follow-up is never rewritten: the entry with the words stands in for the one without.
            instead = step.model_copy(update={"id": new_id(), "note": words})
            changes = (*update(step, void=True), create(instead))
            name = f"Words for: {OUTCOME_LABELS[step.outcome]}"
            return Edit(name, changes, subject=entry.child.id), (DRAFT_FORM, entry.child.id)

        here = self.entry
        if await self.write(make) is not None and self._next_sheet is not None:
            self.show_sheet(self._next_sheet, to=here.child.id if here else None)
            self.say(f"{self.said_name(entry.name)}: words added. u undoes.")

    async def _pick_outcome(self, entry: Entry, given: Given) -> None:
        await self._keeper(WORDS, entry.child.id)({"words": given.words, "code": ""})
        choices = [Choice(key, OUTCOME_LABELS[outcome]) for key, outcome in _FORM_KEYS.items()]

        async def answered(key: str | None) -> None:
            if key is None:
                await self._tell_draft(entry)
            else:
                await self.log_step([entry], _FORM_KEYS[key], given)

        self.call_after_refresh(self.question, PickOne("What came of it?", choices), answered)

    # Undo

    async def do_undo(self) -> None:
        """Take back the newest step and say which; the cursor goes to its row."""

        def undo(store: Store) -> tuple[Receipt, list[str], Sheet]:
            target = next(iter(store.journal.undo_list(1)), None)
            receipt = store.journal.undo()
            children = children_of_step(store, target.seq) if target else []
            return receipt, children, self.read_after(store, receipt, children)

        await self._step_back(await self.own(undo), "Undone")

    async def do_redo(self) -> None:
        """Do the undone step again."""

        def redo(store: Store) -> tuple[Receipt, list[str], Sheet]:
            receipt = store.journal.redo()
            children = children_of_step(store, receipt.seq)
            return receipt, children, self.read_after(store, receipt, children)

        await self._step_back(await self.own(redo), "Done again")

    async def _step_back(self, answer: tuple[Receipt, list[str], Sheet] | None, word: str) -> None:
        if answer is None:
            return
        receipt, children, sheet = answer
        self._last = None
        back = next((child for child in children if child in sheet.places), None)
        self.show_sheet(sheet, to=back)
        names = {entry.child.id: entry.name for entry in self.everyone()}
        step = receipt.name.removeprefix("Undo: ").removeprefix("Redo: ")
        who = (
            f" ({self.said_name(names[children[0]])})" if len(children) == 1 and children[0] in names else ""
        )
        hidden = "; not shown by this filter" if children and back is None and self.chosen else ""
        self.say(f"{word}: {step}{who}{hidden}.")

    # Views and schools

    async def do_save_view(self) -> None:
        """Keep the filter as a view; on an open, unchanged view, ask to remove it."""
        text = str(self.chosen)
        view = next((v.view for v in self.sheet.views if v.view.digit == self.view_digit), None)
        if view is not None:

            async def removed(yes: bool | None) -> None:
                if yes and await self.write(lambda _store: (remove_view(view), None)) and self._next_sheet:
                    self.show_sheet(self._next_sheet)
                    await self.clear_filter()
                    self.say(f"View removed: {view.record.name}. u brings it back.")

            await self.question(Confirm(f"Remove the saved view {view.record.name}?"), removed)
        elif not text:
            self.say("Type a filter first: / opens it, then S keeps it as a view.")
        else:

            async def named(name: str | None) -> None:
                if not name:
                    return
                if await self.write(lambda store: (save_view(store, self.ROOM, name, text), None)):
                    kept = self._next_sheet
                    if kept is not None:
                        self.view_digit = next(
                            (
                                v.view.digit
                                for v in kept.views
                                if v.view.record.name.casefold() == name.casefold()
                            ),
                            0,
                        )
                        self.show_sheet(kept)
                        self.say(f"Kept: {name} on {self.view_digit}. u undoes.")

            await self.question(AskLine("Keep this filter as a view. Its name:"), named)

    async def do_school(self) -> None:
        """One school or all."""
        schools = sorted(self.sheet.whole.schools.items(), key=lambda item: item[1].casefold())
        choices = [Choice("0", "all schools")]
        choices += [Choice(str(at), name) for at, (_, name) in enumerate(schools, start=1)]

        async def picked(value: str | None) -> None:
            if value is not None:
                self.school = None if value == "0" else schools[int(value) - 1][0]
                await self.renew(keep=False)

        await self.question(PickOne("Which school?", choices), picked)


def next_open(before: Sheet, after: Sheet, targets: Sequence[Entry]) -> str | None:
    """The row to go on to: the next one below in the old order that is open and untried, else any open one.

    Rows above come after those below, so that a pass through the list ends with what was skipped.
    """
    done = {entry.child.id for entry in targets}
    last = max((before.places.get(child, 0) for child in done), default=0)
    order = [*before.entries[last + 1 :], *before.entries[:last]]
    left = [
        after.entries[after.places[entry.child.id]]
        for entry in order
        if entry.child.id not in done and entry.child.id in after.places
    ]
    open_rows = [entry for entry in left if not entry.done]
    untried = [entry for entry in open_rows if not entry.tried]
    chosen = next(iter(untried or open_rows), None)
    return chosen.child.id if chosen else None
