"""Requests as the RFCs have them, which no rule may change."""

from __future__ import annotations

from typing import Any

from django_scim.schema.types import EnterpriseUserExtension, Group, User
from tests.messages import patch_op
from tests.representations import ENTERPRISE, GROUP, USER

UserType: Any = User[EnterpriseUserExtension]


RESOURCES: list[Any] = [
    (UserType, {"schemas": [USER], "userName": "bjensen"}),
    (
        UserType,
        {
            "schemas": [USER, ENTERPRISE],
            "userName": "bjensen",
            "externalId": "{}",
            "name": {"givenName": "Barbara", "formatted": "eq"},
            "displayName": "null",
            "active": False,
            "password": "t1meMa$heen",
            "emails": [
                {"value": "bjensen@example.com", "type": "work", "primary": True},
                {"display": "no value"},
            ],
            "roles": [{"value": '{"value": "a text that is JSON"}'}],
            "entitlements": [{"value": "true"}],
            "x509Certificates": [{"value": "MIIDQzCC"}],
            "title": None,
            "ims": [],
            "urn:example:unknown:2.0:User": {"department": "", "list": [[]]},
            "unknown": [""],
            ENTERPRISE: {
                "employeeNumber": "701984",
                "manager": {"value": "26118915", "$ref": "../Users/26118915"},
            },
        },
    ),
    (
        Group,
        {
            "schemas": [GROUP],
            "displayName": "Tour Guides",
            "members": [{"value": "2819c223", "$ref": "../Users/2819c223", "type": "User"}],
        },
    ),
]


MESSAGES: list[Any] = [
    (
        UserType,
        patch_op(
            {"op": "add", "path": "name.familyName", "value": "Jensen"},
            {"op": "add", "path": "emails", "value": [{"value": "babs@jensen.org", "type": "home"}]},
            {
                "op": "replace",
                "path": 'addresses[type eq "work"].streetAddress',
                "value": "1010 Broadway Ave",
            },
            {
                "op": "replace",
                "path": 'addresses[type eq "work"]',
                "value": {"type": "work", "country": "US"},
            },
            {"op": "replace", "path": "title", "value": None},
            {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": "26118915"}},
            {"op": "replace", "path": f"{USER}:userName", "value": "5"},
            {"op": "replace", "path": ENTERPRISE, "value": {"department": "Tours"}},
            {"op": "replace", "path": "unknown", "value": ["", {"value": ""}]},
            {"op": "remove", "path": 'emails[type eq "work" and value ew "example.com"]'},
            {"op": "remove", "path": "nickName"},
        ),
    ),
    (
        Group,
        patch_op(
            {"op": "add", "path": "members", "value": [{"value": "2819c223", "type": "User"}]},
            {"op": "replace", "path": "members", "value": []},
            {"op": "remove", "path": 'members[value eq "2819c223"]'},
            {"op": "remove", "path": "members"},
            {"op": "replace", "path": "displayName", "value": "Guides"},
        ),
    ),
]

FILTERS = [
    'userName eq "bjensen"',
    'name.familyName co "O\'Malley"',
    'userName sw "J"',
    f'{USER}:userName sw "J"',
    "title pr",
    'meta.lastModified gt "2011-05-13T04:42:34Z"',
    'title pr and userType eq "Employee"',
    'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
    'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
    'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
    'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
    "active eq true",
    "title eq null",
    f'{ENTERPRISE}:manager.value eq "26118915"',
    'displayName eq "a \\"b\\" eq c [d] \\u00e9"',
    "unknown eq 5.50",
]
"""Most of them are the examples of RFC 7644 section 3.4.2.2."""

PARAMETERS: list[Any] = [
    *[(UserType, {"filter": text}) for text in FILTERS],
    (UserType, {"sortBy": "name.familyName", "sortOrder": "descending", "startIndex": 1, "count": 10}),
    (UserType, {"attributes": f"userName,name.givenName,{ENTERPRISE}:department"}),
    (UserType, {"attributes": ["userName", ENTERPRISE], "filter": None, "unknown": "manager"}),
]
