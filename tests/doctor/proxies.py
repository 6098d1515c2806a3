"""Small proxies before the live server, each broken in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit


class Proxy(BaseHTTPRequestHandler):
    """Passes requests on to the live server, with the ``Host`` that they came with."""

    upstream = ""

    def log_message(self, *arguments: Any) -> None:
        """Print nothing."""

    def pass_on(self) -> None:
        """Answer as the server does."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = HTTPConnection(urlsplit(self.upstream).netloc, timeout=30)
        server.request(self.command, self.path, body or None, self.sent())
        answer = server.getresponse()
        content = answer.read()
        server.close()
        self.reply(answer.status, content, dict(answer.getheaders()))

    def sent(self) -> dict[str, str]:
        """Return the headers that are passed on."""
        return dict(self.headers.items())

    def reply(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        """Answer."""
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def page(self, status: int, **headers: str) -> None:
        """Answer with a page of the proxy's own."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.reply(status, b"<h1>Proxy</h1>", {"Content-Type": "text/html", **headers})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = lambda self: self.pass_on()


class StripsAuthorization(Proxy):
    """Takes the token away, as mod_wsgi does."""

    def sent(self):
        return {name: value for name, value in self.headers.items() if name.lower() != "authorization"}


class ForgetsHost(Proxy):
    """Asks for its own name of the server."""

    def sent(self):
        return {**super().sent(), "Host": "backend:8000"}


class RedirectsToItself(Proxy):
    """Does what SECURE_SSL_REDIRECT does without SECURE_PROXY_SSL_HEADER."""

    def pass_on(self):
        self.page(301, Location=f"http://{self.headers['Host']}{self.path}")


class RedirectsToTls(Proxy):
    """Redirects to HTTPS."""

    def pass_on(self):
        self.page(301, Location=f"https://{self.headers['Host']}{self.path}")


class WantsLogin(Proxy):
    """Sends everybody to a login."""

    def pass_on(self):
        self.page(302, Location="/accounts/login/?next=/")


class ShowsPage(Proxy):
    """Has a single-page app at each address."""

    def pass_on(self):
        self.page(200)


class WantsPassword(Proxy):
    """Has a login of its own for what has a token."""

    def pass_on(self):
        if "Authorization" in self.headers:
            self.page(401, **{"WWW-Authenticate": "Basic"})
        else:
            super().pass_on()


class TakesSlashAway(Proxy):
    """Redirects what has a slash at its end."""

    def pass_on(self):
        if self.path.endswith("/"):
            self.page(301, Location=self.path.rstrip("/"))
        else:
            super().pass_on()


class LimitsBodies(Proxy):
    """Takes bodies of 64 KiB."""

    def pass_on(self):
        if int(self.headers.get("Content-Length") or 0) > 64 * 1024:
            self.page(413)
        else:
            super().pass_on()


class ForbidsMethods(Proxy):
    """Takes GET and POST alone."""

    def pass_on(self):
        if self.command in ("PUT", "PATCH", "DELETE"):
            self.page(405)
        else:
            super().pass_on()


class FearsQuotes(Proxy):
    """Takes a quote in an address for an attack."""

    def pass_on(self):
        if "%27" in self.path or "%22" in self.path:
            self.page(403)
        else:
            super().pass_on()


class IsSlowWatch(Proxy):
    """Has a clock of another year."""

    def reply(self, status, content, headers):
        super().reply(status, content, {**headers, "Date": "Wed, 01 Jan 2020 00:00:00 GMT"})


class IsAlone(Proxy):
    """Has lost the app."""

    def pass_on(self):
        self.page(502)


class SpeaksNoHttp(Proxy):
    """Answers, but not in HTTP."""

    def handle(self):
        self.rfile.readline()
        self.wfile.write(b"220 mail.example.com ESMTP\r\n")


@contextmanager
def before(upstream: str, kind: type[Proxy]) -> Iterator[str]:
    """Run a proxy before a server, and return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type(kind.__name__, (kind,), {"upstream": upstream}))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
