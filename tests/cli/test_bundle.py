"""Agreeing by files alone: two laptops and a central record that nobody can reach."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Line, Result
from tests.cli.test_sync import KEYS, Desk, add_child, make_hub, serving


@pytest.fixture
def site(tmp_path: Path) -> tuple[Desk, Line, Line]:
    """A central record and two laptops that enrolled while they could; from then on there is no network."""
    hub = make_hub(tmp_path)
    with serving(hub) as url:
        desk = Desk(tmp_path, hub, url, int(url.rsplit(":", 1)[1]))
        ana, ben = desk.laptop("Ana Bell", "school"), desk.laptop("Ben Cole", "school")
        for name in ("Ana Bell", "Ben Cole"):
            assert hub("hub", "entitle", name, "--school", "999001", today=None).code == 0
    return desk, ana, ben


def write(line: Line, path: Path, *words: str) -> Result:
    return line("bundle", "write", str(path), *words, "--json", today=None)


def read(line: Line, path: Path) -> Result:
    return line("bundle", "read", str(path), "--json", today=None)


def trip(hub: Line, line: Line, folder: Path, n: int) -> Result:
    """A bundle there and its answer back; what the laptop said at the end."""
    there, back = folder / f"{n}.there", folder / f"{n}.back"
    for done in (write(line, there), read(hub, there), write(hub, back)):
        assert done.code == 0, done.out + done.err
    return read(line, back)


def test_two_laptops_agree_by_files_alone(site: tuple[Desk, Line, Line], tmp_path: Path) -> None:
    desk, ana, ben = site
    hub = desk.hub
    tilly = add_child(ana, tmp_path)
    stick = tmp_path / "stick"
    stick.mkdir()
    first = trip(hub, ana, stick, 1)
    assert (first.code, first.json["agreed"], first.json["quarantined"]) == (0, True, 0), first.out
    assert first.json.keys() >= KEYS
    assert (first.json["requests"], first.json["pushed"] > 0) == (0, True)
    if os.name == "posix":
        assert {stat.S_IMODE(file.stat().st_mode) for file in stick.iterdir()} == {0o600}
    for file in stick.iterdir():
        assert b"Tilly" not in file.read_bytes()
    second = trip(hub, ben, stick, 2)
    assert (second.code, second.json["agreed"]) == (0, True), second.out
    assert ben("child", tilly, "--json").json["name"].startswith("Tilly")

    assert ana("edit", tilly, "known_as=Til").code == 0
    assert ben("edit", tilly, "known_as=Lily").code == 0
    assert trip(hub, ana, stick, 3).code == 0
    conflict = trip(hub, ben, stick, 4)
    assert (conflict.code, conflict.json["conflicts"], conflict.json["agreed"]) == (7, 1, True), conflict.out
    [held] = ben("conflicts", "--json").json
    assert ben("resolve", held["id"], "--keep", "yours").code == 0
    assert trip(hub, ben, stick, 5).code == 0
    assert trip(hub, ana, stick, 6).code == 0
    assert ana("conflicts", "--json").json == []
    assert "Lily" in ana("child", tilly, "--json").json["name"]
    assert hub("hub", "check", today=None).code == 0


def test_a_bundle_is_read_once_and_only_where_it_belongs(
    site: tuple[Desk, Line, Line], tmp_path: Path
) -> None:
    desk, ana, ben = site
    hub = desk.hub
    tilly = add_child(ana, tmp_path)
    old, new, answer = tmp_path / "old", tmp_path / "new", tmp_path / "answer"

    def refused(done: Result, code: str, exit_code: int = 5) -> None:
        assert (done.code, done.json["error"]["code"]) == (exit_code, code), done.out + done.err
        assert done.err.strip().count("\n") == 0

    refused(write(hub, answer), "nothing-to-answer", 4)
    refused(write(hub, answer, "--since-last"), "laptop-only", 2)
    assert write(ana, old).code == 0
    refused(write(ana, old), "file-exists")
    refused(read(ana, old), "wrong-way")
    refused(read(hub, tmp_path / "none"), "not-found", 4)
    assert write(ana, new).code == 0
    taken = read(hub, new)
    assert (taken.code, taken.json["quarantined"]) == (0, 0)
    refused(read(hub, new), "already-read")
    refused(read(hub, old), "older")
    late = tmp_path / "late"
    assert ana("edit", tilly, "known_as=Til").code == 0
    assert write(ana, late, "--since-last").code == 0
    told = hub("bundle", "read", str(late), today=None).out
    assert re.search(r"New steps taken: +1\nSteps known already: +0\n", told), told
    assert write(hub, answer).code == 0
    refused(read(hub, answer), "wrong-way")
    refused(read(ben, answer), "other-laptop")
    whole = answer.read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-9])
    refused(read(ana, tmp_path / "cut"), "bundle-damaged", 4)
    assert read(ana, answer).code == 0
    refused(read(ana, answer), "already-read")
    third = tmp_path / "third"
    assert write(ana, third).code == 0
    other = make_hub(tmp_path / "elsewhere")
    refused(read(other, third), "other-hub")
    held = hub("hub", "devices", "--json", today=None).json
    [device] = [row["id"] for row in held if row["worker"] == "Ana Bell"]
    assert hub("hub", "revoke", device, today=None).code == 0
    refused(read(hub, third), "revoked")
    log = hub("hub", "check", "--json", today=None).json["bundles_refused"]
    assert [(row["code"], row["device"]) for row in log] == [
        (code, device) for code in ("revoked", "wrong-way", "older", "already-read")
    ]
    told = hub("hub", "check", today=None).out
    assert re.search(rf"Bundle refused 20\d\d-\S+ \S+ of Ana Bell's laptop {device}: older\n", told)
    refused(write(hub, tmp_path / "for-nobody"), "revoked")
    assert write(ana, tmp_path / "x", "--laptop", device).code == 2


def test_what_is_no_file_and_a_folder_that_is_not_there_are_said_as_they_are(
    site: tuple[Desk, Line, Line], tmp_path: Path
) -> None:
    desk, ana, _ = site
    stick = tmp_path / "stick"
    stick.mkdir()
    for line in (ana, desk.hub):
        for done in (read(line, stick), write(line, stick)):
            assert done.code == 4
            assert done.json["error"]["message"] == "stick is a folder: name a file in it."
        done = write(line, tmp_path / "lost" / "monday")
        assert done.code == 4
        assert done.json["error"]["message"] == "There is no folder lost; choose another."
