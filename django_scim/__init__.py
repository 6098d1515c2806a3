"""A pluggable Django app that makes a project a complete SCIM 2.0 service provider.

Public are the modules that ``docs/reference/public.md`` lists, and in them the names in ``__all__``.
Everything else is private: it may change without notice.
"""

__version__ = "0.1.0"
