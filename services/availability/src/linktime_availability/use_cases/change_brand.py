"""Change a host's brand, or set or remove its logo."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.brand import Brand
from linktime_availability.domain.event_type import Host
from linktime_availability.domain.logos import InvalidImage
from linktime_availability.store import brands
from linktime_availability.use_cases.find_host import find_host
from linktime_common.errors import InvalidRequest
from linktime_common.idempotency import WriteAttempt

DIGEST_BYTES = 16

HostedBrand = tuple[Host, Brand]
"""The brand with its host, whose username is in the address of the logo."""


async def change_brand(
    host_id: UUID,
    change: Callable[[Brand], Brand],
    deps: Deps,
    attempt: WriteAttempt[HostedBrand],
) -> HostedBrand:
    """Store what `change` makes of the brand; the logo stays. Raises HostNotFound."""
    host = await find_host(host_id, deps)
    async with deps.database.transaction() as connection:
        changed = change(await brands.lock(connection, host_id))
        await attempt.keep(connection, (host, changed))
        await brands.update(connection, changed)
    return host, changed


async def set_logo(
    host_id: UUID, image: bytes, deps: Deps, attempt: WriteAttempt[HostedBrand]
) -> HostedBrand:
    """Make a logo of an uploaded image and store it, in place of an earlier one.

    Raises HostNotFound, and InvalidRequest naming `image`.
    """
    host = await find_host(host_id, deps)
    try:
        logo = await deps.images.shrink(image)
    except InvalidImage as error:
        raise InvalidRequest({"image": error.problem.value}) from error
    digest = hashlib.blake2b(logo, digest_size=DIGEST_BYTES).hexdigest()
    async with deps.database.transaction() as connection:
        changed = replace(await brands.lock(connection, host_id), logo_digest=digest)
        await attempt.keep(connection, (host, changed))
        await brands.set_logo(connection, changed, logo)
    return host, changed


async def remove_logo(host_id: UUID, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Without a logo nothing happens."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        await brands.set_logo(connection, Brand(host_id=host_id), None)
