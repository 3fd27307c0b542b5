"""Finding out what a credential opens: remembered, or read.

Requests that miss the same credential at the same time read it once: the first reads, the others
wait and take what is remembered then. If nothing is (the credential was refused or changed, or the
first gave up), each of them reads, since what was read before it came may not be true for it.
"""

import asyncio
from collections.abc import Awaitable, Callable

from linktime_common.errors import Unavailable
from linktime_gateway.store.grant_cache import GrantCache, GrantT

LOOK_UP_SECONDS = 2.0


async def look_up(
    hashed: bytes, cache: GrantCache[GrantT], read: Callable[[], Awaitable[GrantT]]
) -> GrantT:
    """What `cache` remembers under `hashed`, else what `read` finds out.

    Raises whatever `read` does, and Unavailable when that takes too long.
    """
    remembered = cache.get(hashed)
    if remembered is not None:
        return remembered
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            earlier = cache.under_way(hashed)
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
        raise Unavailable("the credential could not be looked up in time") from error
