"""The models: connections, their tokens and set-up links, the records of the host's rows, and the history."""

from django_scim.models.access_token import AccessToken, Scope
from django_scim.models.connection import AdoptionPolicy, Connection
from django_scim.models.login_session import LoginSession
from django_scim.models.provisioning_event import (
    Effect,
    EventCount,
    MembershipChange,
    Operation,
    Outcome,
    ProvisioningEvent,
)
from django_scim.models.record import AwaitedReference, Link, Record, StoredValue, UniqueValue
from django_scim.models.rehearsal import RehearsedName, RehearsedResource
from django_scim.models.sent_notification import SentNotification
from django_scim.models.setup_link import SetupLink

__all__ = [
    "AccessToken",
    "AdoptionPolicy",
    "AwaitedReference",
    "Connection",
    "Effect",
    "EventCount",
    "Link",
    "LoginSession",
    "MembershipChange",
    "Operation",
    "Outcome",
    "ProvisioningEvent",
    "Record",
    "RehearsedName",
    "RehearsedResource",
    "Scope",
    "SentNotification",
    "SetupLink",
    "StoredValue",
    "UniqueValue",
]
