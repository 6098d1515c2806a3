"""The pages of the admin that are looked at in a browser."""

from __future__ import annotations

PAGES = {
    "start": "",
    "connections": "connection/",
    "new connection": "connection/add/",
    "connection": "connection/{connection}/change/",
    "paused connection": "connection/{paused}/change/",
    "deletion of a connection": "connection/{connection}/delete/",
    "changes of a connection by staff": "connection/{connection}/history/",
    "test of a connection": "connection/{connection}/test/",
    "rehearsal": "connection/{rehearsing}/rehearsal/",
    "beginning of a rehearsal": "connection/{connection}/rehearsal/",
    "pause": "connection/{connection}/pause/",
    "end of a pause": "connection/{paused}/resume/",
    "undoing": "connection/{connection}/undo/",
    "handing over": "connection/{connection}/hand-over/",
    "new token": "connection/{connection}/tokens/create/",
    "revocation of a token": "connection/{connection}/tokens/{token}/revoke/",
    "new set-up link": "connection/{connection}/setup-links/create/",
    "revocation of a set-up link": "connection/{connection}/setup-links/{link}/revoke/",
    "set-up by a link": "../../scim-setup/{secret}",
    "set-up by a link that leads nowhere": "../../scim-setup/nothing",
    "history": "provisioningevent/",
    "open problems": "provisioningevent/problems/",
    "event": "provisioningevent/{change}/change/",
    "refusal": "provisioningevent/{refusal}/change/",
    "resources": "record/",
    "resource": "record/{record}/change/",
    "search of resources": "record/?q=b",
    "somebody without a record": "record/why/User/{stranger}/",
    "changes of a resource by staff": "record/{record}/history/",
    "deactivation": "record/act/deactivate/?resource={record}",
    "unlinking": "record/act/unlink/?resource={record}",
    "user of the project": "../auth/user/{user}/change/",
}
"""The pages by what they are called here, below the admin of the app."""

PRESSED = {
    "report of a test": "test of a connection",
    "preview of an undoing": "undoing",
    "created token": "new token",
    "created set-up link": "new set-up link",
}
"""What is shown once the first button of a page is pressed: by its own name, the name of that page."""

NOT_FOUND = "set-up by a link that leads nowhere"
"""The page that is answered by 404."""

LOOKED_AT = (*PAGES, *PRESSED)
"""The names of all that is looked at."""
