"""The pages of the Django admin: connections and their tokens, resources, and the provisioning history."""

from django_scim.admin.connection import ConnectionAdmin
from django_scim.admin.provisioning_event import ProvisioningEventAdmin
from django_scim.admin.provisioning_mixin import ProvisioningAdminMixin
from django_scim.admin.record import RecordAdmin

__all__ = ["ConnectionAdmin", "ProvisioningAdminMixin", "ProvisioningEventAdmin", "RecordAdmin"]
