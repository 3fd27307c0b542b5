"""Where an image ends in its file."""

import pytest
from services.availability.tests.pictures import noise, picture, with_texts

from linktime_availability.domain.logos import ImageProblem, InvalidImage
from linktime_availability.images.formats import check_end, format_of

WHOLE = {
    "png": picture(),
    "png with texts": with_texts(),
    "jpeg": noise((30, 30), "JPEG"),
    "progressive jpeg": noise((30, 30), "JPEG", progressive=True),
    "jpeg with restarts": noise((60, 60), "JPEG", restart_marker_blocks=1),
    "webp": noise((30, 30), "WEBP"),
    "webp without loss": picture("WEBP", lossless=True),
    "webp with metadata": picture("WEBP", mode="RGBA", icc_profile=b"x" * 33),
}


def problem_of(content: bytes) -> ImageProblem | None:
    try:
        check_end(content, format_of(content))
    except InvalidImage as error:
        return error.problem
    return None


@pytest.mark.parametrize("name", WHOLE)
def test_an_image_ends_with_its_file(name: str) -> None:
    """Whatever follows is refused; without its last bytes it is not whole."""
    content = WHOLE[name]
    assert problem_of(content) is None
    for more in (b"\0", b"PK\x03\x04", b"<script>alert(1)</script>", content):
        assert problem_of(content + more) is ImageProblem.MORE_THAN_AN_IMAGE
    for length in range(16, len(content)):
        assert problem_of(content[:length]) is ImageProblem.DAMAGED, length


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG",
        b"GIF89a" + bytes(20),
        b"BM" + bytes(20),
        b"RIFF\0\0\0\0WAVE",
        b"<svg/>",
        b"%PDF",
    ],
)
def test_other_formats(content: bytes) -> None:
    """By their first bytes, whatever their name."""
    with pytest.raises(InvalidImage) as refused:
        format_of(content)
    assert refused.value.problem is ImageProblem.UNKNOWN_FORMAT


def test_a_jpeg_of_fill_bytes_ends() -> None:
    """Without a marker among them."""
    assert problem_of(b"\xff" * 1_000_000) is ImageProblem.UNKNOWN_FORMAT
    assert problem_of(b"\xff\xd8" + b"\xff" * 1_000_000) is ImageProblem.DAMAGED
    assert problem_of(b"\xff\xd8\xff\xda\x00\x02" + b"\xff\x00" * 500_000) is ImageProblem.DAMAGED
