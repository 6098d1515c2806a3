"""Rows of another table beside those of a query, found by columns that no relation of Django's joins.

The app's records refer to the rows of any model of the host, so that no foreign key leads from the one to the
other. A join reads both at once; without it, each takes a statement of its own, or a sub-query for each row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Field, Model, QuerySet
from django.db.models.expressions import Col
from django.db.models.lookups import Exact
from django.db.models.sql.constants import LOUTER
from django.db.models.sql.datastructures import Join
from django.db.models.sql.where import WhereNode

from django_scim.sql.values import column_of


class Beside:
    """What Django's ``Join`` asks of a relation.

    :param own: The column of the query's table.
    :param other: The column of the other table that is equal to it.
    :param values: Values of other columns of the other table, or the places of such.
    """

    def __init__(self, own: Field[Any, Any], other: Field[Any, Any], values: Mapping[Field[Any, Any], Any]):
        self.own = own
        self.other = other
        self.values = values
        self.related_model = other.model

    def get_joining_fields(self) -> tuple[()]:
        """Leave all to the condition: of columns of two types, Django would cast the one with the index."""
        return ()

    def get_extra_restriction(self, alias: str, related_alias: str) -> WhereNode:
        """Return the condition.

        :param alias: The alias of the other table.
        :param related_alias: The alias of the query's table.
        """
        conditions: list[Any] = [Exact(Col(alias, field), value) for field, value in self.values.items()]
        conditions.append(Exact(Col(alias, self.other), Col(related_alias, self.own)))
        return WhereNode(conditions)


class JoinedTable:
    """A table whose rows stand beside those of a query, where there are any.

    :param rows: The query, which is changed.
    :param model: The model of the other table.
    :param own: The column of the query's table, or of one that was joined before.
    :param other: The name of the field that is equal to it.
    :param after: The table that was joined before.
    :param values: Values of other fields of the other table, or the places of such.
    """

    def __init__(
        self,
        rows: QuerySet[Any, Any],
        model: type[Model],
        own: Field[Any, Any],
        other: str,
        *,
        after: JoinedTable | None = None,
        **values: Any,
    ) -> None:
        self.model = model
        fixed = {column_of(model, name): value for name, value in values.items()}
        parent = rows.query.get_initial_alias() if after is None else after.alias
        relation: Any = Beside(own, column_of(model, other), fixed)
        join = Join(model._meta.db_table, parent, None, LOUTER, relation, True)
        self.alias: str = rows.query.join(join)

    def column(self, name: str) -> Col:
        """Return a column of the table, as an expression of the query."""
        return Col(self.alias, column_of(self.model, name))
