"""Derive the slug of an event type from its name."""

from dataclasses import replace

from linktime_availability.domain.errors import SlugTaken
from linktime_availability.domain.event_type import EventType, slugs_from
from linktime_availability.store import event_types, hosts
from linktime_common.postgres import Connection


async def with_slug(connection: Connection, event_type: EventType) -> EventType:
    """Return the event type with a free slug if it has none; raises SlugTaken when none is free.

    The host's row is locked, so that two of the host's event types do not get the same one.
    """
    if event_type.slug:
        return event_type
    await hosts.lock(connection, event_type.host_id)
    slug = await event_types.free_slug(connection, event_type, slugs_from(event_type.name))
    if slug is None:
        raise SlugTaken(event_type=event_type.id)
    return replace(event_type, slug=slug)
