"""The dearest requests of each kind, all within the limits of the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django_scim.conf import get_settings
from tests.cost.population import BULK, PATCH, Population, document

Send = Callable[[], Any]

MULTIVALUED = (
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
)


def dearest(population: Population) -> Iterator[tuple[str, Send]]:
    """Yield the name of each request, and what sends it."""
    settings = get_settings()
    jobs, terms, values = settings.MAX_BULK_OPERATIONS, settings.MAX_FILTER_TERMS, settings.MAX_VALUES
    yield from writes_of_one(population, terms, values)
    yield from bulk_jobs(population, jobs, terms, values)
    yield from reads(population, terms)
    yield from groups(population, jobs)


def writes_of_one(population: Population, terms: int, values: int) -> Iterator[tuple[str, Send]]:
    """Yield writes that give one account as much as it may have."""
    path = f"/Users/{population.fat}"
    for attribute in MULTIVALUED:
        named = partial(operation, "replace", attribute, entries(attribute, values))
        yield f"PATCH: {values} values of {attribute}", patching(population, path, [named()])
    paths = [
        operation("replace", f'emails[value eq "{number}@x.example"].display', "x") for number in range(terms)
    ]
    yield f"PATCH: {terms} value paths on {values} values", patching(population, path, paths)
    plain = [operation("replace", "title", f"t{number}") for number in range(1000)]
    yield "PATCH: 1000 operations", patching(population, path, plain)
    adds = [operation("add", "emails", [{"value": f"{number}@y.example"}]) for number in range(1000)]
    yield "PATCH: 1000 values added one by one", patching(population, path, adds)
    for size in (200_000, 1_000_000):
        large = [operation("replace", f"{name}", "x" * size) for name in ("title", "nickName", "displayName")]
        yield f"PATCH: three texts of {size}", patching(population, path, large)
    yield "GET the account", lambda: population.send("GET", path)
    heavy = patching(population, path, [operation("add", "nickName", "x" * 1_000_000)] * 9)
    for number in (1, 2, 28):
        yield f"PATCH: 9 MB, for the {number}. time", heavy
    body = {**document(1), **{name: entries(name, values) for name in MULTIVALUED}}
    yield "PUT of all that an account may have", lambda: population.send("PUT", path, body)


def bulk_jobs(population: Population, jobs: int, terms: int, values: int) -> Iterator[tuple[str, Send]]:
    """Yield jobs with as many operations as they may have, each as dear as it may be."""
    created = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": document(1_000_000 + number)}
        for number in range(jobs)
    ]
    yield f"bulk: {jobs} accounts made", bulk(population, created)
    hashed = [
        {
            "method": "POST",
            "path": "/Users",
            "bulkId": str(number),
            "data": {**document(2_000_000 + number), "password": "correct horse battery"},
        }
        for number in range(jobs)
    ]
    yield f"bulk: {jobs} passwords", bulk(population, hashed)
    fat = f"/Users/{population.fat}"
    paths = [
        operation("replace", f'emails[value eq "{number}@x.example"].display', "x") for number in range(terms)
    ]
    yield f"bulk: {jobs} x {terms} value paths", bulk(population, [patch(fat, paths)] * jobs)
    for size in (40, 220):
        plain = [operation("replace", "title", f"t{number}") for number in range(size)]
        yield f"bulk: {jobs} x {size} operations", bulk(population, [patch(fat, plain)] * jobs)
    one = [operation("replace", "active", True)]
    yield f"bulk: {jobs} small changes of a large account", bulk(population, [patch(fat, one)] * jobs)
    thin = [patch(f"/Users/{identifier}", one) for identifier in population.identifiers]
    yield f"bulk: {jobs} small changes", bulk(population, (thin * jobs)[:jobs])
    texts = [patch(fat, [operation("replace", "title", f"{number}" * 20_000)]) for number in range(9)]
    yield f"bulk: {jobs} long texts", bulk(population, (texts * jobs)[: min(jobs, 400)])


def reads(population: Population, terms: int) -> Iterator[tuple[str, Send]]:
    """Yield queries over all accounts."""
    kept = [f'not (title co "x{number}")' for number in range(terms)]
    for join in (" and ", " or "):
        yield f"filter: {terms} negated{join.rstrip()}", query(population, "/Users", filter=join.join(kept))
    for term in (
        'emails[value co "x{}" and type eq "work"]',
        'not (emails[value co "x{}"])',
        'phoneNumbers.value ew "x{}"',
        'name.familyName co "x{}"',
        'groups.display co "x{}"',
        'not (groups[display co "x{}"])',
        'meta.lastModified gt "2020-01-01T00:00:{:02}Z"',
        'roles.value ne "x{}"',
    ):
        joined = " and ".join(f"not ({term.format(number % 60)})" for number in range(terms // 2))
        yield f"filter: {term}", query(population, "/Users", filter=joined)
    for order in ("title", "emails", "name.familyName", "meta.lastModified", "groups.display"):
        yield f"sort: {order}", query(population, "/Users", sortBy=order, startIndex=49_000)
    yield "sort at the root", query(population, "/", sortBy="displayName", startIndex=49_000)
    yield "page of 200", query(population, "/Users", count=200)
    yield "page of 200 large accounts", query(population, "/Users", count=200, filter='title eq "large"')


def groups(population: Population, jobs: int) -> Iterator[tuple[str, Send]]:
    """Yield what is done to a group of all accounts."""
    path = f"/Groups/{population.crowd}"
    yield "GET the group", lambda: population.send("GET", path)
    yield "groups, with members", query(population, "/Groups", count=200)
    yield "groups by a member", query(population, "/Groups", filter='members.display co "x"')
    selected = [operation("remove", f'members[display co "x{number}"]') for number in range(100)]
    yield "PATCH: 100 filters of members", patching(population, path, selected)
    yield "bulk: filters of members", bulk(population, [patch(path, selected)] * min(jobs, 3))
    yield "PATCH: all members removed", patching(population, path, [operation("remove", "members")])
    yield "PUT: no members", lambda: population.send("PUT", path, {"displayName": "Everybody", "members": []})
    everybody = {"displayName": "Everybody", "members": population.everybody()}
    yield "PUT: 50000 members", lambda: population.send("PUT", path, everybody)
    yield "DELETE the group", lambda: population.send("DELETE", path)


def entries(attribute: str, count: int) -> list[dict[str, Any]]:
    """Return values of a multi-valued attribute."""
    value = "formatted" if attribute == "addresses" else "value"
    form = {"photos": "https://x.example/{}", "x509Certificates": "{:08d}"}.get(attribute, "{}@x.example")
    return [{value: form.format(number), "type": "work"} for number in range(count)]


def operation(op: str, path: str, value: Any = None) -> dict[str, Any]:
    """Return an operation of a PATCH."""
    return {"op": op, "path": path} | ({} if value is None else {"value": value})


def patch(path: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a PATCH of a bulk job."""
    return {"method": "PATCH", "path": path, "data": {"schemas": [PATCH], "Operations": operations}}


def patching(population: Population, path: str, operations: list[dict[str, Any]]) -> Send:
    """Return what sends a PATCH."""
    return lambda: population.send("PATCH", path, {"schemas": [PATCH], "Operations": operations})


def bulk(population: Population, operations: list[dict[str, Any]]) -> Send:
    """Return what sends a job."""
    return lambda: population.send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})


def query(population: Population, path: str, **parameters: Any) -> Send:
    """Return what sends a query."""
    return lambda: population.send("GET", f"{path}?{urlencode(parameters)}")
