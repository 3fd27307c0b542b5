"""French texts of mails and pages: a line never begins with a colon or a question mark."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CATALOGUES = [
    "services/bookings/src/linktime_bookings/mail/catalogues/fr.json",
    "services/gateway/src/linktime_gateway/api/account_pages/texts/fr.json",
    "web/messages/fr.json",
]
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
# French has a space there, at which a line must not be broken. A colon within a word is a scheme.
BREAKABLE = re.compile(r"(?<![\u00a0\u202f])[;?!»]|(?<![\u00a0\u202f]):(?!/)|«(?![\u00a0\u202f])")


@pytest.mark.parametrize("name", CATALOGUES)
def test_no_break_is_before_a_mark(name: str) -> None:
    texts = TEXT.findall((ROOT / name).read_text("utf-8"))
    assert len(texts) > 10
    assert [text for text in texts if BREAKABLE.search(text)] == []
