"""docs/dependencies.md has a reason for each dependency; each project declares its imports."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.pages import ROOT, table

PAGE = "docs/dependencies.md"
SERVICES, DEVELOPMENT = "Services", "Development and the `linktime` command"
PROJECTS = sorted([*ROOT.glob("libs/*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")])
# Several packages share this name.
OPENTELEMETRY = packages_distributions()["opentelemetry"]
BROUGHT_BY = {
    "requests": "opentelemetry-exporter-otlp-proto-http",
    **dict.fromkeys(OPENTELEMETRY, "opentelemetry-sdk"),
    "docker": "testcontainers",
    "markupsafe": "jinja2",
    "multidict": "aiohttp",
    "pydantic-core": "pydantic",
    "yarl": "aiohttp",
}
"""Packages that are part of another one."""


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def names(requirements: list[Any]) -> set[str]:
    """Return the packages, without versions, markers and groups."""
    found = (re.match(r"[\w-]+", one) for one in requirements if isinstance(one, str))
    return {one[0] for one in found if one}


def written(heading: str) -> set[str]:
    packages: list[str] = []
    for cells in table(PAGE, heading):
        assert all(cells[1:]), cells
        packages += cells[0].split(", ")
    assert len(set(packages)) == len(packages)
    return set(packages)


def declared(path: Path) -> set[str]:
    """Return the dependencies of a project, its options included."""
    project = read(path)["project"]
    options = project.get("optional-dependencies", {}).values()
    return names(project["dependencies"]).union(*map(names, options))


def offered(path: Path) -> set[str]:
    """Return the dependencies of a project and of our projects that it depends on."""
    found = declared(path)
    for name in sorted(found):
        if name.startswith("linktime-"):
            library = ROOT / "libs" / name.removeprefix("linktime-") / "pyproject.toml"
            found |= offered(library)
    return found


def test_each_table_has_the_packages_of_its_group() -> None:
    """The tables have the packages of the root project, from which the lock files are made."""
    root = read(ROOT / "pyproject.toml")
    assert written(SERVICES) == names(root["project"]["dependencies"])
    groups = root["dependency-groups"]
    assert written(DEVELOPMENT) == set().union(*map(names, groups.values()))


def test_each_package_for_services_is_used_by_a_project() -> None:
    """And the dependencies of projects are in the tables."""
    builders = set().union(*(names(read(path)["build-system"]["requires"]) for path in PROJECTS))
    used = set().union(*map(declared, PROJECTS)) | builders
    used = {name for name in used if not name.startswith("linktime-")}
    assert written(SERVICES) <= used <= written(SERVICES) | written(DEVELOPMENT)


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_a_project_names_what_it_imports(path: Path) -> None:
    """Itself, or through a library of ours."""
    distributions = packages_distributions()
    imported: set[str] = set()
    for module in path.parent.glob("src/**/*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    found = [distributions[one][0] for one in imported if one in distributions]
    needed = {name.replace("_", "-").lower() for name in found}
    needed = {BROUGHT_BY.get(one, one) for one in needed} - {read(path)["project"]["name"]}
    assert sorted(needed - offered(path)) == []
