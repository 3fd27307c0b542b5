"""Erase a person from Idempotency-Keys: clients make keys of addresses (`book-ann@example.com`)."""

from linktime_common.erased_person import ErasedPerson
from linktime_common.idempotency import user_scope
from linktime_common.postgres import Database
from linktime_common.redaction import hashed

PAGE = 500

# Of the host, and of invitees, whose scopes do not name the host.
KEYS = """
    SELECT scope, key, method, path,
           created_at <= $2 AND (scope = $1 OR NOT starts_with(scope, 'user ')) AS is_concerned
      FROM idempotency_records
     WHERE (scope, key, method, path) > ($3, $4, $5, $6)
     ORDER BY scope, key, method, path
     LIMIT $7
"""

# A write that was given up, and an expired record that has the hash already.
REMOVE = """
    DELETE FROM idempotency_records
     WHERE scope = $1
       AND method = $3
       AND path = $4
       AND (key = $5 OR (key = $2 AND status IS NULL AND claimed_until < now()))
"""

# A write in progress keeps its key, by which it stores its answer; the second round finds it.
HASH = """
    UPDATE idempotency_records
       SET key = $5
     WHERE scope = $1
       AND key = $2
       AND method = $3
       AND path = $4
       AND status IS NOT NULL
"""


async def erase_keys(database: Database, person: ErasedPerson) -> None:
    """Replace keys from before the request that have an address by their hashes.

    A repeat of such a request still gets the stored answer.
    """
    owner, after = user_scope(person.owner_id), ("", "", "", "")
    while True:
        async with database.transaction() as connection:
            rows = await connection.fetch(KEYS, owner, person.requested_at, *after, PAGE)
            names = [(*row,)[:4] for row in rows if row["is_concerned"]]
            named = [(*name, hashed(name[1])) for name in names if person.is_named_in(name[1])]
            if named:
                await connection.executemany(REMOVE, named)
                await connection.executemany(HASH, named)
        if len(rows) < PAGE:
            return
        after = (*rows[-1],)[:4]
