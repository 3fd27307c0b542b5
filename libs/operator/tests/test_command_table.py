"""The README's tables match the commands and settings."""

import re
from pathlib import Path

from libs.operator.tests.command_names import commands

from linktime_operator.cli import linktime
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.settings import StackSettings, StateSettings

README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
EVERYWHERE = {"--json", "--help"}
OPTION = re.compile(r"--[a-z][a-z-]*")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    section = README.partition(f"\n## {heading}\n")[2]
    lines = section.partition("\n|---")[2].partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named_in(cell: str) -> list[str]:
    """Return the commands of a row: `webhook enable`, `disable` are two of one group."""
    found: list[str] = []
    for code in re.findall(r"`([^`]+)`", cell):
        words = re.match(r"[a-z-]+(?: [a-z][a-z-]*){0,2}", code)
        assert words, code
        name = words[0]
        is_short = found and " " in found[-1] and " " not in name
        found.append(f"{found[-1].split()[0]} {name}" if is_short else name)
    return found


def test_the_table_has_each_command_with_its_options() -> None:
    """None is missing or obsolete; and `--json` is everywhere."""
    shown: dict[str, set[str]] = {}
    unknown: list[str] = []
    has = dict(commands(linktime))
    for cells in rows("The `linktime` command"):
        names, options = named_in(cells[0]), set(OPTION.findall(" ".join(cells)))
        shown |= dict.fromkeys(names, options)
        known = set().union(*(has.get(name, set()) for name in names))
        unknown += [f"{names}: {option}" for option in options - known]
    assert sorted(shown) == sorted(has)
    assert unknown == []
    missing = {name: has[name] - EVERYWHERE - shown[name] for name in has}
    assert {name: options for name, options in missing.items() if options} == {}
    assert [name for name, options in has.items() if "--json" not in options] == []


def test_the_table_has_each_setting_of_make_run() -> None:
    """By its name, or as `LINKTIME_<SERVICE>_PORT`."""
    shown = {
        name
        for cells in rows("Settings of `make run`")
        for name in re.findall(r"`(LINKTIME_[A-Z_<>]+)`", cells[0])
    }
    ports = {f"LINKTIME_{service}_PORT" for service in map(str.upper, SERVICES)}
    fields = {*StackSettings.model_fields, *StateSettings.model_fields}
    read = {f"LINKTIME_{field}".upper() for field in fields}
    assert read - ports <= shown
    assert "LINKTIME_<SERVICE>_PORT" in shown
    # These two are read by `linktime_operator.locate`.
    assert shown - read == {"LINKTIME_<SERVICE>_PORT", "LINKTIME_POSTGRES_BIN", "LINKTIME_CACHE"}
