"""A host's brand: what its pages show, and which sites may embed them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_availability.domain.colours import ContrastColours, contrast_colours
from linktime_availability.domain.errors import LogoNotFound

MOST_EMBED_SITES = 20
MOST_WELCOME_CHARACTERS = 1_000
_DIGEST = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Brand:
    """`accent_colour` is as the host wrote it; `logo_digest` names the stored logo."""

    host_id: UUID
    accent_colour: str | None = None
    welcome_text: str | None = None
    embed_sites: Sequence[str] = ()
    logo_digest: str | None = None

    @property
    def contrast_colours(self) -> ContrastColours | None:
        """The accent colour as texts can be written in it, or None without one."""
        return None if self.accent_colour is None else contrast_colours(self.accent_colour)


def read_digest(text: str) -> str:
    """Return the digest that a path names; raises LogoNotFound."""
    if not _DIGEST.fullmatch(text):
        raise LogoNotFound
    return text
