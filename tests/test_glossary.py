"""The names in the glossary exist in the code, and the glossary is linked."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
NAMES = sorted(set(re.findall(r"`([^`]+)`", GLOSSARY)))
SOURCE = "\n".join(
    path.read_text("utf-8")
    for folder in ("libs", "services")
    for kind in ("py", "sql")
    for path in sorted(ROOT.glob(f"{folder}/*/src/**/*.{kind}"))
)
WORDS = set(re.findall(r"\w+", SOURCE))
TYPES = set(re.findall(r"^(?:class )?([A-Z]\w+)\b(?=\(|:| = |\[)", SOURCE, re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_the_code_exists(name: str) -> None:
    """A class must be defined, not only mentioned."""
    is_type = name[0].isupper() and not name.isupper()
    assert name in (TYPES if is_type else WORDS)


def test_terms_are_explained_once_and_in_one_line() -> None:
    """In each group, a bold term and its definition."""
    entries = [line for line in GLOSSARY.splitlines() if line.startswith("- ")]
    terms = [found[1] for line in entries if (found := re.match(r"- \*\*([^*]+)\*\*: \S", line))]
    assert len(terms) == len(entries) > 50
    assert len(set(terms)) == len(terms)


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_the_glossary_is_linked(page: str) -> None:
    """From the entry points of the documentation."""
    assert "glossary.md)" in (ROOT / page).read_text("utf-8")
