"""The `webhooks` of the OpenAPI document.

https://spec.openapis.org/oas/v3.1.0#oas-webhooks
"""

from typing import Any

from pydantic.json_schema import models_json_schema

from linktime_common.http.described_schemas import clean
from linktime_common.http.openapi import REF
from linktime_webhooks.domain.samples import SAMPLES

TAG = "Webhook events"
_HEADERS = {
    "webhook-id": (
        "The same for every attempt, replay and endpoint; use it to recognize duplicates",
        "msg_01976f3e8f7c7a529c1e5b8f0d3a6e41",
    ),
    "webhook-timestamp": ("The time of this attempt in seconds since 1970", "1772373600"),
    "webhook-signature": (
        "`v1,` and a base64 HMAC-SHA256 for each valid secret, separated by spaces",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}
_ANSWER = {
    "2XX": {"description": "The delivery is complete"},
    "410": {"description": "The webhook is disabled"},
    "429": {"description": "The endpoint waits for `Retry-After`, at least a minute"},
    "default": {"description": "The delivery is tried again, after `Retry-After` at the earliest"},
}


def build() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the `webhooks` by event, and the schemas they refer to."""
    refs, schemas = models_json_schema(
        [(type(sample), "serialization") for sample in SAMPLES.values()], ref_template=REF
    )
    described = {
        name: {"post": _operation(name, refs[type(sample), "serialization"])}
        for name, sample in SAMPLES.items()
    }
    return described, clean(schemas).get("$defs", {})


def _operation(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    sample = SAMPLES[name]
    content = {"schema": schema, "example": sample.model_dump(mode="json")}
    return {
        "operationId": "on" + "".join(word.capitalize() for word in name.split(".")),
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
