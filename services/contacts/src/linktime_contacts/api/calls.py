"""Voice calls between a host and other parties."""

from typing import Annotated, Literal, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field, JsonValue, PlainValidator
from pydantic_core import PydanticCustomError

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.enumerations import match
from linktime_common.http.fields import Digits
from linktime_common.http.models import Paging
from linktime_common.http.operations import Operation
from linktime_common.http.spans import Spanned
from linktime_contacts.api.conversations import TAG
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.call import CallStatus
from linktime_contacts.store import calls
from linktime_contacts.store.calls import ListedCall


def _read_status(value: str) -> CallStatus | None:
    wanted = match(value, ("all", *CallStatus))
    if wanted == "all":
        return None
    if wanted is None:
        raise PydanticCustomError("status", "Must be one of: COMPLETED, FAILED, NO_ANSWER, all")
    return CallStatus(wanted)


class CallsQuery(Paging, Spanned):
    """`from` and `to` filter by the start of the call."""

    limit: Annotated[int, Field(ge=1, le=50), Digits] = 20
    status: Annotated[
        CallStatus | None,
        PlainValidator(
            _read_status,
            json_schema_input_type=Literal["COMPLETED", "FAILED", "NO_ANSWER", "all"],
        ),
        Field(json_schema_extra={"default": "all"}),
    ] = None


class TranscriptLineReply(WireModel):
    """Who said what, and the offset from the start of the call."""

    role: str
    text: str
    at_ms: int | None


class CallReply(WireModel):
    """A voice call; `callerPhone` is the other party's number in both directions."""

    id: UUID
    direction: Literal["inbound", "outbound"]
    caller_phone: str | None
    duration_seconds: int
    status: Literal["completed", "failed", "no_answer"]
    agent_name: str | None
    started_at: Instant
    outcome: str | None
    contact_id: UUID | None
    ended_at: Instant | None
    summary: str | None
    agent_id: str | None
    booking_id: str | None
    recording_url: str | None
    transcript: list[TranscriptLineReply]
    metadata: dict[str, JsonValue]

    @classmethod
    def of(cls, call: ListedCall) -> Self:
        return cls(
            id=call.id,
            direction=call.direction.lower(),
            caller_phone=call.contact_phone,
            duration_seconds=call.duration_seconds,
            status=call.status.lower(),
            agent_name=call.agent_name,
            started_at=call.started_at,
            outcome=call.end_reason,
            contact_id=call.contact_id,
            ended_at=call.ended_at,
            summary=call.summary,
            agent_id=call.agent_id,
            booking_id=call.booking_id,
            recording_url=call.recording_url,
            transcript=[TranscriptLineReply.model_validate(line) for line in call.transcript],
            metadata=call.metadata,
        )


EXAMPLE = CallReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e26",
    direction="inbound",
    caller_phone="+4930123456",
    duration_seconds=94,
    status="completed",
    agent_name="Front desk",
    started_at="2026-03-01T09:00:00Z",
    outcome="user_hangup",
    contact_id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21",
    ended_at="2026-03-01T09:01:34Z",
    summary="Wants to move to Tuesday",
    agent_id="agent-7",
    booking_id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
    recording_url="https://example.com/call-0001.mp3",
    transcript=[TranscriptLineReply(role="user", text="Hello?", at_ms=800)],
    metadata={"campaign": "spring"},
)


@Operation(
    summary="List voice calls",
    description="Newest first. `callerPhone` is the other party's number in both directions.",
    tag=TAG,
    query=CallsQuery,
    page_of=EXAMPLE,
)
async def list_calls(request: web.Request) -> web.Response:
    query = bodies.read_query(request, CallsQuery)
    since, until = query.span()
    async with request.app[DEPS].database.connection() as connection:
        page = await calls.page(
            connection,
            auth.user_id(request),
            status=query.status,
            since=since,
            until=until,
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
    replies = [CallReply.of(call) for call in page.calls]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=page.total)
