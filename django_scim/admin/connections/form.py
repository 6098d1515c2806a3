"""The form of a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_scim.admin.bases import ModelForm
from django_scim.conf import get_settings
from django_scim.models import Connection
from django_scim.models.connection import canonical_address, canonical_domain, canonical_network, tenant_of


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    widget = AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})

    def __init__(self, *, read: Callable[[str], str], **options: Any) -> None:
        """Take the function that returns a line as the model stores it, or raises a ``ValidationError``."""
        super().__init__(**options)
        self.read = read

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the lines as the model stores them, without duplicates.

        :raises ValidationError: With an error for each line that is not valid.
        """
        texts: list[str] = []
        errors: list[ValidationError] = []
        for line in filter(None, map(str.strip, (super().to_python(value) or "").splitlines())):
            try:
                texts.append(self.read(line))
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors)
        return list(dict.fromkeys(texts))

    def prepare_value(self, value: Any) -> Any:
        """Return the texts as lines. What was posted stays as it is."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (initial or [])
        except ValidationError:
            return True


def limit_help() -> str:
    """Return the help text of the limit of deprovisioning, with the limit of the settings."""
    settings = get_settings()
    limits = {"number": settings.DEPROVISIONING_LIMIT, "percent": settings.DEPROVISIONING_SHARE}
    if limits["number"] is None and limits["percent"] is None:
        default = gettext("Leave this empty for any number.")
    elif limits["percent"] is None:
        default = gettext("Leave this empty for %(number)s.") % limits
    elif limits["number"] is None:
        default = gettext("Leave this empty for %(percent)s%% of the resources of a type.") % limits
    else:
        text = gettext(
            "Leave this empty for %(number)s, or for %(percent)s%% of the resources of a type where that "
            "is less."
        )
        default = text % limits
    return gettext(
        "How many resources may be deactivated, deleted, emptied, renamed or given another password within "
        "an hour before the connection is paused. What it has made itself within the hour does not count. "
        "With 0, none may. %(default)s"
    ) % {"default": default}


class ConnectionForm(ModelForm):
    """Refuses a tenant that does not exist: adapters would not filter by any tenant."""

    in_rehearsal = forms.BooleanField(
        label=_("Start in rehearsal"),
        required=False,
        help_text=_(
            "Requests are answered as if they worked, and nothing of the project changes, until you go live."
        ),
    )
    domains = LinesField(
        read=canonical_domain,
        label=_("E-mail domains"),
        required=False,
        help_text=_(
            "The domains that e-mail addresses have to be of, and user names that are such, one a line. "
            "A subdomain is another domain. Leave this empty for any."
        ),
    )
    networks = LinesField(
        read=canonical_network,
        label=_("Source networks"),
        required=False,
        help_text=_(
            "Addresses and networks that requests may come from, one a line, such as 192.0.2.0/24 or "
            "2001:db8::/32. Leave this empty for any."
        ),
    )

    notify = LinesField(
        read=canonical_address,
        label=_("Notify"),
        required=False,
        help_text=_(
            "E-mail addresses of those who are told when something is wrong with the connection, one a line. "
            "Leave this empty for the administrators that the settings name."
        ),
    )

    class Meta:
        model = Connection
        fields = (
            "name",
            "is_active",
            "dialect",
            "adoption",
            "domains",
            "networks",
            "notify",
            "deprovisioning_limit",
            "tenant_type",
            "tenant_id",
        )
        help_texts = {"deprovisioning_limit": lazy(limit_help, str)()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            # Later, a page of its own begins a rehearsal and ends it.
            self.fields.pop("in_rehearsal", None)
        # Whoever sends the form without it leaves it as it is. A page that only shows has no fields.
        if "adoption" in self.fields:
            self.fields["adoption"].required = False

    def clean(self) -> dict[str, Any] | None:
        """Check that the tenant is empty, or an object that exists."""
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
                # In one spelling: connections of the same tenant are found by this text.
                self.cleaned_data["tenant_id"] = str(tenant.pk)
        return cleaned
