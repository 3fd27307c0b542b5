"""The reasons of failed attempts in the documents."""

import re
from pathlib import Path

from linktime_common.egress.reasons import FailureReason

GUIDE = Path(__file__).parents[4] / "docs" / "webhooks.md"


def test_the_guide_lists_every_reason() -> None:
    """The guide's table and the code have the same reasons, and `http_…` and `expired`.

    Those two are no failures of a request to begin: one is an answer, one is set when the event
    is dropped.
    """
    section = GUIDE.read_text("utf-8").partition("## Failure reasons\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([a-z_]+)(…?)` \|", section, re.MULTILINE)
    assert ("http_", "…") in listed
    assert sorted(code for code, rest in listed if not rest) == sorted([*FailureReason, "expired"])
