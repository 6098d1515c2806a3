"""The form of a new token."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import widgets
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_scim.admin.connection_notices import EXPIRY_WARNING
from django_scim.models import AccessToken, Scope
from django_scim.models.access_token import read_and_write, scope_choices

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[AccessToken]
else:
    ModelForm = forms.ModelForm


def grouped_scopes() -> list[tuple[str, Any]]:
    """Return the scopes in groups: what the token may do with resources, with which ones, and the rest."""
    choices = dict(scope_choices())
    access = [(scope.value, choices.pop(scope.value)) for scope in (Scope.READ, Scope.WRITE)]
    history = [(Scope.HISTORY.value, choices.pop(Scope.HISTORY.value))]
    return [
        (gettext("What it may do with resources"), access),
        (gettext("With which resource types: all, if none is checked"), list(choices.items())),
        (gettext("What else it may do, such as for a security log"), history),
    ]


class ScopesWidget(forms.CheckboxSelectMultiple):
    """Check boxes in groups that assistive technology can tell apart."""

    template_name = "admin/django_scim/connection/scopes.html"


class AccessTokenForm(ModelForm):
    """Asks what a token is for. The manager issues the token itself, not this form."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=grouped_scopes,
        initial=read_and_write,
        widget=ScopesWidget,
        help_text=_("Give a token no more than it is for. To read and write is what provisioning takes."),
    )

    class Meta:
        model = AccessToken
        fields = ("description", "scopes", "expires")
        field_classes = {"expires": forms.SplitDateTimeField}
        widgets = {
            "description": widgets.AdminTextInputWidget(),
            "expires": widgets.AdminSplitDateTime(),
        }
        help_texts = {
            "description": _("For people to tell tokens apart, such as where this one is kept."),
            "expires": format_lazy(
                _(
                    "From then on each request with the token is refused; the admin warns {days} days "
                    "before. Leave this empty for a token that is valid until it is revoked."
                ),
                days=EXPIRY_WARNING.days,
            ),
        }

    def clean_expires(self) -> datetime | None:
        """Refuse a token that would never be valid."""
        expires: datetime | None = self.cleaned_data["expires"]
        if expires is not None and expires <= timezone.now():
            raise ValidationError(_("This time has passed already."))
        return expires
