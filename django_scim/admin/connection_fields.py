"""Fields of the form of a connection that Django has no form field for."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class NetworksField(forms.CharField):
    """A list of addresses and networks of IPv4 and IPv6, one a line."""

    widget = AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the networks as the model keeps them, each once.

        :raises ValidationError: With an error for each line that is none.
        """
        networks: list[str] = []
        errors: list[ValidationError] = []
        for line in (super().to_python(value) or "").splitlines():
            try:
                networks += [network(line.strip())] if line.strip() else []
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors)
        return list(dict.fromkeys(networks))

    def prepare_value(self, value: Any) -> Any:
        """Return the networks as lines; what was posted, as it was."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare networks, not lines."""
        try:
            return self.to_python(data) != (initial or [])
        except ValidationError:
            return True


def network(text: str) -> str:
    """Return an address or a network in its usual spelling.

    :raises ValidationError: If it is neither, or both at once, such as 192.0.2.1/24.
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
