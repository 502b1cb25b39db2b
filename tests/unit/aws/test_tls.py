"""Certificates are read once for each client, and every connection is verified by them."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore import httpsession
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from shared.aws.tls import read_certificates_once
from tests.contract.conftest import DUMMY


@pytest.fixture
def address() -> Iterator[str]:
    """Somebody who hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        Thread(target=hang_up, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each reading of certificates."""
    stock, found = ssl.SSLContext.load_verify_locations, list[Any]()

    def load(context: ssl.SSLContext, *given: Any) -> None:
        found.append(given)
        stock(context, *given)

    monkeypatch.setattr(httpsession, "SSLContext", ssl.SSLContext)
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load)
    return found


def connect(address: str) -> Any:
    """A client that has tried two connections."""
    once = Config(retries={"total_max_attempts": 2, "mode": "standard"}, connect_timeout=2, read_timeout=2)
    client = boto3.client("dynamodb", config=once, **{**DUMMY, "endpoint_url": address})
    with pytest.raises(BotoCoreError):
        client.describe_limits()
    return client


def test_certificates_are_read_once_for_each_client(address: str, loaded: list[Any]) -> None:
    read_certificates_once()
    client = connect(address)
    assert len(loaded) == 1
    with pytest.raises(BotoCoreError):
        client.describe_limits()
    assert len(loaded) == 1
    connect(address)
    assert len(loaded) == 2


def test_the_sdk_reads_them_for_each_connection(address: str, loaded: list[Any]) -> None:
    """Where it does no longer, this is not needed any more."""
    connect(address)
    assert len(loaded) == 2


def test_what_is_verified_stays_the_same() -> None:
    read_certificates_once()
    context = httpsession.create_urllib3_context()
    assert (context.verify_mode, type(context).__name__) == (ssl.CERT_REQUIRED, "_ReadOnce")
    with pytest.raises(OSError, match="No such file"):
        context.load_verify_locations("/nowhere.pem")
    with pytest.raises(OSError, match="No such file"):
        context.load_verify_locations("/nowhere.pem")
    assert not context.get_ca_certs()
    context.load_verify_locations(httpsession.where())
    known = len(context.get_ca_certs())
    context.load_verify_locations(httpsession.where())
    assert len(context.get_ca_certs()) == known > 0
