"""Ingested messages and listed threads, over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from linktime_common.ids import new_id

from .calls import Call, Get
from .messages import ZOE, a_message, day

Ingest = Callable[..., Awaitable[str]]


@pytest.fixture
def ingest(call: Call, owner_id: UUID) -> Ingest:
    """Ingest one message of the owner and return its id."""

    async def send(external_id: str, sent_at: str, **fields: Any) -> str:
        status, body = await call(
            owner_id,
            "POST",
            "/api/ingest/messages",
            a_message(externalMessageId=external_id, sentAt=sent_at, **fields),
        )
        assert status in {200, 201}, body
        return str(body["id"])

    return send


async def test_an_ingested_message_is_listed(call: Call, get: Get, owner_id: UUID) -> None:
    """Exactly these fields; channel, direction and status in lower case; a repeat returns 200."""
    status, ingested = await call(owner_id, "POST", "/api/ingest/messages", a_message())
    assert status == 201
    assert await call(owner_id, "POST", "/api/ingest/messages", a_message()) == (200, ingested)
    assert list(ingested) == ["id"]
    status, body = await get(owner_id, "/conversations")
    assert status == 200
    assert body == {
        "data": [
            {
                "id": body["data"][0]["id"],
                "contactPhone": ZOE,
                "channel": "sms",
                "messages": [
                    {
                        "id": ingested["id"],
                        "content": "Hello",
                        "direction": "inbound",
                        "timestamp": day(1),
                        "status": "delivered",
                        "media": [],
                    }
                ],
                "contactId": None,
                "contactName": None,
                "lastMessageAt": day(1),
            }
        ],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    }


async def test_threads_come_newest_first_with_messages_oldest_first(
    get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """One thread for each channel, other party and number of the owner."""
    await ingest("1", day(1), body="one")
    await ingest("3", day(3), body="three", direction="outbound")
    await ingest("2", day(2), body="two", channel="whatsapp", contactPhone=f"whatsapp:{ZOE}")
    await ingest("0", day(1, 8), body="zero")
    await ingest("4", day(4), ourPhone="+4930888888")
    await ingest("5", day(5), contactPhone="+4940111111")
    data = (await get(owner_id, "/conversations"))[1]["data"]
    assert [
        (thread["contactPhone"], thread["channel"], [m["content"] for m in thread["messages"]])
        for thread in data
    ] == [
        ("+4940111111", "sms", ["Hello"]),
        (ZOE, "sms", ["Hello"]),
        (ZOE, "sms", ["zero", "one", "three"]),
        (ZOE, "whatsapp", ["two"]),
    ]
    assert [thread["lastMessageAt"] for thread in data] == [day(5), day(4), day(3), day(2)]


async def test_the_fifty_newest_messages_are_shown(
    get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """Oldest first; messages of the same instant in the order of ingestion."""
    for n in range(55):
        await ingest(f"m{n}", day(1 + n // 24, n % 24), body=str(n))
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    assert [message["content"] for message in thread["messages"]] == [str(n) for n in range(5, 55)]
    (thread,) = (await get(owner_id, "/conversations", to=day(3, 3)))[1]["data"]
    assert [message["content"] for message in thread["messages"]] == [str(n) for n in range(1, 51)]


async def test_from_and_to_filter_messages(get: Get, ingest: Ingest, owner_id: UUID) -> None:
    """`from` is inclusive, `to` exclusive unless it is a date; threads without a match are not
    listed."""
    await ingest("a1", day(1), body="a1")
    await ingest("a9", day(9), body="a9")
    await ingest("b5", day(5), body="b5", contactPhone="+4940111111")

    async def listed(**query: str) -> list[list[str]]:
        status, body = await get(owner_id, "/conversations", **query)
        assert status == 200, body
        assert body["pagination"]["total"] == len(body["data"])
        return [[message["content"] for message in thread["messages"]] for thread in body["data"]]

    assert await listed() == [["a1", "a9"], ["b5"]]
    assert await listed(**{"from": day(2), "to": day(8)}) == [["b5"]]
    assert await listed(**{"from": day(5), "to": day(9)}) == [["b5"]]
    assert await listed(**{"from": day(5), "to": "2026-03-09"}) == [["a9"], ["b5"]]
    assert await listed(**{"from": "2026-03-05"}) == [["a9"], ["b5"]]
    assert await listed(to=day(5)) == [["a1"]]
    assert await listed(to="2026-03-05") == [["a1"], ["b5"]]
    assert await listed(**{"from": day(9, 10)}) == []
    assert await listed(to="2026-02-28") == []
    assert await listed(**{"from": "2026-03-09T10:00:00+01:00", "to": "2026-03-09"}) == [["a9"]]
    assert await listed(**{"from": day(5), "to": day(5)}) == []


@pytest.mark.parametrize("written", [ZOE, f" {ZOE[1:]}", f" {ZOE}"])
async def test_phone_filters_threads(
    get: Get, ingest: Ingest, owner_id: UUID, written: str
) -> None:
    """On every channel; a leading space is read as a +."""
    await ingest("1", day(1))
    await ingest("2", day(2), channel="WHATSAPP")
    await ingest("3", day(3), contactPhone="+4940111111")
    _, body = await get(owner_id, "/conversations", phone=written)
    assert [thread["channel"] for thread in body["data"]] == ["whatsapp", "sms"]
    assert body["pagination"]["total"] == 2
    assert (await get(owner_id, "/conversations", phone="+4940222222"))[1]["data"] == []
    _, body = await get(owner_id, "/conversations", phone=written, to=day(2))
    assert body["pagination"]["total"] == len(body["data"]) == 1


async def test_pages_hold_every_thread_once(get: Get, ingest: Ingest, owner_id: UUID) -> None:
    """Equal times are ordered by id; a page past the end is empty."""
    await asyncio.gather(
        *(ingest(f"p{n}", day(1), contactPhone=f"+493012345{n}") for n in range(5))
    )
    seen = []
    for page in (1, 2, 3, 4):
        _, body = await get(owner_id, "/conversations", page=page, limit=2)
        assert body["pagination"] == {"page": page, "limit": 2, "total": 5, "totalPages": 3}
        seen += [thread["id"] for thread in body["data"]]
    assert len(seen) == 5
    assert seen == sorted(set(seen))


async def test_the_other_party_is_the_contact_with_that_number(
    call: Call, get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """Of several contacts with the number the oldest; never another owner's."""

    async def party() -> tuple[str | None, str | None]:
        (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
        return thread["contactId"], thread["contactName"]

    await ingest("1", day(1))
    contact = {"name": "Zoë", "email": "zoe@example.com", "phone": ZOE}
    await call(new_id(), "POST", "/api/v1/contacts", contact)
    assert await party() == (None, None)
    _, first = await call(owner_id, "POST", "/api/v1/contacts", contact)
    assert await party() == (first["id"], "Zoë")
    _, second = await call(
        owner_id, "POST", "/api/v1/contacts", contact | {"name": "Z", "email": "z@example.com"}
    )
    assert await party() == (first["id"], "Zoë")
    await call(owner_id, "PATCH", f"/api/v1/contacts/{first['id']}", {"phone": None})
    assert await party() == (second["id"], "Z")
    await call(owner_id, "PATCH", f"/api/v1/contacts/{first['id']}", {"phone": ZOE})
    assert await party() == (first["id"], "Zoë")
    for gone in (first, second):
        await call(owner_id, "DELETE", f"/api/v1/contacts/{gone['id']}")
    assert await party() == (None, None)


async def test_updates_of_a_message_are_merged(get: Get, ingest: Ingest, owner_id: UUID) -> None:
    """The status never moves back, empty fields are filled, and a new time moves the message."""
    await ingest("1", day(1), status="queued", body=None)
    await ingest("1", day(1), status="READ", body="Hello")
    await ingest("1", day(1), status="Sent", body=None, media=["https://example.com/a.png"])
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    (message,) = thread["messages"]
    assert (message["status"], message["content"]) == ("read", "Hello")
    await ingest("2", day(2))
    await ingest("1", day(3), body="Hello again", contactPhone="+4940111111", channel="WHATSAPP")
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    assert [m["content"] for m in thread["messages"]] == ["Hello", "Hello again"]
    assert thread["lastMessageAt"] == day(3)
    assert (await get(owner_id, "/conversations", to=day(2)))[1]["data"] == []


async def test_a_message_of_pictures_is_listed_with_them(
    get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """Its content is empty and an unknown status is null, but its media tell it from a message
    of which only the status is known."""
    media = [
        {"url": "https://example.com/a.png", "contentType": "image/png"},
        {"url": "https://example.com/b", "contentType": None},
    ]
    await ingest("1", day(1), body=None, media=media, status=None)
    await ingest("2", day(2), body=None, media=[], status="sent")
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    picture, status_only = thread["messages"]
    assert (picture["content"], picture["status"], picture["media"]) == ("", None, media)
    assert (status_only["content"], status_only["media"]) == ("", [])


async def test_media_of_a_string_are_listed_as_objects(
    get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """And media that a later report does not repeat are kept."""
    await ingest("1", day(1), body=None, media=["https://example.com/a.png"])
    await ingest("1", day(1), body="Look", media=[], status="READ")
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    (message,) = thread["messages"]
    assert message["media"] == [{"url": "https://example.com/a.png", "contentType": None}]
    assert (message["content"], message["status"]) == ("Look", "read")


@pytest.mark.parametrize("address", ["12345", "ACME", "whatsapp:ACME Inc."])
async def test_a_sender_without_a_number_has_a_thread_too(
    get: Get, ingest: Ingest, owner_id: UUID, address: str
) -> None:
    """`contactPhone` is null for a short code or a sender name."""
    await ingest("1", day(1), contactPhone=address)
    await ingest("2", day(2), contactPhone=address)
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    assert (thread["contactPhone"], len(thread["messages"])) == (None, 2)


async def test_the_same_ids_from_another_source_or_owner_are_other_messages(
    call: Call, get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """External ids are scoped to the source and the owner."""
    one = await ingest("1", day(1))
    two = await ingest("1", day(1), source="vonage")
    stranger = new_id()
    status, three = await call(stranger, "POST", "/api/ingest/messages", a_message())
    assert status == 201
    assert len({one, two, three["id"]}) == 3
    (thread,) = (await get(stranger, "/conversations"))[1]["data"]
    assert [message["id"] for message in thread["messages"]] == [three["id"]]


async def test_concurrent_reports_of_a_message_make_one_message(
    call: Call, get: Get, owner_id: UUID
) -> None:
    """Twenty concurrent requests: one thread, one message, the furthest status, one 201."""
    statuses = ["QUEUED", "SENDING", "SENT", "DELIVERED", "READ"] * 4
    answers = await asyncio.gather(
        *(
            call(owner_id, "POST", "/api/ingest/messages", a_message(status=status, body=None))
            for status in statuses
        )
    )
    assert sorted(status for status, _ in answers) == [200] * 19 + [201]
    assert len({body["id"] for _, body in answers}) == 1
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    assert [message["status"] for message in thread["messages"]] == ["read"]


async def test_concurrent_messages_of_a_thread_are_all_kept(
    get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """The thread's first and last times include new and moved messages."""
    await ingest("moved", day(1))
    await asyncio.gather(
        *(ingest(f"n{n}", day(2 + n)) for n in range(10)),
        *(ingest("moved", day(20, n)) for n in range(5)),
    )
    (thread,) = (await get(owner_id, "/conversations"))[1]["data"]
    assert len(thread["messages"]) == 11
    assert thread["lastMessageAt"] == day(20, 4)
    assert (await get(owner_id, "/conversations", to=day(2)))[1]["data"] == []
