"""Filters (RFC 7644 section 3.4.2.2) that no grammar has, and attributes that need a sub-attribute."""

from __future__ import annotations

import re
from dataclasses import replace

from scim2_models.path import CompareOperator, Comparison

from django_scim.dialects.rules import Stage, rule
from django_scim.schema.attributes import Schema

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
