"""What a step that settles a conflict says: what was weighed, and what somebody else chose meanwhile.

Two people who settled one conflict differently, unknown to each other: that is a new conflict.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select

from sync.hub import tables
from sync.hub.authors import Authors
from sync.hub.central import Central
from sync.hub.choices import Left
from sync.hub.portions import among
from sync.messages.steps import Changed, SentEdit

_SETTLING = ("settled", "chosen")


def contested_by(edit: SentEdit, central: Central) -> dict[tuple[str, str], Changed]:
    """By (record, field), what an edit settles otherwise than somebody whom its author did not know of.

    The first who settled it stands. What the later one chose must not replace it unseen, nor be lost: it is
    the other value of a new conflict, also where the later one chose what stood before. Not so what its
    author took back since: of a central record that was put back, the first may be what they chose instead.
    """
    if edit.taken_back:
        return {}
    found: dict[tuple[str, str], Changed] = {}
    for change in _choices(edit):
        if not change.new:
            continue
        settled = central.get(change.record).fields
        if settled.get("chosen", "") in ("", change.old, change.new):
            continue
        central.fetch([settled["record"]])
        about = central.get(settled["record"])
        chosen = json.loads(change.new)
        if not about.stands or about.fields.get(settled["field"]) == chosen:
            continue
        key = (settled["record"], settled["field"])
        base = json.loads(settled["central"])
        found[key] = Changed(type=about.type, record=about.id, field=settled["field"], old=base, new=chosen)
    return found


class Settling:
    """How a step that settles conflicts, or an undo that opens them again, meets the central record.

    Steps of a restored central record come back in any order of the laptops, so a conflict may be there with
    what became of it later.
    """

    def __init__(self, edit: SentEdit, central: Central, left: Mapping[str, Left]) -> None:
        """`left` is what is left of conflicts that stay settled, by their ids."""
        self._left = left
        self._weighed = _weighed_values(_chosen(edit), central)
        moot = [*left, *(_chosen(edit) if edit.taken_back else ())]
        self._moot = _weighed_values(moot, central).keys()
        self._stays = _weighed_values((one for one in left if left[one].stays), central).keys()

    def base(self, record: str, field: str, said: Any, now: Any) -> Any:
        """What a step knew of a field of which it `said` its base and that is `now` another.

        What its author had before them when they settled it does not stand against what they chose. An undo
        knew nothing of a choice that somebody else made, be it the same one, which ends the conflict.
        """
        if (record, field) in self._stays or (field in _SETTLING and record in self._left):
            return None
        return now if now in self._weighed.get((record, field), ()) else said

    def still_asked(self, conflicts: Iterable[Changed]) -> Iterator[Changed]:
        """These new conflicts without those about what its author chose and took back since, or what stays
        settled.
        """
        return (one for one in conflicts if (one.record, one.field) not in self._moot)


def _choices(edit: SentEdit) -> Iterator[Changed]:
    """What a step says of how conflicts were settled; an undo says that they were not."""
    return (change for change in edit.changes if change.type == "conflict" and change.field == "chosen")


def with_its_choice(edit: SentEdit, central: Central, authors: Authors) -> SentEdit:
    """A step that settles a conflict, with the value that was chosen where it stood and does not any more.

    Whoever chooses what stands changes nothing but the conflict. Where the central record was put back, what
    stands may be the other value by now, or the one before both, by no step but those of the conflict.
    """
    chosen = _chosen(edit)
    if edit.taken_back or not chosen:
        return edit
    said = {(change.record, change.field) for change in edit.changes}
    weighed = _weighed_values(chosen, central)
    implied: dict[tuple[str, str], Changed] = {}
    for record, choice in chosen.items():
        settled = central.get(record).fields
        about = central.get(settled["record"]) if settled else None
        if about is None or not about.stands or (about.id, settled["field"]) in said:
            continue
        name, new = settled["field"], json.loads(choice)
        now = about.fields.get(name)
        steps = {settled.get("central_edit"), settled.get("other_edit")} - {None, ""}
        if now in (json.loads(settled["central"]), json.loads(settled["other"])):
            is_of_old = authors.of(about, name).edit in steps
        else:
            is_of_old = now in weighed[about.id, name]
        if now != new and is_of_old:
            implied[about.id, name] = Changed(type=about.type, record=about.id, field=name, old=now, new=new)
    return edit.model_copy(update={"changes": [*edit.changes, *implied.values()]}) if implied else edit


def _chosen(edit: SentEdit) -> dict[str, str]:
    """By conflict, what a step settles it with."""
    return {change.record: change.new for change in _choices(edit) if change.new}


def _weighed_values(conflicts: Iterable[str], central: Central) -> dict[tuple[str, str], list[Any]]:
    """By (record, field), the two values that each conflict keeps; and the one before both, where none of the
    steps that disagreed has come to a central record that was put back.
    """
    found: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for one in (one for record in conflicts if (one := central.get(record).fields)):
        names = ["central", "other"] if _is_met(one, central) else ["central", "other", "base"]
        found[one["record"], one["field"]] += [json.loads(one[name]) for name in names]
    return found


def _is_met(conflict: Mapping[str, Any], central: Central) -> bool:
    """Whether one of the steps that disagreed was taken, as far as it is known which they were."""
    log = tables.log
    steps = [step for side in ("central", "other") if (step := conflict.get(f"{side}_edit"))]
    rows = central.connection.execute(select(log.c.seq).where(log.c.edit.in_(among(steps)))) if steps else ()
    return not steps or any(True for _ in rows)
