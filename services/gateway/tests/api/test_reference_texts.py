"""Texts of the OpenAPI document on the reference page."""

import pytest

from linktime_gateway.api.reference.texts import blocks


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## Errors & codes", "<h2>Errors &amp; codes</h2>\n"),
        (
            "- `400` wrong\n- other",
            "<ul>\n<li><code>400</code> wrong</li>\n<li>other</li>\n</ul>\n",
        ),
        ("2. List", '<ol start="2">\n<li>List</li>\n</ol>\n'),
        ("```\ncurl <url>\n```", "<pre><code>curl &lt;url&gt;</code></pre>\n"),
        ("One\n\nTwo", "<p>One</p>\n<p>Two</p>\n"),
    ],
)
def test_a_block_becomes_html(text: str, html: str) -> None:
    """Headings, lists, blocks of code and paragraphs; markup in a text is shown."""
    assert blocks(text) == html
