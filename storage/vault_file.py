"""The text of `vault.json`: canonical, so that no byte of it can change unseen, and checked before use."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Literal

from pydantic import Field, ValidationError

from casework.errors import BadInput, OutreachError, Refused
from storage import slots
from storage.cipher import wipe
from storage.faults import translated
from storage.files import claim_name, sync_folder, write_atomic
from storage.home import Home
from storage.slots import FLOOR, Slots

_LARGEST_FILE = 64 * 1024


class Body(slots.Strict):
    """Everything in the file but its checksum and seal."""

    format: Literal["outreach-vault"] = "outreach-vault"
    version: Literal[1] = 1
    vault: str = Field(pattern=r"^[0-9a-f]{32}$")
    profile: Literal["standard", "low-cost"]
    generation: int = Field(ge=1, le=2**53)
    slots: Slots

    def identity(self) -> dict[str, object]:
        """What every slot is bound to; it never changes in the life of a vault."""
        return self.model_dump(include={"format", "version", "vault", "profile"})


class _File(Body):
    seal: str = Field(pattern=r"^[0-9a-f]{64}$")
    checksum: str = Field(pattern=r"^[0-9a-f]{64}$")


def _canonical(data: dict[str, object]) -> bytes:
    return (json.dumps(data, sort_keys=True, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def seal_of(body: Body, key: bytearray) -> str:
    """HMAC-SHA256 over everything but checksum and seal, under a key drawn from the data key."""
    mac_key = slots.seal_key(key, body.identity())
    try:
        return hmac.new(mac_key, _canonical(body.model_dump()), hashlib.sha256).hexdigest()
    finally:
        wipe(mac_key)


def render(body: Body, seal: str) -> bytes:
    """The file's bytes."""
    sealed = body.model_dump() | {"seal": seal}
    return _canonical(sealed | {"checksum": hashlib.sha256(_canonical(sealed)).hexdigest()})


def parse(text: bytes, where: str) -> tuple[Body, str]:
    """The body and its seal; `BadInput` unless every byte is as it was written."""
    damaged = BadInput(
        "vault-damaged",
        "vault.json, which holds the keys, is damaged or was altered; restore it from a backup.",
        where,
    )
    if len(text) > _LARGEST_FILE:
        raise damaged
    try:
        file = _File.model_validate_json(text)
    except (ValidationError, ValueError):
        raise damaged from None
    body = Body.model_validate(file.model_dump(exclude={"seal", "checksum"}))
    if render(body, file.seal) != text:
        raise damaged
    if body.profile == "standard" and body.slots.passphrase.kdf.is_under(FLOOR):
        raise Refused(
            "vault-downgraded",
            "vault.json was altered: its passphrase protection is weaker than Outreach ever writes; restore "
            "it from a backup.",
            where,
        )
    return body, file.seal


def read(home: Home, *, previous: bool) -> bytes:
    """The bytes of the file, or of the one before it; `BadInput` when there is none."""
    path = home.vault_previous if previous else home.vault_file
    if not path.exists():
        home.check_whole()
        raise BadInput("no-caseload", "There is no caseload in this data folder; run set-up.", str(home.path))
    with translated(path), path.open("rb") as file:
        return file.read(_LARGEST_FILE + 1)


def load(home: Home) -> tuple[Body, str]:
    """The vault and its seal; a file that a crash left unfinished gives way to the one before it.

    Raises `BadInput` when there is none or it is damaged, `Refused` when it was downgraded.
    """
    try:
        return parse(read(home, previous=False), str(home.vault_file))
    except BadInput as first:
        try:
            text = read(home, previous=True)
            loaded = parse(text, str(home.vault_previous))
        except OutreachError:
            raise first from None
        write_atomic(home.vault_file, text)
        return loaded


def drop_previous(home: Home) -> None:
    """Let go of the file before; the present one is proved."""
    path = home.vault_previous
    with translated(path):
        if path.exists():
            path.unlink()
            sync_folder(path.parent)


def put_aside(home: Home) -> tuple[str, ...]:
    """Keep key slots that no database here belongs to, under a name of their own; the names they have now."""
    names = []
    for path in (home.vault_file, home.vault_previous):
        if path.exists():
            aside = path.with_name(f"{path.name}.unused-{secrets.token_hex(4)}")
            with translated(path):
                claim_name(path, aside)
            names.append(aside.name)
    return tuple(names)
