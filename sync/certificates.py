"""Why the certificate of a central record is not believed, in a person's words, and what to do then."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

_WHOSE = "The certificate of the central record"
_DATE = "(check the date of this computer; where it is right,"
_ANOTHERS = (
    "is made out to another address than {host} (check the address with whoever keeps the central record;"
    " where it is right, they need a certificate for it)"
)
_ENDED = f"has expired {_DATE} whoever keeps the central record has to renew the certificate)"
_EARLY = f"is not valid yet {_DATE} tell whoever keeps the central record)"
_OUTSIDE = f"has expired or is not valid yet {_DATE} tell whoever keeps the central record)"
_UNKNOWN = (
    "is signed by an authority that this computer does not know (let SSL_CERT_FILE name the file of the"
    " authority that signed it)"
)
_BY_ITSELF = (
    "is self-signed: no authority vouches for it (get its file from whoever keeps the central record, and let"
    " SSL_CERT_FILE name it)"
)
_OTHER = "is not one that this computer trusts (tell whoever keeps the central record)"

_BY_CODE = {
    # OpenSSL: X509_V_ERR_...
    9: _EARLY,
    10: _ENDED,
    18: _BY_ITSELF,
    2: _UNKNOWN,
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    62: _ANOTHERS,
    64: _ANOTHERS,
    # Windows: CERT_E_..., which has one word for both ends of its life
    0x800B0101: _OUTSIDE,
    0x800B0109: _UNKNOWN,
    0x800B010A: _UNKNOWN,
    0x800B010F: _ANOTHERS,
    # macOS: errSec...
    -67818: _ENDED,
    -67819: _EARLY,
    -67843: _UNKNOWN,
    -67602: _ANOTHERS,
}
"""By the number with which the system that checks certificates tells what is wrong with one."""


def certificate_fault(error: BaseException, host: str) -> str:
    """What is wrong with the certificate that was shown for `host`, and what to do; "" where that is not what
    the error comes from. Nothing of the certificate itself is told.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            # One that was made otherwise than by a check has no number.
            why = _BY_CODE.get(getattr(cause, "verify_code", 0), _OTHER)
            return f"{_WHOSE} {why.format(host=host)}"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it was raised from, and so on."""
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__
