"""Messages and calls of an erased person, with a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from linktime_common.erased_person import ErasedPerson
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.redaction import ERASED_EMAIL, hashed
from linktime_contacts.store import erased_texts

NOW = datetime.now(UTC)
OWNER = new_id()
ZOE, LEA = "+4930111111", "+4930222222"
PERSON = ErasedPerson(
    owner_id=OWNER, emails=["zoe@example.com"], phones=[ZOE], ids=[], requested_at=NOW
)
ADD_THREAD = """
    INSERT INTO conversations (id, owner_id, channel, contact_address, our_address,
                               first_message_at, last_message_at)
    VALUES ($1, $2, 'SMS', $3, '+4930999999', $4, $4)
"""
ADD_MESSAGE = """
    INSERT INTO messages (id, owner_id, conversation_id, source, external_id, direction, content,
                          media, sent_at)
    VALUES (gen_random_uuid(), $1, $2, 'crm', gen_random_uuid(), 'INBOUND', $3, '[{"url": "x"}]',
            $4)
"""
ADD_CALL = """
    INSERT INTO calls (id, owner_id, source, external_id, direction, contact_phone, started_at,
                       duration_seconds, status, summary, transcript, metadata, recording_url)
    VALUES (gen_random_uuid(), $1, 'crm', gen_random_uuid(), 'INBOUND', $2, $3, 60, 'COMPLETED',
            $4, '[{"text": "Hi"}]', '{"a": 1}', 'https://example.com/1')
"""
MESSAGES = """
    SELECT starts_with(contact_address, 'erased-'), content, media
      FROM messages
      JOIN conversations c ON c.id = conversation_id
     WHERE messages.owner_id = $1
     ORDER BY content
"""
CALLS = "SELECT contact_phone, summary, transcript FROM calls WHERE owner_id = $1 ORDER BY summary"
MEDIA = [{"url": "x"}]
SAID = [{"text": "Hi"}]


@pytest.fixture
def store(database: Database) -> "Store":
    return Store(database)


class Store:
    """Adds and reads rows of a host."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def thread(self, address: str, *, owner: UUID = OWNER, at: datetime = NOW) -> UUID:
        thread_id = new_id()
        await self.run(ADD_THREAD, thread_id, owner, address, at)
        return thread_id

    async def run(self, statement: str, *values: Any) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement, *values)

    async def rows(self, statement: str, owner: UUID = OWNER) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, owner)]

    async def erase(self) -> None:
        await erased_texts.erase(self.database, PERSON)


async def test_messages_are_emptied_and_others_lose_the_address(store: Store) -> None:
    """Another person's message that names the address used to be emptied as a whole."""
    stranger = new_id()
    mine, theirs = await store.thread(ZOE), await store.thread(LEA)
    of_stranger = await store.thread(ZOE, owner=stranger)
    await store.run(ADD_MESSAGE, OWNER, mine, "I am Zoë", NOW)
    await store.run(ADD_MESSAGE, OWNER, theirs, "Ask Zoe@Example.com, please", NOW)
    await store.run(ADD_MESSAGE, stranger, of_stranger, "I am Zoë", NOW)
    for _ in range(2):
        await store.erase()
    assert await store.rows(MESSAGES) == [
        (False, f"Ask {ERASED_EMAIL}, please", MEDIA),
        (True, None, []),
    ]
    assert await store.rows(MESSAGES, stranger) == [(False, "I am Zoë", MEDIA)]


async def test_calls_are_emptied_and_others_lose_the_address(store: Store) -> None:
    await store.run(ADD_CALL, OWNER, ZOE, NOW, "Was Zoë")
    await store.run(ADD_CALL, OWNER, LEA, NOW, "About zoe@example.com")
    for _ in range(2):
        await store.erase()
    assert await store.rows(CALLS) == [
        (LEA, f"About {ERASED_EMAIL}", SAID),
        (None, None, []),
    ]


@pytest.mark.parametrize("written", ["zoe@example.com", "Zoe%40example.com"])
async def test_the_address_is_replaced_in_every_text(store: Store, written: str) -> None:
    """In names and URLs, too: whatever another program sent can have it."""
    theirs = await store.thread(LEA)
    await store.run(ADD_MESSAGE, OWNER, theirs, "Hi", NOW)
    url = [{"url": f"https://example.com/?of={written}", "content_type": None}]
    await store.run("UPDATE messages SET media = $1", url)
    metadata = {written: 1, "host": {"email": written}, f"{written}!": 2}
    for phone in (LEA, ZOE):
        await store.run(ADD_CALL, OWNER, phone, NOW, "Hi")
    await store.run(
        "UPDATE calls SET agent_name = $1, agent_id = $1, metadata = $2", written, metadata
    )
    await store.erase()
    ((_, _, media),) = await store.rows(MESSAGES)
    assert media == [{"url": f"https://example.com/?of={ERASED_EMAIL}", "content_type": None}]
    agents = "SELECT agent_name, agent_id, metadata FROM calls WHERE owner_id = $1 ORDER BY summary"
    redacted = {ERASED_EMAIL: 1, "host": {"email": ERASED_EMAIL}, f"{ERASED_EMAIL}!": 2}
    assert await store.rows(agents) == [
        (ERASED_EMAIL, ERASED_EMAIL, redacted),
        (ERASED_EMAIL, ERASED_EMAIL, {}),
    ]


async def test_what_comes_after_the_request_is_of_a_new_contact(store: Store) -> None:
    """A sender's clock may be ahead by minutes, so what it sent before is erased, too."""
    ahead, later = NOW + timedelta(minutes=4), NOW + timedelta(minutes=6)
    await store.run(ADD_CALL, OWNER, ZOE, ahead, "Before")
    await store.run(ADD_CALL, OWNER, ZOE, later, "After")
    thread = await store.thread(ZOE, at=later)
    await store.run(ADD_MESSAGE, OWNER, thread, "After", later)
    await store.erase()
    assert await store.rows(CALLS) == [(ZOE, "After", SAID), (None, None, [])]
    assert await store.rows(MESSAGES) == [(False, "After", MEDIA)]


async def test_a_message_on_its_way_into_an_erased_thread_is_erased_next(store: Store) -> None:
    """Its thread was found before it was renamed."""
    thread = await store.thread(ZOE)
    await store.erase()
    await store.run(ADD_MESSAGE, OWNER, thread, "I am Zoë", NOW)
    await store.erase()
    assert await store.rows(MESSAGES) == [(True, None, [])]


@pytest.mark.parametrize("column", ["source", "external_id"])
async def test_ids_with_the_address_are_hashed(store: Store, column: str) -> None:
    """Also of messages and calls with others: a source makes ids of what it knows."""
    id_ = f"from-Zoe@Example.com-{column}"
    thread = await store.thread(LEA)
    await store.run(ADD_MESSAGE, OWNER, thread, "Hi", NOW)
    await store.run(ADD_CALL, OWNER, LEA, NOW, "Hi")
    for table in ("messages", "calls"):
        await store.run(f"UPDATE {table} SET {column} = $1", id_)
    await store.run("UPDATE calls SET agent_id = $1, booking_id = $1", id_)
    for _ in range(2):
        await store.erase()
    for table in ("messages", "calls"):
        found = await store.rows(f"SELECT {column} FROM {table} WHERE owner_id = $1")
        assert found == [(hashed(id_),)]
    ids = await store.rows("SELECT agent_id, booking_id FROM calls WHERE owner_id = $1")
    assert ids == [(hashed(id_), hashed(id_))]


async def test_an_id_whose_hash_is_taken_gets_another_one(store: Store) -> None:
    """Two rows can have one id if a process of the version before stored the second one."""
    thread = await store.thread(LEA)
    for id_ in ("zoe@example.com-1", hashed("zoe@example.com-1")):
        await store.run(ADD_MESSAGE, OWNER, thread, "Hi", NOW)
        await store.run(
            "UPDATE messages SET external_id = $1 WHERE external_id NOT LIKE '%:%'"
            " AND external_id NOT LIKE '%@%'",
            id_,
        )
    await store.erase()
    found = await store.rows("SELECT external_id FROM messages WHERE owner_id = $1")
    assert len(found) == 2
    assert "zoe" not in str(found)


async def test_rows_are_read_page_by_page(store: Store) -> None:
    """All of the person's messages are emptied, whatever their number."""
    thread = await store.thread(ZOE)
    many = f"""
        INSERT INTO messages (id, owner_id, conversation_id, source, external_id, direction,
                              content, media, sent_at)
        SELECT gen_random_uuid(), $1, $2, 'crm', 'zoe@example.com-' || n, 'INBOUND', 'Zoë', '[]',
               $3
          FROM generate_series(1, {erased_texts.PAGE + 10}) AS n
    """
    await store.run(many, OWNER, thread, NOW)
    await store.erase()
    assert {content for _, content, _ in await store.rows(MESSAGES)} == {None}
    named = "SELECT id FROM messages WHERE owner_id = $1 AND external_id LIKE '%@%'"
    assert await store.rows(named) == []
