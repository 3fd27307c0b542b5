"""A host's brand: as the host sets it, and as its pages show it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Self

from aiohttp import web
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from linktime_availability.api.schedules import NO_HOST
from linktime_availability.deps import DEPS
from linktime_availability.domain.brand import MOST_EMBED_SITES, MOST_WELCOME_CHARACTERS, Brand
from linktime_availability.domain.colours import contrast_colours, is_colour
from linktime_availability.domain.embed_sites import (
    MOST_SITE_CHARACTERS,
    NotASite,
    canonical_site,
)
from linktime_availability.domain.event_type import Host
from linktime_availability.store import brands
from linktime_availability.use_cases.change_brand import HostedBrand, change_brand
from linktime_availability.use_cases.find_host import find_host
from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import (
    Line,
    OneLine,
    RequestModel,
    SeveralLines,
    leave_out_defaults,
)
from linktime_common.http.operations import Operation
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply

TAG = "Brand"
LOGO_PATH = "/api/public/{username}/logo/{digest}.webp"
READ_ONLY = frozenset({"contrastColours", "logoUrl"})
SITES = "Origins whose pages may show yours in a frame; none when empty"


class SchemeColours(WireModel):
    """The accent colour with a contrast of at least 4.5 : 1 to the background of each scheme."""

    light: str = Field(description="For texts on white, and white texts on it")
    dark: str = Field(description="For texts on `#202124` and darker backgrounds, and the reverse")


class BrandBody(WireModel):
    """What the pages of a host show, beside its name, and which sites may embed them."""

    accent_colour: str | None = Field(description="As the host wrote it")
    contrast_colours: SchemeColours | None = Field(description="Null without an accent colour")
    logo_url: str | None = Field(description="A WebP image of at most 512 x 512 pixels")
    welcome_text: str | None = Field(description="Plain text, which may have several lines")
    embed_sites: list[str] = Field(description=SITES)

    @classmethod
    def of(cls, brand: Brand, host: Host, public_url: str) -> Self:
        colours = brand.contrast_colours
        path = LOGO_PATH.format(username=host.username, digest=brand.logo_digest)
        return cls(
            accent_colour=brand.accent_colour,
            contrast_colours=colours and SchemeColours(light=colours.light, dark=colours.dark),
            logo_url=None if brand.logo_digest is None else public_url + path,
            welcome_text=brand.welcome_text,
            embed_sites=list(brand.embed_sites),
        )


def _check_colour(text: str) -> str:
    if not is_colour(text):
        raise PydanticCustomError("colour", "Expected a colour such as #1a73e8")
    return text


def _read_site(text: str) -> str:
    try:
        return canonical_site(text)
    except NotASite as error:
        raise PydanticCustomError("site", "{why}", {"why": str(error)}) from error


def _each_once(sites: list[str]) -> list[str]:
    return list(dict.fromkeys(sites))


Colour = Annotated[
    Line,
    AfterValidator(_check_colour),
    WithJsonSchema(
        {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$", "examples": ["#1a73e8", "#FFCC00"]}
    ),
]
WelcomeText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MOST_WELCOME_CHARACTERS),
    SeveralLines,
]
Site = Annotated[
    str,
    StringConstraints(max_length=MOST_SITE_CHARACTERS),
    OneLine,
    AfterValidator(_read_site),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": MOST_SITE_CHARACTERS,
            "description": "An origin with https, or of localhost with http; no path",
            "examples": ["https://www.example.com", "http://localhost:3000"],
        }
    ),
]
Sites = Annotated[list[Site], Field(max_length=MOST_EMBED_SITES), AfterValidator(_each_once)]


class BrandChange(RequestModel):
    """The fields to change; a field that is left out keeps its value."""

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    accent_colour: Colour | None = None
    welcome_text: WelcomeText | None = None
    embed_sites: Sites = Field(default_factory=list, description=SITES)

    @model_validator(mode="before")
    @classmethod
    def _ignore_what_is_read_only(cls, body: Any) -> Any:
        if isinstance(body, Mapping):
            return {name: value for name, value in body.items() if name not in READ_ONLY}
        return body

    def changed(self, brand: Brand) -> Brand:
        """Return `brand` with the sent fields; an empty welcome text is none."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if "welcome_text" in sent:
            sent["welcome_text"] = sent["welcome_text"] or None
        return replace(brand, **sent)


_COLOURS = contrast_colours("#ffcc00")
EXAMPLE = BrandBody(
    accent_colour="#ffcc00",
    contrast_colours=SchemeColours(light=_COLOURS.light, dark=_COLOURS.dark),
    logo_url="https://linktime.example"
    + LOGO_PATH.format(username="ada", digest="4f2a9c01d8e37b6655aa10ccf3b2d490"),
    welcome_text="Choose a time that suits you.",
    embed_sites=["https://www.example.com"],
)


@Operation(
    summary="Read your brand: what your pages show, and which sites may embed them",
    tag=TAG,
    reply=EXAMPLE,
    errors=NO_HOST,
    conditional=True,
)
async def get_brand(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    host = await find_host(auth.user_id(request), deps)
    async with deps.database.connection() as connection:
        brand = await brands.find(connection, host.id)
    return bodies.reply(BrandBody.of(brand, host, deps.public_url))


@Operation(
    summary="Change your brand",
    description=(
        "Omitted fields keep their values. Your name is that of your account, and the logo has an "
        "endpoint of its own."
    ),
    tag=TAG,
    body=BrandChange,
    body_example={"accentColour": "#ffcc00", "embedSites": ["https://www.example.com"]},
    reply=EXAMPLE,
    errors=NO_HOST,
    idempotent=True,
)
async def patch_brand(request: web.Request) -> web.Response:
    deps, body = request.app[DEPS], await bodies.read(request, BrandChange)
    act = partial(change_brand, auth.user_id(request), body.changed, deps)
    return await write(request, deps.database, act, replied(deps.public_url))


def replied(public_url: str) -> Callable[[HostedBrand], WriteReply]:
    """Return the rendering of a changed brand."""

    def render(changed: HostedBrand) -> WriteReply:
        host, brand = changed
        return answer(BrandBody.of(brand, host, public_url))

    return render
