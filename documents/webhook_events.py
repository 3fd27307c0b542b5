"""What subscribers receive: the `webhooks` of the OpenAPI document.

https://spec.openapis.org/oas/v3.1.0#oas-webhooks
"""

from typing import Any

from pydantic.json_schema import models_json_schema

from linktime_common.http.openapi import REF
from linktime_webhooks.domain.samples import SAMPLES

TAG = "Webhook events"
_HEADERS = {
    "webhook-id": (
        "The same for every attempt, replay and endpoint: what was seen before is known by it",
        "msg_01976f3e8f7c7a529c1e5b8f0d3a6e41",
    ),
    "webhook-timestamp": ("Seconds since 1970, of this attempt", "1772373600"),
    "webhook-signature": (
        "`v1,` and the base64 of an HMAC-SHA256, one for each valid secret, a space between them",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}
_ANSWER = {
    "2XX": {"description": "It has arrived"},
    "410": {"description": "Send nothing any more: the webhook is disabled"},
    "429": {"description": "Wait: as long as `Retry-After` says, at least a minute"},
    "default": {"description": "Tried again, after `Retry-After` at the earliest"},
}


def build() -> tuple[dict[str, Any], dict[str, Any]]:
    """The `webhooks` by event, and the schemas they refer to."""
    refs, schemas = models_json_schema(
        [(type(sample), "serialization") for sample in SAMPLES.values()], ref_template=REF
    )
    described = {
        name: {"post": _operation(name, refs[type(sample), "serialization"])}
        for name, sample in SAMPLES.items()
    }
    return described, schemas.get("$defs", {})


def _operation(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    sample = SAMPLES[name]
    content = {"schema": schema, "example": sample.model_dump(mode="json")}
    return {
        "operationId": f"webhook_{name.replace('.', '_')}",
        "summary": str(type(sample).__doc__),
        "tags": [TAG],
        "parameters": [
            {
                "name": header,
                "in": "header",
                "required": True,
                "description": words,
                "schema": {"type": "string"},
                "example": example,
            }
            for header, (words, example) in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": dict(_ANSWER),
    }
