"""The pages of the admin that are looked at in a browser."""

from __future__ import annotations

PAGES = {
    "connections": "connection/",
    "new connection": "connection/add/",
    "connection": "connection/{connection}/change/",
    "paused connection": "connection/{paused}/change/",
    "test of a connection": "connection/{connection}/test/",
    "rehearsal": "connection/{rehearsing}/rehearsal/",
    "beginning of a rehearsal": "connection/{connection}/rehearsal/",
    "new token": "connection/{connection}/tokens/create/",
    "new set-up link": "connection/{connection}/setup-links/create/",
    "revocation of a set-up link": "connection/{connection}/setup-links/{link}/revoke/",
    "set-up by a link": "../../scim-setup/{secret}",
    "set-up by a link that leads nowhere": "../../scim-setup/nothing",
    "history": "provisioningevent/",
    "event": "provisioningevent/{change}/change/",
    "refusal": "provisioningevent/{refusal}/change/",
    "resources": "record/",
    "resource": "record/{record}/change/",
    "search of resources": "record/?q=b",
    "somebody without a record": "record/why/User/{stranger}/",
    "deactivation": "record/{record}/deactivate/",
    "user of the project": "../auth/user/{user}/change/",
}
"""The pages by what they are called here, below the admin of the app."""
