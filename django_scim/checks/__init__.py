"""System checks: what is wrong with the settings, and what matters once the project can be reached."""

from django_scim.checks import configuration, deployment

__all__ = ["configuration", "deployment"]
