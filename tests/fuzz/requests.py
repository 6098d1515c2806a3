"""The strategy for requests: each endpoint and method, with a body and headers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz import messages
from tests.fuzz.bodies import bodies
from tests.fuzz.population import CLIENTS
from tests.fuzz.queries import query_strings
from tests.fuzz.sent import Sent
from tests.fuzz.values import seldom, wrong

Strategy = st.SearchStrategy[Any]

SCIM = "application/scim+json"

BODIES: dict[str, Strategy] = {
    **{name: bodies(messages.mutated(resources)) for name, resources in messages.RESOURCES.items()},
    "PATCH": bodies(messages.mutated(messages.patches)),
    "Bulk": bodies(messages.mutated(messages.jobs)),
    "search": bodies(messages.mutated(messages.searches)),
    "any": bodies(wrong),
}

HEADERS: dict[str, list[str]] = {
    "Content-Type": [
        "application/json",
        f"{SCIM}; charset=utf-8",
        f"{SCIM}; charset=utf-16",
        f"{SCIM}; charset=utf-7",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
        ";",
    ],
    "Content-Encoding": ["gzip", "identity", "x"],
    "Content-Length": ["0", "5", "-1", "many", "999999999", "9" * 40],
    "Transfer-Encoding": ["chunked", "gzip, chunked"],
    "Accept": ["application/json", "text/html", "*/*", ";q=1", "application/scim+json;q=x", ""],
    "If-Match": ["*", 'W/"0"', '"', 'W/"0", *', "é", ", " * 500],
    "If-None-Match": ["*", 'W/"0"', '"', "é"],
    "X-Request-ID": ["a", "a\r\nX-Injected: yes", "é", "x" * 500, "\0"],
    "X-HTTP-Method-Override": ["DELETE"],
    "Accept-Language": ["de", "\0", "x" * 300],
    "Authorization": ["", "Bearer", "Basic eDp5", "Bearer \xff", "Token x"],
    "Cookie": ["sessionid=x; csrftoken=y", "=;=;="],
    "Range": ["bytes=0-1"],
    "Expect": ["100-continue"],
}

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "G\u00cbT"]

ODD_IDENTIFIERS = [
    "none",
    "%00",
    "%ff",
    "%0d%0ax",
    "x" * 3000,
    "9" * 60,
    "..",
    "%2e%2e%2f",
    "'",
    "bulkId:a",
    "%",
]

ODD_PATHS = [
    "/",
    "//",
    "/Users//",
    "/users",
    "/Nothing",
    "/Users/<user1>/emails",
    "/Users/.search/",
    "/.search/x",
    "/Bulk/x",
    "/Schemas/%00",
    "/ResourceTypes/user",
    "/ServiceProviderConfig/x",
    "/%ff",
    "/" + "x" * 3000,
]

headers = seldom(
    st.just({}),
    st.sampled_from(list(HEADERS)).flatmap(
        lambda name: st.sampled_from(HEADERS[name]).map(lambda value: {name: value})
    ),
    10,
)
clients = seldom(st.just("writer"), st.sampled_from(CLIENTS), 6)
queries = seldom(st.just(""), query_strings().map(lambda text: f"?{text}"), 6)
collections = st.sampled_from(["Users", "Users", "Groups", "Groups", "Devices", "Legacies"])


@st.composite
def resource_requests(draw: st.DrawFn) -> Sent:
    """Draw a request of one resource, or of all of its type."""
    collection = draw(collections)
    way = draw(st.sampled_from(["list", "search", "POST", "PUT", "PATCH", "PATCH", "PATCH", "GET", "DELETE"]))
    path, method, body = f"/{collection}", way, None
    if way == "list":
        method, query = "GET", f"?{draw(query_strings())}"
        return Sent(method, path + query, None, draw(headers), draw(clients))
    if way == "search":
        return Sent("POST", f"{path}/.search", draw(BODIES["search"]), draw(headers), draw(clients))
    if way != "POST":
        known = st.sampled_from(messages.IDENTIFIERS[collection])
        path += f"/{draw(seldom(known, st.sampled_from(ODD_IDENTIFIERS), 20))}"
    if way in ("POST", "PUT", "PATCH"):
        body = draw(BODIES["PATCH" if way == "PATCH" else collection])
    return Sent(method, path + draw(queries), body, draw(headers), draw(clients))


@st.composite
def other_requests(draw: st.DrawFn) -> Sent:
    """Draw a request of the root, of ``/Me``, of a bulk job, of what is discovered, or of nothing."""
    way = draw(st.sampled_from(["root", "search", "bulk", "bulk", "bulk", "me", "discovery", "odd"]))
    if way == "root":
        return Sent("GET", f"/?{draw(query_strings())}", None, draw(headers), draw(clients))
    if way == "search":
        return Sent("POST", "/.search", draw(BODIES["search"]), draw(headers), draw(clients))
    if way == "bulk":
        return Sent("POST", "/Bulk", draw(BODIES["Bulk"]), draw(headers), draw(clients))
    if way == "me":
        method = draw(st.sampled_from(["GET", "PUT", "PATCH", "POST", "PATCH"]))
        body = None if method == "GET" else draw(BODIES["PATCH" if method == "PATCH" else "Users"])
        return Sent(method, f"/Me{draw(queries)}", body, draw(headers), draw(clients))
    if way == "discovery":
        known = ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/ResourceTypes/User", "/history"]
        path = draw(st.sampled_from(known)) + draw(queries)
    else:
        path = draw(st.sampled_from(ODD_PATHS)) + draw(queries)
    method = draw(st.sampled_from(METHODS))
    body = None if method in ("GET", "HEAD") else draw(BODIES["any"])
    return Sent(method, path, body, draw(headers), draw(clients))


requests: Strategy = seldom(resource_requests(), other_requests(), 4)
