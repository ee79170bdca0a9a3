"""The central record behind TLS: whose certificate is believed, and that its own key is what counts."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from casework.edits import Edit, create
from casework.errors import BadInput, Unreachable, UsageProblem
from casework.ids import new_id
from casework.records import Child
from storage.central.outbox import count_waiting
from storage.central.state import read_state
from sync.certificates import certificate_fault
from sync.http import Line
from sync.hub.serving import serve
from sync.joining import join
from tests.cli.test_sync import Desk, make_hub, serving
from tests.sync.served import Served, Site
from tests.tools.certificates import Authority

UNKNOWN = "The certificate of the central record is signed by an authority that this computer does not know"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this computer trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def behind(site: Site, tls: tuple[Path, Path], port: int = 0) -> None:
    """Serve the central record with this certificate from now on."""
    site.served.stop()
    site.served = Served(site.hub, tls=tls, port=port)


def test_a_trusted_certificate_is_spoken_with(site: Site, authority: Authority) -> None:
    behind(site, authority.sign("hub"))
    ana = site.laptop()
    assert site.sync(ana).session.agreed
    assert read_state(ana.conn).url.startswith("https://")


NOT_BELIEVED = {
    "unknown": "is signed by an authority that this computer does not know (let SSL_CERT_FILE name the file",
    "unknown with its authority": "is signed by an authority that this computer does not know (let SSL_CERT",
    "by itself": "is self-signed: no authority vouches for it (get its file from whoever keeps the central",
    "ended": "has expired (check the date of this computer; where it is right, whoever keeps the central",
    "early": "is not valid yet (check the date of this computer; where it is right, tell whoever keeps",
    "another's address": "is made out to another address than 127.0.0.1 (check the address with whoever",
    "another's name": "is made out to another address than localhost (check the address with whoever keeps",
}


@pytest.mark.parametrize("wrong", NOT_BELIEVED)
def test_of_a_certificate_that_is_not_believed_it_is_said_why_and_what_to_do(
    wrong: str, site: Site, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    signer = Authority(site.folder, "Nobody") if wrong.startswith("unknown") else authority
    tls = signer.sign(
        "hub",
        life=timedelta(days=-1 if wrong == "ended" else 2),
        begins=timedelta(days=1 if wrong == "early" else 0),
        address="127.0.0.2" if wrong == "another's address" else "127.0.0.1",
        by_itself=wrong == "by itself",
    )
    if wrong == "unknown with its authority":
        tls[0].write_bytes(tls[0].read_bytes() + signer.file.read_bytes())
    behind(site, tls)
    host = "localhost" if wrong == "another's name" else "127.0.0.1"
    store, code = site.store(), site.code()
    with pytest.raises(Unreachable) as gone:
        join(store, site.url.replace("127.0.0.1", host), code)
    assert (gone.value.code, gone.value.exit_code) == ("unreachable", 6)
    assert gone.value.message.startswith(f"The certificate of the central record {NOT_BELIEVED[wrong]}")
    assert ("SSL_CERT_FILE" in gone.value.message) == (wrong.startswith("unknown") or wrong == "by itself")
    assert "enrol again" in gone.value.message
    assert "sent the next time" not in gone.value.message
    with site.hub.engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM device").scalar() == 0


def test_one_that_is_self_signed_is_believed_where_its_file_is_named(
    site: Site, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = authority.sign("hub", by_itself=True)
    behind(site, (certificate, key))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert site.sync(site.laptop()).session.agreed


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0x800B0101, "has expired or is not valid yet"),
        (0x800B010F, "is made out to another address than hub.example.org"),
        (-67818, "has expired (check"),
        (-67843, "is signed by an authority that this computer does not know"),
        (23, "is not one that this computer trusts (tell whoever keeps the central record)"),
        (None, "is not one that this computer trusts"),
    ],
)
def test_what_other_systems_find_wrong_is_told_by_its_number(code: int | None, words: str) -> None:
    found = ssl.SSLCertVerificationError("what the system says")
    if code is not None:
        found.verify_code = code
    error = OSError("on the way")
    error.__cause__ = found
    told = certificate_fault(error, "hub.example.org")
    assert told.startswith(f"The certificate of the central record {words}")
    assert "what the system says" not in told
    assert not certificate_fault(OSError("the certificate is required"), "hub.example.org")


def test_another_central_record_behind_the_same_certificate_is_not_believed(
    site: Site, authority: Authority, tmp_path: Path
) -> None:
    tls = authority.sign("hub")
    behind(site, tls)
    ana = site.laptop()
    assert site.sync(ana).session.agreed
    made = Child(id=new_id(), surname="Marsh", forename="Tilly", team=ana.worker.team)
    ana.journal.commit(Edit("Made", (create(made),), subject=made.id))
    before = (read_state(ana.conn).seq, count_waiting(ana.conn))
    (tmp_path / "other").mkdir()
    other = Site(tmp_path / "other")
    port = int(site.url.rsplit(":", 1)[1])
    site.served.stop()
    behind(other, tls, port)
    try:
        with pytest.raises(Unreachable) as gone:
            site.sync(ana)
    finally:
        other.close()
    assert gone.value.code == "bad-answer"
    assert (read_state(ana.conn).seq, count_waiting(ana.conn)) == before
    site.served = Served(site.hub, tls=tls, port=port)
    assert site.sync(ana).session.agreed


def test_certificates_that_cannot_be_read_are_named_where_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    for text in (None, "no certificate"):
        path = tmp_path / "none.pem"
        if text is not None:
            path.write_text(text)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        with pytest.raises(BadInput, match="SSL_CERT_FILE") as wrong:
            Line("https://hub.example.org", now=lambda: None)  # type: ignore[arg-type,return-value]
        assert wrong.value.exit_code == 4
        Line("http://127.0.0.1:8765", now=lambda: None).close()  # type: ignore[arg-type,return-value]


def test_what_is_served_beyond_this_computer_is_served_with_tls(site: Site, authority: Authority) -> None:
    gate: Any = None
    for host in ("0.0.0.0", "::", "192.0.2.7", "hub.example.org"):
        with pytest.raises(UsageProblem) as plain:
            serve(gate, host, 0)
        assert plain.value.code == "plain-http"
    with pytest.raises(UsageProblem, match="go together"):
        serve(gate, "0.0.0.0", 0, certificate=authority.file)


def test_a_certificate_is_served_with_its_own_key_or_not_at_all(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said to be served before the two are known to be a pair, and nobody is asked for a word."""
    certificate, own = authority.sign("hub")
    sealed, none = tmp_path / "sealed.key", tmp_path / "none.key"
    secret = load_pem_private_key(own.read_bytes(), None)
    sealed.write_bytes(
        secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"drift"))
    )
    none.write_text("no key")
    told: list[str] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    gate: Any = None
    for key in (authority.sign("another")[1], sealed, none):
        with pytest.raises(BadInput) as unfit:
            serve(gate, "127.0.0.1", 0, certificate=certificate, key=key, ready=told.append)
        assert (unfit.value.code, unfit.value.exit_code) == ("tls-pair", 4)
        assert f"hub.pem and {key.name} are not a certificate and its key" in unfit.value.message
    assert not told
    serve(gate, "127.0.0.1", 0, certificate=certificate, key=own, ready=told.append)
    assert len(told) == 1


def test_the_command_line_behind_tls(tmp_path: Path) -> None:
    """`hub serve` with a certificate, and a laptop that trusts it, then trusts another one only."""
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "Nobody")
    certificate, key = authority.sign("hub")
    hub = make_hub(tmp_path)
    with serving(hub, more=("--tls-cert", str(certificate), "--tls-key", str(key))) as url:
        assert url.startswith("https://")
        desk = Desk(tmp_path, hub, url, int(url.rsplit(":", 1)[1]))
        ana = desk.bare("Ana Bell")
        code = desk.code("Ana Bell")

        def trusting(whom: Authority | None, *words: str) -> Any:
            return ana(*words, "--json", today=None, env={"SSL_CERT_FILE": str(whom.file)} if whom else {})

        refused = trusting(None, "enrol", url, code)
        assert (refused.code, refused.json["error"]["code"]) == (6, "unreachable")
        assert UNKNOWN in refused.err
        assert trusting(None, "sync", "status").json["enrolled"] is False
        assert trusting(authority, "enrol", url, code).code == 0
        assert trusting(authority, "sync").json["agreed"] is True
        refused = trusting(stranger, "sync")
        assert (refused.code, refused.json["error"]["code"]) == (6, "unreachable")
        assert UNKNOWN in refused.err
        assert trusting(authority, "sync").code == 0
