"""The SCIM endpoints in an OpenAPI document, by drf-spectacular: the extra ``openapi``.

The schemas of requests and answers are made from those that ``/Schemas`` has, so that the resource types and
the extensions of the host are in the document by themselves.

Public are the hooks; the rest is private.
"""
