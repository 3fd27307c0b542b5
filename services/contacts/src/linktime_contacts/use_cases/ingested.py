"""The result of ingesting a message or call."""

from typing import NamedTuple
from uuid import UUID


class Ingested(NamedTuple):
    id: UUID
    is_new: bool
