"""Certificates for a test: an authority of its own, and what it signs for this computer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Authority:
    """Signs certificates; `file` is what a computer has to trust."""

    folder: Path
    name: str = "Test authority"

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = self.folder / f"{self.name}.pem"
        made = (
            _begun(self.name, self.name, self._key.public_key(), timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def sign(
        self,
        name: str,
        *,
        address: str = "127.0.0.1",
        life: timedelta = timedelta(days=1),
        begins: timedelta = timedelta(0),
        by_itself: bool = False,
    ) -> tuple[Path, Path]:
        """The files of a certificate for a network address, and of its key; not begun yet where it `begins`
        later than now, signed by its own key where it is `by_itself`.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, signer = (name, key) if by_itself else (self.name, self._key)
        made = (
            _begun(name, issuer, key.public_key(), life, begins)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
            .sign(signer, hashes.SHA256())
        )
        certificate, secret = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, secret


def _begun(
    name: str,
    issuer: str,
    key: ec.EllipticCurvePublicKey,
    life: timedelta,
    begins: timedelta = timedelta(0),
) -> x509.CertificateBuilder:
    """Begun ten days ago where it has ended, a minute ago where it has not, or when it `begins`."""
    now = datetime.now(UTC)
    begin = now - (timedelta(minutes=1) if life > timedelta(0) else timedelta(days=10))
    begin = now + begins if begins else begin
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(now + life)
    )
