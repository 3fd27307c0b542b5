"""pydantic's errors as sentences: one for each field, nested names dotted."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_MOST_DETAILS = 50
KEY = "[key]"
"""pydantic's suffix for an invalid key of an object."""

_SENTENCES = {
    "missing": "This field is required",
    "extra_forbidden": "Unknown field",
    "string_type": "Expected a text",
    "string_too_short": "Must have at least {min_length} {characters}",
    "string_too_long": "Must have at most {max_length} {characters}",
    "bytes_type": "Expected a text",
    "bytes_too_short": "Must have at least {min_length} {bytes}",
    "bytes_too_long": "Must have at most {max_length} {bytes}",
    "string_pattern_mismatch": "Has the wrong format",
    "int_type": "Expected a whole number",
    "int_parsing": "Expected a whole number",
    "int_from_float": "Expected a whole number",
    "int_parsing_size": "The number is too large",
    "bool_type": "Expected true or false",
    "bool_parsing": "Expected true or false",
    "list_type": "Expected a list",
    "dict_type": "Expected an object",
    "model_type": "Expected an object",
    "model_attributes_type": "Expected an object",
    "too_long": "Must have at most {max_length} {entries}",
    "too_short": "Must have at least {min_length} {entries}",
    "greater_than_equal": "Must be at least {ge}",
    "less_than_equal": "Must be at most {le}",
    "greater_than": "Must be more than {gt}",
    "less_than": "Must be less than {lt}",
    "multiple_of": "Must be a multiple of {multiple_of}",
    "float_type": "Expected a number",
    "float_parsing": "Expected a number",
    "finite_number": "Expected a finite number",
    "enum": "Must be one of: {expected}",
    "literal_error": "Must be one of: {expected}",
    "uuid_parsing": "Not a known id",
    "uuid_type": "Not a known id",
}


def details_of(error: ValidationError) -> dict[str, str]:
    """Return sentences by field; a problem with the whole body has the key `body`."""
    details: dict[str, str] = {}
    for problem in error.errors(include_url=False)[:_MOST_DETAILS]:
        details.setdefault(_field(problem), _sentence(problem))
    return details


def _field(problem: ErrorDetails) -> str:
    # Field names come from the client and are returned to it, but shortened.
    parts = [str(part)[:100] for part in problem["loc"] if part != KEY]
    return ".".join(parts) or "body"


def _sentence(problem: ErrorDetails) -> str:
    template = _SENTENCES.get(_kind(problem))
    if template is None:
        return problem["msg"].removeprefix("Value error, ")
    context = problem.get("ctx", {})
    is_one = 1 in (context.get("min_length"), context.get("max_length"))
    return template.format(
        characters="character" if is_one else "characters",
        entries="entry" if is_one else "entries",
        bytes="byte" if is_one else "bytes",
        **context,
    )


def _kind(problem: ErrorDetails) -> str:
    # After another check, and in a secret, pydantic counts characters as items.
    if problem["type"] in {"too_short", "too_long"} and isinstance(problem["input"], str | bytes):
        return f"string_{problem['type']}"
    return problem["type"]
