"""All endpoints of the app, by what their routes are."""

from __future__ import annotations

PROTECTED = [
    ("GET", "/"),
    ("POST", "/.search"),
    ("GET", "/Users"),
    ("POST", "/Users"),
    ("POST", "/Users/.search"),
    ("GET", "/Users/1"),
    ("PUT", "/Users/1"),
    ("PATCH", "/Users/1"),
    ("DELETE", "/Users/1"),
    ("OPTIONS", "/Users"),
    ("HEAD", "/Users"),
    ("GET", "/Groups"),
    ("POST", "/Groups"),
    ("POST", "/Groups/.search"),
    ("GET", "/Groups/1"),
    ("PUT", "/Groups/1"),
    ("PATCH", "/Groups/1"),
    ("DELETE", "/Groups/1"),
    ("GET", "/Me"),
    ("POST", "/Me"),
    ("PUT", "/Me"),
    ("PATCH", "/Me"),
    ("DELETE", "/Me"),
    ("POST", "/Bulk"),
    ("GET", "/Users//1"),
]
"""What a token is needed for, and nothing else will do."""

HISTORY = [("GET", "/history"), ("GET", "/history/1")]
"""What a token is needed for, or staff who are signed in."""

OPEN = [
    ("GET", "/ServiceProviderConfig"),
    ("GET", "/ResourceTypes"),
    ("GET", "/ResourceTypes/User"),
    ("GET", "/Schemas"),
    ("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"),
    ("GET", "/Nowhere"),
    ("POST", "/Nowhere"),
]
"""What everybody may ask."""

HEALTH = [("GET", "/health")]
"""What a load balancer asks, without TLS."""

COLLECTION_METHODS = {"GET", "POST", "HEAD", "OPTIONS"}
"""What ``Allow`` has for all resources of a type."""

RESOURCE_METHODS = {"GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
"""What ``Allow`` has for one resource."""
