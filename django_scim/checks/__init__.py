"""System checks: what is wrong with settings and routes, and what matters once the project can be reached.

Private: it may change without notice.
"""

from django_scim.checks import addresses, collations, configuration, deployment, neighbours, rows

__all__ = ["addresses", "collations", "configuration", "deployment", "neighbours", "rows"]
