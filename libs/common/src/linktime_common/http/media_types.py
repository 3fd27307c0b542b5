"""The media type in a Content-Type header.

aiohttp's `content_type` parses the parameters as well, in quadratic time, and raises for some.
"""


def media_type_of(content_type: str) -> str:
    """Return the text before the parameters, in lower case."""
    return content_type.partition(";")[0].strip(" \t").lower()


def is_json(content_type: str) -> bool:
    """Return whether it is `application/json` or another type with the suffix `+json`."""
    media_type = media_type_of(content_type)
    is_one = media_type.count("/") == 1
    return media_type == "application/json" or (is_one and media_type.endswith("+json"))
