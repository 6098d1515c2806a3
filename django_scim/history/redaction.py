"""What of a request is a secret: by the schema, by what its name says, and by its own form.

Nobody can tell every secret from any text. What is here knows a secret where a name stands beside it, however
the two are written, and where it has the form of one, such as that of a token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any, Self
from unicodedata import normalize
from urllib.parse import unquote_plus

from django_scim.resources.registry import Registry, registry

REDACTED = "(redacted)"
"""Replaces a value that is never returned."""

NAME = re.compile(r"[\w$-]+")
"""The name of an attribute in a path, a URN or a filter."""

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""A word of a name such as ``otpSeed`` or ``pin_code``."""

SAYING_SO = re.compile(
    r"passw|passphrase|passcode|pswd|pwd|secret(?!ar)|token|credential|(api|access|private|signing|shared"
    r"|master|encryption)key|(recovery|backup|security|verification)(code|answer)|authorization|bearer"
    r"|(nt|lm)hash|kennwort|motdepasse|contrase|wachtwoord"
)
"""What the name of a secret has in it, in lower case and without hyphens."""

WORDS_SAYING_SO = {"pass", "pw", "pin", "otp", "totp", "hotp", "jwt", "psk", "cvv", "cookie", "creds", "seed"}
"""The words that say so only as a whole: they are in others, such as ``opinion``."""

PATH = re.compile(r"\s*[\w$:./@-]+\s*")
"""A text that can be the path of an attribute, without a filter."""

GIVEN = re.compile(
    r"(?<![\w$-])([\w$-]++)[\"'\s\\\])]{0,9}+(?:[:=>\[{,]|(?:eq|ne|co|sw|ew|gt|ge|lt|le|is|to)\b)",
    re.IGNORECASE,
)
"""A name, and what stands between it and its value: in JSON, in XML, in a form, in a filter."""

FORMS = re.compile(
    r"(?<![\w-])scim_[\w-]{20,}"
    r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}"
    r"|\b(?:bearer|basic)\s+[\w.~+/-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\$(?:2[abxy]|[156y]|argon2\w*|pbkdf2[\w-]*|scrypt)\$"
    r"|\{S?(?:SHA|MD5|CRYPT)[\d-]*\}"
    r"|\b(?:pbkdf2|bcrypt|argon2|scrypt)\w*\$"
    r"|\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{1,200}:[^\s/@]{1,200}@"
    r"|(?<![\w-])(?:gh[pousr]_|glpat-|xox[abeprs]-|[sr]k_live_|AKIA)[\w-]{10,}",
    re.IGNORECASE,
)
"""What is a secret by its form: tokens of this app and of others, the hash of a password, a private key."""

IDENTIFIER = re.compile(r"[0-9a-f-]{1,64}", re.ASCII)
"""A number or a UUID: no name of a secret is made of these characters, and no form of one."""

PLAIN = re.compile(r"[\w.@ -]*", re.ASCII)
"""A text with nothing encoded, and with nothing but words between a name and its value."""

FORM_STARTS = re.compile(r"scim_|eyJ|gh[pousr]_|glpat-|xox[abeprs]-|k_live_|AKIA|bearer|basic", re.IGNORECASE)
"""How the forms of secrets begin that a plain text can have."""

HINTS = tuple(
    re.findall(
        r"\w+",
        "pass pw pin otp jwt psk cvv cook cred seed secret token key code answer auth bear hash kenn contras "
        "wacht",
    )
)
"""What is in each text that names a secret: most texts are told by this alone."""

URN = re.compile(r"\s*urn:[\w.:-]*:(?=[\w$])", re.IGNORECASE)
"""The schema before the name of an attribute: its words say nothing of the value."""

ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")

MOST_DECODED = 6
"""How often a text is decoded, which may be encoded several times."""

LITERAL = re.compile(r"[^\s\"'()\[\]{}&=,;<>?]{3,}")
"""A part of a text that holds a secret: each may be the secret."""

MESSAGE_NAMES = frozenset(
    re.findall(
        r"\S+",
        """schemas operations op path value values attributes excludedattributes filter sortby sortorder
        startindex count cursor method bulkid version data failonerrors id externalid
        meta resourcetype created lastmodified
        location $ref ref display type primary""",
    )
)
"""The names that the messages of RFC 7644 have, and those that any attribute may have."""

DESCRIBING = {"value", "values", "data", "display", "filter", "sortby", "attributes", "excludedattributes"}
"""The members whose text is never the name that their siblings go by."""

NAMING = {"path", "name", "type"}
"""The known members whose text may be it, as in ``{"name": "password", "value": "…"}``."""


@dataclass(frozen=True)
class Redaction:
    """What of a document or a text may be kept.

    :param secrets: The names of the attributes that no answer ever holds, in lower case.
    :param known: The names of all attributes, in lower case; None if all that comes is known.
    :param values: Secrets that the request came with, such as its token.
    """

    secrets: frozenset[str]
    known: frozenset[str] | None = None
    values: Collection[str] = field(default=(), repr=False)

    def beside(self, *values: str) -> Self:
        """Return the same with further secrets of a request."""
        return replace(self, values=[value for value in values if len(value) > 7])

    # Names

    def is_name(self, name: str) -> bool:
        """Whether one name is that of a secret."""
        return name.lower() in self.secrets or says_secret(name)

    def up_to_name(self, path: str) -> str:
        """Return the beginning of a path, up to the name of the secret: what follows may be the secret."""
        found = (match for match in NAME.finditer(path) if self.is_name(match[0]))
        return path[: next((match.end() for match in found), 0)] or REDACTED

    def names_in(self, text: str) -> bool:
        """Whether a path or a filter names a secret. A word that only looks like a name counts too."""
        return remembered(names_in, text, self.secrets)

    def may_name(self, plain: str) -> bool:
        """Whether it is worth to look at the words of a text."""
        return may_name(plain, self.secrets)

    def is_path(self, text: str) -> bool:
        """Whether a text as a whole is the name or the path of a secret."""
        return len(text) < 400 and self.names_in(text) and PATH.fullmatch(decoded(text)) is not None

    def is_known(self, name: str) -> bool:
        """Whether the schemas or the messages have the name of a member, which may be a path."""
        return self.known is None or remembered(is_known, name, self.known)

    def is_naming(self, name: str) -> bool:
        """Whether the text of a member may be the name of what its siblings hold."""
        return remembered(is_naming, name, self.known)

    def is_harmless(self, name: str) -> bool:
        """Whether a name is one that the schemas have, letter by letter, and that of no secret."""
        return self.known is not None and name.lower() in self.known and not self.names_in(name)

    # Texts

    def holds(self, text: str) -> bool:
        """Whether a text has a secret in it: by the name before it, by its form, or the very token."""
        plain = text if (is_plain := self.is_plain(text)) else URN.sub("", decoded(text), 1)
        return (not is_plain and self.tells(plain)) or any(value in plain for value in self.values)

    def tells(self, plain: str) -> bool:
        """Whether a decoded text has a secret in it by the name before it, or by its form."""
        is_named = self.may_name(plain) and any(self.is_name(name) for name in GIVEN.findall(plain))
        return is_named or FORMS.search(plain) is not None

    def is_plain(self, text: str) -> bool:
        """Whether a text needs no closer look, as nearly all: it takes much longer."""
        return (
            PLAIN.fullmatch(text) is not None
            and FORM_STARTS.search(text) is None
            and (" " not in text or not self.may_name(text))
        )

    def text(self, text: str) -> str:
        """Return a text, or of one that holds a secret, nothing."""
        return REDACTED if self.holds(text) else text

    def target(self, target: str) -> str:
        """Return the path of a request with its query string, each of which is redacted if it needs it."""
        path, mark, query = target.partition("?")
        if self.holds(path):
            path = "/".join(REDACTED if self.holds(part) else part for part in path.split("/"))
            path = self.text(path)
        if self.may_tell(query):
            query = REDACTED
        return f"{path}{mark}{query}"

    # What is told of an error

    def detail(self, text: str, *sources: Any) -> str:
        """Return the text of an error, without the secrets of what was sent.

        :param sources: The documents and the texts that were sent.
        """
        given: set[str] = set()
        around: set[str] = set()
        for source in sources:
            for found, is_all in self.found(source):
                (given if is_all else around).add(found)
        parts = {part for found in around for part in LITERAL.findall(decoded(found))}
        hidden = {part for part in parts if not self.is_word(part)}
        has_part = any(part in text for part in hidden) or (around and self.names_in(text))
        if has_part or FORMS.search(text) or any(value in text for value in self.values):
            return REDACTED
        for value in sorted(given, key=len, reverse=True):
            if len(value) > 2:
                text = text.replace(value, REDACTED)
        return text

    def is_only_name(self, text: str) -> bool:
        """Whether a text is the path of a secret, and nothing else."""
        return self.is_path(text) and self.up_to_name(text) == text.rstrip()

    def may_tell(self, text: str) -> bool:
        """Whether a text names a secret, or holds one."""
        return self.names_in(text) or self.holds(text)

    def is_word(self, part: str) -> bool:
        """Whether a part of a text is no secret, but what the text is made of: a name."""
        return self.is_name(part) or self.is_known(part)

    def found(self, document: Any) -> Iterator[tuple[str, bool]]:
        """Yield the texts of a document that are secret, and whether each is the secret as a whole.

        What only holds a secret, such as a filter, is none as a whole.
        """
        pending = [(document, False)] if self.may_hold(document) else []
        while pending:
            item, is_secret = pending.pop()
            if isinstance(item, dict):
                is_about = self.is_about(item)
                for name, value in item.items():
                    if self.names_in(name):
                        pending.append((name, False))
                    if self.names_in(name) or (
                        is_about and not self.is_naming(name) and name.lower() != "op"
                    ):
                        pending.append((value, True))
                    else:
                        pending += [(name, False), (value, is_secret)]
            elif isinstance(item, list):
                is_secret = is_secret or self.is_odd(item)
                pending += [(value, is_secret) for value in item]
            elif isinstance(item, str) and is_secret and not self.is_path(item):
                yield item, True
            elif isinstance(item, str) and not self.is_only_name(item) and self.may_tell(item):
                yield item, False

    def may_hold(self, document: Any) -> bool:
        """Whether a document is worth a closer look, which takes long where it is large."""
        if isinstance(document, dict | list):
            document = json.dumps(document)
        return isinstance(document, str) and (
            "%" in document or "\\" in document or not document.isascii() or self.may_name(document)
        )

    # Documents

    def is_about(self, item: dict[str, Any]) -> bool:
        """Whether one member of an object names a secret, which its other members then may hold."""
        return any(
            self.names_in(value) if name.strip().lower() == "path" else self.is_path(value)
            for name, members in item.items()
            if self.is_naming(name)
            for value in texts_in(members)
        )

    def is_odd(self, items: list[Any]) -> bool:
        """Whether a list mentions a secret other than in operations, so that anything may be one."""
        return any(
            not self.is_bare(item) and not is_operation(item) and self.mentions(item) for item in items
        )

    def is_bare(self, item: Any) -> bool:
        """Whether an item of a list is but an ``id`` of digits, which names no secret and is none."""
        return (
            isinstance(item, dict)
            and len(item) == 1
            and isinstance(text := item.get("value"), str)
            and IDENTIFIER.fullmatch(text) is not None
            and text not in self.secrets
            and not any(value in text for value in self.values)
        )

    def mentions(self, document: Any) -> bool:
        """Whether a secret's name is anywhere in a document."""
        pending = [document]
        while pending:
            item = pending.pop()
            if isinstance(item, dict):
                pending += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                pending += item
            elif isinstance(item, str) and self.is_path(item):
                return True
        return False


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts of a value, of however many lists and objects it is made."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str):
            yield item


def is_operation(item: Any) -> bool:
    """Whether an item of a list is an operation of a PATCH."""
    return isinstance(item, dict) and any(
        name.lower() == "op" and str(verb).lower() in ("add", "replace", "remove")
        for name, verb in item.items()
    )


def may_name(plain: str, secrets: frozenset[str]) -> bool:
    """Whether it is worth to look at the words of a text."""
    lower = plain.lower()
    return any(hint in lower for hint in HINTS) or any(name in lower for name in secrets)


LONGEST = 100
"""How many characters a name has at most of which is remembered what it is."""


def remembered(found: Any, name: str, names: frozenset[str] | None) -> bool:
    """Return what a function says of a name, which it remembers unless the name is long."""
    known: bool = found(name, names) if len(name) < LONGEST else found.__wrapped__(name, names)
    return known


@lru_cache(maxsize=4096)
def is_known(name: str, known: frozenset[str]) -> bool:
    """Whether a name, which may be a path, is made of known ones."""
    if name.lower() in known:
        return True
    path = re.sub(r"\[.*\]", "", URN.sub("", name, 1)).lower()
    return all(part in known for part in path.split("."))


@lru_cache(maxsize=4096)
def is_naming(name: str, known: frozenset[str] | None) -> bool:
    """Whether the text of a member may be the name of what its siblings hold."""
    lower = name.lower()
    return lower in NAMING or (
        lower not in DESCRIBING and known is not None and not is_known.__wrapped__(name, known)
    )


@lru_cache(maxsize=4096)
def names_in(text: str, secrets: frozenset[str]) -> bool:
    """Whether a text names a secret."""
    plain = URN.sub("", decoded(text), 1)
    return may_name(plain, secrets) and any(
        name.lower() in secrets or says_secret(name) for name in NAME.findall(plain)
    )


@lru_cache(maxsize=4096)
def says_secret(name: str) -> bool:
    """Whether a name says that its value is a secret, such as ``userPassword``, ``api_key`` or ``token``."""
    if len(name) > 200:
        return True
    words = {word.lower() for word in PART.findall(name)}
    return not words.isdisjoint(WORDS_SAYING_SO) or bool(
        SAYING_SO.search("".join(filter(str.isalnum, name)).lower())
    )


def decoded(text: str) -> str:
    """Return a text as a reader takes it: without the encodings of URLs and of JSON, nor full-width signs."""
    for _ in range(MOST_DECODED):
        if "%" not in text and "+" not in text and "\\" not in text:
            break
        plain = ESCAPE.sub(lambda match: chr(int(match[1], 16)), unquote_plus(text))
        if plain == text:
            break
        text = plain
    return text if text.isascii() else normalize("NFKC", text)


def redaction() -> Redaction:
    """Return what may be kept of requests to the resource types of the project."""
    return redaction_for(registry())


@cache
def redaction_for(resource_types: Registry) -> Redaction:
    """Return it for given resource types."""
    return Redaction(resource_types.secret_names, MESSAGE_NAMES | resource_types.attribute_names)
