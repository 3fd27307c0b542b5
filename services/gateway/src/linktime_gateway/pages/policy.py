"""The Content-Security-Policy of the pages: own files only, no inline code, no third party."""

from collections.abc import Sequence

SELF = "'self'"


def page_policy(embedding_sites: Sequence[str] = (), styles: Sequence[str] = ()) -> str:
    """Return the policy of a page that these sites may show in a frame.

    `styles` are hashes of style sheets within the page.
    """
    ancestors = " ".join(embedding_sites) or "'none'"
    return (
        "default-src 'none'; script-src 'self'; img-src 'self'; "
        f"style-src {' '.join([SELF, *styles])}; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {ancestors}"
    )


def embedding_sites(_content: object) -> Sequence[str]:
    """Return the sites on which the host of a page allows it to be shown: none yet."""
    return ()
