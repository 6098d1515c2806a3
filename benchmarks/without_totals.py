"""The settings of the other benchmarks, with pages by cursor that count nothing."""

from unlimited import *  # noqa: F403
from unlimited import DJANGO_SCIM

DJANGO_SCIM = {**DJANGO_SCIM, "COUNT_WITH_CURSOR": False}
