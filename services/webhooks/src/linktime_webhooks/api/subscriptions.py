"""Creating and changing a webhook, by its owner or the operator."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from linktime_common.contracts.wire import Text
from linktime_common.egress.addresses import AddressRefused
from linktime_common.egress.resolver import NameUnresolved
from linktime_common.egress.urls import UrlRefused, canonical_url
from linktime_common.errors import InvalidRequest
from linktime_common.http import bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import Line, OneLine, RequestModel, leave_out_defaults
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id
from linktime_common.http.resources import below
from linktime_common.http.writes import answer
from linktime_common.idempotency import WriteAttempt, WriteReply
from linktime_common.sealing import Sealer
from linktime_webhooks.api.owner import RESOLVE_SECONDS, owner_id, write_for_owner
from linktime_webhooks.api.webhooks import EXAMPLE, NOT_FOUND, TAG, WebhookReply
from linktime_webhooks.deps import DEPS, Deps
from linktime_webhooks.domain.custom_headers import MOST_HEADERS, problems_of
from linktime_webhooks.domain.endpoint import (
    PUBLIC_EVENTS,
    Endpoint,
    EndpointState,
)
from linktime_webhooks.domain.errors import EndpointNotFound, TooManyEndpoints
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, Made, add_endpoint
from linktime_webhooks.use_cases.change_endpoint import ChangeEndpoint, change_endpoint

MOST_DESCRIPTION_CHARACTERS = 500
MOST_RATE = 1_000
READ_ONLY = frozenset(
    {
        "id",
        "state",
        "disabledReason",
        "disabledAt",
        "failingSince",
        "pausedUntil",
        "createdAt",
        "updatedAt",
    }
)
"""Read-only fields of a reply; they may be sent back and are ignored.

So is an `active` in such a body that equals the present value.
"""

# `_checked_events` refuses unknown ones and lists the known.
EventName = Annotated[
    Line,
    any_case(PUBLIC_EVENTS),
    WithJsonSchema({"type": "string", "enum": list(PUBLIC_EVENTS)}),
]
Events = Annotated[list[EventName], Field(min_length=1, max_length=50)]
Description = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MOST_DESCRIPTION_CHARACTERS), OneLine
]
Headers = Annotated[dict[Text, Text], Field(max_length=MOST_HEADERS)]
Rate = Annotated[
    int | None,
    Field(
        strict=True, ge=1, le=MOST_RATE, description="Most deliveries a second; null for no limit"
    ),
]


class NewEndpointBody(RequestModel):
    url: Line
    events: Events
    description: Description = ""
    headers: Headers = Field(default_factory=dict)
    rate_per_second: Rate = None


class EndpointChangesBody(RequestModel):
    """Changes of a webhook: a field that is not sent keeps its value.

    `headers` replaces all of them; a header whose value is the mask keeps its value.
    """

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    url: Line = ""  # The defaults are never read.
    events: Events = Field(default_factory=list)
    description: Description = ""
    headers: Headers = Field(default_factory=dict)
    rate_per_second: Rate = None
    active: Annotated[bool, Field(strict=True)] = True

    @model_validator(mode="before")
    @classmethod
    def _ignore_what_is_read_only(cls, body: Any) -> Any:
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if name not in READ_ONLY}
        return body

    def sent(self, name: str) -> Any:
        """Return the field's value, or None if it was not sent."""
        return getattr(self, name) if name in self.model_fields_set else None


class MadeWebhookReply(WebhookReply):
    """`secret` (`whsec_…`) is shown once; null when the request is repeated."""

    secret: str | None


WANTED: dict[str, Any] = {
    "url": EXAMPLE.url,
    "events": EXAMPLE.events,
    "description": EXAMPLE.description,
    "headers": {"X-Api-Key": "9b1c"},
    "ratePerSecond": None,
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - an example
SWITCHED_OFF_AT = datetime(2026, 3, 1, 14, tzinfo=UTC)
SWITCHED_OFF = EXAMPLE.model_copy(
    update={
        "active": False,
        "state": EndpointState.DISABLED,
        "disabled_reason": "owner",
        "disabled_at": SWITCHED_OFF_AT,
        "updated_at": SWITCHED_OFF_AT,
    }
)


@Operation(
    summary="Subscribe a URL to events",
    description=(
        "`secret` is shown once; a repeat with the same Idempotency-Key has null there. "
        "The URL begins with https:// and resolves to a public address. `headers` are sent with "
        "every delivery and shown masked afterwards."
    ),
    tag=TAG,
    body=NewEndpointBody,
    body_example=WANTED,
    reply=MadeWebhookReply(**EXAMPLE.model_dump(by_alias=False), secret=SECRET),
    status=201,
    errors={TooManyEndpoints: "You have 20 webhooks already"},
    idempotent=True,
    location=below("id"),
)
async def post_webhook(request: web.Request) -> web.Response:
    body, deps = await bodies.read(request, NewEndpointBody), request.app[DEPS]
    command = AddEndpoint(
        owner_id=owner_id(request),
        url=await _checked_url(body.url, deps),
        events=_checked_events(body.events),
        description=body.description,
        headers=_checked_headers(body.headers),
        rate_per_second=body.rate_per_second,
    )
    return await write_for_owner(request, partial(_add, command, deps), partial(_made, deps.sealer))


@Operation(
    summary="Change, disable or enable a webhook",
    description=(
        "Fields that are not sent keep their values. `headers` replaces all; masked values stay. "
        "With `active` false nothing is sent: pending deliveries and new events are stored as "
        "`suppressed`. A request in progress still counts: its delivery is `delivered` if it "
        "succeeds, and is not tried again otherwise. With `active` true its failures are reset, "
        "also if it was enabled: a pause ends, and pending deliveries are due now (not if a whole "
        "reply is sent back). Missed events are sent by a replay."
    ),
    tag=TAG,
    body=EndpointChangesBody,
    body_example={"active": False},
    reply=SWITCHED_OFF,
    errors=NOT_FOUND,
    idempotent=True,
)
async def patch_webhook(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    endpoint_id = path_id(request, "id", otherwise=EndpointNotFound)
    body = await bodies.read(request, EndpointChangesBody)
    is_sent_back = not READ_ONLY.isdisjoint(await bodies.read_json(request))
    values = body.model_dump(include=body.model_fields_set & {"description", "rate_per_second"})
    if (url := body.sent("url")) is not None:
        values["url"] = await _checked_url(url, deps)
    if (events := body.sent("events")) is not None:
        values["events"] = tuple(_checked_events(events))
    command = ChangeEndpoint(
        owner_id=owner_id(request),
        endpoint_id=endpoint_id,
        values=values,
        headers=_checked_headers(body.headers) if "headers" in body.model_fields_set else None,
        active=body.sent("active"),
        forgets_failures=not is_sent_back,
    )
    act = partial(change_endpoint, command, deps)
    return await write_for_owner(request, act, partial(_changed, deps.sealer))


def _checked_events(events: list[str]) -> list[str]:
    """Return the events in a fixed order, each once; raises InvalidRequest for an unknown one."""
    unknown = sorted(set(events) - set(PUBLIC_EVENTS))
    if unknown:
        raise bodies.invalid("events", f"Choose from: {', '.join(PUBLIC_EVENTS)}")
    return sorted(set(events))


def _checked_headers(headers: dict[str, str]) -> dict[str, str]:
    """Return the custom headers; raises InvalidRequest if one is not allowed."""
    problems = problems_of(headers)
    if problems:
        raise InvalidRequest(problems)
    return headers


async def _checked_url(text: str, deps: Deps) -> str:
    """Return the canonical URL.

    A name that does not resolve yet is checked when it is connected to.
    """
    try:
        url = canonical_url(text, allow_http=deps.allow_http)
        async with asyncio.timeout(RESOLVE_SECONDS):
            await deps.resolver.addresses(url.raw_host or "", url.port or 0)
    except (UrlRefused, AddressRefused) as error:
        raise InvalidRequest({"url": str(error)}) from error
    except (NameUnresolved, TimeoutError):
        pass
    return str(url)


async def _add(command: AddEndpoint, deps: Deps, attempt: WriteAttempt[Made]) -> Made:
    return Made(*await add_endpoint(command, deps, attempt))


def _made(sealer: Sealer, made: Made) -> WriteReply:
    return answer(MadeWebhookReply.of(made.endpoint, sealer, secret=made.secret), 201)


def _changed(sealer: Sealer, endpoint: Endpoint) -> WriteReply:
    return answer(WebhookReply.of(endpoint, sealer))
