"""The tables of docs/api.md."""

from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text("utf-8")
# Shapes that no endpoint returns alone, and the field that contains them.
WITHIN = {
    "meeting": ("contact detail", "upcomingMeetings"),
    "slot": ("slots", "data"),
    "explained start": ("explanation", "data"),
    "message": ("conversation", "messages"),
}


def table(heads: str) -> list[list[str]]:
    """Return the rows of every table with these column heads, as cells."""
    found: list[list[str]] = []
    lines = PAGE.splitlines()
    for start in (number for number, line in enumerate(lines) if line == heads):
        for line in lines[start + 2 :]:
            if not line.startswith("|"):
                break
            found.append([cell.strip().replace("`", "") for cell in line.strip("| ").split(" | ")])
    assert found, heads
    return found


ENDPOINTS = table("| method | path | success | answer |")
SHAPES = dict(table("| shape | fields |"))
ERRORS = dict(table("| status | when |"))
EVENTS = [name for name, _when in table("| event | when |")]
WITHOUT_KEY = table("| method | path | answer |")


def fields(shape: str) -> set[str]:
    """Return the fields of a shape; `booking and contact, …` extends the fields of booking."""
    base, joined, more = SHAPES[shape].partition(" and ")
    if joined and "," not in base:
        return fields(base) | set(more.split(", "))
    return set(SHAPES[shape].split(", "))
