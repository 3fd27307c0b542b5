"""The limits of logos, and why an image is refused."""

from enum import StrEnum

MOST_IMAGE_BYTES = 750_000  # as uploaded; in Base64 it fits into a request's body
MOST_PIXELS = 16_000_000
MOST_SIDE_PIXELS = 512
MOST_LOGO_BYTES = 200_000  # as stored
MEDIA_TYPE = "image/webp"


class ImageProblem(StrEnum):
    """Why an image is refused, as a sentence for the host."""

    UNKNOWN_FORMAT = "Must be a PNG, JPEG or WebP image"
    DAMAGED = "The image is incomplete or damaged"
    TOO_MANY_PIXELS = "Must have at most 16 million pixels"
    ANIMATED = "Must be a single picture, not an animation"
    MORE_THAN_AN_IMAGE = "Must have no data after the image; save it again with an image program"
    TOO_COSTLY = "The image takes too much time or memory to read; save it as a smaller one"


class InvalidImage(Exception):
    """An image that is not accepted as a logo."""

    def __init__(self, problem: ImageProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem
