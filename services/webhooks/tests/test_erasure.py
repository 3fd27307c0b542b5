"""A person is erased from stored events and receivers' answers, with a real database."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
from services.webhooks.tests.deliveries import rows, subscribe, take_in
from services.webhooks.tests.events import booking_created, contact_created
from services.webhooks.tests.rows import add_attempt, end_all, live

from linktime_common.contracts.events.bookings import BookingCreated
from linktime_common.erased_person import ErasedPerson
from linktime_common.redaction import ERASED_EMAIL, hashed
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.delivery import DeliveryState
from linktime_webhooks.store import erasure

URL = "http://127.0.0.1:9/hook"


def of(owner: UUID, *, email: str = "zoe@example.com") -> ErasedPerson:
    now = datetime.now(UTC)
    return ErasedPerson(
        owner_id=owner, emails=[email], phones=["+4930123456"], ids=[], requested_at=now
    )


def of_lea(owner: UUID) -> BookingCreated:
    event = booking_created(owner)
    changes = {"invitee_email": "lea@example.com", "invitee_phone": "+4930123456"}
    return event.model_copy(update={"booking": event.booking.model_copy(update=changes)})


async def emails(deps: Deps) -> list[str]:
    """Return the e-mail of the invitee or contact of each event, sorted."""
    found = [orjson.loads(body)["data"] for (body,) in await rows(deps, "SELECT body FROM events")]
    return sorted(one.get("inviteeEmail") or one["email"] for one in found)


async def test_the_persons_events_and_the_answers_to_them_are_erased(deps: Deps) -> None:
    """Those of another person stay, also with the same number; so do those of another host."""
    owner, other = uuid4(), uuid4()
    for one in (owner, other):
        await subscribe(deps, one, URL)
    await take_in(deps, booking_created(owner), contact_created(owner), of_lea(owner))
    await take_in(deps, booking_created(other))
    for delivery in await live(deps.database):
        ids = str(delivery["id"]), str(delivery["endpoint_id"])
        await add_attempt(deps.database, *ids, headers=b"x: y", body=b"Zoe is here")
    await end_all(deps.database, DeliveryState.DELIVERED)
    await take_in(deps, booking_created(owner))  # its delivery is live
    for delivery in await live(deps.database):
        ids = str(delivery["id"]), str(delivery["endpoint_id"])
        await add_attempt(deps.database, *ids, body=b"Zoe is here")
    for _ in range(2):
        await erasure.erase(deps.database, of(owner))
    erased = [ERASED_EMAIL] * 3
    assert await emails(deps) == sorted([*erased, "lea@example.com", "zoe@example.com"])
    answers = "SELECT count(*) FROM attempts WHERE response_body <> ''"
    assert await rows(deps, answers) == [(2,)]


async def test_a_host_who_is_erased_as_a_contact_keeps_all_events(deps: Deps) -> None:
    """Every event of a booking has the host's address; all used to be emptied."""
    owner = uuid4()
    await subscribe(deps, owner, URL)
    await take_in(deps, booking_created(owner))
    before = await rows(deps, "SELECT body FROM events")
    await erasure.erase(deps.database, of(owner, email="ann@example.com"))
    assert await rows(deps, "SELECT body FROM events") == before


async def test_an_answer_that_came_between_two_rounds_is_erased(deps: Deps) -> None:
    """The request was in progress when the event was erased."""
    owner = uuid4()
    await subscribe(deps, owner, URL)
    await take_in(deps, booking_created(owner))
    await erasure.erase(deps.database, of(owner))
    (delivery,) = await live(deps.database)
    ids = str(delivery["id"]), str(delivery["endpoint_id"])
    await add_attempt(deps.database, *ids, body=b"Zoe is here")
    await erasure.erase(deps.database, of(owner))
    assert await rows(deps, "SELECT response_body FROM attempts") == [(b"",)]


async def test_a_request_id_with_the_number_is_hashed(deps: Deps) -> None:
    owner, id_ = uuid4(), "by-+4930123456-1"
    await subscribe(deps, owner, URL)
    await take_in(deps, booking_created(owner))
    async with deps.database.connection() as connection:
        await connection.execute("UPDATE events SET request_id = $1", id_)
    await erasure.erase(deps.database, of(owner))
    assert await rows(deps, "SELECT request_id FROM events") == [(hashed(id_),)]


async def test_events_are_read_page_by_page(deps: Deps) -> None:
    """An event of the person is found behind a page of others."""
    owner = uuid4()
    await subscribe(deps, owner, URL)
    async with deps.database.connection() as connection:
        await connection.execute(
            "INSERT INTO events SELECT gen_random_uuid(), $1, 'any', '{}', now(),"
            " now() - interval '1 hour' FROM generate_series(1, $2::int)",
            uuid4(),
            2 * erasure.PAGE,
        )
    await take_in(deps, booking_created(owner))
    await erasure.erase(deps.database, of(owner))
    found = [body for (body,) in await rows(deps, "SELECT body FROM events") if body != b"{}"]
    assert [ERASED_EMAIL.encode() in body for body in found] == [True]
