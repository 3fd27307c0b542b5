"""The logo of a host: uploaded by the host, shown to everybody."""

import base64
from functools import partial
from typing import Annotated

from aiohttp import hdrs, web
from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from linktime_availability.api.brands import EXAMPLE, TAG, replied
from linktime_availability.api.schedules import NO_HOST
from linktime_availability.deps import DEPS
from linktime_availability.domain.brand import read_digest
from linktime_availability.domain.errors import LogoNotFound
from linktime_availability.domain.logos import MEDIA_TYPE, MOST_IMAGE_BYTES
from linktime_availability.store import brands
from linktime_availability.use_cases.change_brand import remove_logo, set_logo
from linktime_availability.use_cases.find_host import find_open_host
from linktime_common.http import auth, bodies
from linktime_common.http.fields import OneLine, RequestModel
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_common.http.writes import done, write

READ_SECONDS = 8
WAIT_SECONDS = READ_SECONDS + 0.5
MOST_CHARACTERS = MOST_IMAGE_BYTES * 4 // 3
# The digest in the address changes with the picture.
CACHED = "public, max-age=31536000, immutable"
# A square of one pixel.
SQUARE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4f4YBAASZAcwPiojEAAAAAElFTkSuQmCC"
)


def _check_base64(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise PydanticCustomError("base64", f"Must be a file of at most {MOST_IMAGE_BYTES:,} bytes")
    try:
        base64.b64decode(text, validate=True)
    except ValueError as error:
        raise PydanticCustomError("base64", "Write the bytes of the file in Base64") from error
    return text


Base64Text = Annotated[
    str,
    AfterValidator(_check_base64),
    OneLine,
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "maxLength": MOST_CHARACTERS,
            "description": "A PNG, JPEG or WebP file in Base64",
        }
    ),
]


class NewLogo(RequestModel):
    """An image that becomes the logo."""

    image: Base64Text


@Operation(
    summary="Set your logo, or a picture of yourself",
    description=(
        "A single PNG, JPEG or WebP image of at most 750,000 bytes and 16 million pixels. It is "
        "stored as WebP of at most 512 x 512 pixels and 200,000 bytes, without metadata."
    ),
    tag=TAG,
    body=NewLogo,
    body_example={"image": SQUARE},
    reply=EXAMPLE,
    errors=NO_HOST,
    idempotent=True,
    seconds=WAIT_SECONDS,
)
async def put_logo(request: web.Request) -> web.Response:
    deps, body = request.app[DEPS], await bodies.read(request, NewLogo)
    image = base64.b64decode(body.image)
    act = partial(set_logo, auth.user_id(request), image, deps)
    render = replied(deps.public_url)
    return await write(request, deps.database, act, render, seconds=READ_SECONDS)


@Operation(
    summary="Remove your logo",
    description="Without one nothing happens.",
    tag=TAG,
    reply=Done(),
    idempotent=True,
)
async def delete_logo(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    act = partial(remove_logo, auth.user_id(request), deps)
    return await write(request, deps.database, act, done)


@Operation(
    name="getPublicLogo",
    summary="Read a host's logo",
    description="The address is `logoUrl` of the host's brand, and changes with the picture.",
    tag="Public",
    file=MEDIA_TYPE,
    errors={LogoNotFound: "No such host, or it has another logo or none"},
)
async def get_logo(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    digest = read_digest(request.match_info["digest"])
    host = await find_open_host(request.match_info["username"], deps)
    async with deps.database.connection() as connection:
        logo = await brands.find_logo(connection, host_id=host.id, digest=digest)
    if logo is None:
        raise LogoNotFound
    return web.Response(body=logo, content_type=MEDIA_TYPE, headers={hdrs.CACHE_CONTROL: CACHED})
