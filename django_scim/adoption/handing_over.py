"""A company that changes its identity provider: another connection manages what the old one managed."""

from __future__ import annotations

from django.db import router, transaction
from django.utils.translation import gettext as _

from django_scim.adoption.accounts import SelectionError
from django_scim.models import Connection, Record


def managed_count(connection: Connection) -> int:
    """Return how many resources a connection manages, those included that it has deleted."""
    return Record.objects.filter(managed_by=connection).count()


def hand_over(old: Connection, new: Connection) -> int:
    """Let a connection manage all that another one manages; return how many resources that are.

    Nothing of the resources changes, and neither does the ``externalId`` that the old connection gave: its
    tokens still read them.

    :raises SelectionError: If the connections are of different tenants, or are the same.
    """
    if old == new:
        raise SelectionError(_("A connection cannot hand anything over to itself."))
    if (old.tenant_type_id, old.tenant_id) != (new.tenant_type_id, new.tenant_id):
        text = _("%(old)s and %(new)s are not of the same tenant.")
        raise SelectionError(text % {"old": old, "new": new})
    database = router.db_for_write(Record)
    with transaction.atomic(using=database):
        return Record.objects.using(database).filter(managed_by=old).update(managed_by=new)
