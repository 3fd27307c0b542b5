"""Images become logos in a limited child, or are refused."""

import asyncio
import contextlib
import random
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from services.availability.tests.pictures import (
    animation,
    bomb,
    noise,
    opened,
    picture,
    saved,
    turned,
    with_texts,
)

from linktime_availability.domain.logos import (
    MOST_LOGO_BYTES,
    MOST_SIDE_PIXELS,
    ImageProblem,
    InvalidImage,
)
from linktime_availability.images.shrinking import ImageShrinker
from linktime_common.errors import Unavailable

SECONDS = 60  # this machine may be busy
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def shrink(content: bytes) -> bytes:
    return await ImageShrinker(SECONDS).shrink(content)


@pytest.mark.parametrize(
    ("image_format", "mode", "kept"),
    [
        ("PNG", "RGB", "RGB"),
        ("PNG", "RGBA", "RGBA"),
        ("PNG", "P", "RGB"),
        ("PNG", "1", "RGB"),
        ("PNG", "LA", "RGBA"),
        ("JPEG", "RGB", "RGB"),
        ("JPEG", "L", "RGB"),
        ("JPEG", "CMYK", "RGB"),
        ("WEBP", "RGB", "RGB"),
        ("WEBP", "RGBA", "RGBA"),
    ],
)
async def test_each_format_becomes_webp(image_format: str, mode: str, kept: str) -> None:
    """Small images keep their size, transparent ones stay so."""
    logo = opened(await shrink(picture(image_format, mode=mode)))
    assert (logo.format, logo.size, logo.mode) == ("WEBP", (40, 20), kept)


async def test_colours_stay() -> None:
    """Also of a grey image with 16 bits for each pixel."""
    red = opened(await shrink(picture(colour="#ff2010")))
    assert red.getpixel((5, 5)) == (255, 32, 16)
    grey = opened(await shrink(picture(mode="I;16", colour=128 * 256)))
    assert grey.getpixel((5, 5)) == (128, 128, 128)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1024, 512), (512, 256)), ((100, 3_000), (17, 512)), ((20_000, 1), (512, 1))],
)
async def test_large_images_are_made_smaller(size: Any, expected: Any) -> None:
    """In proportion."""
    assert opened(await shrink(picture(size=size))).size == expected


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
async def test_a_logo_has_a_limited_size(image_format: str) -> None:
    """Also of an image that cannot be compressed."""
    logo = await shrink(noise((900, 900), image_format, quality=50))
    assert len(logo) <= MOST_LOGO_BYTES
    assert opened(logo).size == (MOST_SIDE_PIXELS, MOST_SIDE_PIXELS)


async def test_a_picture_that_no_quality_makes_small_enough_is_scaled_down() -> None:
    """Noise in the transparency; it used to be refused as too costly."""
    image = opened(noise((430, 430))).convert("RGBA")
    image.putalpha(Image.effect_noise(image.size, 200))
    logo = await shrink(saved(image, "PNG"))
    assert len(logo) <= MOST_LOGO_BYTES
    width, height = opened(logo).size
    assert width == height
    assert 200 < width < 430


async def test_only_the_picture_is_kept() -> None:
    """Texts, places and colour profiles are left out, and a rotation is applied."""
    logo = await shrink(with_texts())
    assert b"script" not in logo
    assert not dict(opened(logo).getexif())
    assert "icc_profile" not in opened(logo).info
    assert opened(logo).size == (20, 40)
    assert opened(await shrink(turned())).size == (30, 60)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", ImageProblem.UNKNOWN_FORMAT),
        (SVG, ImageProblem.UNKNOWN_FORMAT),
        (b"<html><script>alert(1)</script>", ImageProblem.UNKNOWN_FORMAT),
        (picture("GIF"), ImageProblem.UNKNOWN_FORMAT),
        (picture("BMP"), ImageProblem.UNKNOWN_FORMAT),
        (picture("TIFF"), ImageProblem.UNKNOWN_FORMAT),
        (animation("GIF"), ImageProblem.UNKNOWN_FORMAT),
        (animation("PNG"), ImageProblem.ANIMATED),
        (animation("WEBP"), ImageProblem.ANIMATED),
        (bomb(30_000), ImageProblem.TOO_MANY_PIXELS),
        (picture("WEBP", (16_000, 2_000), lossless=True), ImageProblem.TOO_MANY_PIXELS),
        (picture() + b"PK\x03\x04", ImageProblem.MORE_THAN_AN_IMAGE),
        (picture("JPEG") + SVG, ImageProblem.MORE_THAN_AN_IMAGE),
        (picture("WEBP") + b"\0", ImageProblem.MORE_THAN_AN_IMAGE),
        (noise((100, 100))[:-500], ImageProblem.DAMAGED),
        (noise((100, 100), "JPEG")[:-500], ImageProblem.DAMAGED),
        (noise((100, 100), "WEBP")[:-500], ImageProblem.DAMAGED),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), ImageProblem.DAMAGED),
        (b"RIFF\x04\0\0\0WEBP", ImageProblem.DAMAGED),
    ],
    ids=lambda value: value.name if isinstance(value, ImageProblem) else str(value[:8]),
)
async def test_refused_images(content: bytes, problem: ImageProblem) -> None:
    """Each with a sentence that says what is wrong."""
    with pytest.raises(InvalidImage) as refused:
        await shrink(content)
    assert refused.value.problem is problem


async def test_a_text_that_unpacks_to_much_takes_no_memory() -> None:
    """The picture is kept or the image refused, and the child ends by itself."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "x" * 50_000_000, zip=True)
    with pytest.raises(InvalidImage) as refused:
        await shrink(saved(Image.new("RGB", (8, 8)), "PNG", pnginfo=texts))
    assert refused.value.problem in {ImageProblem.DAMAGED, ImageProblem.TOO_COSTLY}


async def test_changed_bytes_are_refused_or_read() -> None:
    """No image ends the child in a way that counts as ours."""
    chosen = random.Random(7)
    shrinker = ImageShrinker(SECONDS)
    for image_format in ("PNG", "JPEG", "WEBP"):
        for _ in range(4):
            content = bytearray(noise((40, 40), image_format))
            for _ in range(5):
                content[chosen.randrange(len(content))] = chosen.randrange(256)
            with contextlib.suppress(InvalidImage):
                assert opened(await shrinker.shrink(bytes(content))).format == "WEBP"


async def test_several_at_once() -> None:
    """All are read, in turns."""
    shrinker = ImageShrinker(SECONDS)
    logos = await asyncio.gather(*(shrinker.shrink(picture()) for _ in range(5)))
    assert len(set(logos)) == 1


async def test_a_slow_child_is_ended() -> None:
    """503, and its turn is free again."""
    shrinker = ImageShrinker(0.001)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await shrinker.shrink(picture())
    assert not shrinker._turns.locked()
