"""The central record: making it, serving it, keeping it."""

from __future__ import annotations

from pathlib import Path

import click

from outreach_tui import output
from outreach_tui.commands.care import check_is_there, secret_of_backup
from outreach_tui.commands.frame import LineGroup, json_option, stamp_text, the_call
from outreach_tui.commands.hub_laptops import acknowledge, approve, code, devices, entitle, revoke
from outreach_tui.commands.hub_opening import hub_home as _home
from outreach_tui.commands.hub_opening import opened_hub as _opened
from outreach_tui.commands.keys import code_fd_option
from outreach_tui.commands.opening import NEW_FILE_VARIABLE, protect, take_new_passphrase


@click.group(cls=LineGroup, no_args_is_help=False)
def hub() -> None:
    """Keep a central record: the place where laptops agree.

    It lies in the data folder (--home), encrypted under a passphrase of its own, or in a PostgreSQL database.
    The passphrase is given as for a caseload.
    """


for _command in (code, devices, entitle, revoke, approve, acknowledge):
    hub.add_command(_command)


lease_option = click.option(
    "--lease",
    type=click.IntRange(0, 365),
    metavar="DAYS",
    help="How many days without a word a laptop opens alone; 14 unless set, 0 for ever.",
)


@hub.command("init")
@click.option("--database", metavar="URL", help="Keep the records in this PostgreSQL database.")
@click.option("--approve", is_flag=True, help="A manager says yes to each laptop: outreach hub approve.")
@lease_option
@json_option
def init(database: str | None, approve: bool, lease: int | None) -> None:
    """Make an empty central record in the data folder and print its recovery code.

    The recovery code is shown once and kept nowhere. The six words stand for the central record's key: each
    laptop shows the same words when it enrols.
    """
    from storage.cipher import wipe
    from storage.vault import Vault

    call = the_call()
    home = _home(call)
    from sync.hub.home import check_database, checked_address, create_hub

    address = checked_address(database) if database is not None else ""
    protect()
    home.check_free()
    if address:
        check_database(address, begun=home.begun())
    passphrase = take_new_passphrase(call, None, NEW_FILE_VARIABLE, shared=True)
    try:
        vault, key, code = Vault.create(home, passphrase)
    finally:
        wipe(passphrase)
    try:
        made = create_hub(home, key, database=database, approve=approve, now=call.now)
        if lease is not None:
            made.set_lease(lease)
        words = made.words()
        made.close()
    finally:
        wipe(key)
    del vault

    def text() -> None:
        pairs = [("Data folder", home.path), ("Recovery code", code), ("Six words", words)]
        output.emit_pairs(pairs)
        output.warn("Write the recovery code down now and keep it away from this computer.")

    call.show({"recovery_code": code, "home": str(home.path), "words": words}, text)


@hub.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 is any free.")
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="The TLS certificate.")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key.")
@lease_option
def serve(host: str, port: int, tls_cert: Path | None, tls_key: Path | None, lease: int | None) -> None:
    """Serve the central record until Ctrl-C or SIGTERM.

    It goes by the day that it is: --today moves nothing of what its laptops may hold.

    --lease is kept: each laptop hears of it at its next sync. One that is silent for longer opens only with
    its recovery code, or after a sync.

    Without TLS it serves this computer alone. One line on stderr for each request: what, how it ended, bytes
    and milliseconds; never a name.
    """
    import logging

    call = the_call()
    home = _home(call)
    from sync.hub.serving import serve as serve_on

    home.check_whole()
    call.warn_today_is_as_it_is()
    with home.claim_app(), _opened(call) as (opened, _):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log = logging.getLogger("outreach.hub")
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        words = opened.words()
        if lease is not None:
            opened.set_lease(lease)
        if opened.passes_by_rows():
            output.warn(
                "Warning: the account of PostgreSQL is a superuser or passes by row-level security; serve"
                " with one that is bound by it."
            )

        def ready(address: str) -> None:
            output.emit_lines([f"Serving the central record on {address} (its key: {words})."])

        serve_on(opened.gate(), host, port, certificate=tls_cert, key=tls_key, ready=ready)


@hub.command("release")
@click.argument("edit")
@click.option("--by", required=True, metavar="NAME", help="Who looked into it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is let in.")
@json_option
def release(edit: str, by: str, reason: str) -> None:
    """Let in EDIT, a step that was kept aside (see `hub check`), as if the council had sent it.

    It keeps its worker and its time, and goes to the laptops that may hold what it says.
    """
    call = the_call()
    with _opened(call) as (opened, _):
        from sync.hub import releasing

        with opened.engine.begin() as connection:
            done = releasing.release(connection, edit, by, reason, call.now())
    value = {"edit": done.edit, "verdict": done.verdict}
    call.show(value, lambda: output.emit_lines([f"{done.edit} was let in: {done.verdict}."]))


@hub.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path) -> None:
    """Write an encrypted backup of the central record to FILE and prove it by opening it.

    It may be made while the central record is served.
    """
    call = the_call()
    with _opened(call) as (opened, key):
        from sync.hub.keeping import back_up

        made = back_up(opened, key, _home(call), file)
    value = {"file": str(made.path), "bytes": made.size, "sha256": made.sha256}
    call.show(
        value,
        lambda: output.emit_pairs([("Backup", made.path), ("Bytes", made.size), ("SHA-256", made.sha256)]),
    )


@hub.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--put-aside", is_flag=True, help="Move the central record that is here into a folder first.")
@click.option("--recovery-code", "by_code", is_flag=True, help="Open the backup by its recovery code.")
@code_fd_option
@json_option
def restore(file: Path, put_aside: bool, by_code: bool, code_fd: int | None) -> None:
    """Put the central record of a backup FILE into the data folder, which must not be served meanwhile.

    Laptops notice at their next sync, and give back what the backup did not have yet.
    """
    from storage.cipher import wipe

    call = the_call()
    home = _home(call)
    from sync.hub.keeping import put_back

    protect()
    check_is_there(file)
    secret = secret_of_backup(call, by_code=by_code, code_fd=code_fd)
    with output.working("Opening the backup and checking it ..."):
        restored = put_back(file, home, secret, now=call.now(), put_aside=put_aside)
    wipe(restored.key)
    aside = str(restored.aside) if restored.aside else None

    def text() -> None:
        before = [("The one before", aside)] if aside else []
        output.emit_pairs([("Restored into", home.path), *before])
        output.emit_lines(["Access that was ended after that backup is open again: see hub devices."])

    call.show({"home": str(home.path), "set_aside": aside}, text)


@hub.command("check")
@json_option
def check() -> int:
    """Check that the log is whole and the sums fit the records, and list what was kept aside.

    It also names the laptops whose audit does not hold what is kept of it here, and who looked into those
    before, and the bundles that were refused, up to fifty.

    Exit code 1 when something is wrong; each problem is one sentence.
    """
    call = the_call()
    with _opened(call) as (opened, _):
        from sync.hub.alarms import refused_bundles
        from sync.hub.care import aside, laptops, lost_audits, problems

        with opened.engine.begin() as connection, output.working("Reading the central record ..."):
            found, kept, lost = problems(connection), aside(connection), lost_audits(connection)
            refused, every = refused_bundles(connection), laptops(connection)
    known = [
        {"id": row["id"], "worker": row["worker"]} | one
        for row in every
        for one in row["audits_acknowledged"]
    ]
    names = {row["id"]: f" of {row['worker']}'s laptop {row['id']}" for row in every}

    def text() -> None:
        output.emit_lines(found or ["The central record is sound."])
        for row in kept:
            whose = names.get(row["device"], "")
            about = ", ".join(f"{number} {kind}" for kind, number in row["records"].items())
            head = f"Kept aside: {row['edit']}{whose}, {stamp_text(row['at'])}, about {about}"
            waits = f" It waits for: {', '.join(row['awaits'])}." if row["awaits"] else ""
            output.emit_lines([f"{head}: {row['reason']}{waits}"])
        if kept:
            output.emit_lines(["One is let in by: outreach hub release EDIT --by NAME --reason TEXT"])
        for row in lost:
            when = stamp_text(row["audit_lost"])
            output.emit_lines(
                [f"The audit of {row['worker']}'s laptop {row['id']} was set back or altered: found {when}."]
            )
        for row in known:
            when, then = stamp_text(row["found"]), stamp_text(row["at"])
            output.emit_lines(
                [
                    f"The audit of {row['worker']}'s laptop {row['id']}, found {when}: looked into by"
                    f" {row['by']} on {then}: {row['reason']}"
                ]
            )
        for row in refused:
            whose = names.get(row["device"], "")
            output.emit_lines([f"Bundle refused {stamp_text(row['at'])}{whose}: {row['code']}"])

    value = {"sound": not found, "problems": found, "quarantined": kept, "audits_lost": lost}
    call.show(value | {"audits_acknowledged": known, "bundles_refused": refused}, text)
    return 1 if found else 0


@hub.command("metrics")
@json_option
def metrics() -> None:
    """Print how much the central record holds, as lines that a monitoring system reads, or as JSON."""
    call = the_call()
    with _opened(call) as (opened, _):
        from sync.hub.care import counts

        with opened.engine.begin() as connection:
            held = counts(connection)
    call.show(
        held, lambda: output.emit_lines(f"outreach_hub_{name} {number}" for name, number in held.items())
    )
