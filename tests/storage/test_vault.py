"""Key slots: what opens them, what does not, and that no change to the file goes unseen."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from casework.errors import BadInput, Locked, OutreachError, Refused
from storage.home import Home
from storage.slots import FLOOR, Kdf, calibrated
from storage.vault import Vault
from tests.tools.vaults import FAST, NOW, PASSPHRASE

NEW = "copper lantern meadow"


def rewritten(home: Home, change: Callable[[dict], None]) -> None:
    """Alter the file as someone who knows its format would: with a fitting checksum, without the data key."""
    data = json.loads(home.vault_file.read_bytes())
    del data["checksum"]
    change(data)
    plain = (json.dumps(data, sort_keys=True, indent=1) + "\n").encode()
    data["checksum"] = hashlib.sha256(plain).hexdigest()
    home.vault_file.write_bytes((json.dumps(data, sort_keys=True, indent=1) + "\n").encode())


def test_argon2id_known_answer_of_rfc_9106() -> None:
    tag = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        ad=b"\x04" * 12,
        secret=b"\x03" * 8,
    ).derive(b"\x01" * 32)
    assert tag.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_stretch_is_argon2id_of_the_composed_utf8_text() -> None:
    expected = Argon2id(salt=b"s" * 16, length=32, iterations=1, lanes=1, memory_cost=64).derive(
        "Zoë’s ladder".encode()
    )
    assert FAST.stretch("Zoe\u0308’s ladder", b"s" * 16) == expected
    assert FAST.stretch(bytearray("Zoe\u0308’s ladder".encode()), b"s" * 16) == expected


def test_passphrase_opens_across_reloads_and_spelling_of_accents(home: Home) -> None:
    _, key, _ = Vault.create(home, "Zoë’s violet ladder", kdf=FAST)
    assert len(key) == 32
    assert Vault.load(home).unlock("Zoe\u0308’s violet ladder", now=NOW) == key
    assert Vault.load(home).unlock(bytearray("Zoë’s violet ladder".encode()), now=NOW) == key


def test_two_vaults_share_nothing(tmp_path: Path) -> None:
    first = Vault.create(Home(tmp_path / "a"), PASSPHRASE, kdf=FAST)
    second = Vault.create(Home(tmp_path / "b"), PASSPHRASE, kdf=FAST)
    assert first[1] != second[1]
    assert first[0].vault_id != second[0].vault_id
    assert first[2] != second[2]


def test_no_secret_in_the_file(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    _, key, code = made
    text = home.vault_file.read_bytes()
    for secret in (bytes(key), bytes(key).hex().encode(), b64encode(key), code.encode(), PASSPHRASE.encode()):
        assert secret not in text
    assert home.vault_file.stat().st_mode & 0o077 == 0


def test_wrong_passphrase_is_locked(made: tuple[Vault, bytearray, str]) -> None:
    with pytest.raises(Locked) as fault:
        made[0].unlock("wrong wrong wrong", now=NOW)
    assert (fault.value.code, fault.value.exit_code) == ("wrong-passphrase", 3)


def test_default_cost_is_at_least_the_floor(home: Home) -> None:
    vault, key, _ = Vault.create(home, PASSPHRASE)
    assert not vault.kdf.is_under(FLOOR)
    assert (FLOOR.memory_kib, FLOOR.iterations, FLOOR.lanes) == (65536, 3, 4)
    assert Vault.load(home).unlock(PASSPHRASE, now=NOW) == key


@pytest.mark.parametrize(("spent", "iterations"), [(0.01, 20), (0.125, 6), (0.25, 3), (3.0, 3)])
def test_calibration_goes_up_and_never_under_the_floor(spent: float, iterations: int) -> None:
    ticks = iter([10.0, 10.0 + spent])
    kdf = calibrated(lambda: next(ticks))
    assert (kdf.memory_kib, kdf.iterations, kdf.lanes) == (65536, iterations, 4)


def test_every_flipped_bit_is_detected(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    home.vault_previous.unlink(missing_ok=True)
    whole = home.vault_file.read_bytes()
    for place in range(len(whole)):
        bent = bytearray(whole)
        bent[place] ^= 1 << (place % 8)
        home.vault_file.write_bytes(bent)
        with pytest.raises(OutreachError) as fault:
            Vault.load(home).unlock(PASSPHRASE, now=NOW)
        assert fault.value.code == "vault-damaged", place


def test_every_bit_of_some_bytes_is_detected(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    whole = home.vault_file.read_bytes()
    for place in range(0, len(whole), 97):
        for bit in range(8):
            bent = bytearray(whole)
            bent[place] ^= 1 << bit
            home.vault_file.write_bytes(bent)
            with pytest.raises(BadInput):
                Vault.load(home)


def test_every_truncation_is_detected(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    whole = home.vault_file.read_bytes()
    for length in range(0, len(whole), 13):
        home.vault_file.write_bytes(whole[:length])
        with pytest.raises(BadInput):
            Vault.load(home)
    home.vault_file.write_bytes(whole + b"\n")
    with pytest.raises(BadInput):
        Vault.load(home)


def test_every_changed_value_is_detected_even_with_a_fitting_checksum(
    home: Home, made: tuple[Vault, bytearray, str]
) -> None:
    whole = home.vault_file.read_bytes()

    def leaves(data: dict, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        found = []
        for name, value in data.items():
            found += leaves(value, (*path, name)) if isinstance(value, dict) else [(*path, name)]
        return found

    tried = 0
    for path in leaves(json.loads(whole)):
        if path == ("checksum",):
            continue

        def change(data: dict, path: tuple[str, ...] = path) -> None:
            for name in path[:-1]:
                data = data[name]
            value = data[path[-1]]
            if isinstance(value, int):
                data[path[-1]] = value + 1
            elif path[-1] in {"nonce", "box", "salt"}:
                raw = bytearray(b64decode(value))
                raw[0] ^= 1
                data[path[-1]] = b64encode(raw).decode()
            elif path[-1] in {"vault", "seal"}:
                data[path[-1]] = value[:-1] + ("0" if value[-1] != "0" else "1")
            elif path[-1] == "profile":
                data["profile"] = "standard"
            elif value is None:
                data[path[-1]] = {"public": "AAAA", "box": "AAAA"} if path[-1] == "escrow" else None
            else:
                data[path[-1]] = value + "x"

        home.vault_file.write_bytes(whole)
        home.attempts_file.unlink(missing_ok=True)
        rewritten(home, change)
        if home.vault_file.read_bytes() == whole:
            continue
        tried += 1
        with pytest.raises(OutreachError):
            Vault.load(home).unlock(PASSPHRASE, now=NOW)
    assert tried >= 14


def test_swapped_slots_do_not_open(tmp_path: Path) -> None:
    here, there = Home(tmp_path / "a"), Home(tmp_path / "b")
    Vault.create(here, PASSPHRASE, kdf=FAST)
    _, _, code = Vault.create(there, PASSPHRASE, kdf=FAST)
    other = json.loads(there.vault_file.read_bytes())["slots"]
    rewritten(here, lambda data: data["slots"].update(passphrase=other["passphrase"]))
    with pytest.raises(Locked):
        Vault.load(here).unlock(PASSPHRASE, now=NOW)
    rewritten(here, lambda data: data["slots"].update(recovery=other["recovery"]))
    with pytest.raises(Locked):
        Vault.load(here).unlock_recovery(code)


def test_an_old_slot_put_back_is_seen(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    before = json.loads(home.vault_file.read_bytes())["slots"]["passphrase"]
    made[0].change_passphrase(PASSPHRASE, NEW, now=NOW)
    rewritten(home, lambda data: data["slots"].update(passphrase=before))
    with pytest.raises(BadInput) as fault:
        Vault.load(home).unlock(PASSPHRASE, now=NOW)
    assert fault.value.code == "vault-altered"


@pytest.mark.parametrize("lower", [{"memory_kib": 32768}, {"iterations": 1}, {"lanes": 1}])
def test_downgraded_kdf_is_refused(home: Home, lower: dict[str, int]) -> None:
    Vault.create(home, PASSPHRASE, kdf=FLOOR)
    rewritten(home, lambda data: data["slots"]["passphrase"]["kdf"].update(lower))
    with pytest.raises(Refused) as fault:
        Vault.load(home)
    assert fault.value.code == "vault-downgraded"


def test_claiming_the_test_profile_opens_nothing(home: Home) -> None:
    Vault.create(home, PASSPHRASE, kdf=FLOOR)

    def weaken(data: dict) -> None:
        data["profile"] = "low-cost"
        data["slots"]["passphrase"]["kdf"].update(memory_kib=64, iterations=1, lanes=1)

    rewritten(home, weaken)
    with pytest.raises(Locked):
        Vault.load(home).unlock(PASSPHRASE, now=NOW)
    with pytest.raises(OutreachError):
        Vault.load(home).set_passphrase(bytearray(32), NEW)


def test_enormous_kdf_is_refused_without_trying(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    rewritten(home, lambda data: data["slots"]["passphrase"]["kdf"].update(memory_kib=2**31))
    with pytest.raises(BadInput):
        Vault.load(home)


def test_change_passphrase(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    vault, key, code = made
    vault.change_passphrase(PASSPHRASE, NEW, now=NOW)
    assert Vault.load(home).unlock(NEW, now=NOW) == key
    assert Vault.load(home).unlock_recovery(code) == key
    assert vault.generation == 2
    assert not home.vault_previous.exists()
    with pytest.raises(Locked):
        Vault.load(home).unlock(PASSPHRASE, now=NOW)


def test_change_needs_the_old_passphrase(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    before = home.vault_file.read_bytes()
    with pytest.raises(Locked):
        made[0].change_passphrase("wrong wrong wrong", NEW, now=NOW)
    assert home.vault_file.read_bytes() == before


def test_set_passphrase_needs_only_the_key(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    vault, key, _ = made
    vault.set_passphrase(key, NEW)
    assert Vault.load(home).unlock(NEW, now=NOW) == key
    with pytest.raises(BadInput):
        vault.set_passphrase(bytearray(32), PASSPHRASE)


@pytest.mark.parametrize("weak", ["", "short", "password", "PASSWORD1", "aaaaaaaaaa", "12345678"])
def test_weak_new_passphrase_is_refused(home: Home, weak: str) -> None:
    with pytest.raises(BadInput) as fault:
        Vault.create(home, weak, kdf=FAST)
    assert fault.value.code == "weak-passphrase"
    assert not home.vault_file.exists()


@pytest.mark.parametrize("way", ["change", "set", "recover", "escrow"])
def test_no_way_of_setting_a_passphrase_takes_a_weak_one(home: Home, way: str) -> None:
    private = X25519PrivateKey.generate()
    vault, key, code = Vault.create(
        home, PASSPHRASE, kdf=FAST, escrow_public=private.public_key().public_bytes_raw()
    )
    raw = bytearray(private.private_bytes_raw())
    before = home.vault_file.read_bytes()
    ways: dict[str, Callable[[], object]] = {
        "change": lambda: vault.change_passphrase(PASSPHRASE, "short", now=NOW),
        "set": lambda: vault.set_passphrase(key, "short"),
        "recover": lambda: vault.recover(code, "short"),
        "escrow": lambda: vault.recover_escrow(raw, "short"),
    }
    with pytest.raises(BadInput) as fault:
        ways[way]()
    assert fault.value.code == "weak-passphrase"
    assert home.vault_file.read_bytes() == before


def test_a_vault_cut_short_gives_way_to_the_one_before(
    home: Home, made: tuple[Vault, bytearray, str]
) -> None:
    home.vault_previous.write_bytes(home.vault_file.read_bytes())
    home.vault_file.write_bytes(home.vault_file.read_bytes()[:100])
    vault = Vault.load(home)
    assert vault.unlock(PASSPHRASE, now=NOW) == made[1]
    assert not home.vault_previous.exists()
    assert Vault.load(home).unlock(PASSPHRASE, now=NOW) == made[1]


def test_a_change_by_another_process_is_not_undone(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    vault, key, _ = made
    Vault.load(home).change_passphrase(PASSPHRASE, NEW, now=NOW)
    with pytest.raises(Refused) as fault:
        vault.set_passphrase(key, "third third thirdly")
    assert fault.value.code == "vault-changed"
    assert Vault.load(home).unlock(NEW, now=NOW) == key


def test_a_long_lived_vault_takes_up_a_new_passphrase(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    vault, key, code = made
    Vault.load(home).recover(code, NEW)
    with pytest.raises(Locked):
        vault.unlock(PASSPHRASE, now=NOW)
    with pytest.raises(Locked):
        vault.unlock_recovery(code)
    assert vault.unlock(NEW, now=NOW + timedelta(seconds=1)) == key


def test_a_long_lived_vault_renews_the_recovery_code_of_the_slots_that_now_hold(
    home: Home, made: tuple[Vault, bytearray, str]
) -> None:
    vault, key, code = made
    Vault.load(home).change_passphrase(PASSPHRASE, NEW, now=NOW)
    fresh = vault.renew_recovery(key)
    assert Vault.load(home).unlock(NEW, now=NOW) == key
    assert Vault.load(home).unlock_recovery(fresh) == key
    with pytest.raises(Locked):
        Vault.load(home).unlock_recovery(code)


def test_set_up_again_keeps_slots_that_no_database_belongs_to(
    home: Home, made: tuple[Vault, bytearray, str]
) -> None:
    before = home.vault_file.read_bytes()
    Vault.create(home, NEW, kdf=FAST)
    aside = list(home.path.glob("vault.json.unused-*"))
    assert [path.read_bytes() for path in aside] == [before]
    home.database.write_bytes(os.urandom(4096))
    with pytest.raises(Refused) as fault:
        Vault.create(home, NEW, kdf=FAST)
    assert fault.value.code == "caseload-exists"


def test_erased_slots_open_nothing(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    made[0].erase_slots()
    assert not home.vault_file.exists()
    with pytest.raises(BadInput):
        Vault.load(home)
    home.database.write_bytes(b"encrypted")
    with pytest.raises(Refused, match="access was ended"):
        home.check_whole()


def test_missing_vault_says_so(home: Home) -> None:
    with pytest.raises(BadInput) as fault:
        Vault.load(home)
    assert fault.value.code == "no-caseload"


def test_kdf_bounds() -> None:
    assert Kdf(memory_kib=65535, iterations=3, lanes=4).is_under(FLOOR)
    assert not Kdf(memory_kib=131072, iterations=4, lanes=4).is_under(FLOOR)
