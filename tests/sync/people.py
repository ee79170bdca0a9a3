"""What people do on the laptops of a simulated run."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from random import Random

from casework.conflicts import Keep
from casework.edits import Edit, create, update
from casework.errors import OutreachError, Refused
from casework.policies import Category
from casework.records import RECORD_TYPES, Child, Contact, Flag, Household, Person, Relationship
from casework.records_links import Link
from casework.records_sharing import Agreement
from casework.records_sync import Conflict
from storage.settling import commit_settlement
from tests.sync.faults import POISON, SECRET
from tests.sync.tally import Tally
from tests.sync.world import Laptop, World

WORDS = ("Til", "Lily", "Tilda", "T")


class People:
    """Everybody who works with these children, each at a laptop."""

    def __init__(self, world: World, random: Random, tally: Tally) -> None:
        self.world, self.random, self.tally = world, random, tally

    def work(self, laptop: Laptop) -> None:
        """One step, of whatever kind."""
        acts = [self.new_child]
        if laptop.store.find(Child):
            acts += [
                self.write_contact,
                self.rename,
                self.rename,
                self.agree,
                self.flag,
                self.family,
                self.tag,
                self.link,
            ]
            acts += [self.withdraw, self.undo, self.poison, self.settle]
        if laptop.drift:
            self.tally.note("clock ten years wrong")
        self.random.choice(acts)(laptop)

    def new_child(self, laptop: Laptop) -> None:
        child = self.world.child(self.random.choice(WORDS), dob=date(2014, 1, 1))
        known = RECORD_TYPES["child"]
        laptop.make(known.model_validate(child.model_dump(include={*known.model_fields})))

    def _known(self, laptop: Laptop) -> Child:
        """One of the children of this laptop; half the time the one with whom everybody works."""
        children = sorted(laptop.store.find(Child), key=lambda c: c.id)
        return children[0] if self.random.random() < 0.5 else self.random.choice(children)

    def _word(self) -> str:
        """Another word each time, but for the ones that several people choose."""
        return self.random.choice(WORDS) if self.random.random() < 0.3 else self.world.new_id("word")

    def write_contact(self, laptop: Laptop) -> None:
        note = f"{SECRET} {self.random.random()}"
        child = self._known(laptop)
        laptop.make(
            Contact(
                id=self.world.new_id("contact"),
                child=child.id,
                at=self.world.now,
                by=laptop.worker.id,
                kind="call",
                note=note,
            )
        )

    def rename(self, laptop: Laptop) -> None:
        child = self._known(laptop)
        field = self.random.choice(("known_as", "language"))
        if hasattr(child, field):
            changes = update(child, **{field: self._word()})
            if changes:
                laptop.store.journal.commit(Edit("Renamed", changes, subject=child.id))

    def tag(self, laptop: Laptop) -> None:
        child = self._known(laptop)
        tags = set(child.tags) ^ {self.random.choice("abc")}
        laptop.store.journal.commit(Edit("Tagged", update(child, tags=tuple(sorted(tags)))))

    def link(self, laptop: Laptop) -> None:
        """Two children are siblings, somebody decided; the older version knows no such record."""
        one, other = self._known(laptop), self._known(laptop)
        if "link" in RECORD_TYPES and one.id != other.id:
            laptop.make(
                Link(
                    id=self.world.new_id("link"),
                    child=one.id,
                    other=other.id,
                    kind="sibling",
                    linked_on=self.world.today(),
                    by=laptop.worker.id,
                )
            )

    def agree(self, laptop: Laptop) -> None:
        child = self._known(laptop)
        today = self.world.today()
        agreement = Agreement(
            id=self.world.new_id("agreement"),
            child=child.id,
            given_by="Jo",
            responsibility="yes",
            status=self.random.choice(("given", "limited", "refused")),
            agencies=("school-nursing", "school"),
            categories=("family",),
            purposes=("support", "planning"),
            given_on=today,
            expires=self.random.choice((None, today + timedelta(days=self.random.randint(0, 2)))),
            by=laptop.worker.id,
        )
        laptop.make(agreement)

    def agree_widely(self, laptop: Laptop) -> Agreement:
        """The family of a new child agrees to everything, of which each agency may hold a part."""
        child = self.world.child(self._word(), lead_worker=laptop.worker.id)
        known = RECORD_TYPES["child"]
        agreement = Agreement(
            id=self.world.new_id("agreement"),
            child=child.id,
            given_by="Jo",
            responsibility="yes",
            status="given",
            agencies=("early-help", "school-nursing"),
            categories=tuple(Category),
            purposes=("support",),
            exclude="Not the school",
            given_on=self.world.today(),
            by=laptop.worker.id,
        )
        laptop.make(known.model_validate(child.model_dump(include={*known.model_fields})))
        laptop.make(agreement)
        return agreement

    def withdraw(self, laptop: Laptop) -> None:
        held = [a for a in laptop.store.find(Agreement) if a.status != "withdrawn"]
        if held:
            agreement = self.random.choice(sorted(held, key=lambda a: a.id))
            changes = update(agreement, status="withdrawn", withdrawn_on=self.world.today())
            laptop.store.journal.commit(Edit("Withdrawn", changes, subject=agreement.child))

    def flag(self, laptop: Laptop) -> None:
        kind = self.random.choice(("young-carer", "youth-justice", "address-protection"))
        laptop.make(Flag(id=self.world.new_id("flag"), child=self._known(laptop).id, kind=kind))

    def family(self, laptop: Laptop) -> None:
        child = self._known(laptop)
        home = Household(id=self.world.new_id("home"), address="1 Quay Lane")
        changes = [create(home), *update(child, household=home.id)]
        for _ in range(self.random.randint(1, 5)):
            adult = Person(id=self.world.new_id("person"), surname="Marsh", phones=("01234 567890",))
            tie = Relationship(id=self.world.new_id("tie"), child=child.id, person=adult.id)
            changes += [create(adult), create(tie)]
        laptop.store.journal.commit(Edit("Family", tuple(changes), subject=child.id))

    def poison(self, laptop: Laptop) -> None:
        """A step at which the central record fails; it comes once in a while, and another with it."""
        child = self._known(laptop)
        if self.random.random() < 0.5:
            changes = update(child, known_as=f"{self.random.choice(WORDS)} {self.random.choice(WORDS)}")
            if changes:
                laptop.store.journal.commit(Edit(POISON, changes, subject=child.id))

    def settle(self, laptop: Laptop) -> None:
        """A person chooses in a conflict."""
        held = laptop.store.find(Conflict, "settled = 0")
        keep: Keep = self.random.choice(("central", "yours"))
        if held:
            conflict = self.random.choice(sorted(held, key=lambda c: c.id))
            with suppress(OutreachError):
                commit_settlement(laptop.store, conflict.id, keep)

    def undo(self, laptop: Laptop) -> None:
        with suppress(Refused):
            laptop.store.journal.undo()
