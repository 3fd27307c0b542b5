"""The closed list of error codes: every error has one, and every one can occur."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents.error_codes import NOT_LISTED, occurrences, refusals
from documents.openapi import SERVICES, build

from linktime_availability.domain.errors import CODES as CODES_OF_RULES
from linktime_availability.domain.slots import Rule
from linktime_bookings.clients.availability import REFUSALS
from linktime_bookings.domain.errors import SlotTaken
from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.errors import Refusal
from linktime_common.http.errors import CODES, SENTENCES

ROOT = Path(__file__).parents[1]
LISTED = {code.value for code in ErrorCode}
WIRE_WORD = re.compile(r"[a-z]+(_[a-z]+)*")


def test_the_list_is_what_can_occur() -> None:
    """A new refusal is added to `ErrorCode`, or to the refusals that the public never sees."""
    assert {code for code, _, _ in occurrences()} == LISTED


def test_every_status_with_a_sentence_has_a_code() -> None:
    assert set(SENTENCES) <= set(CODES)


def test_a_code_is_in_snake_case() -> None:
    assert [code for code in LISTED if not WIRE_WORD.fullmatch(code)] == []


def test_names_of_classes_become_codes() -> None:
    """By default; a class can name another word, which its subclasses do not inherit."""

    class NothingLeft(Refusal):
        """Nothing is left."""

    class NothingAtAll(NothingLeft):
        """Nothing at all."""

        code = "nothing"

    class StillNothing(NothingAtAll):
        """Still nothing."""

    codes = [kind.code for kind in (NothingLeft, NothingAtAll, StillNothing)]
    assert codes == ["nothing_left", "nothing", "still_nothing"]


@pytest.mark.parametrize("rule", Rule)
def test_a_rule_has_the_same_code_in_both_services(rule: Rule) -> None:
    """bookings answers what availability refuses."""
    assert REFUSALS.get(rule, SlotTaken).code == CODES_OF_RULES[rule]


def sources(service: str) -> Iterator[str]:
    for path in (ROOT / "services" / service / "src").rglob("*.py"):
        if path.name != "errors.py":
            yield path.read_text("utf-8")


@pytest.mark.parametrize("service", SERVICES)
def test_every_listed_refusal_is_raised(service: str) -> None:
    """A code that no code raises would be a promise of nothing."""
    source = "\n".join(sources(service))
    named = [kind.__name__ for kind in SERVICES[service].statuses if kind not in NOT_LISTED]
    assert [name for name in named if not re.search(rf"\b{name}\b", source)] == []


def test_unlisted_refusals_exist() -> None:
    """The set holds no class that was removed or is public."""
    known = {kind for service in SERVICES.values() for kind in service.statuses}
    assert known >= NOT_LISTED
    assert not NOT_LISTED & set(refusals())


def test_the_description_has_the_list_and_is_open() -> None:
    """`code` is always there; a client must not refuse further properties."""
    schemas = build()["components"]["schemas"]
    assert set(schemas["ErrorCode"]["enum"]) == LISTED
    error = schemas["Error"]
    assert error["properties"]["code"] == {
        "anyOf": [{"$ref": "#/components/schemas/ErrorCode"}, {"type": "string"}]
    }
    assert error["required"] == ["error", "code"]
    assert error.get("additionalProperties", True) is not False
