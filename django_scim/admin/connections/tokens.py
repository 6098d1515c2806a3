"""The form of a new token, and the inline of the tokens on the page of their connection."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import widgets
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_scim.admin.bases import ModelForm, ReadOnly, TabularInline
from django_scim.admin.connections.health import EXPIRY_WARNING
from django_scim.history.refused_tokens import refusal_text
from django_scim.history.statistics import time_text
from django_scim.models import AccessToken, Connection, Scope
from django_scim.models.access_token import read_and_write
from django_scim.resources.registry import readable_scopes, scope_choices


def grouped_scopes() -> list[tuple[str, Any]]:
    """Return the choices of scopes, in groups."""
    choices = dict(scope_choices())
    access = [(scope.value, choices.pop(scope.value)) for scope in (Scope.READ, Scope.WRITE)]
    history = [(Scope.HISTORY.value, choices.pop(Scope.HISTORY.value))]
    return [
        (gettext("What it may do with resources"), access),
        (gettext("With which resource types: all, if none is checked"), list(choices.items())),
        (gettext("What else it may do, such as for a security log"), history),
    ]


class ScopesWidget(forms.CheckboxSelectMultiple):
    """Check boxes in groups, marked up for assistive technology."""

    template_name = "admin/django_scim/connection/scopes.html"


class AccessTokenForm(ModelForm):
    """The attributes of a new token. The manager creates the token, not this form."""

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
        """Refuse a time in the past."""
        expires: datetime | None = self.cleaned_data["expires"]
        if expires is not None and expires <= timezone.now():
            raise ValidationError(_("This time has passed already."))
        return expires


class AccessTokenInline(ReadOnly, TabularInline):
    """Shows what is known of each token. The token itself is not stored."""

    model = AccessToken
    fields: ClassVar[tuple[str, ...]] = (
        "description",
        "scopes_display",
        "creation",
        "expiry",
        "last_use",
        "status",
    )
    # Django builds a form even for a read-only inline, and refuses fields that are not editable in it.
    readonly_fields = (*fields, "revocation")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessToken]:
        """Annotate each token with ``is_replaced``: whether a newer token was used after it."""
        newer = AccessToken.objects.filter(
            Q(expires__isnull=True) | Q(expires__gt=timezone.now()),
            connection=OuterRef("connection"),
            revoked__isnull=True,
            created__gt=OuterRef("created"),
            last_used__gt=Coalesce(OuterRef("last_used"), OuterRef("created")),
        )
        tokens: QuerySet[AccessToken] = super().get_queryset(request).select_related("connection")
        return tokens.annotate(is_replaced=Exists(newer))

    def get_fields(self, request: HttpRequest, obj: Connection | None = None) -> tuple[str, ...]:
        """Return the columns: those who may revoke tokens have one more."""
        may_revoke = request.user.has_perm("django_scim.change_accesstoken")
        return (*self.fields, "revocation") if may_revoke else self.fields

    @admin.display(description=_("scopes"))
    def scopes_display(self, token: AccessToken) -> str:
        return readable_scopes(token.scopes)

    @admin.display(description=_("created"))
    def creation(self, token: AccessToken) -> str:
        return time_text(token.created)

    @admin.display(description=_("expires"))
    def expiry(self, token: AccessToken) -> SafeString | str:
        """Return the time of expiry, in bold if it is soon."""
        if token.expires is None:
            return gettext("never")
        text = time_text(token.expires)
        is_soon = timezone.now() < token.expires <= timezone.now() + EXPIRY_WARNING
        return format_html("<strong>{}</strong>", text) if is_soon and token.revoked is None else text

    @admin.display(description=_("last used"))
    def last_use(self, token: AccessToken) -> str:
        """When the token was last used, to the minute."""
        return gettext("never") if token.last_used is None else time_text(token.last_used)

    @admin.display(description=_("status"))
    def status(self, token: AccessToken) -> SafeString | str:
        """Return whether the token is usable, and below it when it was refused last, if it ever was."""
        state, refusal = self.usability(token), refusal_text(token)
        return format_html("{}<br>{}", state, refusal) if refusal else state

    def usability(self, token: AccessToken) -> str:
        """Return whether the token is usable, and why not. A token that is replaced can be revoked."""
        if token.revoked is not None:
            return gettext("revoked")
        if is_expired(token):
            return gettext("expired")
        if not token.connection.is_active:
            return gettext("refused, as the connection is not active")
        if getattr(token, "is_replaced", False):
            return gettext("usable; a newer token was used after it")
        return gettext("usable")

    @admin.display(description=_("revoke"))
    def revocation(self, token: AccessToken) -> SafeString | str:
        if token.revoked is not None or is_expired(token):
            return self.get_empty_value_display()
        url = reverse(
            "admin:django_scim_connection_revoke_token",
            args=(token.connection_id, token.pk),
            current_app=self.admin_site.name,
        )
        return format_html(
            '<a href="{}" aria-label="{}">{}</a>',
            url,
            gettext("Revoke %(token)s") % {"token": token},
            gettext("Revoke"),
        )


def is_expired(token: AccessToken) -> bool:
    """Whether the token was valid until some time that has passed."""
    return token.expires is not None and token.expires <= timezone.now()
