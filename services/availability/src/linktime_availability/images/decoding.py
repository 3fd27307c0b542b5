"""Decode an image and encode it again, as a logo. Runs in the child only."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from linktime_availability.domain.logos import (
    MOST_LOGO_BYTES,
    MOST_PIXELS,
    MOST_SIDE_PIXELS,
    ImageProblem,
    InvalidImage,
)
from linktime_availability.images.formats import check_canvas, check_end, format_of

# Imported now: the child may read no files later.
READERS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
_ENCODINGS: tuple[dict[str, Any], ...] = (
    {"lossless": True},
    {"quality": 90},
    {"quality": 75},
    {"quality": 50},
)
NEXT_SIZE = 0.75

Image.MAX_IMAGE_PIXELS = None  # ours is checked below


def shrink(content: bytes) -> bytes:
    """Return the picture alone, as WebP within the limits of a logo; raises InvalidImage.

    Metadata, colour profiles and comments are left out; a rotation in the metadata is applied.
    """
    image_format = format_of(content)
    if image_format == "WEBP":
        check_canvas(content)
    with Image.open(BytesIO(content), formats=[image_format]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise InvalidImage(ImageProblem.TOO_MANY_PIXELS)
        if getattr(image, "is_animated", False):
            raise InvalidImage(ImageProblem.ANIMATED)
        check_end(content, image_format)
        return _encoded(_plain(image))


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture in its final size, without metadata."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    sized: Image.Image = image
    if image.mode == "I;16":  # of a grey PNG; converted as it is, most of it would be white
        sized = image.point(lambda level: level * (1 / 256)).convert(mode)
    elif image.mode not in {mode, "L", "CMYK"}:  # of these JPEG decodes a smaller one directly
        sized = image.convert(mode)
    sized.thumbnail((MOST_SIDE_PIXELS, MOST_SIDE_PIXELS))
    turned = ImageOps.exif_transpose(sized).convert(mode)
    turned.info.clear()
    return turned


def _encoded(image: Image.Image) -> bytes:
    """Return the best encoding that is small enough, of a smaller picture if there is none."""
    while True:
        for content in _encodings(image):
            if len(content) <= MOST_LOGO_BYTES:
                return content
        # Transparency is encoded without loss at every quality, so it can be too large.
        image = ImageOps.scale(image, NEXT_SIZE)


def _encodings(image: Image.Image) -> Iterator[bytes]:
    for options in _ENCODINGS:
        written = BytesIO()
        image.save(written, "WEBP", **options)
        yield written.getvalue()
