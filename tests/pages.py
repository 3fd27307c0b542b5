"""Parsing of the project's Markdown pages: sections, tables, code spans."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "services/*/README.md", "deploy/README.md")
    for path in ROOT.glob(pattern)
)


def section(page: str, heading: str) -> str:
    """Return the text from a heading (any level) to the next one of the same level."""
    text = (ROOT / page).read_text("utf-8")
    found = re.search(rf"^(#+) {re.escape(heading)}\n", text, re.MULTILINE)
    assert found, f"{page} has no section {heading}"
    rest = text[found.end() :]
    return re.split(rf"^#{{1,{len(found[1])}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def table(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table of a section, without its head."""
    lines = section(page, heading).partition("\n|---")[2].partition("\n\n")[0].splitlines()[1:]
    rows = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in lines]
    assert rows, f"{page}: no table below {heading}"
    return [[cell.strip() for cell in row] for row in rows]


def codes(cell: str) -> list[str]:
    """Return the texts in backticks."""
    return re.findall(r"`([^`]+)`", cell)
