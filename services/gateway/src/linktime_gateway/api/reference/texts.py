"""Texts of the OpenAPI document as HTML: the part of Markdown that they use."""

import re
from html import escape

FENCE = "```"


def blocks(text: str) -> str:
    """Return headings, lists, blocks of code and paragraphs, separated by blank lines, as HTML."""
    return "".join(_block(one) for one in text.split("\n\n") if one)


def inline(text: str) -> str:
    """Return one line of text with `code` as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def code(text: str) -> str:
    """Return a block of code as HTML."""
    return f"<pre><code>{escape(text)}</code></pre>\n"


def _block(text: str) -> str:
    lines = text.splitlines()
    if text.startswith("## "):
        return f"<h2>{inline(text.removeprefix('## '))}</h2>\n"
    if text.startswith(FENCE):
        return code("\n".join(lines[1:-1]))
    if text.startswith("- "):
        entries = "".join(f"<li>{inline(line.removeprefix('- '))}</li>\n" for line in lines)
        return f"<ul>\n{entries}</ul>\n"
    if numbered := re.match(r"(\d+)\. ", text):
        entries = "".join(
            f"<li>{inline(re.sub(r'^[0-9]+[.] ', '', line))}</li>\n" for line in lines
        )
        return f'<ol start="{numbered[1]}">\n{entries}</ol>\n'
    return f"<p>{inline(text)}</p>\n"
