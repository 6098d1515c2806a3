"""The form of a new token."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django import forms
from django.contrib.admin import widgets
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_scim.models import AccessToken
from django_scim.models.access_token import read_and_write, scope_choices

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[AccessToken]
else:
    ModelForm = forms.ModelForm


class AccessTokenForm(ModelForm):
    """Asks what a token is for. The manager issues the token itself, not this form."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=scope_choices,
        initial=read_and_write,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a resource type among them, the token is for all resource types."),
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
            "expires": _("Leave this empty for a token that is valid until it is revoked."),
        }

    def clean_expires(self) -> datetime | None:
        """Refuse a token that would never be valid."""
        expires: datetime | None = self.cleaned_data["expires"]
        if expires is not None and expires <= timezone.now():
            raise ValidationError(_("This time has passed already."))
        return expires
