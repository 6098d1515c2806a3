"""The ``DJANGO_SCIM`` setting: every option with its default, its type and what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypedDict

from django.conf import settings as django_settings
from django.core.checks import Error
from django.core.signals import setting_changed

from django_scim.options import CountOption, ModelOption, RateText, examine


class ResourceOptions(TypedDict, total=False):
    """The options of one resource type, the same for User, Group and those of the host."""

    adapter: str
    """Dotted path of the adapter. If it is not given, it is ``django_scim.adapters.UserAdapter`` for ``User``
    and ``django_scim.adapters.GroupAdapter`` for ``Group``; a resource type of the host needs one."""

    model: ModelOption
    """The model whose rows are the resources, as a label such as ``"staff.Employee"``, instead of the
    adapter's: ``AUTH_USER_MODEL`` and ``auth.Group`` if that has none."""

    attributes: Mapping[str, Any]
    """Mappings by attribute path, added to the adapter's or in their place: a string is a column, and
    None takes a mapping away."""

    delete: Literal["soft", "hard"]
    """What becomes of a deleted resource. ``"soft"``, the default, locks the account, ends its memberships
    and hides the resource from SCIM; ``"hard"`` deletes the row, and what the host's models delete with it
    by ``CASCADE``."""

    id_field: str | None
    """A unique column that holds the ``id``, instead of one made from the primary key."""

    extensions: Sequence[Any]
    """Schema extensions: dotted paths to scim2-models classes, or schemas as ``/Schemas`` has them. Each may
    be the ``schema`` of a dictionary whose ``required`` says that every resource has to have it."""

    protect: Mapping[str, Any] | None
    """Look-ups of the model: rows that match can be read, and neither made nor changed by SCIM, such as
    ``{"name__in": ["Administrators"]}`` or ``{"permissions__isnull": False}``; an empty dictionary says that
    no row needs it."""

    tenant_field: str | None
    """The foreign key to the tenant, or the many-to-many relation to the tenants: a connection sees the rows
    of its own tenant alone."""

    manager: str | None
    """The manager whose rows are resources, by its name on the model, such as ``"objects"``; if it is not
    given, the default one. Rows that it hides are 404 for identity providers; ``"_base_manager"`` hides
    none."""


class ThrottleRates(TypedDict, total=False):
    """How often what may be done, such as ``"3000/min"``; None for any number."""

    read: RateText | None
    """Reads and queries of one connection."""

    write: RateText | None
    """Writes of one connection; a bulk request is one."""

    bulk: RateText | None
    """Operations in the bulk requests of one connection."""

    address_read: RateText | None
    """Reads and queries from one address: identity providers that others use too send from the same ones."""

    address_write: RateText | None
    """Writes from one address."""

    address_bulk: RateText | None
    """Operations in the bulk requests from one address."""

    failed_authentication: RateText | None
    """Wrong tokens and set-up links from one address: beyond that, one is 429. A right one gets in all the
    same."""

    discovery: RateText | None
    """Requests without a right token to the discovery endpoints from one address."""


DEFAULT_THROTTLE_RATES: dict[str, RateText | None] = {
    "read": RateText("3000/min"),
    "write": RateText("3000/min"),
    "bulk": RateText("10000/min"),
    "address_read": RateText("12000/min"),
    "address_write": RateText("12000/min"),
    "address_bulk": RateText("40000/min"),
    "failed_authentication": RateText("60/min"),
    "discovery": RateText("600/min"),
}
"""Twice what Microsoft asks a SCIM endpoint to stand, which is 25 requests a second from one tenant."""


@dataclass(frozen=True)
class ScimSettings:
    """The options of ``DJANGO_SCIM``, under the names that the setting uses.

    Read them through :func:`get_settings`. A name that is not here is a system check error, and so is a
    value of another type than is annotated.
    """

    RESOURCES: Mapping[str, ResourceOptions | None] = field(default_factory=dict)
    """The resource types by their name, with the options of each: see
    :class:`django_scim.conf.ResourceOptions`. ``User`` and ``Group`` are served whether they are here or not,
    unless they are None: ``{"Group": None}`` serves no groups."""

    TENANT_IN_ADDRESS: Mapping[str, str] = field(default_factory=dict)
    """How the route that includes the app's URLs names a tenant: for each keyword argument, the attribute of
    the tenant that it is compared with. ``{"org": "slug"}`` is for ``orgs/<slug:org>/scim/v2/``. A connection
    of another tenant, or without one, is 404 there. So is everybody where a keyword is not in the setting."""

    AUTHENTICATION_CLASSES: Sequence[str] = ("django_scim.api.authentication.AccessTokenAuthentication",)
    """DRF authentication classes; the first names the scheme of ``WWW-Authenticate``."""

    ALLOW_HTTP: bool = False
    """Whether requests may come without TLS, which they may in debug mode too; others are 403."""

    TRUSTED_PROXIES: CountOption | None = None
    """How many proxies in front of the project add to ``X-Forwarded-For``, which tells the address of the
    client then; with 0, the header counts for nothing. If it is not given, it is ``NUM_PROXIES`` of
    ``REST_FRAMEWORK``, and else 0."""

    THROTTLE_CLASSES: Sequence[str] = (
        "django_scim.api.throttling.ConnectionThrottle",
        "django_scim.api.throttling.AddressThrottle",
    )
    """DRF throttle classes of the resource endpoints; a request over the limit is 429."""

    THROTTLE_RATES: ThrottleRates = field(default_factory=ThrottleRates)
    """How often what may be done: see :class:`django_scim.conf.ThrottleRates`. What is left out has its
    default."""

    CACHE_ALIAS: str = "default"
    """The entry of ``CACHES`` that counts for the throttles: one that all processes share."""

    PERMISSION_CLASSES: Sequence[str] = ("django_scim.api.permissions.HasScope",)
    """DRF permission classes of the resource endpoints."""

    DEFAULT_PAGE_SIZE: int = 100
    """How many resources a query returns that gives no ``count`` (RFC 7644 section 3.4.2.4)."""

    STATEMENT_TIMEOUT: float | None = 4.0
    """How many seconds a query may take the database, and each statement of a write. A query that takes
    longer is 400 ``tooMany``, a write 503 with ``Retry-After``. None for what the database allows."""

    LOCK_TIMEOUT: float | None = 5.0
    """How many seconds a write waits for a row that somebody else has locked, on PostgreSQL and MariaDB; then
    it is 503 with ``Retry-After``. None for what the database allows; SQLite has ``timeout`` in ``OPTIONS``.
    """

    MAX_RESULTS: int = 200
    """The most resources that one page holds; a larger ``count`` is lowered to it."""

    CURSOR_TIMEOUT: int = 3600
    """How many seconds a cursor is good for (RFC 9865); an older one is 400 ``expiredCursor``."""

    COUNT_WITH_CURSOR: bool = True
    """Whether pages by cursor have ``totalResults``, which takes the database a look at all rows."""

    MAX_BULK_OPERATIONS: int = 500
    """The most operations in one bulk request; more is 413."""

    BULK_TRANSACTION_SIZE: int = 50
    """How many creations of a bulk job that follow each other are tried in one transaction, which is rolled
    back and done one by one if any fails; 1 for each by itself."""

    MAX_REQUEST_COST: int | None = 5000
    """What the work of one request may cost, about in milliseconds of an ordinary machine; more is 413, and a
    bulk job ends there, with 413 for each operation that is not done. None for any cost.
    :mod:`django_scim.allowance` has what costs how much."""

    CURRENT_RESOURCE: str = "django_scim.api.resources.authenticated_user"
    """Dotted path of the function that says which row ``/Me`` stands for: it takes the DRF request and
    returns an instance of a resource type's model, or None, which is 501 (RFC 7644 section 3.11)."""

    MAX_PAYLOAD_SIZE: int = 10 * 1024 * 1024
    """The largest request body in bytes; a larger one is 413."""

    MAX_PATCH_OPERATIONS: int = 1000
    """The most operations in one PATCH; more is 413. One without a path counts once for each attribute."""

    MAX_JSON_DEPTH: int = 32
    """How deep a body may be nested, 400 being the answer to a deeper one; SCIM's own messages need seven."""

    MAX_STRING_LENGTH: int = 1024 * 1024
    """The most characters of one string in a body; more is 400."""

    MAX_ATTRIBUTES: int = 1000
    """The most members of one object in a body, known or not; more is 400."""

    MAX_VALUES: int = 500
    """The most values of one multi-valued attribute, but for members; more is 400."""

    MAX_RECORD_SIZE: int = 256 * 1024
    """The most characters of JSON that are kept of one resource beside the project's columns; more is 413.
    Requests may add to a resource, and each of them is read and written with all that was kept before."""

    MAX_MEMBERS: int = 50_000
    """The most members in one list of a body; more is 400. A group may have more: a PATCH adds to them."""

    MAX_FILTER_LENGTH: int = 10_000
    """The most characters of a filter, and of the path of an operation; more is 400."""

    MAX_FILTER_DEPTH: int = 32
    """How deep a filter may nest; no more than 32, which is the limit of the grammar."""

    MAX_FILTER_TERMS: int = 100
    """The most comparisons in one filter, and in the paths of one PATCH, members set apart; more is 400.
    SQLite has a limit on what an expression may hold."""

    MAX_PARAMETER_LENGTH: int = 10_000
    """The most characters of ``sortBy``, of ``attributes`` and of ``excludedAttributes``; more is 400."""

    UNKNOWN_ATTRIBUTES: Literal["ignore", "forbid"] = "ignore"
    """What becomes of attributes and extensions that no schema has: they are ignored, and the history names
    them, or the request is refused. A path of a PATCH that is nearly one that there is, or leads into a
    simple attribute, is refused in any case."""

    NESTED_GROUPS: Literal["ignore", "forbid"] = "ignore"
    """What becomes of a group among the members of a group where these are users alone: it is left out, which
    the history says, or the whole request is refused."""

    UNKNOWN_REFERENCES: Literal["keep", "forbid"] = "keep"
    """What becomes of a foreign key, such as that of a manager, to somebody whom the connection cannot see.
    The reference is kept beside it, which the history says, and the key is filled once there is such a
    resource; or the request is refused, as it always is where the key cannot be null."""

    DIALECT_RULES: Sequence[str] = ()
    """Dotted paths of the rules that read what identity providers send otherwise than the RFCs say, for every
    connection and beside those that ship: functions, or modules with several. See
    :func:`django_scim.dialects.rule`."""

    DIALECTS: Sequence[str] = ()
    """Dotted paths of the dialects that a connection may have beside those that ship, each a
    :class:`django_scim.dialects.Dialect`."""

    DJANGO_USERNAME_VALIDATORS: bool = False
    """Whether the validators of ``django.contrib.auth`` for user names count for what identity providers
    send. They allow letters, digits and ``@.+-_``; directories have names such as ``o'brien`` and
    ``CORP\\ada``. Validators that the project has written, subclasses of those included, always count."""

    REHIRED_BY: Literal["externalId", "uniqueAttribute", "nothing"] = "externalId"
    """By what a connection's deleted resource is known again when it is made again, so that the person has
    the row back: the ``externalId``; a unique attribute such as ``userName``; or nothing: each POST makes a
    new row."""

    POLICIES: Sequence[str] = ()
    """Dotted paths of the functions that see each write inside its transaction, before it is saved, and allow
    it, change it or refuse it with a text; each takes a :class:`django_scim.policies.ProposedWrite`."""

    DEPROVISIONING: Sequence[str] = (
        "django_scim.deprovisioning.end_sessions",
        "django_scim.deprovisioning.revoke_rest_framework_tokens",
        "django_scim.deprovisioning.revoke_oauth2_provider_tokens",
    )
    """Dotted paths of the functions that end what an account could do that is no longer active; each takes
    the row of the account and its connection, or None if somebody of the project deactivates an account that
    no connection has."""

    NOTIFICATIONS: Sequence[str] = ("django_scim.notifications.send_mail",)
    """Dotted paths of the functions that tell people of a pause, of a token about to expire, of a row of
    refusals, of silence, and weekly of all; each takes a :class:`django_scim.notifications.Notification`.
    The default mails the addresses of the connection, or ``ADMINS``; an empty list tells nobody."""

    RECORD_READS: bool = False
    """Whether the history has the reads and queries too, not the writes alone."""

    RECORD_REQUESTS: bool = True
    """Whether the history keeps the bodies of requests, without their secrets."""

    MAX_RECORDED_REQUEST: int = 64 * 1024
    """How many characters of a body the history keeps, about; what is longer is shortened."""

    MAX_RECORDED_CHANGES: int = 128 * 1024
    """How many characters of what a request has changed the history keeps, about; what is longer is
    shortened, and cannot be given back by an undo. Of members it names the first thousand."""

    HISTORY_RETENTION: int | None = None
    """After how many days ``manage.py scim_prune`` deletes events, if it is not told; None keeps them."""

    HISTORY_AUTHENTICATION_CLASSES: Sequence[str] = ("rest_framework.authentication.SessionAuthentication",)
    """DRF authentication classes by which staff are known at ``/history``; tokens are known by
    ``AUTHENTICATION_CLASSES`` there too."""

    MAX_HISTORY_PAGE: int = 1000
    """The most events that one page of ``/history`` holds; a larger ``page_size`` is lowered to it."""

    DEPROVISIONING_LIMIT: int | None = 500
    """How many resources a connection may deactivate, delete, empty of members, rename or give another
    password within an hour before it is paused; None for any number. What it has made within the hour does
    not count. A connection can have a limit of its own."""

    DEPROVISIONING_SHARE: int | None = 20
    """The same in percent of the active resources of the type that the connection may change and has not made
    within the hour, where that is less, but 25 at least; None for any share. It is not asked of a connection
    with a limit of its own."""

    LOG_PERSONAL_DATA: bool = False
    """Whether the log ``django_scim.access`` has the queries and the addresses of requests too."""

    DOCUMENTATION_URI: str | None = None
    """``documentationUri`` of the ServiceProviderConfig."""


def check_settings() -> list[Error]:
    """Report the options in ``DJANGO_SCIM`` that there are not, and those of a wrong type."""
    _, errors = examine("DJANGO_SCIM", ScimSettings, getattr(django_settings, "DJANGO_SCIM", {}))
    return errors


@cache
def get_settings() -> ScimSettings:
    """Return the options in force: of a wrong one, which the system check reports, the default."""
    options, _ = examine("DJANGO_SCIM", ScimSettings, getattr(django_settings, "DJANGO_SCIM", {}))
    return ScimSettings(**options)


def _forget(*, setting: str, **kwargs: Any) -> None:
    """Read the setting anew after ``override_settings``."""
    if setting == "DJANGO_SCIM":
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_scim.conf")
