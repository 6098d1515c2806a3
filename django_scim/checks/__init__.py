"""System checks: what is wrong with the settings, and what matters once the project can be reached.

Private: it may change without notice.
"""

from django_scim.checks import configuration, deployment

__all__ = ["configuration", "deployment"]
