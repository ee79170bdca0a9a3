"""Which child of the caseload each child of a file is: found, asked about, brought in or set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from casework.edits import Change
from casework.text import fold
from storage.intake.lost_letters import mended
from storage.intake.matching import Known, NameKey, Roll, Verdict, candidate, name_key, question_key
from storage.intake.merging import Span
from storage.intake.model import ReadPupil
from storage.intake.register import RegisterFile
from storage.intake.report import LATER, Answer, Confirm, FileReport, Question

NewChild = Callable[[ReadPupil], tuple[Known, list[Change]]]
_OF_FILE = "of-this-file-"
_MEND = "answer in the app or on a terminal"


@dataclass(slots=True)
class Placed:
    """A child of the file and who it is: ``known`` is None when set aside."""

    pupil: ReadPupil
    known: Known | None
    is_new: bool = False
    span: Span | None = None


@dataclass(slots=True)
class Places:
    """Decides for each child of one file, the first time it is met.

    ``new_child`` gives a child that is not known yet with the changes that bring it in, ``write`` writes
    them; ``schools`` names schools by record id. ``answers`` collects what is to be remembered for the
    school: question key to the child's id, followed by the ids of those whom a person said it is not.
    """

    register: RegisterFile
    roll: Roll
    report: FileReport
    schools: Mapping[str, str]
    confirm: Confirm | None
    new_child: NewChild
    write: Callable[[list[Change]], None]
    placed: dict[int, Placed] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    namesakes: list[str] = field(default_factory=list)
    """UPNs of children that came in new beside a child of that name without a UPN."""
    _taken: dict[str, int] = field(default_factory=dict)
    _upns: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    _with_upn: dict[NameKey, list[int]] = field(default_factory=dict)
    _without_upn: dict[NameKey, int] = field(default_factory=dict)
    _seen: int = 0

    def place(self, index: int) -> Placed:
        """Who the file's child with this index is."""
        found = self.placed.get(index)
        if found is not None:
            return found
        place = self._decide(index, self.register.pupils[index])
        self.placed[index] = place
        if place.known is not None:
            if not place.is_new and place.known.id not in self._taken:
                self.report.children.matched += 1
            self._taken[place.known.id] = index
        return place

    def _decide(self, index: int, pupil: ReadPupil) -> Placed:
        self._learn()
        if self.register.ctf is not None and len(self._upns.get(pupil.upn, ())) > 1:
            self._set_aside(pupil, "its UPN stands beside two names in this file", "find out whose UPN it is")
            return Placed(pupil, None)
        again = self._again(index, pupil)
        if again is not None:
            return again
        verdict = self.roll.find(pupil, self._is_other)
        if verdict.refused:
            self._set_aside(pupil, verdict.refused, "ask the school for an export with UPNs")
            return Placed(pupil, None)
        known = verdict.known
        if verdict.candidates:
            known, is_said = self._ask(pupil, verdict)
            if not is_said:
                return Placed(pupil, None)
        if known is None:
            return self._bring_in(pupil, verdict)
        if known.id in self._taken and not self._same_child(known, pupil):
            self._set_aside(
                pupil, "is matched to a child whom another line names", "find out which line is right"
            )
            return Placed(pupil, None)
        return Placed(pupil, known)

    def _learn(self) -> None:
        """Take note of the children that the file has named so far: their UPNs, and the names beside them."""
        pupils = self.register.pupils
        for index in range(self._seen, len(pupils)):
            pupil = pupils[index]
            if not pupil.upn:
                continue
            self._upns.setdefault(pupil.upn, set()).add((fold(pupil.surname), fold(pupil.forename)))
            key = name_key(pupil)
            if key is not None:
                self._with_upn.setdefault(key, []).append(index)
        self._seen = len(pupils)

    def _again(self, index: int, pupil: ReadPupil) -> Placed | None:
        """The place of a child without UPN whom an earlier row of the file names by the same words.

        Children with that name and a UPN are placed first, so that this one is asked about beside them.
        """
        key = None if pupil.upn else name_key(pupil)
        if key is None:
            return None
        for other in self._with_upn.get(key, ()):
            self.place(other)
        first = self._without_upn.setdefault(key, index)
        earlier = self.register.pupils[first]
        if first == index or (
            pupil.local_id and earlier.local_id and fold(pupil.local_id) != fold(earlier.local_id)
        ):
            return None
        known = self.place(first).known
        if known is None:
            self._set_aside(pupil, f"is the child of line {earlier.line}, which was set aside", _MEND)
        return Placed(pupil, known)

    def _is_other(self, known: Known, pupil: ReadPupil) -> bool:
        """Whether a child of the caseload is one that another row of the file names."""
        return known.id in self._taken or (known.upn != pupil.upn and known.upn in self._upns)

    def _same_child(self, known: Known, pupil: ReadPupil) -> bool:
        first = self.register.pupils[self._taken[known.id]]
        names = zip((first.surname, first.forename), (pupil.surname, pupil.forename), strict=True)
        return first is not pupil and all(fold(mended(a, (b,))) == fold(b) for a, b in names)

    def _ask(self, pupil: ReadPupil, verdict: Verdict) -> tuple[Known | None, bool]:
        """The child that a person names, None for a new one, and whether anybody said."""
        candidates, key = verdict.candidates, question_key(pupil)
        question = Question(
            key=key,
            line=pupil.line,
            name=f"{pupil.forename} {pupil.surname}".strip(),
            dob=pupil.dob.isoformat() if pupil.dob else "",
            upn=pupil.upn,
            reason=verdict.reason,
            candidates=tuple(
                replace(candidate(known, self.schools.get(known.school or "", "")), id=self._id(known))
                for known in candidates
            ),
        )
        self.report.questions.append(question)
        answer: Answer = self.confirm(question) if self.confirm is not None else LATER
        ids = [known.id for known in candidates]
        named = self._named(answer.child)
        if answer.kind == "same" and named in ids:
            self.answers[key] = " ".join([named, *(id_ for id_ in ids if id_ != named)])
            return self.roll.children[named], True
        if answer.kind == "new":
            return None, True
        self._set_aside(pupil, f"looks like a child of the caseload ({verdict.reason})", _MEND)
        return None, False

    def _id(self, known: Known) -> str:
        """A child's id for a question. One whom this file brings in has another id after each dry run."""
        place = self.placed.get(self._taken.get(known.id, -1))
        return f"{_OF_FILE}{self._taken[known.id]}" if place is not None and place.is_new else known.id

    def _named(self, child: str) -> str:
        """The id of the child whom an answer names, also when the question was of an earlier run."""
        index = child.removeprefix(_OF_FILE)
        if index == child or not index.isdecimal():
            return child
        place = self.placed.get(int(index))
        return place.known.id if place is not None and place.known is not None else ""

    def _bring_in(self, pupil: ReadPupil, verdict: Verdict) -> Placed:
        if pupil.upn and not pupil.dob and self.roll.namesakes_without_upn(pupil):
            self.namesakes.append(pupil.upn)
        known, changes = self.new_child(pupil)
        self.write(changes)
        self.roll.add(known)
        if not pupil.upn or verdict.candidates:
            ids = [known.id, *(other.id for other in verdict.candidates)]
            self.answers[question_key(pupil)] = " ".join(ids)
        self.report.children.new += 1
        return Placed(pupil, known, is_new=True)

    def _set_aside(self, pupil: ReadPupil, reason: str, mend: str) -> None:
        if pupil.upn:
            column, value = "UPN", pupil.upn
        else:
            column, value = "Name", f"{pupil.surname}, {pupil.forename}".strip(", ")
        self.register.reading.reject(pupil.line, column, value, f"{reason}{pupil.whereabouts}", mend)
