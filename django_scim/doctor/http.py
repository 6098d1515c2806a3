"""Requests through the public address, as an identity provider sends them: no redirect is followed."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, InvalidURL
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

MOST_READ = 1024 * 1024
"""How many bytes of an answer are read."""

SCIM = "application/scim+json"

CERTIFICATES = {
    10: "The certificate has expired.",
    18: "The certificate is signed by itself.",
    19: "The chain of the certificate ends in one that is signed by itself.",
    20: "The certificate does not lead to an authority that is known here.",
    21: "The certificate does not lead to an authority that is known here.",
    62: "The certificate is for another host name.",
    64: "The certificate is for another address.",
}
"""What OpenSSL's codes of a failed verification mean."""


class Unreachable(Exception):
    """There was no answer.

    :param topic: What it is about.
    :param text: What happened.
    :param remedy: What to change.
    """

    def __init__(self, topic: str, text: str, remedy: str) -> None:
        super().__init__(text)
        self.topic, self.text, self.remedy = topic, text, remedy


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> dict[str, Any] | None:
        """The JSON object in the body, or None if it has none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    @property
    def is_scim(self) -> bool:
        """Whether the app has answered, and nothing in front of it."""
        return self.json is not None and isinstance(self.json.get("schemas"), list)

    @property
    def detail(self) -> str:
        """What the app says of a refusal, or else what kind of page it is."""
        if self.is_scim and self.json is not None:
            return str(self.json.get("detail", ""))
        return f"a page of the type {self.headers.get_content_type()}" if self.body else "an empty page"


class NoRedirects(HTTPRedirectHandler):
    """Takes a redirect for an answer."""

    def redirect_request(self, *arguments: Any, **options: Any) -> None:
        """Follow nothing."""
        return


class Http:
    """Sends requests. Certificates are verified.

    :param timeout: After how many seconds without a byte a request has failed.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        context = ssl.create_default_context()
        self.opener = build_opener(NoRedirects(), HTTPSHandler(context=context))

    def send(
        self,
        method: str,
        url: str,
        *,
        token: str = "",
        body: bytes | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send a request, and return its answer.

        :raises Unreachable: If there is none.
        :raises ValueError: If the address cannot be sent.
        """
        headers = {"Accept": f"{SCIM}, application/json", "User-Agent": "django-scim-doctor"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = SCIM
        request = Request(url, body, headers, method=method)  # noqa: S310 - http and https alone get here
        try:
            with self.opener.open(request, timeout=timeout or self.timeout) as response:
                return Answer(response.status, response.headers, response.read(MOST_READ))
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read(MOST_READ))
        except URLError as error:
            reason = error.reason if isinstance(error.reason, OSError) else OSError(error.reason)
            raise unreachable(reason, url) from error
        except OSError as error:
            raise unreachable(error, url) from error
        except InvalidURL as error:
            raise ValueError(f"{url} is no address: {error}") from error
        except HTTPException as error:
            raise Unreachable(
                "reach", f"What answers speaks no HTTP: {error!r}.", "Look which program has this port."
            ) from error


def unreachable(error: OSError, url: str) -> Unreachable:
    """Return why there was no answer, in words."""
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    match error:
        case ssl.SSLCertVerificationError():
            known = CERTIFICATES.get(
                error.verify_code, f"The certificate is refused: {error.verify_message}."
            )
            return Unreachable(
                "TLS",
                f"{known} Identity providers refuse it too.",
                "Install a certificate of a public authority for this host name, with the whole chain "
                "(fullchain), and renew it in time.",
            )
        case ssl.SSLError():
            return Unreachable(
                "TLS",
                f"{where} speaks no TLS that is understood here: {error.reason or error}.",
                "Let the proxy end TLS at this port, with TLS 1.2 or newer, or correct the address.",
            )
        case socket.gaierror():
            return Unreachable(
                "reach",
                f"The host name {parts.hostname} is not known.",
                "Add it to the DNS that the Internet sees, or correct the address.",
            )
        case TimeoutError():
            return Unreachable(
                "reach",
                f"{where} did not answer in time.",
                "Look at the firewall, and whether the server can reach its own public address. If it "
                "cannot, run the command on a machine that can, with the same settings.",
            )
        case ConnectionRefusedError():
            return Unreachable(
                "reach", f"Nothing listens at {where}.", "Start the web server, or correct the address."
            )
    return Unreachable(
        "reach",
        f"The connection to {where} was closed: {error}.",
        "Look in the log of the proxy, and of the web server.",
    )


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine, so that nobody reads what is sent without TLS."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
