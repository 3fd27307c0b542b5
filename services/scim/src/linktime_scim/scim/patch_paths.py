"""Parses the path of a PATCH operation to an attribute that is kept, or one that is not."""

from collections.abc import Iterator

from scim2_models import InvalidPathException, Path
from scim2_models.path import (
    AttributeBinding,
    AttrPath,
    Comparison,
    FilterNode,
    LogicalExpr,
    Not,
    Present,
    ValuePath,
)

from linktime_scim.scim.model import User

SCHEMA = str(User.__schema__).casefold()
NOT_KEPT = frozenset(
    {
        *("nickname", "profileurl", "title", "usertype"),
        *("timezone", "password", "phonenumbers", "ims", "photos", "addresses", "groups"),
        *("entitlements", "roles", "x509certificates"),
    }
)
"""The attributes of RFC 7643's User that are not kept."""
NOT_KEPT_PARTS = frozenset({"emails.display", "emails.$ref"})
COMPARED = frozenset({"value", "type", "primary"})
MOST_SHOWN = 100


def attribute_at(path: str) -> tuple[AttributeBinding, bool] | None:
    """Return the attribute, and whether a filter selects some of its values.

    None for an attribute that is not kept: one of NOT_KEPT, or of another schema. Raises
    InvalidPathException.
    """
    try:
        parsed = Path[User](path)
    except InvalidPathException as error:
        raise InvalidPathException(detail=f"{shown(path)} is not an attribute path") from error
    ast = parsed.ast
    if ast is None:
        raise InvalidPathException(detail="path must not be empty")
    named = ast if isinstance(ast, AttrPath) else ast.attr_path
    if named.uri is not None and named.uri.casefold() != SCHEMA:
        return None
    attribute = parsed.resolve()
    if named.attr.casefold() == "schemas":
        return None
    if attribute is None:
        part = ast.sub_attr if isinstance(ast, ValuePath) else named.sub_attr
        if _is_not_kept(named.attr.casefold(), part):
            return None
        raise InvalidPathException(detail=f"{shown(path)} is not an attribute of a user")
    if parsed.value_filter is not None:
        if not attribute.is_multivalued:
            raise InvalidPathException(detail=f"{shown(path)}: only emails has a filter")
        if not COMPARED.issuperset(_compared(parsed.value_filter)):
            detail = f"{shown(path)}: a filter of emails compares value, type and primary"
            raise InvalidPathException(detail=detail)
    return attribute, parsed.value_filter is not None


def shown(path: str) -> str:
    """Return the path for an error message."""
    return path if len(path) <= MOST_SHOWN else f"{path[:MOST_SHOWN]}…"


def _is_not_kept(name: str, part: str | None) -> bool:
    return name in NOT_KEPT or f"{name}.{part}".casefold() in NOT_KEPT_PARTS


def _compared(node: FilterNode) -> Iterator[str]:
    match node:
        case Comparison() | Present():
            yield str(node.attr_path).casefold()
        case LogicalExpr():
            for term in node.terms:
                yield from _compared(term)
        case Not():
            yield from _compared(node.expr)
