"""Images for tests of logos, among them hostile ones."""

import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, PngImagePlugin

Size = tuple[int, int]


def picture(
    image_format: str = "PNG", size: Size = (40, 20), mode: str = "RGB", **more: Any
) -> bytes:
    """Return an image of one colour."""
    return saved(Image.new(mode, size, more.pop("colour", None) or 0), image_format, **more)


def saved(image: Image.Image, image_format: str, **more: Any) -> bytes:
    written = BytesIO()
    image.save(written, image_format, **more)
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return a decoded image."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def noise(size: Size, image_format: str = "PNG", **more: Any) -> bytes:
    """Return an image that no format makes smaller."""
    red, green, blue = (Image.effect_noise(size, 200) for _ in range(3))
    return saved(Image.merge("RGB", (red, green, blue)), image_format, **more)


def animation(image_format: str) -> bytes:
    """Return two pictures, one after the other."""
    first, second = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    return saved(first, image_format, save_all=True, append_images=[second], duration=100)


@cache
def bomb(side: int) -> bytes:
    """Return a small PNG of `side` x `side` pixels."""
    data = zlib.compress(bytes((1 + side // 8) * side), 9)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND")


def with_texts() -> bytes:
    """Return a PNG with a script and a place in its metadata."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "<script>alert(1)</script>")
    texts.add_text("Long", "<script>" * 1_000, zip=True)
    return picture(pnginfo=texts, exif=_exif(), icc_profile=b"<script>" * 20)


def turned() -> bytes:
    """Return a JPEG, 60 wide and 30 high as stored, that is shown upright."""
    return picture("JPEG", (60, 30), exif=_exif())


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn it by 90 degrees
    exif[0x010E] = "<script>alert(2)</script>"
    return exif


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
