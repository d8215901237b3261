# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, good and bad, of CAs that live as long as a test."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import trustme
from cryptography import x509

HERE = "127.0.0.1"


@dataclass
class Authority:
    """A private CA. ``bundle`` is a file with its certificate, ``hashed`` a folder as ``openssl rehash`` makes it."""

    folder: Path
    ca: trustme.CA = field(default_factory=trustme.CA)

    @property
    def bundle(self) -> Path:
        """Return the path of a file with the CA's certificate."""
        path = self.folder / "ca.pem"
        self.ca.cert_pem.write_to_path(str(path))
        return path

    @property
    def hashed(self) -> Path:
        """Return the path of a folder in which OpenSSL finds the CA by its name."""
        folder = self.folder / "certs"
        folder.mkdir(exist_ok=True)
        subject = x509.load_pem_x509_certificate(self.ca.cert_pem.bytes()).subject
        self.ca.cert_pem.write_to_path(str(folder / f"{_hash(subject):08x}.0"))
        return folder

    def server(
        self, *names: str, first: int = -1, last: int = 1, newest: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        """Return the context of a server with a certificate of this CA.

        :param names: hosts that the certificate is for; this machine's address if there are none.
        :param first: days from now on which it begins to hold.
        :param last: days from now on which it ends.
        :param newest: the newest version of TLS that the server speaks.
        """
        now = datetime.now(timezone.utc)
        held = {"not_before": now + timedelta(days=first), "not_after": now + timedelta(days=last)}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if newest is not None:
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = newest
        self.ca.issue_cert(*(names or (HERE,)), **held).configure_cert(context)
        return context


def _hash(name: x509.Name) -> int:
    """Return OpenSSL's hash of a name: SHA-1 over its parts in small letters, without what is around them."""
    parts = b""
    for part in name.rdns:
        lowered = [x509.NameAttribute(attribute.oid, str(attribute.value).lower()) for attribute in part]
        encoded = x509.Name([x509.RelativeDistinguishedName(lowered)]).public_bytes()
        assert encoded[1] < 0x80, "too long for this"
        parts += encoded[2:]
    return int.from_bytes(hashlib.sha1(parts).digest()[:4], "little")  # noqa: S324 - OpenSSL's choice
