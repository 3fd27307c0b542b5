"""SCIM filters as SQL: compared values are parameters, the rest is generated here.

RFC 7644 3.4.2.2
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scim2_models import InvalidFilterException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from linktime_common.caseless import lowercase_key

MOST_TERMS = 20
SUPPORTED = (
    "Supported are eq, co and sw on userName, externalId, emails.value and displayName, with "
    "and, or and parentheses"
)
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:user"


@dataclass(frozen=True)
class Condition:
    """A condition for WHERE; the organization is $1."""

    sql: str
    values: tuple[str, ...] = ()


EVERYBODY = Condition("true")


@dataclass(frozen=True)
class Column:
    """`lines`: the column holds several values, a line feed before and after each."""

    name: str
    prepare: Callable[[str], str] = lowercase_key
    lines: bool = False


COLUMNS = {
    "username": Column("user_name_key"),
    "externalid": Column("external_id", prepare=str),
    "displayname": Column("display_name_key"),
    "emails": Column("emails_key", lines=True),
    "emails.value": Column("emails_key", lines=True),
}
WORK_EMAILS = Column("work_emails_key", lines=True)


def condition(ast: FilterNode) -> Condition:
    """Return the filter as a condition; raises InvalidFilterException."""
    visitor = _ToSql()
    return Condition(visitor.visit(ast), tuple(visitor.values))


class _ToSql(FilterVisitor[str]):
    def __init__(self) -> None:
        self.values: list[str] = []

    def visit_comparison(self, node: Comparison) -> str:
        column = COLUMNS.get(_name(node.attr_path))
        if column is None:
            raise InvalidFilterException(detail=SUPPORTED)
        return self._compare(column, node)

    def visit_logical_expr(self, node: LogicalExpr) -> str:
        joint = " AND " if node.op is LogicalOperator.and_ else " OR "
        return f"({joint.join(self.visit(term) for term in node.terms)})"

    def visit_value_path(self, node: ValuePath) -> str:
        """Convert `emails[type eq "work"].value eq "…"`, also with `and` inside the brackets."""
        inner = node.val_filter
        terms = inner.terms if isinstance(inner, LogicalExpr) else (inner,)
        is_or = isinstance(inner, LogicalExpr) and inner.op is LogicalOperator.or_
        if _name(node.attr_path) != "emails" or is_or:
            raise InvalidFilterException(detail=SUPPORTED)
        values = [one for one in terms if not _is_work(one)]
        column = COLUMNS["emails"] if len(values) == len(terms) else WORK_EMAILS
        match values:
            case [Comparison() as one] if _name(one.attr_path) == "value":
                return self._compare(column, one)
        raise InvalidFilterException(detail=SUPPORTED)

    def visit(self, node: FilterNode) -> str:
        if isinstance(node, Present | Not):
            raise InvalidFilterException(detail=SUPPORTED)
        return super().visit(node)

    def _compare(self, column: Column, node: Comparison) -> str:
        wanted = column.prepare(_text(node.value))
        match node.op:
            case CompareOperator.eq if not column.lines:
                return f"{column.name} = {self._parameter(wanted)}"
            case CompareOperator.eq if wanted:
                values = f"string_to_array({column.name}, E'\\n')"
                return f"{values} @> ARRAY [{self._parameter(wanted)}]"
            case CompareOperator.eq:
                return "false"  # no address is empty, but the text before the first line feed is
            case CompareOperator.co:
                pattern = f"%{_escaped(wanted)}%"
            case CompareOperator.sw:
                pattern = ("%\n" if column.lines else "") + f"{_escaped(wanted)}%"
            case _:
                raise InvalidFilterException(detail=SUPPORTED)
        return f"{column.name} LIKE {self._parameter(pattern)}"

    def _parameter(self, value: str) -> str:
        if len(self.values) == MOST_TERMS:
            raise InvalidFilterException(detail=f"Use at most {MOST_TERMS} comparisons")
        self.values.append(value)
        return f"${len(self.values) + 1}"


def _name(path: AttrPath) -> str:
    if path.uri is not None and path.uri.lower() != USER_SCHEMA:
        raise InvalidFilterException(detail=SUPPORTED)
    return f"{path.attr}.{path.sub_attr}".lower() if path.sub_attr else path.attr.lower()


def _is_work(node: FilterNode) -> bool:
    match node:
        case Comparison(attr_path=path, op=CompareOperator.eq, value=str(value)):
            return _name(path) == "type" and lowercase_key(value) == "work"
    return False


def _text(value: Any) -> str:
    # Escapes can denote characters that no stored value has; line feeds separate the addresses.
    if not isinstance(value, str) or any(_is_unstorable(one) for one in value):
        raise InvalidFilterException(detail="Compare with a text without control characters")
    return value


def _is_unstorable(character: str) -> bool:
    return character < " " or "\ud800" <= character <= "\udfff"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
