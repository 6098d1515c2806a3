"""One identity provider that provisions into this project."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _


def dialect_choices() -> list[tuple[str, Any]]:
    """Return the dialects that there are; leaving the field blank is the standard one."""
    from django_scim.dialects.registry import dialect_choices

    return dialect_choices()


class Connection(models.Model):
    """An identity provider, with tokens and ``externalId`` values of its own, and perhaps a tenant.

    The tenant may be any object of the host project. Adapters scope their queryset by it:
    see :meth:`django_scim.adapters.Adapter.get_queryset`.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Clear this to refuse every token of the connection.")
    )
    dialect = models.CharField(
        _("dialect"),
        max_length=50,
        blank=True,
        choices=dialect_choices,
        help_text=_("How requests are read that could mean something else elsewhere."),
    )
    tenant_type = models.ForeignKey(
        ContentType,
        verbose_name=_("tenant type"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    tenant_id = models.CharField(_("tenant id"), max_length=255, blank=True)
    tenant = GenericForeignKey("tenant_type", "tenant_id")
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
