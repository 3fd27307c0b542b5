"""Ingestion of messages and calls, in a provider-independent format."""

import re
from datetime import datetime
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
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from linktime_common import phones
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import (
    TIMEZONE,
    Moment,
    OneLine,
    Phone,
    RequestModel,
    SeveralLines,
    Url,
)
from linktime_common.http.operations import Operation
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.call import Call, CallStatus
from linktime_contacts.domain.direction import Direction
from linktime_contacts.domain.instants import MOST_AHEAD_MINUTES, is_ahead
from linktime_contacts.domain.message import Channel, Message, MessageStatus, Thread
from linktime_contacts.use_cases.ingest_call import IngestCall, ingest_call
from linktime_contacts.use_cases.ingest_message import IngestMessage, ingest_message
from linktime_contacts.use_cases.ingested import Ingested

TAG = "Ingestion"
MOST_METADATA_BYTES = 16 * 1024
MOST_SECONDS = 7 * 24 * 3600

# A phone number, a short code or an alphanumeric sender name.
_ADDRESS = re.compile(
    r"(whatsapp:)?(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9]{0,10}[A-Za-z][A-Za-z0-9 ._&-]{0,19})"
)
_NUL = re.compile(rb"(?<!\\)(\\\\)*\\u0000")


def _read_address(value: str, info: ValidationInfo) -> str:
    found = _ADDRESS.fullmatch(value)
    if found is not None:
        return found[2]
    try:
        return phones.read(value, (info.context or {}).get(TIMEZONE))
    except phones.PhoneRefused as refused:
        raise PydanticCustomError(
            "address", "Expected a phone number such as +4930123456, or a short code"
        ) from refused


def _check_metadata(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise PydanticCustomError("metadata", "Cannot be serialized as JSON") from error
    if len(written) > MOST_METADATA_BYTES:
        raise PydanticCustomError("metadata", "Must have at most 16 KiB")
    if _NUL.search(written):
        raise PydanticCustomError("metadata", "Contains characters that are not allowed")
    return value


def _refuse_future(field: str, instant: datetime | None, now: datetime) -> None:
    if instant is not None and is_ahead(instant, now=now):
        raise bodies.invalid(
            field, f"Must not be more than {MOST_AHEAD_MINUTES} minutes in the future"
        )


Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=50),
    OneLine,
    AfterValidator(_read_address),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": 50,
            "description": (
                "A phone number, a short code or a sender's name. A number without + and country "
                "code, of more than 8 digits, is read as one of the country of your time zone."
            ),
            "examples": ["+4930123456", "whatsapp:+4930123456", "72345", "ACME"],
        }
    ),
]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), OneLine
]
Words = Annotated[str, StringConstraints(max_length=20_000), SeveralLines]


class MediaRequest(RequestModel):
    """An attachment that can be downloaded from `url`; a string is read as the URL."""

    url: Url
    content_type: Label | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_string(cls, body: Any) -> Any:
        return {"url": body} if isinstance(body, str) else body


class MessageRequest(RequestModel):
    """A text message, or an update of one, identified by `source` and `externalMessageId`."""

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
        """Return the thread of the message."""
        return Thread(self.channel, self.contact_phone, self.our_phone)

    def message(self, now: datetime) -> Message:
        """Return the message; raises InvalidRequest when it is from the future or says nothing."""
        _refuse_future("sentAt", self.sent_at, now)
        if not ((self.body or "").strip() or self.media or self.status):
            raise bodies.invalid("body", "A message needs a text, media or a status")
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
    """Who said what, and the offset from the start of the call."""

    role: Label
    text: Words
    at_ms: Annotated[int, Field(strict=True, ge=0, le=MOST_SECONDS * 1000)] | None = None


class CallRequest(RequestModel):
    """A voice call, or an update of one, identified by `source` and `externalCallId`."""

    source: Label
    external_call_id: Label
    direction: Annotated[Direction, any_case(Direction)]
    agent_name: Label | None = None
    agent_id: Label | None = None
    contact_phone: Phone | None = None
    # Accepted but not stored: names come from the contacts.
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

    def call(self, now: datetime) -> Call:
        """Return the call; raises InvalidRequest when it ends before it starts or in the future."""
        _refuse_future("startedAt", self.started_at, now)
        _refuse_future("endedAt", self.ended_at, now)
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
    """The id of a stored message or call."""

    id: UUID


KNOWN = {200: "It already exists; the request is merged into it"}


@Operation(
    summary="Record a text message",
    description=(
        "A repeated `source` and `externalMessageId` updates that message and returns 200: empty "
        "fields are filled, the later `sentAt` wins, and the status never moves back. The thread "
        "and direction do not change."
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
    command = IngestMessage(
        owner_id=auth.user_id(request),
        thread=body.thread(),
        message=body.message(deps.clock.now()),
    )
    return await write(request, deps.database, partial(ingest_message, command, deps), _reply)


@Operation(
    summary="Record a voice call",
    description=(
        "A repeated `source` and `externalCallId` updates that call and returns 200: empty fields "
        "are filled, the later end (or start) wins, and a completed call stays completed. Start "
        "and end may be 5 minutes in the future at most."
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
    command = IngestCall(owner_id=auth.user_id(request), call=body.call(deps.clock.now()))
    return await write(request, deps.database, partial(ingest_call, command, deps), _reply)


def _reply(ingested: Ingested) -> WriteReply:
    return answer(TakenReply(id=ingested.id), 201 if ingested.is_new else 200)
