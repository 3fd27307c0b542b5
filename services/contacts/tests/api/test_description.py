"""The OpenAPI description of the service."""

from linktime_common.http.openapi import describe
from linktime_contacts.api.errors import STATUSES
from linktime_contacts.api.routes import PUBLIC

DESCRIBED = describe(PUBLIC, STATUSES)


def test_parameters_are_described() -> None:
    """With their limits and enumerations."""
    found = {
        parameter["name"]: parameter["schema"]
        for parameter in DESCRIBED["paths"]["/api/v1/calls"]["get"]["parameters"]
    }
    assert set(found) == {"page", "limit", "status", "from", "to"}
    assert found["limit"]["maximum"] == 50
    assert found["status"]["enum"] == ["COMPLETED", "FAILED", "NO_ANSWER", "all"]


def test_ingestion_has_two_successful_responses() -> None:
    """201 for a new call, 200 for an existing one, with the same body."""
    responses = DESCRIBED["paths"]["/api/ingest/calls"]["post"]["responses"]
    assert responses["200"]["content"] == responses["201"]["content"]
