"""What to do about a refusal, for the people of the project and of the identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

Text = Any
"""A text that is translated when it is shown."""


@dataclass(frozen=True)
class Advice:
    """What a refusal means, and what each of the two sides can do."""

    meaning: Text
    project: Text
    provider: Text


BY_KIND: dict[tuple[int, str], Advice] = {
    (400, "invalidFilter"): Advice(
        _("The filter is not well formed, or asks for an attribute that cannot be filtered."),
        _(
            "Compare the filter in the path with the attributes that the project serves. A computed value "
            "can be filtered only if its mapping names a column."
        ),
        _(
            "Look at the attribute by which accounts are matched: userName, externalId and emails always "
            "work."
        ),
    ),
    (400, "invalidPath"): Advice(
        _("The request names an attribute that the schema does not have."),
        _(
            "Add the attribute as a schema extension if the project is to have it. If not, leave "
            "UNKNOWN_ATTRIBUTES on “ignore”."
        ),
        _("Look for a spelling mistake in the attribute mapping, or take the attribute out of it."),
    ),
    (400, "invalidValue"): Advice(
        _("A value is missing, or the attribute cannot hold it: the detail says which, and why."),
        _(
            "The rules of the model count too: a maximum length, choices, a relation to a row that has to "
            "be there. Widen the model or map the attribute elsewhere if the value is right."
        ),
        _(
            "Correct the value in the directory, or change the expression that makes it in the attribute "
            "mapping."
        ),
    ),
    (400, "invalidSyntax"): Advice(
        _("The body is not the JSON of a SCIM message."),
        _("Look for a proxy that changes or cuts bodies. If there is none, the client is at fault."),
        _("This is nothing that a setting cures: report it to the maker, with the request on this page."),
    ),
    (400, "noTarget"): Advice(
        _("The filter in the path of an operation selects no value, so there is nothing to change."),
        _(
            "Compare the values of the resource with the filter: somebody may have changed them in the "
            "project."
        ),
        _(
            "Provision the resource anew, so that both sides agree on its values. If it comes again, map the "
            'attribute without a filter such as [type eq "work"].'
        ),
    ),
    (400, "mutability"): Advice(
        _("The request changes what clients may only read."),
        _("Nothing has to be done, unless the attribute should be writable: then give it a mapping that is."),
        _("Take the attribute out of the attribute mapping."),
    ),
    (400, "tooMany"): Advice(
        _("The answer would have more resources than the server gives at once."),
        _("Nothing has to be done."),
        _("Ask with a filter, or page by page."),
    ),
    (400, "invalidVers"): Advice(
        _("The client speaks another version of SCIM."),
        _("Give the client the address that this project serves version 2.0 at."),
        _("Choose SCIM 2.0 in the settings of the application."),
    ),
    (400, "sensitive"): Advice(
        _("The filter is in the address, where logs may keep it, and asks for something sensitive."),
        _("Nothing has to be done."),
        _("Send the query as a POST to /.search."),
    ),
    (400, "invalidCursor"): Advice(
        _("The cursor is none that this server has given for this query."),
        _("If there are several servers, they have to have the same SECRET_KEY."),
        _("Start the query again from the first page, and change nothing in it between the pages."),
    ),
    (400, "expiredCursor"): Advice(
        _("The client took longer to ask for the next page than a cursor is good for."),
        _("Raise CURSOR_TIMEOUT if the client cannot be faster."),
        _("Start the query again from the first page."),
    ),
    (400, "invalidCount"): Advice(
        _("The number of resources on a page is not one that can be had."),
        _("Nothing has to be done. MAX_RESULTS is the limit."),
        _("Ask for fewer resources on a page, and for as many on each page of a query."),
    ),
    (409, "uniqueness"): Advice(
        _("Another resource has the same value of an attribute that has to be unique, such as userName."),
        _(
            "Search the resources for the value. If it is the same person, let the connection adopt the "
            "account (manage.py scim_adopt), or rename or delete the one that is in the way."
        ),
        _(
            "Match by an attribute that both sides have, such as userName: the account is then found and "
            "updated instead of created. Two people with one userName in the directory have to be told "
            "apart there."
        ),
    ),
}
"""The advice for a status with a ``scimType`` (RFC 7644 section 3.12)."""

BY_STATUS: dict[int, Advice] = {
    400: Advice(
        _("The request is not right: the detail says what is wrong with it."),
        _("Compare the request on this page with the detail."),
        _("Correct the setting that the detail points to, or report the request to the maker."),
    ),
    401: Advice(
        _("The token is missing or wrong, has expired or was revoked, or the connection is switched off."),
        _("Look at the tokens of the connection, and create a new one if none of them may be used."),
        _("Enter the token again, whole, without spaces before or behind it. Then test the connection."),
    ),
    403: Advice(
        _(
            "It is not allowed: the resource is protected (as superusers are), the token or the connection"
            " may not do this, or nobody would be left who may do everything."
        ),
        _(
            "Do not lift the protection for this. Change a protected account in the project itself. If it "
            "is the token, create one with the scopes that it needs."
        ),
        _(
            "Leave protected accounts, such as those of administrators, out of what is assigned to the "
            "application."
        ),
    ),
    404: Advice(
        _("There is no such resource for this connection: it was deleted, or belongs to another tenant."),
        _(
            "Look at the history of the id to see when it was deleted and by whom. If the address looks "
            "wrong, compare the base URL."
        ),
        _(
            "The identity provider still has an id that is no more. Provision the person or the group "
            "anew, or take the assignment away and give it again, so that it looks the resource up."
        ),
    ),
    405: Advice(
        _("The address does not take this method."),
        _("Compare the base URL of the connection with the path of the request."),
        _("Enter the base URL as the connection shows it, without anything added."),
    ),
    406: Advice(
        _("The client wants the answer in a form that there is not: SCIM is JSON."),
        _("Look for a proxy that changes the Accept header."),
        _("Report it to the maker: SCIM clients accept application/scim+json."),
    ),
    409: Advice(
        _("The change conflicts with other rows of the project, or with another request at the same time."),
        _(
            "Look at what the detail names, such as rows that refer to the resource and keep it from being"
            " deleted."
        ),
        _("Try again. If it comes again, it is for the project to solve."),
    ),
    411: Advice(
        _("The body came without its length."),
        _(
            "Let the proxy in front of the project pass Content-Length on, or collect the body before it "
            "passes it."
        ),
        _("This is nothing that a setting cures: report it to the maker."),
    ),
    412: Advice(
        _("The resource has changed since the client read it, so its change would have undone another."),
        _("Nothing has to be done. See in the history of the resource who changed it in between."),
        _(
            "The client reads the resource again and repeats its change. Start the provisioning again if "
            "it does not."
        ),
    ),
    413: Advice(
        _("The request is larger than the project takes, or has too many operations."),
        _("Raise MAX_PAYLOAD_SIZE, MAX_BULK_OPERATIONS or MAX_PATCH_OPERATIONS if the size is justified."),
        _("Send fewer changes in one request, such as fewer members of a group at once."),
    ),
    415: Advice(
        _("The body is not marked as JSON."),
        _("Look for a proxy that changes the Content-Type header."),
        _("Set the content type to application/scim+json, where that can be set."),
    ),
    429: Advice(
        _("There were more requests than the project's throttling allows."),
        _("Raise the rate of THROTTLE_CLASSES if the load is justified, as at the first provisioning."),
        _("Nothing has to be done: the client tries again later. Provision in smaller parts if it gives up."),
    ),
    500: Advice(
        _("Something went wrong in the project that nobody had foreseen."),
        _("Find the traceback in the log of the project by the request id and the time, and mend its cause."),
        _("Try again once the project is mended. What was not provisioned is sent again at the next cycle."),
    ),
    501: Advice(
        _("The project does not offer this part of SCIM."),
        _("Nothing has to be done, unless it is /Me: CURRENT_RESOURCE says which resource that stands for."),
        _("Switch the feature off in the settings of the application."),
    ),
    503: Advice(
        _(
            "Provisioning is paused, or other requests changed the same rows at the same time: the detail "
            "says which."
        ),
        _(
            "If the connection is paused, look at what it was about to deactivate or delete, and resume it"
            " on its page when that is right. Otherwise nothing has to be done."
        ),
        _(
            "Look for assignments that were taken away by mistake. Afterwards the client tries again by "
            "itself."
        ),
    ),
}
"""The advice for a status, if there is none for its ``scimType``."""

CLIENT_ERROR = Advice(
    _("The request was refused: the detail says why."),
    _("Compare the request on this page with the detail."),
    _("Correct the setting that the detail points to, or report the request to the maker."),
)
SERVER_ERROR = Advice(
    _("The project could not answer the request."),
    _("Look for the cause in the log of the project, at the time of the event."),
    _("Try again later."),
)


def advice_for(status: int, scim_type: str = "") -> Advice | None:
    """Return the advice for a response, or None if it is not an error."""
    if status < 400:
        return None
    general = CLIENT_ERROR if status < 500 else SERVER_ERROR
    return BY_KIND.get((status, scim_type)) or BY_STATUS.get(status, general)
