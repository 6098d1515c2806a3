"""A project that was provisioned by django-scim2 before: each ``id`` and ``externalId`` has a column."""
