"""The part of a file that a command writes, between two marker lines."""


def with_part(text: str, part: str, *, begin: str, end: str) -> str:
    """Return `text` with `part` between the marker lines; raises ValueError without them."""
    before, found, rest = text.partition(begin)
    _old, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"The lines {begin!r} and {end!r} are missing")
    indent = before.rpartition("\n")[2]
    return f"{before}{begin}\n{part}{indent}{end}{after}"
