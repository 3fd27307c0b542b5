"""A class name has one meaning in all services and libraries."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])
SHARED = {
    "BookingAlreadyCancelled": "one refusal, of bookings and of availability's lists for a move",
    "BookingEnded": "one refusal, of bookings and of availability's lists for a move",
    "BookingNotFound": "one refusal, of bookings and of availability's lists for a move",
    "ContactNotFound": "one refusal, from contacts or passed on by bookings",
    "Deps": "what the use cases of each service reach",
    "EventTypeNotFound": "one refusal, from availability or passed on by bookings",
    "OrganizationNotFound": "one refusal, from scim or passed on by the gateway",
    "UserNotFound": "one refusal, from scim or passed on by the gateway",
}
"""Names that several services may use, because they mean the same in each."""
VARIABLES = {"TypeVar", "ParamSpec", "TypeVarTuple"}


def classes(tree: ast.Module) -> Iterator[str]:
    """Yield the classes that a module defines."""
    yield from (node.name for node in tree.body if isinstance(node, ast.ClassDef))


def aliases(tree: ast.Module) -> Iterator[str]:
    """Yield names of types, such as `Listed = tuple[Contact, MeetingFigures]`."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                made = isinstance(value, ast.Call) and ast.unparse(value.func) in VARIABLES
                if name.lstrip("_")[:1].isupper() and not name.isupper() and not made:
                    yield name


def test_no_class_name_is_defined_twice() -> None:
    """Neither as a class of another module nor as an alias of a type."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in SOURCES}
    assert len(trees) > 100
    where = defaultdict(list)
    for path, tree in trees.items():
        for name in classes(tree):
            where[name].append(str(path.relative_to(ROOT)))
    for path, tree in trees.items():
        for name in aliases(tree):
            if name in where:
                where[name].append(str(path.relative_to(ROOT)))
    twice = {name: paths for name, paths in where.items() if len(paths) > 1}
    assert {name: paths for name, paths in twice.items() if name not in SHARED} == {}
    assert twice.keys() == SHARED.keys(), "a name that is no longer shared leaves the list"
