"""The settings of the example project, with pages by cursor that count nothing."""

from example.settings import *  # noqa: F403

DJANGO_SCIM = {"COUNT_WITH_CURSOR": False}
