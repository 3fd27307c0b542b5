"""Orders, cursors and changes of the list of contacts."""

import asyncio
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from linktime_common.http.cursors import _checksum, _encoded
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.keyset import Order
from linktime_contacts.api.contacts import ContactsQuery
from linktime_local.testing.services import Running

from .calls import Call, Get

PATH = "/api/v1/contacts"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


async def added(call: Call, owner_id: UUID, name: str) -> str:
    body = {"name": name, "email": f"{name}@example.com"}
    status, contact = await call(owner_id, "POST", PATH, body)
    assert status == 201, contact
    return str(contact["id"])


async def pages(get: Get, owner_id: UUID, **query: Any) -> AsyncIterator[list[str]]:
    """Yield the ids of each page, read with cursors to the end."""
    more: dict[str, str] = {}
    while True:
        status, body = await get(owner_id, "/contacts", **query, **more)
        assert status == 200, body
        yield [contact["id"] for contact in body["data"]]
        if body["pagination"]["nextCursor"] is None:
            return
        more = {"cursor": body["pagination"]["nextCursor"]}


async def walked(get: Get, owner_id: UUID, **query: Any) -> list[str]:
    return [one async for page in pages(get, owner_id, **query) for one in page]


async def test_both_orders_and_any_size_of_page(call: Call, get: Get) -> None:
    """`asc` is the reverse of `desc`, with and without a search."""
    owner_id = new_id()
    for number in range(5):
        await added(call, owner_id, f"person{number}")
    _, body = await get(owner_id, "/contacts")
    ids = [contact["id"] for contact in body["data"]]
    for search in ({}, {"search": "person"}, {"search": "p"}):
        for limit in (1, 2, 5, 100):
            assert await walked(get, owner_id, limit=limit, **search) == ids
            asc = await walked(get, owner_id, limit=limit, order="Asc", **search)
            assert asc == ids[::-1]


async def test_updated_since_lists_what_has_changed(call: Call, get: Get) -> None:
    """Added or changed at the instant or later; also within a search."""
    owner_id = new_id()
    first, second, _third = [await added(call, owner_id, f"p{number}") for number in range(3)]
    since = datetime.now(UTC).isoformat(timespec="milliseconds")
    await call(owner_id, "PATCH", f"{PATH}/{first}", {"company": "Example"})
    fourth = await added(call, owner_id, "p4")
    _, body = await get(owner_id, "/contacts", updatedSince=since)
    assert [contact["id"] for contact in body["data"]] == [fourth, first]
    assert body["pagination"]["total"] == 2
    assert await walked(get, owner_id, updatedSince=since, limit=1, order="asc") == [first, fourth]
    assert await walked(get, owner_id, updatedSince=since, search="example.com", limit=1) == [
        fourth,
        first,
    ]
    assert await walked(get, owner_id, updatedSince=since, search="p4") == [fourth]
    assert await walked(get, owner_id, updatedSince="2099-01-01T00:00:00Z") == []
    assert second in await walked(get, owner_id, updatedSince="2020-01-01T00:00:00Z")


async def test_a_cursor_walk_is_exact_while_contacts_come_and_go(call: Call, get: Get) -> None:
    """A contact that stays is listed exactly once, none is listed twice."""
    owner_id = new_id()
    staying: list[str] = []
    going: list[str] = []
    for number in range(8):
        staying.append(await added(call, owner_id, f"stays{number}"))
        going.append(await added(call, owner_id, f"goes{number}"))
    is_done = asyncio.Event()

    async def write(writer: int) -> None:
        number = 0
        while not is_done.is_set():
            status, _ = await call(owner_id, "DELETE", f"{PATH}/{going.pop(0)}")
            assert status == 200
            going.append(await added(call, owner_id, f"new{writer}-{number}"))
            number += 1

    for turn, order in enumerate(("desc", "asc")):
        is_done.clear()
        writers = [asyncio.create_task(write(3 * turn + number)) for number in range(3)]
        seen: list[str] = []
        async for page in pages(get, owner_id, order=order, limit=2):
            seen += page
            # New contacts make the ascending list grow without end; those that stay are enough.
            if set(staying) <= set(seen):
                break
            await call(owner_id, "DELETE", f"{PATH}/{going.pop(0)}")
            going.append(await added(call, owner_id, f"made{turn}-{len(seen)}"))
        is_done.set()
        await asyncio.gather(*writers)
        assert len(seen) == len(set(seen))
        kept = [one for one in seen if one in staying]
        assert kept == (staying[::-1] if order == "desc" else staying)


@pytest.mark.parametrize(
    "query", [{"order": "newest"}, {"updatedSince": "today"}, {"cursor": "AAAA"}, {"cursor": ""}]
)
async def test_a_wrong_parameter_is_named(get: Get, query: dict[str, str]) -> None:
    """400 with the parameter."""
    status, body = await get(new_id(), "/contacts", **query)
    assert (status, list(body["details"])) == (400, list(query))


async def test_a_foreign_cursor_is_refused(call: Call, get: Get) -> None:
    """Of another owner, of another search, and together with a page."""
    owner_id = new_id()
    for number in range(2):
        await added(call, owner_id, f"p{number}")
    _, body = await get(owner_id, "/contacts", limit=1)
    cursor = body["pagination"]["nextCursor"]
    assert (await get(owner_id, "/contacts", cursor=cursor))[0] == 200
    for caller, query in ((new_id(), {}), (owner_id, {"search": "p"}), (owner_id, {"page": 2})):
        status, body = await get(caller, "/contacts", cursor=cursor, **query)
        assert (status, list(body["details"])) == (400, ["cursor"])


async def test_bookings_reads_a_contact_by_id(call: Call, service: Running) -> None:
    """With the owner's id only; a malformed id is 404."""
    owner_id = new_id()
    contact_id = await added(call, owner_id, "zoe")

    async def status_of(owner: UUID, contact: str) -> int:
        headers = service.identity(CallerKind.SERVICE, issuer="bookings")
        url = f"{service.internal_url}/internal/contacts/{contact}"
        async with service.session.get(
            url, params={"ownerId": str(owner)}, headers=headers
        ) as response:
            body = await response.json()
            assert response.status == 404 or body["email"] == "zoe@example.com"
            return response.status

    assert await status_of(owner_id, contact_id) == 200
    assert await status_of(new_id(), contact_id) == 404
    assert await status_of(owner_id, "zoe") == 404


@pytest.mark.parametrize(
    ("page", "microseconds", "row_id", "status"),
    [
        (2**63 - 1, 0, bytes(16), 400),
        (1, 2**62, bytes(16), 400),
        (1, EARLIEST, bytes(16), 200),
        (2**53 - 1, LATEST, b"\xff" * 16, 200),
    ],
)
async def test_a_made_up_cursor(
    get: Get, page: int, microseconds: int, row_id: bytes, status: int
) -> None:
    """Anyone can make a valid checksum: 400 or a page, in both orders."""
    owner_id = new_id()
    content = struct.pack(">qq16s", page, microseconds, row_id)
    for order in Order:
        checksum = _checksum(content, ContactsQuery(order=order), owner_id)
        cursor = _encoded(content + checksum)
        found, body = await get(owner_id, "/contacts", cursor=cursor, order=order.value)
        assert found == status, body
