"""Look up the grant of a credential in the cache or the database.

Concurrent misses of a credential cause one read: the first reads, the others wait and use the
cached result. If nothing is cached (the credential was refused or changed, or the first was
cancelled), each of them reads, because the first result may be outdated.
"""

import asyncio
from collections.abc import Awaitable, Callable

from linktime_common.errors import Unavailable
from linktime_gateway.store.grant_cache import GrantCache, GrantT

LOOK_UP_SECONDS = 2.0


async def look_up(
    hashed: bytes, cache: GrantCache[GrantT], read: Callable[[], Awaitable[GrantT]]
) -> GrantT:
    """Return the grant cached under `hashed`, or else the result of `read`.

    Raises what `read` raises, and Unavailable on timeout.
    """
    remembered = cache.get(hashed)
    if remembered is not None:
        return remembered
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            earlier = cache.running_fill(hashed)
            if earlier is not None:
                await earlier.ended.wait()
                remembered = cache.get(hashed)
                if remembered is not None:
                    return remembered
            with cache.filling(hashed) as fill:
                grant = await read()
                cache.keep(fill, hashed, grant)
                return grant
    except TimeoutError as error:
        raise Unavailable("the credential look-up timed out") from error
