"""The `brands` table; a host without a row has the defaults."""

from uuid import UUID

from linktime_availability.domain.brand import Brand
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

CHANGEABLE = Columns("accent_colour", "welcome_text", "embed_sites")
COLUMNS = Columns("host_id") + CHANGEABLE + Columns("logo_digest")

ADD = "INSERT INTO brands (host_id) VALUES ($1) ON CONFLICT (host_id) DO NOTHING"

LOCK = f"""
    SELECT {COLUMNS}
      FROM brands
     WHERE host_id = $1
       FOR UPDATE
"""  # noqa: S608 - the columns are a constant

FIND = f"SELECT {COLUMNS} FROM brands WHERE host_id = $1"  # noqa: S608 - the columns are a constant

UPDATE = f"""
    UPDATE brands
       SET {CHANGEABLE.assignments(first=2)}
     WHERE host_id = $1
"""  # noqa: S608 - the columns are a constant

SET_LOGO = "UPDATE brands SET logo = $2, logo_digest = $3 WHERE host_id = $1"

FIND_LOGO = "SELECT logo FROM brands WHERE host_id = $1 AND logo_digest = $2"


async def find(connection: Connection, host_id: UUID) -> Brand:
    """Return the host's brand, or the defaults."""
    row = await connection.fetchrow(FIND, host_id)
    return Brand(**COLUMNS.fields(row)) if row else Brand(host_id=host_id)


async def lock(connection: Connection, host_id: UUID) -> Brand:
    """As `find`, and lock the row, which is added if needed, until the transaction ends."""
    await connection.execute(ADD, host_id)
    row = await connection.fetchrow(LOCK, host_id)
    assert row is not None  # noqa: S101  it was added
    return Brand(**COLUMNS.fields(row))


async def update(connection: Connection, brand: Brand) -> None:
    """Store everything but the logo."""
    await connection.execute(UPDATE, brand.host_id, *CHANGEABLE.values(brand))


async def set_logo(connection: Connection, brand: Brand, logo: bytes | None) -> None:
    """Store the logo with the brand's digest of it; None for both removes it."""
    await connection.execute(SET_LOGO, brand.host_id, logo, brand.logo_digest)


async def find_logo(connection: Connection, *, host_id: UUID, digest: str) -> bytes | None:
    """Return the host's logo if it has the digest."""
    found: bytes | None = await connection.fetchval(FIND_LOGO, host_id, digest)
    return found
