"""A certificate that nobody vouches for is no answer: not for ZZY, not for a channel."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from yarl import URL

from tests.doubles import HeldClock
from worker.clients.channels import ChannelClient
from worker.clients.http import HttpClient, HttpRequest, Limits, Lost, NotSent
from worker.translation.delivery import NoAnswer

SEEN: list[str] = []


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return the server's side of a certificate that it made for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    alternatives = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def _take(request: web.Request) -> web.Response:
    SEEN.append(request.path)
    return web.json_response({"status": 200})


@pytest.fixture
async def impostor(tmp_path: Path) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/{tail:.*}", _take)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=self_signed(tmp_path))
    yield f"https://127.0.0.1:{server.port}/notify"
    await server.close()


async def test_a_channel_is_told_nothing(impostor: str) -> None:
    client = ChannelClient(allow_private_addresses=True, clock=HeldClock())
    result = await client.deliver(impostor, {}, b"a voucher")
    await client.close()
    assert isinstance(result, NoAnswer)
    assert result.reason == "tls_failed"
    assert SEEN == []


async def test_zzy_is_told_nothing(impostor: str) -> None:
    client = HttpClient(Limits())
    exchange = await client.exchange(HttpRequest("POST", URL(impostor), {}, b"an order"))
    await client.close()
    assert isinstance(exchange, NotSent | Lost)
    assert exchange.reason == "tls_failed"
    assert SEEN == []
