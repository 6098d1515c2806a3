"""The e-mail domains of a connection: what it may write as an address, and as a user name that is one.

An address is what has an ``@``. It has to be a plain one: exactly one ``@``, and nothing that mail programs
read in different ways, such as quotation marks, comments or white space. So its domain is what follows the
``@``, for everybody. A subdomain is another domain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidValueException

from django_scim.mappings.mapping import Mapping
from django_scim.resources.resource import Resource

NO_PLAIN_ADDRESS = re.compile(r'[\s\x00-\x1f\x7f"(),:;<>\[\]\\]')
"""What an address has only in a quoted part, in a comment, or beside a name that is shown."""

LONGEST = 253
"""The most characters of a domain."""


def require_domains(obj: Resource, mapping: Mapping, old: Any, new: Any) -> None:
    """Refuse addresses that a write adds to an attribute, if they are outside of the connection's domains.

    :param old: The value before, as JSON has it. Its addresses may stay.
    :raises InvalidValueException: With the attribute and the domain.
    """
    connection = obj.caller.connection
    if connection is None or not connection.domains:
        return
    if mapping.path.head not in obj.resource_type.adapter.domain_attributes:
        return
    allowed = {canonical_domain(domain) for domain in connection.domains}
    known = set(addresses(old))
    key = mapping.path.head
    for address in addresses(new):
        if address in known:
            continue
        domain = domain_of(address)
        if domain is None:
            detail = f"'{key}' has an address that is not a plain one: its domain is not certain"
            raise InvalidValueException(attribute=key, detail=detail)
        if canonical_domain(domain) not in allowed:
            detail = (
                f"'{key}' has an address of '{domain[:LONGEST]}', which is not a domain of the connection"
            )
            raise InvalidValueException(attribute=key, detail=detail)


def addresses(value: Any) -> Iterator[str]:
    """Yield what is an address in the value of an attribute: a text, an object with a value, or several."""
    if isinstance(value, str):
        # Characters of full width become those that mail programs take them for.
        text = unicodedata.normalize("NFKC", value).strip()
        if "@" in text:
            yield text
    elif isinstance(value, dict):
        yield from addresses(value.get("value"))
    elif isinstance(value, list):
        for item in value:
            yield from addresses(item)


def domain_of(address: str) -> str | None:
    """Return the domain of an address, or None if the address is not a plain one."""
    local, _, domain = address.partition("@")
    if not local or not domain or "@" in domain or NO_PLAIN_ADDRESS.search(address):
        return None
    return domain


def canonical_domain(domain: str) -> str:
    """Return the form in which domains are compared: lower case, each label as in the DNS (RFC 5890).

    Python's codec ``idna`` is of 2003, and takes ``straße`` for ``strasse``, which is another domain today.
    """
    text = unicodedata.normalize("NFKC", domain).replace("\u3002", ".")
    text = unicodedata.normalize("NFKC", "".join(map(str.lower, text))).removesuffix(".")
    return ".".join(map(label_in_dns, text.split(".")))


def label_in_dns(label: str) -> str:
    """Return a part of a domain in ASCII."""
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
