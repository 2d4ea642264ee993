"""A RabbitMQ that is reached over TLS too, by a certificate of our own making."""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers.process import free_port
from tests.servers.rabbit import RabbitServer

HOST = "127.0.0.1"
DAY = dt.timedelta(days=1)
SETTINGS = """\
log.console = false
listeners.ssl.1 = {host}:{port}
ssl_options.cacertfile = {folder}/authority.pem
ssl_options.certfile = {folder}/server.pem
ssl_options.keyfile = {folder}/server.key
ssl_options.verify = verify_none
"""


class TlsRabbitServer(RabbitServer):
    """As its parent; a second port speaks TLS and nothing else."""

    def __init__(self, place: Path | None = None) -> None:
        super().__init__(place)
        self._tls_port = 0
        self.authority = self.folder / "authority.pem"
        """The certificate of who vouches for the server."""
        write_certificates(self.folder)

    @property
    def tls_address(self) -> str:
        """The port's URL, as whom: guest; nothing yet says whom to trust."""
        return f"amqps://guest:guest@{HOST}:{self._tls_port}/"

    @property
    def tls_url(self) -> str:
        """The whole URL, for a client that trusts the authority alone."""
        return f"{self.tls_address}?cafile={self.authority}"

    def _choose_ports(self) -> None:
        super()._choose_ports()
        self._tls_port = free_port()
        text = SETTINGS.format(host=HOST, port=self._tls_port, folder=self.folder)
        (self.folder / "rabbitmq.conf").write_text(text)


def write_certificates(folder: Path) -> None:
    """Write an authority, and a certificate of it for this machine's loopback with its key."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate("authority", authority_key, authority_key).sign(
        authority_key, hashes.SHA256()
    )
    address = x509.IPAddress(ipaddress.ip_address(HOST))
    server = (
        _certificate("server", key, authority_key)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(server.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    """Return one that is not signed yet; whoever issues to himself is an authority."""
    now = dt.datetime.now(dt.UTC)
    is_authority = key is issuer_key
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(is_authority=is_authority), critical=True)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ticketbridge tests {name}")])
