"""The logo of a host: uploaded as an image, shown at an address of its own."""

import asyncio
import base64
from typing import Any

import pytest
from services.availability.tests.pictures import animation, bomb, opened, picture, with_texts

from linktime_availability.domain.logos import MOST_IMAGE_BYTES
from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running

from .dashboard import dashboard

LOGO = "brand/logo"


def body_of(image: bytes) -> dict[str, str]:
    return {"image": base64.b64encode(image).decode()}


async def upload(service: Running, host: Any, image: bytes, **more: Any) -> str:
    """Set the logo and return its path."""
    status, brand = await dashboard(service, host.id, "PUT", LOGO, body_of(image), **more)
    assert status == 200, brand
    start, path = brand["logoUrl"].split("/api/", 1)
    assert start == "https://meet.example"
    return f"/api/{path}"


async def read(service: Running, path: str) -> tuple[int, Any, Any]:
    """Return status, headers and body of a public path."""
    async with service.session.get(
        service.url + path, headers=service.identity(CallerKind.PUBLIC)
    ) as response:
        return response.status, response.headers, await response.read()


async def test_a_logo_is_shown(world: Any, service: Running) -> None:
    """As a WebP image that never changes, at the address in the brand."""
    host = await world.host()
    path = await upload(service, host, with_texts())
    assert path.startswith(f"/api/public/{host.username}/logo/")
    status, headers, content = await read(service, path)
    assert (status, headers["Content-Type"]) == (200, "image/webp")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert opened(content).size == (20, 40)
    assert b"script" not in content
    _, _, page = await read(service, f"/api/public/{host.username}")
    assert f'"https://meet.example{path}"' in page.decode()


async def test_another_picture_has_another_address(world: Any, service: Running) -> None:
    """The former one is not found; the same picture has the same."""
    host = await world.host()
    first = await upload(service, host, picture(colour="red"))
    assert await upload(service, host, picture(colour="red")) == first
    second = await upload(service, host, picture(colour="blue"))
    assert first != second
    assert (await read(service, second))[0] == 200
    assert (await read(service, first))[0] == 404


async def test_a_logo_is_removed(world: Any, service: Running) -> None:
    """And everything else of the brand stays; without a logo nothing happens."""
    host = await world.host()
    await dashboard(service, host.id, "PATCH", "brand", {"welcomeText": "Hello"})
    path = await upload(service, host, picture())
    for _ in range(2):
        assert await dashboard(service, host.id, "DELETE", LOGO) == (200, {"success": True})
        assert (await read(service, path))[0] == 404
    _, brand = await dashboard(service, host.id, "GET", "brand")
    assert (brand["logoUrl"], brand["welcomeText"]) == (None, "Hello")


async def test_a_logo_belongs_to_one_host(world: Any, service: Running) -> None:
    """It is not found under another host's name, nor of an inactive host."""
    host, other = await world.host(), await world.host()
    path = await upload(service, host, picture(colour="green"))
    await upload(service, other, picture(colour="blue"))
    assert (await read(service, path.replace(host.username, other.username)))[0] == 404
    inactive = await world.host(active=False)
    theirs = await upload(service, inactive, picture())
    assert (await read(service, theirs))[0] == 404
    assert await dashboard(service, other.id, "DELETE", LOGO) == (200, {"success": True})
    assert (await read(service, path))[0] == 200


@pytest.mark.parametrize("digest", ["none", "%00", "0" * 32, "A" * 32, "x" * 5_000, "..%2f"])
async def test_unknown_logo(world: Any, service: Running, digest: str) -> None:
    """404, whatever the name is."""
    host = await world.host()
    await upload(service, host, picture())
    status, _, body = await read(service, f"/api/public/{host.username}/logo/{digest}.webp")
    assert (status, b"not_found" in body) == (404, True)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "required"),
        ({"image": None}, "Expected"),
        ({"image": 5}, "Expected"),
        ({"image": "no Base64!"}, "Write the bytes of the file in Base64"),
        ({"image": "data:image/png;base64,AAAA"}, "Write the bytes of the file in Base64"),
        ({"image": "AAA"}, "Write the bytes of the file in Base64"),
        ({"image": ""}, "Must be a PNG, JPEG or WebP image"),
        (body_of(b"<svg/>"), "Must be a PNG, JPEG or WebP image"),
        (body_of(animation("GIF")), "Must be a PNG, JPEG or WebP image"),
        (body_of(animation("WEBP")), "Must be a single picture, not an animation"),
        (body_of(bomb(30_000)), "Must have at most 16 million pixels"),
        (body_of(picture()[:-5]), "The image is incomplete or damaged"),
        (body_of(picture() + b"PK"), "Must have no data after the image"),
        (body_of(bytes(MOST_IMAGE_BYTES + 3)), "a file of at most 750,000 bytes"),
    ],
)
async def test_refused_upload(
    world: Any, service: Running, body: dict[str, Any], sentence: str
) -> None:
    """400 that says why, and the logo stays."""
    host = await world.host()
    path = await upload(service, host, picture())
    status, refused = await dashboard(service, host.id, "PUT", LOGO, body)
    assert (status, list(refused["details"])) == (400, ["image"])
    assert sentence in refused["details"]["image"]
    assert (await read(service, path))[0] == 200


async def test_the_largest_upload_is_read(world: Any, service: Running) -> None:
    """A body within the limit of all bodies."""
    host = await world.host()
    largest = picture() + bytes(MOST_IMAGE_BYTES - len(picture()))
    status, refused = await dashboard(service, host.id, "PUT", LOGO, body_of(largest))
    assert status == 400
    assert "after the image" in refused["details"]["image"]


async def test_two_uploads_at_once(world: Any, service: Running) -> None:
    """One of them is shown, with its own picture."""
    host = await world.host()
    pictures = {colour: picture(colour=colour) for colour in ("red", "lime", "blue")}
    await asyncio.gather(*(upload(service, host, image) for image in pictures.values()))
    _, brand = await dashboard(service, host.id, "GET", "brand")
    status, _, content = await read(service, brand["logoUrl"].removeprefix("https://meet.example"))
    assert status == 200
    expected = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255)}
    assert opened(content).getpixel((5, 5)) in expected.values()


async def test_a_repeated_upload_gets_the_first_answer(world: Any, service: Running) -> None:
    """And does not bring back a logo that was removed meanwhile; another image is 422."""
    host = await world.host()
    path = await upload(service, host, picture(), key="k")
    await dashboard(service, host.id, "DELETE", LOGO)
    assert await upload(service, host, picture(), key="k") == path
    assert (await read(service, path))[0] == 404
    other = body_of(picture(colour="red"))
    assert (await dashboard(service, host.id, "PUT", LOGO, other, key="k"))[0] == 422
