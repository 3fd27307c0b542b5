"""What a host and others wrote and said: conversations and calls."""

from aiohttp import web

from linktime_common.http import auth, bodies
from linktime_contacts.api.history_requests import CallsQuery, ConversationsQuery
from linktime_contacts.api.replies import CallReply, ConversationReply
from linktime_contacts.deps import DEPS
from linktime_contacts.store import calls, conversations, messages

MOST_MESSAGES = 50


async def list_conversations(request: web.Request) -> web.Response:
    """One page of the owner's threads, newest first, each with its newest messages."""
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


async def list_calls(request: web.Request) -> web.Response:
    """One page of the owner's calls, newest first."""
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
