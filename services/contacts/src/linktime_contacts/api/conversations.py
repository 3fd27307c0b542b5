"""Threads of text messages between a host and other parties."""

from typing import Annotated, Literal, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import Digits, QueryPhone
from linktime_common.http.models import Paging
from linktime_common.http.operations import Operation
from linktime_common.http.spans import Spanned
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.message import Conversation, StoredMessage
from linktime_contacts.store import conversations, messages

TAG = "Conversations and calls"
MOST_MESSAGES = 50
MessageStatusName = Literal[
    "queued", "sending", "sent", "failed", "undelivered", "delivered", "received", "read"
]


class ConversationsQuery(Paging, Spanned):
    """`from` and `to` filter messages."""

    limit: Annotated[int, Field(ge=1, le=50), Digits] = 20
    phone: Annotated[QueryPhone | None, Field(description="The other party's number")] = None


class MediaReply(WireModel):
    """An attachment, at the address that its source gave."""

    url: str
    content_type: str | None


class TextMessageReply(WireModel):
    """One message of a conversation; `content` is empty if it has only media or a status."""

    id: UUID
    content: str
    direction: Literal["inbound", "outbound"]
    timestamp: Instant
    status: MessageStatusName | None
    media: list[MediaReply]

    @classmethod
    def of(cls, stored: StoredMessage) -> Self:
        """Return the reply for one message."""
        message = stored.message
        return cls(
            id=stored.id,
            content=message.content or "",
            direction=message.direction.lower(),
            timestamp=message.sent_at,
            status=message.status and message.status.lower(),
            media=[MediaReply.model_validate(item) for item in message.media],
        )


class ConversationReply(WireModel):
    """A thread with its fifty newest messages, oldest first."""

    id: UUID
    contact_phone: str | None
    channel: Literal["sms", "whatsapp"]
    messages: list[TextMessageReply]
    contact_id: UUID | None
    contact_name: str | None
    last_message_at: Instant

    @classmethod
    def of(cls, conversation: Conversation, messages: list[StoredMessage]) -> Self:
        return cls(
            id=conversation.id,
            contact_phone=conversation.contact_phone,
            channel=conversation.channel.lower(),
            messages=[TextMessageReply.of(message) for message in messages],
            contact_id=conversation.contact_id,
            contact_name=conversation.contact_name,
            last_message_at=conversation.last_message_at,
        )


EXAMPLE = ConversationReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e24",
    contact_phone="+4930123456",
    channel="sms",
    messages=[
        TextMessageReply(
            id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e25",
            content="See you at three",
            direction="outbound",
            timestamp="2026-03-01T09:00:00Z",
            status="delivered",
            media=[MediaReply(url="https://example.com/map.png", content_type="image/png")],
        )
    ],
    contact_id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21",
    contact_name="Zoë Quinn",
    last_message_at="2026-03-01T09:00:00Z",
)


@Operation(
    summary="List SMS and WhatsApp threads",
    description=(
        "Newest first, each with its fifty newest messages, oldest first. `from` and `to` filter "
        "messages; a thread without a matching message is not listed."
    ),
    tag=TAG,
    query=ConversationsQuery,
    page_of=EXAMPLE,
)
async def list_conversations(request: web.Request) -> web.Response:
    query, owner_id = bodies.read_query(request, ConversationsQuery), auth.user_id(request)
    since, until = query.span()
    async with request.app[DEPS].database.connection() as connection:
        page = await conversations.page(
            connection,
            owner_id,
            address=query.phone,
            since=since,
            until=until,
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
        newest = await messages.newest(
            connection,
            owner_id,
            [conversation.id for conversation in page.conversations],
            since=since,
            until=until,
            limit=MOST_MESSAGES,
        )
    replies = [ConversationReply.of(one, newest.get(one.id, [])) for one in page.conversations]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=page.total)
