"""Taking edits: each gets a place in the log and its effect, or is kept aside with the reason.

One transaction a push, one writer at a time: the sequence number, the three-way merge and what others see are
then one and the same order. An edit that was taken before gets its verdict again and no second effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from casework.records import Worker
from casework.scopes import own_scope
from sync.hub import tables
from sync.hub.asking import Asking
from sync.hub.authors import Authors
from sync.hub.central import Central, Held, Ties
from sync.hub.checking import refusals, validated
from sync.hub.choices import Choices
from sync.hub.counting import Counter
from sync.hub.dividing import PART_NOT_THEIRS, Portion, divided, told_of
from sync.hub.entitlement import is_ground
from sync.hub.entries import (
    aside_row,
    awaited_by,
    digest_of_edit,
    keep_aside,
    log_row,
    said_again,
    taken_whole,
    verdicts_on,
)
from sync.hub.fields import known_fields, usual_fields
from sync.hub.formerly import SaidAgain
from sync.hub.lacking import is_stand_in
from sync.hub.makers import kept_from, met_by, note_maker, note_undone
from sync.hub.natural import FILLED_IN, KEY_FIELDS, KEYED, Matching, keep_keys, keys_of, known_as
from sync.hub.removed import VOID, against_removal
from sync.hub.renaming import renamed
from sync.hub.rights import NOT_ENTITLED, Refusal, Rights
from sync.hub.settled import Settling, contested_by, with_its_choice
from sync.hub.unheard import heard_base
from sync.hub.worked_out import NOTHING, WorkedOut
from sync.hub.writing import TableRows
from sync.merge import Merged, merge
from sync.messages.steps import BesidePushed, Changed, Pushed, SentEdit, Verdict

_CREATED = ""
_WORKER = select(tables.device.c.worker).where(tables.device.c.id == bindparam("laptop"))


class Taking:
    """One push: a laptop's edits against the central record as it stands."""

    def __init__(
        self,
        connection: Connection,
        device: str,
        masks: Mapping[str, tuple[int, int]] | None,
        *,
        worker: str = "",
        let_in: str = "",
        beforehand: WorkedOut = NOTHING,
    ) -> None:
        """`masks` are the bits that the laptop may hold of each scope, and when it lost some; None is for
        what the central record itself writes. `worker` is whose laptop it is, where that is known. `let_in`
        stays in the log: who let in what was kept aside. `beforehand` is what was worked out of the edits.
        """
        self._let_in = let_in
        self._beforehand = beforehand
        self._connection = connection
        self._device = device
        self._worker = None if masks is None else worker or self._enrolled_worker()
        self.central = Central(connection)
        self._authors = Authors(connection)
        self._asking = Asking(self.central, device, self._authors)
        self._choices = Choices(self.central, self._asking.about)
        self._formerly = SaidAgain(connection, self.central)
        self._rights = None if masks is None else Rights(self.central, masks)
        self._made: set[str] = set()
        self.kept_aside = False
        """Whether any of it is kept aside now."""
        self._keys: dict[str, list[str]] = {}

    @property
    def made(self) -> set[str]:
        """Records that came into being."""
        return self._made

    @property
    def arrived(self) -> set[str]:
        """Records that came into being, children of whom it may have changed who may hold them, and adults
        and homes that were tied to a child or are so no more: what a step may have waited for.
        """
        return self._made | self.central.moved | self.central.unsettled

    def take(
        self, edits: Sequence[SentEdit], counter: Counter, now: datetime, *, rest: bool = False
    ) -> Pushed:
        """A verdict for each edit, in their order; or the records that are known under another id.

        It ends before an edit that the laptop may not write by what it might hold before the push, where
        edits before it change that: those have to be settled first, then the `rest` is taken.
        """
        before = verdicts_on(self._connection, [edit.id for edit in edits])
        before = taken_whole(self._connection, edits) | before
        offered = [edit for edit in edits if edit.id not in before or before[edit.id][0].seq]
        self.central.fetch(record for edit in offered for record in _named(edit))
        matching = Matching(self._connection, offered, self.central, self._rights, self._sender, before)
        known = {} if rest else matching.known()
        if known:
            return Pushed(known=known)
        verdicts, logged, aside = [], [], []
        about: dict[str, list[str]] = {}
        for edit in edits:
            digest = self._beforehand.digests.get(edit.id) or digest_of_edit(edit)
            if edit.id in before:
                verdicts.append(self._said_again(edit, digest, before[edit.id]))
                if verdicts[-1].code == NOT_ENTITLED:
                    about[edit.id] = told_of(edit, awaited_by(self._connection, edit.id))
                continue
            seq = counter.head + 1
            portions: list[Portion] = []
            try:
                verdict, taken, portions = self._taken(edit, seq)
            except Refusal as refusal:
                if refusal.code == NOT_ENTITLED and self.central.unsettled:
                    break
                verdict = Verdict(
                    edit=edit.id, verdict="quarantined", code=refusal.code, reason=refusal.reason
                )
                portions = [Portion(edit, refusal)]
            else:
                counter.advance(digest)
                self._formerly.note(edit, seq)
                verdict = verdict.model_copy(update={"reason": verdict.reason or self._let_in})
                plain = taken is edit and edit.id in self._beforehand.plain
                log = log_row(taken, digest, self._device, now, verdict, counter.chain, plain=plain)
                logged.append(log)
            for one in portions:
                known_by = digest if one.edit is edit else digest_of_edit(one.edit)
                aside.append(aside_row(one.edit, known_by, self._device, now, one.refusal))
                about.setdefault(edit.id, []).extend(told_of(one.edit, one.refusal.awaits))
            before[edit.id] = (verdict, digest)
            verdicts.append(verdict)
        self.kept_aside = bool(aside)
        keep_aside(self._connection, aside)
        keep_keys(self._connection, self.central, self._keys)
        entries = TableRows(tables.log, logged, replacing=False)  # never in the place of another entry
        self.central.flush(Ties(self._connection), [entries, counter.unsaved()])
        self._formerly.keep()
        return Pushed(verdicts=verdicts, beside=BesidePushed(about=about))

    def _said_again(self, edit: SentEdit, digest: bytes, before: tuple[Verdict, bytes]) -> Verdict:
        """The verdict on an edit that was sent before; it may have been taken late, under other ids."""
        if before[1] != digest:
            known = known_as(self._connection, _named(edit))
            digest = digest_of_edit(renamed(edit, known)) if known else digest
        return said_again(before, digest)

    def _taken(self, edit: SentEdit, seq: int) -> tuple[Verdict, SentEdit, list[Portion]]:
        """The verdict on an edit, what of it is taken, and the portions that are kept aside. Raises Refusal
        where all of it is.
        """
        edit = self._formerly.as_it_meets(edit)
        edit = self._choices.with_theirs(with_its_choice(edit, self.central, self._authors))
        try:
            return self._apply(edit, seq), edit, []
        except Refusal as refusal:
            if refusal.code != NOT_ENTITLED or self.central.unsettled:
                raise
        kept, portions = divided(edit, self.central, lambda left: dict(self._refusals(left)))
        told = self._apply(kept, seq)
        said = {"verdict": "quarantined", "code": NOT_ENTITLED, "reason": PART_NOT_THEIRS}
        return told.model_copy(update=said), kept, portions

    # One edit

    def _apply(self, edit: SentEdit, seq: int) -> Verdict:
        """All changes of an edit, or none. Raises Refusal."""
        self._check(edit)
        return self._create(edit, seq) if self._meets_nothing(edit) else self._merge(edit, seq)

    def _merge(self, edit: SentEdit, seq: int) -> Verdict:
        """Each change against what stands by now."""
        after: dict[str, dict[str, Any]] = {}
        results: set[str] = set()
        conflicts: list[Changed] = []
        known = {held.id: self._is_known(held, edit) for held in map(self.central.get, _named(edit))}
        news = {one for one, is_known in known.items() if not is_known}
        news = {one for one in news if self.central.get(one).seq > edit.knew}
        brought: dict[str, Changed] = {}
        own = self._authors.note(seq, edit)
        contested = contested_by(edit, self.central)
        left = self._choices.left
        known |= {one.value.record: False for one in left.values() if one.value}
        settling = Settling(edit, self.central, left)
        kept = kept_from(edit, self.central, self._authors)
        for change in edit.changes:
            if change.record not in after:
                after[change.record] = dict(self.central.get(change.record).fields)
            fields = after[change.record]
            for name, base, new in _parts(change, fields):
                if change.field == _CREATED and (name not in fields or is_stand_in(change, name, fields)):
                    fields[name] = new
                    continue
                if change.field == _CREATED and change.type not in KEYED:
                    # The record came back by another laptop, with what became of it since.
                    known[change.record] &= fields[name] == new
                    continue
                now = fields.get(name, base)  # of what nobody has said here the author knows best
                known_of = settling.base(change.record, name, base, now)
                known_of = heard_base(self.central, edit, change, known_of, now, news, self._device)
                merged = merge(change.type, name, known_of, now, new)
                if contested.pop((change.record, name), None) and merged.verdict == "applied":
                    merged = Merged("conflict", now, new)
                stays = change.record in kept
                if stays or change.record in news:
                    merged, again = against_removal(change, name, fields, merged, stays=stays)
                    brought |= again
                fields[name] = merged.value
                results.add(merged.verdict)
                known[change.record] &= merged.value == new
                if merged.verdict == "conflict":
                    conflicts.append(replace(change, field=name, old=base, new=new))
        removers = {record: self._authors.of(self.central.get(record), VOID) for record in brought}
        for record, change in brought.items():
            after[record][VOID], known[record] = False, False
            conflicts.append(change)
        conflicts = [one for one in conflicts if not self._asking.is_settled(one, edit)]
        conflicts += contested.values()
        conflicts = [*settling.still_asked(conflicts)]
        self._put_all(edit, after, seq, known)
        note_undone(kept, edit, seq, self.central)
        self._asking.settle_alike(edit, left.values(), seq)
        for n, conflict in enumerate(conflicts):
            by = removers.get(conflict.record) if conflict.field == VOID else None
            self._asking.open(edit, n, conflict, seq, by or own)
        verdict = "conflict" if conflicts else "merged" if results - {"applied", "same"} else "applied"
        return Verdict(edit=edit.id, verdict=verdict, seq=seq)

    def _meets_nothing(self, edit: SentEdit) -> bool:
        """Whether all that an edit does is to bring into being records that are not there, each once."""
        get = self.central.get
        return all(
            change.field == _CREATED and change.type != "conflict" and not get(change.record).stands
            for change in edit.changes
        ) and len({change.record for change in edit.changes}) == len(edit.changes)

    def _create(self, edit: SentEdit, seq: int) -> Verdict:
        """What `_apply` comes to where an edit meets nothing."""
        said = [_created(change) for change in edit.changes]
        spelt = [self._spelt(change, fields) for change, fields in zip(edit.changes, said, strict=True)]
        self._authors.note(seq, edit)
        for change, before, fields in zip(edit.changes, said, spelt, strict=True):
            self._put(change, fields, seq, known=fields == before)
        self._note_keys(edit)
        return Verdict(edit=edit.id, verdict="applied", seq=seq)

    def _spelt(self, change: Changed, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields that an edit leaves, as their record type spells them. Raises Refusal."""
        if change.field == _CREATED:
            # It is used once, and what the next push has worked out meanwhile is not kept beside it.
            before = self._beforehand.created.pop(change.record, None)
            if before is not None and before.said == fields:
                self.central.get(change.record).written = before.written
                return before.written.fields
        return validated(change.type, change.record, fields)

    def _is_known(self, held: Held, edit: SentEdit) -> bool:
        """Whether the laptop knew a record as it stood before the edit."""
        return not held.stands or held.seq <= edit.seen or held.device == self._device

    def _put(self, change: Changed, fields: dict[str, Any], seq: int, *, known: bool) -> None:
        held = self.central.get(change.record)
        if held.touched == seq and held.fields == fields:
            return
        if not held.stands:
            if change.type == "conflict":
                said, fields = fields, self._asking.brought_back(fields, seq)
                known = known and said == fields
            held.type = change.type
            held.versions = {_CREATED: seq}
            self._made.add(held.id)
        else:
            held.versions |= {name: seq for name, value in fields.items() if held.fields.get(name) != value}
        if is_ground(held.type, held.fields, fields):
            self.central.unsettled.add(own_scope(held.type, held.id, fields))
        held.fields = fields
        self.central.touch(held, seq, self._device, known=known)

    def _put_all(
        self, edit: SentEdit, after: dict[str, dict[str, Any]], seq: int, known: dict[str, bool]
    ) -> None:
        """Each record as the edit leaves it, by its id, and whether its laptop knows it so."""
        met = met_by(edit, self.central)
        for change in edit.changes:
            fields = after[change.record]
            after[change.record] = self._spelt(change, fields)
            known[change.record] &= after[change.record] == fields
        for change in edit.changes:
            self._put(change, after[change.record], seq, known=known[change.record])
        note_maker(met, edit, seq, self._authors)
        self._note_keys(edit)

    def _note_keys(self, edit: SentEdit) -> None:
        """What a record is known by may be new: as it was made, and as it stands at the end."""
        for change in edit.changes:
            if change.type in KEYED and (change.field == _CREATED or change.field in KEY_FIELDS):
                keys = self._keys.setdefault(change.record, [])
                if change.field == _CREATED:
                    keys += keys_of(change.type, change.new, lambda other: self.central.get(other).fields)

    def _sender(self) -> Worker | None:
        """Whose laptop it is; None for what the central record itself writes."""
        if self._worker is None:
            return None
        held = self.central.get(self._worker)
        return Worker.model_validate(known_fields(Worker, held.fields) | {"id": held.id})

    def _check(self, edit: SentEdit) -> None:
        """Whether this laptop may write what the edit writes. Raises Refusal."""
        for _, refusal in self._refusals(edit):
            raise refusal

    def _refusals(self, edit: SentEdit) -> Iterator[tuple[int, Refusal]]:
        """Which changes of an edit, by their place in it, the laptop may not write, and why."""
        if self._worker is not None and edit.worker != self._worker:
            reason = "This laptop is not enrolled for the worker who made the step."
            yield 0, Refusal("other-worker", reason)
        yield from refusals(edit, self.central, self._rights, self._made)

    def _enrolled_worker(self) -> str:
        """Whose laptop it is."""
        found = self._connection.execute(_WORKER, {"laptop": self._device})
        return str(found.scalar_one())


def _named(edit: SentEdit) -> Iterable[str]:
    return (change.record for change in edit.changes)


def _parts(change: Changed, fields: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """A change as (field, base, new); a creation of a record that is there meets it field by field.

    Whoever left a field as it usually is said nothing about it, nor whoever had it filled in where another
    value stands. A creation of a record that is not there fills its `fields` and meets nothing.
    """
    if change.field != _CREATED:
        return [(change.field, change.old, change.new)]
    if not fields:
        fields |= _created(change)
        return []
    usual, filled_in = usual_fields(change.type), FILLED_IN.get(change.type, ())
    return [
        (name, new if name in filled_in and fields.get(name) else usual.get(name), new)
        for name, new in _created(change).items()
    ]


def _created(change: Changed) -> dict[str, Any]:
    """The fields of a record that a change brings into being. Raises Refusal."""
    if not isinstance(change.new, dict):
        raise Refusal("bad-value", "A new record has no fields.")
    return {VOID: False, **change.new}
