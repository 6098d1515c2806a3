"""The pages of the Django admin: connections and their tokens, resources, and the provisioning history."""

from django_scim.admin.connections.admin import ConnectionAdmin
from django_scim.admin.history.admin import ProvisioningEventAdmin
from django_scim.admin.resources.admin import RecordAdmin
from django_scim.admin.resources.mixin import ProvisioningAdminMixin

__all__ = ["ConnectionAdmin", "ProvisioningAdminMixin", "ProvisioningEventAdmin", "RecordAdmin"]
