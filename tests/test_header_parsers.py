"""Headers of outsiders are parsed by code that takes linear time and does not raise.

aiohttp's lazy properties parse with the e-mail and cookie parsers of Python: some take quadratic
time, and raise for malformed values.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Of requests and responses.
LAZY = frozenset(
    {
        "charset",
        "content_disposition",
        "content_type",
        "cookies",
        "forwarded",
        "get_encoding",
        "http_range",
        "if_match",
        "if_modified_since",
        "if_none_match",
        "if_range",
        "if_unmodified_since",
        "json",
        "links",
        "multipart",
        "post",
        "query",
        "text",
    }
)
OWNERS = frozenset({"request", "response", "answer", "reply"})
PARSERS = frozenset({"cgi", "email", "http.cookies", "aiohttp.helpers", "aiohttp.multipart"})
# The query is limited to 8,000 bytes, and yarl parses it in linear time; so does e-mail's parser
# with a date of at most 100 characters. bookings reads addresses of settings and checked addresses,
# and writes mails. The others write.
ALLOWED = {
    "libs/common/src/linktime_common/http/bodies.py": {"query"},
    "libs/common/src/linktime_common/http/ignored_parameters.py": {"query"},
    "libs/common/src/linktime_common/http/turns.py": {"query"},
    "libs/common/src/linktime_common/http/answers.py": {"email.utils.parsedate_to_datetime"},
    "services/gateway/src/linktime_gateway/pages/shells.py": {"query"},
    "services/gateway/src/linktime_gateway/api/forwarded_response.py": {
        "aiohttp.helpers.rfc822_formatted_time"
    },
    "services/bookings/src/linktime_bookings/settings.py": {
        "email.utils.getaddresses",
        "email.utils.parseaddr",
    },
    "services/bookings/src/linktime_bookings/app.py": {"email.utils.parseaddr"},
    "services/bookings/src/linktime_bookings/mail/addresses.py": {"email.headerregistry.Address"},
    "services/bookings/src/linktime_bookings/mail/headers.py": {
        "email.header.Header",
        "email.headerregistry.Address",
        "email.headerregistry.BaseHeader",
        "email.headerregistry.HeaderRegistry",
        "email.policy.EmailPolicy",
    },
    "services/bookings/src/linktime_bookings/mail/message.py": {
        "email.message.EmailMessage",
        "email.utils.format_datetime",
    },
    "services/bookings/src/linktime_bookings/mail/preview.py": {"email.message.EmailMessage"},
    "services/bookings/src/linktime_bookings/mail/rendering.py": {"email.message.EmailMessage"},
}


def _found(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in LAZY:
            owner = ast.unparse(node.value).rpartition(".")[2].lstrip("_")
            if owner in OWNERS:
                yield node.attr
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names if _is_parser(one.name))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = (f"{node.module}.{one.name}" for one in node.names)
            yield from (name for name in names if _is_parser(name))


def _is_parser(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in PARSERS)


def test_no_header_is_parsed_by_a_lazy_property() -> None:
    """`linktime_common.http.media_types` reads Content-Type; bodies are read as bytes."""
    sources = [*ROOT.glob("services/*/src"), ROOT / "libs/common/src"]
    assert len(sources) > 5
    found = {
        str(path.relative_to(ROOT)): names
        for source in sources
        for path in source.rglob("*.py")
        if (names := set(_found(ast.parse(path.read_text("utf-8")))))
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    "code",
    [
        "request.content_type",
        "self._request.cookies",
        "await response.json()",
        "from http import cookies",
        "from email.message import Message",
        "import cgi",
    ],
)
def test_each_form_is_found(code: str) -> None:
    """A property, a method and an import."""
    tree = compile(code, "", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert list(_found(tree))
