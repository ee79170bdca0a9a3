"""What became of the steps that a laptop sent: what is kept of it, by whichever transport it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from casework.errors import Unreachable
from casework.shape import kinds
from storage.central import outbox
from storage.central.outbox import Answer, WaitingEdit
from storage.central.state import SyncState, read_state, write_state
from storage.cipher import Connection
from sync.messages.said import Cursor
from sync.messages.steps import Push, Pushed
from sync.session import Session


def whole(push: Push, answer: Pushed) -> Pushed:
    """The answer to steps that were sent, which has a verdict on each or says which records are known.

    Raises Unreachable for any other: a step that was passed over would wait for ever, or be sent for ever.
    """
    sent, told = {edit.id for edit in push.edits}, {verdict.edit for verdict in answer.verdicts}
    if not answer.known and told != sent:
        raise Unreachable(
            "bad-answer",
            "The central record did not say of each step that was sent what became of it; nothing is lost,"
            " and all of them are sent again the next time. Tell your support.",
        )
    return answer


def answers_of(answer: Pushed) -> dict[str, Answer]:
    """By edit, what a message of verdicts says of it."""
    about = answer.beside.about
    return {
        one.edit: Answer(one.edit, one.verdict, one.seq, one.code, one.reason, about.get(one.edit, ()))
        for one in answer.verdicts
    }


def settle(
    conn: Connection,
    session: Session,
    edits: Sequence[WaitingEdit],
    answers: Mapping[str, Answer],
    at: Cursor,
) -> None:
    """Keep, in the caller's transaction, what became of steps that waited, and where the central record's log
    stood then (`at`).
    """
    state = read_state(conn)
    session.pushed += outbox.settle(conn, edits, answers, unknown_kinds(state), anew=bool(state.anew))
    write_state(conn, heard_at(state, at))


def heard_at(state: SyncState, at: Cursor) -> SyncState:
    """The state once the central record told what became of steps, and where its log stood then: never
    further back than before, for by that place it is noticed that what was told is lost.
    """
    return replace(state, pushed_seq=at.seq, pushed_chain=at.chain) if at.seq > state.pushed_seq else state


def unknown_kinds(state: SyncState) -> set[str]:
    """The types of record of which the central record, of an older version, knows no field."""
    lacks = state.lacks()
    return {kind for kind, fields in kinds().items() if lacks.get(kind) == fields}
