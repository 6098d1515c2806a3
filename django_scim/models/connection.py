"""One identity provider that provisions into this project."""

from __future__ import annotations

import re
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.validators import validate_email
from django.db import models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def dialect_choices() -> list[tuple[str, Any]]:
    """Return the choices of dialects. An empty value is the dialect of the standard."""
    from django_scim.dialects.registry import dialect_choices

    return dialect_choices()


def require_networks(value: Any) -> None:
    """Check that a value is a list of IPv4 or IPv6 addresses and networks.

    :raises ValidationError: If it is not.
    """
    if not isinstance(value, list):
        raise ValidationError(_("Give a list of networks."))
    for text in value:
        try:
            if not isinstance(text, str):
                raise ValueError
            ip_network(text)
        except ValueError:
            raise ValidationError(
                _("%(text)s is no network such as 192.0.2.0/24."), params={"text": text}
            ) from None


DOMAIN = re.compile(r"(?=.{1,253}$)[^\W_]([\w-]{0,61}[^\W_])?(\.[^\W_]([\w-]{0,61}[^\W_])?)+")


def require_domains(value: Any) -> None:
    """Check that a value is a list of domain names.

    :raises ValidationError: If it is not.
    """
    if not isinstance(value, list):
        raise ValidationError(_("Give a list of domains."))
    for text in value:
        if not isinstance(text, str) or not DOMAIN.fullmatch(text):
            raise ValidationError(_("%(text)s is no domain such as example.com."), params={"text": text})


def require_addresses(value: Any) -> None:
    """Check that a value is a list of e-mail addresses.

    :raises ValidationError: If it is not.
    """
    if not isinstance(value, list):
        raise ValidationError(_("Give a list of e-mail addresses."))
    for text in value:
        canonical_address(text)


def canonical_address(text: Any) -> str:
    """Return an e-mail address as mail is sent to it.

    :raises ValidationError: If it is none.
    """
    try:
        if not isinstance(text, str):
            raise ValidationError("")
        validate_email(text)
    except ValidationError:
        raise ValidationError(_("%(text)s is no e-mail address."), params={"text": text}) from None
    return text


def canonical_network(text: str) -> str:
    """Return an address or a network in its canonical form.

    :raises ValidationError: If it is neither, or an address with the length of its network (192.0.2.1/24).
    """
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise ValidationError(
            _("%(text)s is no address and no network such as 192.0.2.0/24."), params={"text": text}
        ) from None
    try:
        ip_network(text)
    except ValueError:
        raise ValidationError(
            _("%(text)s is an address in a network: give the network as %(network)s."),
            params={"text": text, "network": found},
        ) from None
    return str(found.network_address if found.num_addresses == 1 else found)


def canonical_domain(text: str) -> str:
    """Return a domain in lower case, without what people write before and after it.

    :raises ValidationError: If it is no domain.
    """
    found = text.lower().removeprefix("@").removesuffix(".")
    require_domains([found])
    return found


def tenant_of(content_type: ContentType, key: str) -> models.Model | None:
    """Return the row of a model with this primary key, or None."""
    if content_type.model_class() is None:
        return None
    try:
        row: models.Model = content_type.get_object_for_this_type(pk=key)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        return None
    return row


class AdoptionPolicy(models.TextChoices):
    """What a connection may do with resources that people or code of the project have made."""

    OWN = "own", _("never adopt")
    MATCHING = "matching", _("adopt what it names")
    ALL = "all", _("adopt everything")


class Connection(models.Model):
    """An identity provider, with its own tokens and links, and optionally a tenant.

    The tenant may be any object of the host project. Adapters filter their queryset by it:
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
        help_text=_("Which identity provider's own way of writing SCIM to expect; empty for the standard."),
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
    adoption = models.CharField(
        _("adoption"),
        max_length=20,
        choices=AdoptionPolicy,
        default=AdoptionPolicy.MATCHING,
        help_text=_(
            "Which accounts and groups that were made by hand the connection may take over: none; those that "
            "a request names by their userName or displayName, or gives an externalId; or all."
        ),
    )
    domains = models.JSONField(
        _("e-mail domains"),
        default=list,
        blank=True,
        validators=[require_domains],
        help_text=_(
            "Domains that e-mail addresses, and user names that are such, have to be of, such as "
            "example.com; empty for any."
        ),
    )
    networks = models.JSONField(
        _("source networks"),
        default=list,
        blank=True,
        validators=[require_networks],
        help_text=_(
            "Addresses and networks that requests may come from, such as 192.0.2.0/24; empty for any."
        ),
    )
    deprovisioning_limit = models.PositiveIntegerField(
        _("deprovisioning limit"),
        null=True,
        blank=True,
        help_text=_(
            "How many resources may be deactivated, deleted, emptied, renamed or given another password in "
            "an hour before the connection is paused; empty for the limit of the settings."
        ),
    )
    notify = models.JSONField(
        _("notify"),
        default=list,
        blank=True,
        validators=[require_addresses],
        help_text=_(
            "E-mail addresses of those who are told when something is wrong with the connection; empty for "
            "the ADMINS of the settings."
        ),
    )
    paused_at = models.DateTimeField(_("paused at"), null=True, editable=False)
    pause_reason = models.TextField(_("reason of the pause"), blank=True, editable=False)
    resumed_at = models.DateTimeField(_("resumed at"), null=True, editable=False)
    rehearsal_since = models.DateTimeField(_("in rehearsal since"), null=True, editable=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def pause(self, reason: str) -> bool:
        """Refuse writes from now on, until somebody resumes the connection.

        :returns: False if it was paused already. It then keeps its time and its reason.
        """
        now = timezone.now()
        rows = type(self).objects.using(router.db_for_write(type(self), instance=self))
        changed = rows.filter(pk=self.pk, paused_at=None).update(paused_at=now, pause_reason=reason)
        # Not from a replica, which may not have the change yet.
        self.refresh_from_db(using=rows.db, fields=["paused_at", "pause_reason"])
        return bool(changed)

    def rehearse(self) -> None:
        """Answer requests from now on as if they worked, and change nothing of the project.

        What an earlier rehearsal has left is forgotten.
        """
        self._set_rehearsal(timezone.now())

    def go_live(self) -> bool:
        """Do from now on what is asked for, and forget the rehearsal. Its events stay in the history.

        :returns: False if there was no rehearsal.
        """
        was_in_rehearsal = self.rehearsal_since is not None
        self._set_rehearsal(None)
        return was_in_rehearsal

    def _set_rehearsal(self, since: datetime | None) -> None:
        with transaction.atomic(using=router.db_for_write(type(self), instance=self)):
            self.rehearsal_since = since
            self.save(update_fields=["rehearsal_since"])
            for kept in ("RehearsedName", "RehearsedResource"):
                model = apps.get_model("django_scim", kept)
                model._default_manager.using(self._state.db).filter(connection=self).delete()

    def resume(self) -> None:
        """Allow writes again. The limit of deprovisioning counts from now on."""
        self.paused_at, self.pause_reason, self.resumed_at = None, "", timezone.now()
        self.save(update_fields=["paused_at", "pause_reason", "resumed_at"])
