"""What lies under the mappings: SQL that Django has no words for, and what a comparison means.

Public is :class:`~django_scim.sql.functions.Comparable`, which migrations of hosts name; the rest is private.
"""
