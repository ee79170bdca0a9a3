"""The forms of the assessment: its parts in any order, and the scores of an outcome tool, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static, TextArea

from casework.assessments import PARTS, read_readings, record_scores, set_parts, start_assessment
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.policies import PURPOSE_OF, Category
from casework.records import Child
from casework.records_case import Assessment, Score
from screens.assessment_lines import label_of, told_cells
from screens.field_form import FieldForm
from screens.form_fields import FormField, Question
from screens.over_record import WAS, begun_from, kept_of, replaces, written_by_both
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone, show_lines
from storage.queries.assessments import FORM, SCORES_FORM, read_assessment_page
from storage.queries.plans import decision_of, open_episode

if TYPE_CHECKING:
    from casework.edits import Edit
    from casework.told_facts import Told
    from screens.base import Shell
    from screens.reopening import LeftOpen
    from storage.drafts import Draft
    from storage.journal import Receipt
    from storage.queries.assessments import AssessmentPage
    from storage.queries.plans import ShownAssessment
    from storage.store import Store

_SHORT_LABELS = {
    "development": "Each child",
    "strengths": "Strengths",
    "parenting": "Parenting",
    "environment": "Family, home",
    "health": "Health",
    "history": "History",
    "views": "Views",
    "analysis": "Analysis",
}
_HINTS = {
    "development": "development and needs of each child",
    "strengths": "what goes well",
    "environment": "family and environment",
    "views": "of child and family, in their words",
    "analysis": "what it all means",
}


def _seen(store: Store, child: Child, health: bool) -> None:
    """Raise Refused with the reason unless this worker still sees what they are about to write."""
    decision = decision_of(store, child, "assessment")
    if decision and health:
        decision = store.may_see(child, Category.HEALTH, PURPOSE_OF["assessment"])
    if not decision:
        raise Refused("withheld", f"Withheld: {decision.reason}")


async def _page_of(shell: Shell, left: LeftOpen) -> AssessmentPage | None:
    """The assessments that a draft belongs to, where they may be seen. Raises OutreachError."""

    def read(store: Store) -> AssessmentPage | None:
        from storage.queries.sight import child_of_draft

        child = child_of_draft(store, left.subject)
        page = None if child is None else read_assessment_page(store, child)
        return None if page is None or page.withheld else page

    return await shell.desk.run(read)


class AssessmentForm(FieldForm):
    """The parts. What was told already stands beside the part that takes the keys; F3 copies it in."""

    FORM = FORM
    TITLE_WORDS = "Assessment"
    FLAGS: ClassVar[Mapping[str, str]] = {"--on": "started"}
    KEYS = (
        ("ctrl+s", "save"),
        ("tab", "next"),
        ("F3", "take what was told"),
        ("esc", "leave, keeps the draft"),
        ("ctrl+d", "drop"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f3", "take_told", show=False, priority=True)]
    DEFAULT_CSS = """
    AssessmentForm {
        .row > .label { width: 16; }
        PageField { height: 2; margin: 0 1 1 0; }
        PageField:focus { height: 6; }
        #beside { height: auto; max-height: 5; padding: 0 1; background: $surface; }
    }
    """

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> AssessmentForm | None:
        """The form as it was left."""
        page = await _page_of(shell, left)
        if page is None:
            return None
        shown = next((one for one in page.assessments if one.assessment.id == left.subject), None)
        if shown is None and left.subject != page.child.id:
            return None
        return cls(page, shown, short(page.name, 40))

    def __init__(
        self, page: AssessmentPage, shown: ShownAssessment | None, who: str, *, at: str = ""
    ) -> None:
        held = shown.assessment if shown is not None else None
        self._was = {part: getattr(held, part) if held else "" for part in PARTS}
        self._withheld = dict(shown.withheld) if shown is not None else {}
        super().__init__(held.id if held else page.child.id, who, start=self._was)
        self._child, self._held, self._told = page.child, held, page.told
        self._first = at
        self._aside: dict[str, str] = {}
        """Words of a draft on a part that this worker may no longer see: kept, and shown nowhere."""
        self._fields = (
            *(() if held else (FormField("started", "Started", "day", past=True, empty="today"),)),
            *(self._field(part) for part in PARTS),
        )

    def _field(self, part: str) -> FormField:
        label = _SHORT_LABELS[part]
        if part in self._withheld:
            return FormField(part, label, "told", hint=f"Withheld: {self._withheld[part]}")
        return FormField(part, label, "page", hint=_HINTS.get(part, ""))

    def compose(self) -> ComposeResult:
        """As every form, with what was told above the hint."""
        for widget in super().compose():
            if widget.id == "hint":
                yield Static(id="beside", markup=False)
            yield widget

    def form_fields(self) -> Sequence[FormField]:
        """The parts, and for a new one the day on which it was started."""
        return self._fields

    async def prepare(self) -> None:
        """A new assessment: whether its health part may be seen."""
        if self._held is not None:
            return

        def read(store: Store) -> str:
            decision = store.may_see(self._child, Category.HEALTH, PURPOSE_OF["assessment"])
            return "" if decision else decision.reason

        reason = await self.ask(read)
        if reason:
            self._withheld["health"] = reason
            self.query_one("#row-health").display = False

    def is_asked(self, name: str) -> bool:
        """A part that is withheld takes nothing."""
        return name not in self._withheld or self._held is not None

    # The draft

    async def load_draft(self) -> Draft | None:
        """The draft; words on a part that is withheld now are kept aside, and shown nowhere."""
        draft = await super().load_draft()
        if draft is not None:
            hidden = {name for part in self._withheld for name in (part, WAS + part)}
            self._aside = {name: words for name, words in draft.fields.items() if name in hidden}
            shown = {name: words for name, words in draft.fields.items() if name not in hidden}
            draft, self._was = begun_from(replace(draft, fields=shown), self._was)
        return draft

    def kept(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Only the parts that differ from the record, each with what the record said: others write, too."""
        days = {} if self._held else {"started": super().kept(fields).get("started", "")}
        changed = self._changed(fields)
        return {**self._aside, **days, **kept_of(changed, self._was, changed)}

    def _changed(self, fields: Mapping[str, Any]) -> dict[str, str]:
        return {
            part: fields[part]
            for part in PARTS
            if part not in self._withheld and fields[part].strip() != self._was[part].strip()
        }

    # What was told

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show what was told about this part."""
        super().on_descendant_focus(event)
        width = max(30, self.size.width - 2)
        told = self._told_here()
        lines: list[Cell] = [line for one in told for line in told_cells(one, width)]
        if told:
            lines.append(Piece("  F3 copies it in, with where it is from", Tone.QUIET))
        self.query_one("#beside", Static).update(show_lines(lines))

    def _told_here(self) -> list[Told]:
        return [one for one in self._told if one.part == self.at]

    def action_take_told(self) -> None:
        """Copy what was told into the part; what stands there stays."""
        told = self._told_here()
        area = self.focused
        if not told or not isinstance(area, TextArea):
            self.say("Nothing was told about this part so far.")
            return
        new = [one.as_taken for one in told if one.as_taken not in area.text]
        if not new:
            self.say("It stands there already.")
            return
        area.move_cursor(area.document.end)
        area.insert("\n".join([*([""] if area.text.strip() else []), *new]))

    def _focus_on(self, name: str = "") -> None:
        super()._focus_on(self._first or name)

    # Saving

    async def question_before(self, values: Mapping[str, Any]) -> Question | None:
        """Ask where somebody else wrote the same part meanwhile."""
        held = self._held
        if held is None:
            return None
        now = await self.ask(lambda store: store.get(Assessment, held.id))
        mine = self._changed(values)
        both = written_by_both(mine, self._was, {part: getattr(now, part) for part in mine})
        return replaces([label_of(part) for part in both]) if both else None

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """Write the parts that changed, and no other."""
        changed = {part: words.strip() for part, words in self._changed(values).items()}
        _seen(store, self._child, "health" in changed)
        receipt = store.journal.commit(self._edit(store, values, changed), draft=self.draft_key)
        if self._aside:
            store.drafts.save(*self.draft_key, self._aside)
        return receipt

    def _edit(self, store: Store, values: Mapping[str, Any], changed: dict[str, str]) -> Edit:
        if self._held is not None:
            return set_parts(store.get(Assessment, self._held.id), **changed)
        made = Assessment.model_validate(
            {
                "id": new_id(),
                "child": self._child.id,
                "started": values["started"] or store.today,
                "by": store.worker.id,
                **changed,
            }
        )
        held = store.find(Assessment, "child = ?", (self._child.id,))
        return start_assessment(made, open_episode(store, self._child), store.today, held)


class ScoresForm(FieldForm):
    """Readings of one tool: areas with their numbers, a line each."""

    FORM = SCORES_FORM
    TITLE_WORDS = "Scores of an outcome tool"
    FLAGS: ClassVar[Mapping[str, str]] = {"--on": "scored_on", "--with": "with_whom"}
    DEFAULT_CSS = """
    ScoresForm PageField { height: 12; }
    """

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> ScoresForm | None:
        """The form as it was left."""
        page = await _page_of(shell, left)
        return None if page is None else cls(page, short(page.name, 40))

    def __init__(self, page: AssessmentPage, who: str) -> None:
        super().__init__(page.child.id, who)
        self._child = page.child
        self._areas = {one.tool: "\n".join(f"{area.area}: " for area in one.areas) for one in page.travelled}
        known = {tool: tool for tool in self._areas}
        self._fields = (
            *((FormField("known", "Used before", "one", known, "fills in its areas"),) if known else ()),
            FormField("tool", "Tool", hint="its name; none of its wording is kept"),
            FormField("scores", "Areas", "page", hint="a line each: Home 4; without a number it is left out"),
            FormField("with_whom", "With", hint="who scored it with you"),
            FormField("scored_on", "On", "day", past=True, empty="today"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """The tool, its areas, with whom, when."""
        return self._fields

    def field_changed(self, name: str) -> None:
        """Picking a tool that was used before names its areas."""
        if name != "known":
            return
        tool = self.value_of("known")
        area = self.query_one("#scores", TextArea)
        if tool:
            self.put("tool", tool)
        if tool and (not area.text.strip() or area.text in self._areas.values()):
            area.text = self._areas[tool]
            area.move_cursor(area.get_cursor_line_end_location())

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing, in the form's order."""
        if not values["tool"]:
            raise BadInput("empty", "Name the tool.", "tool")
        record_scores(self._made(values, "-"), self.shell.today)

    def _made(self, values: Mapping[str, Any], by: str) -> list[Score]:
        common = {
            "child": self.subject,
            "tool": values["tool"],
            "scored_on": values["scored_on"] or self.shell.today,
            "with_whom": values["with_whom"],
            "by": by,
        }
        try:
            return [
                Score.model_validate({"id": new_id(), "area": area, "score": number, **common})
                for area, number in read_readings(values["scores"])
            ]
        except ValidationError:
            raise BadInput("bad-value", "An area's name does not fit; shorten it.", "scores") from None

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """All of them in one step."""
        _seen(store, self._child, health=False)
        edit = record_scores(self._made(values, store.worker.id), store.today)
        return store.journal.commit(edit, draft=self.draft_key)
