"""The SCIM endpoints in an OpenAPI document, by drf-spectacular: the extra ``openapi``.

The schemas of requests and responses are created from the documents of ``/Schemas``. So the document has the
resource types and the extensions of the host.

The hooks are public; the rest is private.
"""
