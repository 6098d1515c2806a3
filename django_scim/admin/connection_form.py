"""The form of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from django_scim.models import Connection

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Connection]
else:
    ModelForm = forms.ModelForm


class ConnectionForm(ModelForm):
    """Refuses a tenant that does not exist: adapters would scope by nothing at all."""

    class Meta:
        model = Connection
        fields = ("name", "is_active", "dialect", "tenant_type", "tenant_id")

    def clean(self) -> dict[str, Any] | None:
        """Require that the tenant is left out, or names an object of the project."""
        cleaned = super().clean()
        tenant_type = self.cleaned_data.get("tenant_type")
        tenant_id = self.cleaned_data.get("tenant_id")
        if tenant_type and not tenant_id:
            self.add_error("tenant_id", _("Give the primary key of the tenant."))
        elif tenant_id and not tenant_type:
            if "tenant_type" not in self.errors:
                self.add_error("tenant_type", _("Choose what kind of object the tenant is."))
        elif tenant_type and tenant_id:
            tenant = tenant_of(tenant_type, tenant_id)
            if tenant is None:
                self.add_error("tenant_id", _("There is no such object."))
            else:
                # One spelling: connections of one tenant are told by it.
                self.cleaned_data["tenant_id"] = str(tenant.pk)
        return cleaned


def tenant_of(content_type: ContentType, key: str) -> Model | None:
    """Return the row of a model with this primary key, or none."""
    if content_type.model_class() is None:
        return None
    try:
        row: Model = content_type.get_object_for_this_type(pk=key)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        return None
    return row
