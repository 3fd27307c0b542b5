"""Erase a contact from all services, for the dashboard and the operator."""

from functools import partial
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply
from linktime_common.ids import new_id
from linktime_contacts.api.contacts import EXAMPLE, NOT_FOUND, TAG
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.erasure import Erasure, ErasureState
from linktime_contacts.domain.errors import ContactNotFound, ErasureNotFound
from linktime_contacts.store import erasures
from linktime_contacts.use_cases.erase_contact import ERASURE, EraseContact, erase_contact


class ErasureReply(WireModel):
    """An erasure: `running` until all services have confirmed two rounds; at least ten minutes."""

    id: UUID
    contact_id: UUID
    state: ErasureState
    waiting_for: Annotated[
        list[str], Field(description="The services that have not confirmed the present round")
    ]
    requested_at: Instant
    finished_at: Instant | None


RUNNING = ErasureReply(
    id=UUID("01975f40-1b7e-7c7d-9a55-3c2f6f1c8b10"),
    contact_id=EXAMPLE.id,
    state="running",
    waiting_for=["bookings"],
    requested_at=EXAMPLE.updated_at,
    finished_at=None,
)


@Operation(
    summary="Erase a contact with all personal data",
    description=(
        "Deletes the contact. In bookings, mails, messages, calls and stored webhook bodies the "
        "person is replaced; times and event types stay. This is done within an hour; the answer's "
        "`id` shows the progress. A new booking of the same person creates a new contact."
    ),
    tag=TAG,
    reply=RUNNING,
    status=202,
    errors=NOT_FOUND,
    idempotent=True,
)
async def post_erasure(request: web.Request) -> web.Response:
    command = EraseContact(
        owner_id=auth.user_id(request),
        contact_id=path_id(request, "id", otherwise=ContactNotFound),
    )
    deps = request.app[DEPS]
    return await write(
        request,
        deps.database,
        partial(erase_contact, command, deps),
        _accepted,
        memory={ERASURE: str(new_id())},
    )


@Operation(
    summary="Read the progress of an erasure",
    tag=TAG,
    reply=RUNNING,
    errors={ErasureNotFound: "The erasure does not exist"},
    conditional=True,
)
async def get_erasure(request: web.Request) -> web.Response:
    erasure_id = path_id(request, "id", otherwise=ErasureNotFound)
    async with request.app[DEPS].database.connection() as connection:
        erasure = await erasures.find(connection, auth.user_id(request), erasure_id)
    return bodies.reply(_reply(erasure))


def _accepted(erasure: Erasure) -> WriteReply:
    return answer(_reply(erasure), status=202)


def _reply(erasure: Erasure) -> ErasureReply:
    return ErasureReply(
        id=erasure.id,
        contact_id=erasure.contact_ids[0],
        state=erasure.state,
        waiting_for=list(erasure.waiting_for),
        requested_at=erasure.requested_at,
        finished_at=erasure.finished_at,
    )
