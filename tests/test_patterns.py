"""Every regular expression takes linear time for untrusted input.

Otherwise one request blocks the whole service: 64 KiB of blanks can keep a backtracking search busy
for a minute, on the event loop.
"""

import ast
import functools
import importlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linktime_common.http import answers

ROOT = Path(__file__).resolve().parents[1]
CALLS = frozenset({"findall", "match", "fullmatch", "search", "split", "sub"})
SHORT, LONG = 1_000, 4_000
# Four times the input: linear work takes 4 times as long, quadratic work 16 times.
MOST_TIMES = 9
TOO_SHORT_TO_MEASURE = 0.005  # seconds of processor time; quadratic work on LONG takes 0.05

# Accepted by each pattern; extended at each place below.
EXAMPLES = {
    "linktime_availability.calendars.caldav.addresses.NEVER_IN_A_NAME": "a/b",
    "linktime_availability.calendars.caldav.addresses.PLAIN_NAME": "a-b.ics",
    "linktime_availability.calendars.caldav.discovery.COLOUR_TEXT": "#00aaFF",
    "linktime_availability.calendars.caldav.multistatus.STATUS_CODE": "HTTP/1.1 404 Not Found",
    "linktime_availability.calendars.caldav.objects.UID_LINE": "UID;X=1:a-b\r\n",
    "linktime_availability.calendars.caldav.versions.PRINTABLE": 'W/"1"',
    "linktime_availability.calendars.ics.COLOUR_LINE": "X-APPLE-CALENDAR-COLOR:#00aaff",
    "linktime_availability.calendars.ics.ESCAPED": "a\\,b",
    "linktime_availability.calendars.ics.NAME_LINE": "X-WR-CALNAME;X=1:a-b\r\n",
    "linktime_availability.calendars.ics.STAMP_LINE": "DTSTAMP:20260301T090000Z\r\n",
    "linktime_availability.calendars.ics.WEBCAL": "webcal://a.example",
    "linktime_availability.calendars.event_lines._BREAK": "a\r\nb",
    "linktime_availability.calendars.event_lines._FOLD": "a\r\n b",
    "linktime_availability.calendars.event_lines._NAME": "DTSTART;TZID=A:b",
    "linktime_availability.calendars.event_lines._SEQUENCE": "12",
    "linktime_availability.calendars.event_text._CONTROLS": "a\x07b",
    "linktime_availability.calendars.expansion.calendar._SHORT": "PT1H30M10S",
    "linktime_availability.calendars.expansion.events._EXACT": "+PT1H30M",
    "linktime_availability.calendars.expansion.frequency._DATE": "20260301T090000Z",
    "linktime_availability.calendars.expansion.text._NAME": "DTSTART;TZID=A:b",
    "linktime_availability.domain.brand._DIGEST": "4f2a9c01d8e37b6655aa10ccf3b2d490",
    "linktime_availability.domain.colours._COLOUR": "#1a73e8",
    "linktime_availability.domain.embed_sites._NAME": "www.a-b.example",
    "linktime_availability.domain.event_type._SLUG": "intro-call",
    "linktime_availability.domain.event_type._USERNAME": "ada-lovelace",
    "linktime_availability.domain.holidays._COUNTRY": "DE",
    "linktime_availability.domain.holidays._MARKS": "Christmas Day (observed)",
    "linktime_availability.domain.schedule._CLOCK": "09:30",
    "linktime_bookings.domain.mail_retry._ABOUT_ADDRESS": " 5.1.1",
    "linktime_bookings.domain.mail_retry._QUOTED": '"relay access denied"',
    "linktime_bookings.domain.mail_retry._RELAY_DENIED": "Relay access denied",
    "linktime_common.shown_texts._LINKED": "see www.a.example or https://a",
    "linktime_common.languages._QUALITY": "q=0.125",
    "linktime_common.languages._TAG": "de-AT-1996",
    "linktime_common.caseless._FINAL_SIGMA": "\u03bf\u03a3 ",
    "linktime_common.contracts.wire._INSTANT": "2026-03-01T14:00:00.250+02:00",
    "linktime_common.http.fields._DATE": "2026-03-01",
    "linktime_common.http.fields._DIGITS": "120",
    "linktime_common.http.fields._FINER_THAN_MILLISECONDS": "14:00:00.2500001",
    "linktime_common.http.fields._OFFSET_AFTER_BLANK": "2026-03-01T14:00:00.250 02:00",
    "linktime_common.http.idempotency._KEY": "a-key",
    "linktime_common.http.request_problems._ABSOLUTE": "https://a.example/b?c",
    "linktime_common.http.request_problems._HOST": "[2001:db8::1]:8080",
    "linktime_common.logs._PLACEHOLDER": "from %(name)-08.2s",
    "linktime_common.logs._TRACEPARENT": f"00-{'1' * 32}-{'2' * 16}-01",
    "linktime_common.request_ids._VALID": "a-1",
    "linktime_common.migrate._NAME": "0001_first.sql",
    "linktime_common.phones.E164": "+4930123456",
    "linktime_common.phones._NOT_DIGITS": " ",
    "linktime_common.phones._WRITTEN": "+49 (0)30 123456",
    "linktime_common.setting_types._BARE_URL": "https://book.example.com",
    "linktime_common.setting_types._LABEL": "a-host",
    "linktime_common.texts._IN_NO_LINE": "a\tb",
    "linktime_common.texts._IN_NO_TEXT": "a\x01b",
    "linktime_common.texts._NOT_STORED": "a\x00b",
    "linktime_common.transliteration._APOSTROPHES": "o'neill",
    "linktime_common.transliteration._LATIN": "LATIN SMALL LETTER DOTLESS I WITH DOT",
    "linktime_common.transliteration._OTHERS": "ada lovelace",
    "linktime_common.unknown_settings._OF_KUBERNETES": "GATEWAY_PORT_8080_TCP_ADDR",
    "linktime_common.urls._HOST_NAME": "a-b.example",
    "linktime_common.urls._NEVER_IN_A_URL": "a b",
    "linktime_contacts.api.ingest._ADDRESS": "whatsapp:+4930123456",
    "linktime_contacts.api.ingest._NUL": r'{"a":"\\\u0000"}',
    "linktime_gateway.domain.credentials._BEARER": f"Bearer lt_live_{'a' * 43} ",
    "linktime_gateway.domain.page_table._SLUG": "intro-call",
    "linktime_gateway.domain.page_table._USERNAME": "ada-lovelace",
    "linktime_gateway.domain.paths._BROKEN_ESCAPE": "/a%zz",
    "linktime_gateway.domain.paths._ESCAPED_SLASH": "/a%2fb",
    "linktime_gateway.domain.paths._FORBIDDEN": "/a\\b",
    "linktime_gateway.domain.paths._ORIGIN": "https://a.example/b?c",
    "linktime_gateway.domain.paths._PLAIN": "/a/b.c",
    "linktime_gateway.domain.paths._SLASHES": "//a/b/",
    "linktime_scim.scim.ignored._END_OF_NAME": "emails[type",
    "linktime_scim.scim.limits._WHOLE": "-120",
    "linktime_scim.scim.patch_limits._OPERATOR": 'emails[type eq "work"].value',
    "linktime_scim.domain.usernames._ALLOWED": "ada-lovelace",
    "linktime_common.http.answers._RETRY_AFTER": "A: b\r\nRetry-After : 120 \r\n",
    "linktime_common.http.loose_heads._BLANK_LINES": "\r\n",
    "linktime_common.http.loose_heads._END": "\n\r\n",
    "linktime_common.http.loose_heads._FRAMING": "A: b\r\nContent-Length : 120, \r\n 120\r\n",
    "linktime_common.http.loose_heads._LENGTH": "120",
    "linktime_common.http.loose_heads._STATUS": "HTTP/1.1  200 OK",
    "linktime_common.http.reading._FRAMED": "A: b\r\nTransfer-Encoding: gzip, chunked \r\n",
    "linktime_common.http.reading._PROMISES_BODY": "A: b\r\nContent-Length: 00120",
    "linktime_common.egress.addresses._ENDS_IN_A_NUMBER": "a.0x7f.",
    "linktime_gateway.pages.shells.ARGUMENT": "{host}",
    "linktime_webhooks.domain.custom_headers._TOKEN": "X-Own",
    "linktime_webhooks.domain.custom_headers._VALUE": "Bearer a.b",
}
# Compiled from our own route table: literal parts with `[^/]+` between two slashes.
MADE_OF_OUR_ROUTES = {"linktime_gateway.domain.route_table"}
# They read settings, our own names and the output of system tools, no untrusted input.
MEET_NO_STRANGER = {
    "linktime_common.errors",
    "linktime_common.http.described_schemas",
    "linktime_common.http.openapi",
    "linktime_common.http.operation_names",
    "linktime_local.servers.debian",
    "linktime_local.servers.postgres_binaries",
    "linktime_common.settings",
    "linktime_common.messaging.topology",
    "linktime_gateway.api.reference.texts",
    "linktime_gateway.domain.route_table",
    "linktime_gateway.store.shared_limits",
}


@functools.cache
def _modules() -> dict[str, str]:
    """Return the texts of the modules that import `re`, by name."""
    found = {}
    for source in [*ROOT.glob("services/*/src"), ROOT / "libs/common/src"]:
        for path in source.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "import re\n" in text:
                found[".".join(path.relative_to(source).with_suffix("").parts)] = text
    return found


def _module_of(name: str) -> str:
    return name.rpartition(".")[0]


def _calls_of_re(text: str) -> Iterator[tuple[str, str]]:
    """Yield the called function, and the module-level name of its result."""
    tree = ast.parse(text)
    kept = {
        id(node.value): target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = node.func.value
            if isinstance(on, ast.Name) and on.id == "re":
                yield node.func.attr, kept.get(id(node), "")


def _used(name: str) -> list[str]:
    """Return the methods that the module calls on the pattern."""
    module, _dot, pattern = name.rpartition(".")
    return sorted(set(re.findall(rf"\b{pattern}\.(\w+)\(", _modules()[module])) & CALLS)


def _hostile(example: str, length: int) -> Iterator[str]:
    """Yield the example with one character repeated in each place, and two endings."""
    for place in range(len(example) + 1):
        for character in sorted({*example, " ", "\t", "0", "a", "\\"}):
            for end in ("", example[place:], "\x00", "x\n"):
                yield example[:place] + character * length + end


def _seconds(pattern: re.Pattern[Any], use: str, text: str) -> float:
    is_text = isinstance(pattern.pattern, str)
    subject: Any = text if is_text else text.encode()
    arguments = ["" if is_text else b"", subject] if use == "sub" else [subject]
    begun = time.thread_time()
    getattr(pattern, use)(*arguments)
    return time.thread_time() - begun


def _is_linear(pattern: re.Pattern[Any], use: str, example: str) -> bool:
    measure = functools.partial(_seconds, pattern, use)
    for short, long in zip(_hostile(example, SHORT), _hostile(example, LONG), strict=True):
        if measure(long) > TOO_SHORT_TO_MEASURE:
            times = min(map(measure, [long] * 3)) / min(map(measure, [short] * 3))
            if times > MOST_TIMES:
                return False
    return True


def test_every_pattern_has_an_example() -> None:
    """A new pattern is measured as well; a direct call of `re` cannot be."""
    named, made_elsewhere, direct = set(), set(), set()
    for module, text in _modules().items():
        for function, kept_as in _calls_of_re(text):
            if function != "compile":
                direct.add(module)
            elif kept_as:
                named.add(f"{module}.{kept_as}")
            else:
                made_elsewhere.add(module)
    assert {name for name in named if _module_of(name) not in MEET_NO_STRANGER} == EXAMPLES.keys()
    assert made_elsewhere == MADE_OF_OUR_ROUTES
    assert direct <= MEET_NO_STRANGER


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_pattern_takes_time_in_proportion(name: str) -> None:
    """For variations of its example."""
    compiled = getattr(importlib.import_module(_module_of(name)), name.rpartition(".")[2])
    uses = _used(name)
    assert uses
    for use in uses:
        assert _is_linear(compiled, use, EXAMPLES[name])


def test_the_measure_finds_a_search_that_backtracks() -> None:
    """The pattern that formerly parsed Retry-After."""
    quadratic = re.compile(rb"(?im)^retry-after[ \t]*:[ \t]*(.*?)[ \t]*\r?$")
    assert not _is_linear(quadratic, "search", "Retry-After: x")


def test_a_retry_after_of_64_kib_is_no_value() -> None:
    """For a delivery it is not even parsed."""
    headers = b"Retry-After: x" + b" " * 64 * 1024 + b"x"
    assert answers.SubscriberResponse.of(503, headers).retry_after is None
    assert answers.SubscriberResponse.of(200, b"Retry-After: 7").retry_after is None
