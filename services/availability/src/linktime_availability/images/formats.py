"""The container of an image: its format, and where the image ends."""

from collections.abc import Callable, Mapping

from linktime_availability.domain.logos import MOST_PIXELS, ImageProblem, InvalidImage

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNK_BYTES = 12  # length, type and checksum
_JPEG_START = b"\xff\xd8\xff"
_RIFF_HEAD_BYTES = 8
_WEBP_SIDE = 1 << 14  # a side has 14 bits
_MARKER = 0xFF
_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_RESTARTS = range(0xD0, 0xD8)
_WITHOUT_LENGTH = {0x01, *_RESTARTS}
_STUFFED = {0x00, *_RESTARTS}  # within a scan these belong to the picture


def format_of(content: bytes) -> str:
    """Return the name that Pillow has for the format; raises InvalidImage."""
    if content.startswith(_PNG_SIGNATURE):
        return "PNG"
    if content.startswith(_JPEG_START):
        return "JPEG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    raise InvalidImage(ImageProblem.UNKNOWN_FORMAT)


def check_canvas(content: bytes) -> None:
    """Raise InvalidImage if a WebP image has too many pixels; its decoder would reserve them all.

    https://www.rfc-editor.org/rfc/rfc9649#section-2.5
    """
    match content[12:16]:
        case b"VP8X":
            width, height = (1 + _little(content, at, 3) for at in (24, 27))
        case b"VP8L":
            sides = _little(content, 21, 4)
            width, height = 1 + sides % _WEBP_SIDE, 1 + sides // _WEBP_SIDE % _WEBP_SIDE
        case _:
            width, height = (_little(content, at, 2) % _WEBP_SIDE for at in (26, 28))
    if width * height > MOST_PIXELS:
        raise InvalidImage(ImageProblem.TOO_MANY_PIXELS)


def check_end(content: bytes, image_format: str) -> None:
    """Raise InvalidImage if the image is not whole, or if anything follows it.

    What follows could be an archive or a page that other programs find in the file.
    """
    try:
        end = _ENDS[image_format](content)
    except IndexError as error:
        raise InvalidImage(ImageProblem.DAMAGED) from error
    if end > len(content):
        raise InvalidImage(ImageProblem.DAMAGED)
    if end < len(content):
        raise InvalidImage(ImageProblem.MORE_THAN_AN_IMAGE)


def _end_of_png(content: bytes) -> int:
    at = len(_PNG_SIGNATURE)
    while True:
        kind = content[at + 4 : at + 8]
        at += _PNG_CHUNK_BYTES + _number(content, at, 4)
        if kind == b"IEND":
            return at


def _end_of_jpeg(content: bytes) -> int:
    at = 2
    while True:
        at = _next_marker(content, at)
        marker = content[at + 1]
        at += 2
        if marker == _END_OF_IMAGE:
            return at
        if marker not in _WITHOUT_LENGTH:
            at += _number(content, at, 2)
        if marker == _START_OF_SCAN:
            at = _end_of_scan(content, at)


def _next_marker(content: bytes, at: int) -> int:
    """Return where the marker at `at` begins, after fill bytes; raises InvalidImage."""
    if content[at] != _MARKER:
        raise InvalidImage(ImageProblem.DAMAGED)
    while content[at + 1] == _MARKER:
        at += 1
    return at


def _end_of_scan(content: bytes, at: int) -> int:
    """Return where the marker after the compressed data begins."""
    while True:
        at = content.find(_MARKER, at)
        if at < 0:
            raise InvalidImage(ImageProblem.DAMAGED)
        if content[at + 1] not in _STUFFED:
            return at
        at += 2


def _end_of_webp(content: bytes) -> int:
    return _RIFF_HEAD_BYTES + _little(content, 4, 4)


def _little(content: bytes, at: int, octets: int) -> int:
    return int.from_bytes(content[at : at + octets], "little")


def _number(content: bytes, at: int, octets: int) -> int:
    if at + octets > len(content):
        raise IndexError
    return int.from_bytes(content[at : at + octets], "big")


_ENDS: Mapping[str, Callable[[bytes], int]] = {
    "PNG": _end_of_png,
    "JPEG": _end_of_jpeg,
    "WEBP": _end_of_webp,
}
