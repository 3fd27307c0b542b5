"""The tests of the pages' logic, which Vitest runs: month, zones, texts, calendar file."""

from tools import web


def test_vitest() -> None:
    """All of web/src/**/*.test.ts; a failure shows its output."""
    web.test()
