"""Values and filters in another shape than their attribute or the grammar has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import orjson
from scim2_models import Reference
from scim2_models.path import CompareOperator, Comparison

from django_scim.dialects.rules import Stage, rule
from django_scim.schema.attributes import Attribute, Schema, Target, member, without
from django_scim.schema.paths import Json, is_assigned


@rule(
    Stage.VALUE,
    sent_by="Salesforce and those who follow its examples",
    source="help.salesforce.com, Examples: Manage Group Members with SCIM",
)
def unwrapped_list(value: Any, attribute: Attribute) -> Any:
    """Take a list out of an object that is around it: ``{"members": [...]}`` where ``[...]`` is due.

    Salesforce's examples give it to the path ``members``. An object with a list in it can be no value of a
    multi-valued attribute: SCIM has no lists in lists.
    """
    if attribute.is_multivalued and isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        if isinstance(inner, list) and name.lower() in (attribute.name.lower(), "value"):
            return inner
    return value


@rule(
    Stage.VALUE,
    sent_by="OneLogin (emails as an object), generic clients",
    source="django-scim2, UserAdapter.parse_emails, on what OneLogin sends",
)
def list_of_one(value: Any, attribute: Attribute) -> Any:
    """Put a single object or string in a list where a list is due: ``"emails": {"value": "..."}``."""
    if attribute.is_multivalued and value not in (None, "") and not isinstance(value, list):
        return [value]
    return value


@rule(
    Stage.VALUE,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint, example 5; "
    "github.com/MicrosoftDocs/azure-docs, issue 42220: displayName",
)
def one_out_of_a_list(value: Any, attribute: Attribute) -> Any:
    """Take the one object out of a list where a single value is due: ``"manager": [{"value": "..."}]``.

    Of a simple attribute that is ``[{"$ref": null, "value": "Ann"}]``. An empty list is no value, for any
    attribute (RFC 7643 section 2.5).
    """
    if attribute.is_multivalued or not isinstance(value, list):
        return value
    if len(value) != 1:
        return value or None
    (entry,) = value
    if attribute.subs and not isinstance(entry, list):
        return entry
    is_wrapped = isinstance(entry, dict) and {name.lower() for name in entry} <= {"value", "$ref"}
    return member(entry, "value") if is_wrapped else value


@rule(
    Stage.VALUE,
    Stage.ENTRY,
    sent_by="Okta, OneLogin, JumpCloud",
    source="developer.okta.com, Okta and SCIM Version 2.0, where middleName is an empty string",
)
def unassigned_text(value: Any, attribute: Attribute) -> Any:
    """Read an empty string as no value, as RFC 7643 section 2.5 has null and ``[]``.

    For consumers there is no difference: ``pr`` holds for neither (RFC 7644 section 3.4.2.2). Among several
    references, such as members, one to nothing stays as it is, and is refused.
    """
    return None if value == "" and not attribute.is_member else value


@rule(
    Stage.ENTRY,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Customize user provisioning attribute-mappings, AppRoleAssignmentsComplex",
    default=False,
)
def json_text(entry: Any, attribute: Attribute) -> Any:
    r"""Read a value that is an object as JSON text: ``"{\"value\": \"Admin\", \"displayName\": ...}"``.

    Entra ID adds roles so by PATCH, as the ``value`` of each. Only where the connection's dialect says so:
    another client may mean the text.
    """
    text = member(entry, "value") if isinstance(entry, dict) else entry
    if not attribute.has_value or not isinstance(text, str) or not text.startswith("{"):
        return entry
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return entry
    if not isinstance(parsed, dict) or not isinstance(member(parsed, "value"), str):
        return entry
    others = without(entry, "value") if isinstance(entry, dict) else {}
    display = member(parsed, "displayname")
    if display is not None and "display" in attribute.subs and "displayname" not in attribute.subs:
        parsed = {**without(parsed, "displayname"), "display": display}
    known = {name: value for name, value in parsed.items() if name.lower() in attribute.subs}
    return {**others, **known}


@rule(
    Stage.ENTRY,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Known issues with SCIM 2.0 protocol compliance: active is a string",
)
def value_in_a_string(entry: Any, attribute: Attribute) -> Any:
    """Read a string as the boolean or the integer that is due: ``"active": "False"``."""
    if not isinstance(entry, str) or not isinstance(attribute.kind, type):
        return entry
    if issubclass(attribute.kind, bool):
        return BOOLEANS.get(entry.lower(), entry)
    is_integer = issubclass(attribute.kind, int) and INTEGER.fullmatch(entry)
    return int(entry) if is_integer else entry


BOOLEANS = {"true": True, "false": False}

INTEGER = re.compile(r"-?[0-9]{1,18}")


@rule(
    Stage.ENTRY,
    sent_by="generic clients, which copy a certificate out of a PEM file",
    source="RFC 4648 section 3.1: no line feeds, unless a specification asks for them",
)
def base64_in_lines(entry: Any, attribute: Attribute) -> Any:
    """Join the lines of base64."""
    is_text = attribute.is_binary and isinstance(entry, str)
    return entry.replace("\r", "").replace("\n", "") if is_text else entry


@rule(
    Stage.ENTRY,
    sent_by="generic clients: employeeNumber",
    source="RFC 7643 section 2.3.1, where a string is one in JSON",
)
def number_for_a_string(entry: Any, attribute: Attribute) -> Any:
    """Read an integer as the string that is due: ``"employeeNumber": 701984``.

    Any other number stays, and is refused: of ``1.10`` nobody knows the digits once it is read, nor of one
    that is longer than 64 bits.
    """
    is_integer = isinstance(entry, int) and not isinstance(entry, bool)
    is_text = attribute.is_text and not issubclass(attribute.kind, Reference)
    return str(entry) if is_integer and is_text else entry


@rule(
    Stage.OPERATION,
    sent_by="Microsoft Entra ID, generic clients that always send a list",
    source="github.com/MicrosoftDocs/azure-docs, issue 42220",
)
def value_in_a_list(operation: Json, target: Target) -> Json:
    """Take the value of a simple attribute out of a list that it is alone in: ``"value": ["Guide"]``."""
    value, attribute = operation.get("value"), target.attribute
    if attribute is None or attribute.is_multivalued or attribute.subs or not isinstance(value, list):
        return operation
    if len(value) != 1 or isinstance(value[0], dict | list):
        return operation
    entry = number_for_a_string(value_in_a_string(value[0], attribute), attribute)
    return {**operation, "value": entry}


@rule(
    Stage.ENTRY,
    sent_by="Microsoft Entra ID (manager), generic clients (members, roles, emails)",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint: the example schema; "
    "github.com/Captain-P-Goldfish/SCIM-SDK, issues 541 and 686",
)
def bare_value(entry: Any, attribute: Attribute) -> Any:
    """Put a bare string where a complex value is due in its ``value``: ``"manager": "2c2f6fb8"``."""
    return {"value": entry} if entry and attribute.has_value and isinstance(entry, str) else entry


@rule(
    Stage.ENTRY,
    sent_by="Okta",
    source="developer.okta.com, Okta and SCIM Version 2.0: attributes without a value are empty strings",
)
def reference_to_nothing(entry: Any, attribute: Attribute) -> Any:
    """Read a single reference whose ``value`` is empty as null: ``"manager": {"value": ""}``."""
    if attribute.is_reference and not attribute.is_multivalued and isinstance(entry, dict):
        names = {name.lower() for name in entry}
        value = member(entry, "value")
        if "value" in names and (value == "" or not is_assigned(value)) and not member(entry, "$ref"):
            return None
    return entry


PART = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]()]|[^\s\[\]()"]+|\s+')
"""A string, also one that nothing ends, a bracket, a word, or the space between."""

BRACKETS = ("[", "]")

OPERATORS = {operator.value for operator in CompareOperator}

LITERALS = {"true", "false", "null"}

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@rule(
    Stage.FILTER,
    Stage.PATH,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint, example 1: "
    "externalId eq jyoung",
)
def quoted_values(text: str, schema: Schema) -> str:
    """Quote a value that has no quotation marks: ``externalId eq jyoung``, ``externalId eq 701984``.

    A number is one where the attribute is not a string.
    """
    words: list[str] = []
    quoted = ""
    selected = ""
    for part in PART.findall(text):
        if part in BRACKETS:
            selected = words[-1] if words and part == BRACKETS[0] else ""
        elif not part.isspace():
            if is_unquoted(part, words, selected, schema):
                part = f'"{part}"'
            words.append(part)
        quoted += part
    return quoted


def is_unquoted(word: str, words: list[str], selected: str, schema: Schema) -> bool:
    """Whether a word is a string to be compared that has no quotation marks.

    :param words: The words before it.
    :param selected: The attribute whose values the filter is about, inside brackets.
    """
    if len(words) < 2 or words[-1].lower() not in OPERATORS or word[0] in "\"'" or "\\" in word:
        return False
    if word.lower() in LITERALS:
        return False
    if not NUMBER.fullmatch(word):
        return True
    name = f"{selected}.{words[-2]}" if selected else words[-2]
    attribute = schema.target(name).attribute
    if attribute is not None and not attribute.is_text:
        attribute = attribute.subs.get("value")
    return attribute is not None and attribute.is_text


@rule(
    Stage.COMPARISON,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint, example 4: the manager",
)
def compared_references(node: Comparison, schema: Schema) -> Comparison:
    """Compare the ``value`` of a complex attribute that is compared as a whole: ``manager eq "26118915"``."""
    attribute = schema.target(str(node.attr_path)).attribute
    if attribute is None or attribute.is_multivalued or not attribute.has_value or node.value is None:
        return node
    return replace(node, attr_path=replace(node.attr_path, sub_attr="value"))


@rule(
    Stage.COMPARISON,
    sent_by="generic clients that write an employee number as one",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint, example 1",
)
def compared_numbers(node: Comparison, schema: Schema) -> Comparison:
    """Compare a number with a string attribute as text, where its path was not canonical before.

    ``employeeNumber eq 42`` is about the enterprise extension.
    """
    attribute = schema.target(str(node.attr_path)).attribute
    is_number = isinstance(node.value, int) and not isinstance(node.value, bool)
    if attribute is None or not attribute.is_text or not is_number:
        return node
    return replace(node, value=str(node.value))
