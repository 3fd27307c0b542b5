"""Where messages and calls are sent in, in a form that is no provider's own."""

import re
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import (
    AfterValidator,
    Field,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import (
    Moment,
    OneLine,
    Phone,
    RequestModel,
    SeveralLines,
)
from linktime_common.http.operations import Operation
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.call import Call, CallStatus
from linktime_contacts.domain.direction import Direction
from linktime_contacts.domain.message import Channel, Message, MessageStatus, Thread
from linktime_contacts.use_cases.take_call import TakeCall, take_call
from linktime_contacts.use_cases.take_message import TakeMessage, take_message
from linktime_contacts.use_cases.taken import Ingested

TAG = "Ingestion"
MOST_METADATA_BYTES = 16 * 1024
MOST_SECONDS = 7 * 24 * 3600

# A number, a short code, or the name that a business sends under.
_ADDRESS = re.compile(
    r"(whatsapp:)?(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9]{0,10}[A-Za-z][A-Za-z0-9 ._&-]{0,19})"
)
_NUL = re.compile(rb"(?<!\\)(\\\\)*\\u0000")


def _check_address(value: str) -> str:
    found = _ADDRESS.fullmatch(value)
    if found is None:
        raise PydanticCustomError(
            "address", "Expected a phone number such as +4930123456, or a short code"
        )
    return found[2]


def _check_metadata(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise PydanticCustomError("metadata", "Cannot be written as JSON again") from error
    if len(written) > MOST_METADATA_BYTES:
        raise PydanticCustomError("metadata", "Must have at most 16 KiB")
    if _NUL.search(written):
        raise PydanticCustomError("metadata", "Contains characters that are not allowed")
    return value


Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=50),
    OneLine,
    AfterValidator(_check_address),
    WithJsonSchema({"type": "string", "pattern": f"^{_ADDRESS.pattern}$"}),
]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), OneLine
]
Words = Annotated[str, StringConstraints(max_length=20_000), SeveralLines]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2_000), OneLine]


class MediaRequest(RequestModel):
    """A picture or other attachment, where it can be fetched; its address alone will do."""

    url: Url
    content_type: Label | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_address(cls, body: Any) -> Any:
        return {"url": body} if isinstance(body, str) else body


class MessageRequest(RequestModel):
    """A text message, or news about one: `source` and `externalMessageId` say which."""

    source: Label
    external_message_id: Label
    channel: Annotated[Channel, any_case(Channel)]
    direction: Annotated[Direction, any_case(Direction)]
    contact_phone: Address
    our_phone: Address
    body: Words | None = None
    media: Annotated[list[MediaRequest], Field(max_length=20, default_factory=list)]
    sent_at: Moment
    status: Annotated[MessageStatus | None, any_case(MessageStatus)] = None

    def thread(self) -> Thread:
        """Where the message belongs."""
        return Thread(self.channel, self.contact_phone, self.our_phone)

    def message(self) -> Message:
        """The message itself."""
        return Message(
            source=self.source,
            external_id=self.external_message_id,
            direction=self.direction,
            content=self.body,
            media=[item.model_dump() for item in self.media],
            sent_at=self.sent_at,
            status=self.status,
        )


class TranscriptLineRequest(RequestModel):
    """Who said what, and when after the start."""

    role: Label
    text: Words
    at_ms: Annotated[int, Field(strict=True, ge=0, le=MOST_SECONDS * 1000)] | None = None


class CallRequest(RequestModel):
    """A voice call, or news about one: `source` and `externalCallId` say which."""

    source: Label
    external_call_id: Label
    direction: Annotated[Direction, any_case(Direction)]
    agent_name: Label | None = None
    agent_id: Label | None = None
    contact_phone: Phone | None = None
    # Read and not kept: names are those of the contacts.
    contact_name: Label | None = None
    started_at: Moment
    ended_at: Moment | None = None
    duration_seconds: Annotated[int, Field(strict=True, ge=0, le=MOST_SECONDS)]
    status: Annotated[CallStatus, any_case(CallStatus)]
    end_reason: Label | None = None
    summary: Words | None = None
    transcript: Annotated[list[TranscriptLineRequest], Field(max_length=5_000)] | None = None
    recording_url: Url | None = None
    booking_id: Label | None = None
    metadata: Annotated[
        dict[str, JsonValue], AfterValidator(_check_metadata), Field(default_factory=dict)
    ]

    def call(self) -> Call:
        """The call; raises InvalidRequest when it ended before it began."""
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise bodies.invalid("endedAt", "Must not be before startedAt")
        return Call(
            source=self.source,
            external_id=self.external_call_id,
            direction=self.direction,
            contact_phone=self.contact_phone,
            agent_name=self.agent_name,
            agent_id=self.agent_id,
            started_at=self.started_at,
            ended_at=self.ended_at,
            duration_seconds=self.duration_seconds,
            status=self.status,
            end_reason=self.end_reason,
            summary=self.summary,
            transcript=[line.model_dump() for line in self.transcript or ()],
            recording_url=self.recording_url,
            booking_id=self.booking_id,
            metadata=self.metadata,
        )


class TakenReply(WireModel):
    """The id under which a message or call is kept."""

    id: UUID


KNOWN = {200: "It was known already; what was told is merged into it"}


@Operation(
    summary="Tell of a text message",
    description=(
        "The same `source` and `externalMessageId` again is news about that message, answered "
        "with 200: what was left open is filled, the later `sentAt` wins, and the status never "
        "steps back. Its thread and direction stay as first told."
    ),
    tag=TAG,
    body=MessageRequest,
    body_example={
        "source": "twilio",
        "externalMessageId": "SM0001",
        "channel": "SMS",
        "direction": "OUTBOUND",
        "contactPhone": "+4930123456",
        "ourPhone": "+4930999999",
        "body": "See you at three",
        "media": [],
        "sentAt": "2026-03-01T09:00:00.000Z",
        "status": "DELIVERED",
    },
    reply=TakenReply(id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e25"),
    status=201,
    also=KNOWN,
    idempotent=True,
)
async def post_message(request: web.Request) -> web.Response:
    body, deps = await bodies.read(request, MessageRequest), request.app[DEPS]
    command = TakeMessage(
        owner_id=auth.user_id(request), thread=body.thread(), message=body.message()
    )
    return await write(request, deps.database, partial(take_message, command, deps), _taken)


@Operation(
    summary="Tell of a voice call",
    description=(
        "The same `source` and `externalCallId` again is news about that call, answered with 200: "
        "what was left open is filled, the later end (or start) wins, and a completed call stays "
        "completed."
    ),
    tag=TAG,
    body=CallRequest,
    body_example={
        "source": "retell",
        "externalCallId": "call-0001",
        "direction": "INBOUND",
        "agentName": "Front desk",
        "contactPhone": "+4930123456",
        "startedAt": "2026-03-01T09:00:00.000Z",
        "endedAt": "2026-03-01T09:01:34.000Z",
        "durationSeconds": 94,
        "status": "COMPLETED",
        "endReason": "user_hangup",
        "summary": "Wants to move to Tuesday",
        "transcript": [{"role": "user", "text": "Hello?", "atMs": 800}],
        "metadata": {"campaign": "spring"},
    },
    reply=TakenReply(id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e26"),
    status=201,
    also=KNOWN,
    idempotent=True,
)
async def post_call(request: web.Request) -> web.Response:
    body, deps = await bodies.read(request, CallRequest), request.app[DEPS]
    command = TakeCall(owner_id=auth.user_id(request), call=body.call())
    return await write(request, deps.database, partial(take_call, command, deps), _taken)


def _taken(taken: Ingested) -> WriteReply:
    return answer(TakenReply(id=taken.id), 201 if taken.is_new else 200)
