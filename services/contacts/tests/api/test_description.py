"""What the service says of its own routes."""

from linktime_common.http.openapi import describe
from linktime_contacts.api.errors import STATUSES
from linktime_contacts.api.routes import PUBLIC

DESCRIBED = describe(PUBLIC, STATUSES)


def test_parameters_are_named_as_they_are_written() -> None:
    """With their limits and choices."""
    found = {
        parameter["name"]: parameter["schema"]
        for parameter in DESCRIBED["paths"]["/api/v1/calls"]["get"]["parameters"]
    }
    assert set(found) == {"page", "limit", "status", "from", "to"}
    assert found["limit"]["maximum"] == 50
    assert found["status"]["enum"] == ["COMPLETED", "FAILED", "NO_ANSWER", "all"]


def test_taking_in_has_two_good_answers() -> None:
    """New is 201, known is 200, with the same body."""
    responses = DESCRIBED["paths"]["/api/ingest/calls"]["post"]["responses"]
    assert responses["200"]["content"] == responses["201"]["content"]
