"""What a request target may look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktime_gateway.domain.errors import PathRefused
from linktime_gateway.domain.paths import as_meant, normalise, origin_form


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/", "/"),
        ("/api/v1/bookings", "/api/v1/bookings"),
        ("/api/v1/bookings/", "/api/v1/bookings/"),
        ("/api/v1/%62ookings", "/api/v1/bookings"),
        ("/api/v1/availability/caf%C3%A9", "/api/v1/availability/café"),
        ("/api/v1/%252e%252e/internal", "/api/v1/%2e%2e/internal"),
        ("/api/v1/%252Finternal", "/api/v1/%2Finternal"),
        ("/api/v1/...", "/api/v1/..."),
        ("/api/v1/.well", "/api/v1/.well"),
        ("/api/v1/a;b=c,d@e:f", "/api/v1/a;b=c,d@e:f"),
    ],
)
def test_an_ordinary_path_is_decoded_once(raw: str, path: str) -> None:
    """What is left encoded after one decoding is an ordinary character."""
    assert normalise(raw) == path


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "api/v1",
        "*",
        "//internal",
        "/api//v1",
        "/api/v1//",
        "/api/v1/..",
        "/api/v1/../internal",
        "/api/v1/./bookings",
        "/./internal",
        "/api/v1/%2e%2e/internal",
        "/api/v1/%2E%2e/internal",
        "/api/v1/.%2e/internal",
        "/api/v1/..%2finternal",
        "/api/v1%2Fbookings",
        "/api/v1/%5c..%5cinternal",
        "/api/v1\\bookings",
        "/api/v1/bookings%00",
        "/api/v1/bookings%0d%0aX-Evil:%201",
        "/api/v1/bookings%7f",
        "/api/v1/%c0%ae%c0%ae/internal",
        "/api/v1/%e0%80%af",
        "/api/v1/%ff",
        "/api/v1/%",
        "/api/v1/%2",
        "/api/v1/%zz",
        "/api/v1/me#x",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(raw: str) -> None:
    """Dot and empty segments, hidden slashes, backslashes, control characters, broken escapes."""
    with pytest.raises(PathRefused):
        normalise(raw)


@given(st.text(st.sampled_from("/.%25eEfFcC\\a0#?é"), max_size=12))
def test_nothing_passes_that_names_another_place(raw: str) -> None:
    """Whatever is let through has no dot segment and no empty one but the last."""
    try:
        path = normalise(origin_form("/" + raw).partition("?")[0])
    except PathRefused:
        return
    *folders, last = path[1:].split("/")
    assert not {"", ".", ".."} & set(folders)
    assert last not in {".", ".."}
    assert "\\" not in path


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/api/v1/me?x=1", "/api/v1/me?x=1"),
        ("http://book.example/api/v1/me?x=1", "/api/v1/me?x=1"),
        ("HTTP://book.example", "/"),
        ("http://book.example?x=1", "/?x=1"),
        ("http://book.example//internal", "//internal"),
        ("book.example:443", "book.example:443"),
    ],
)
def test_a_target_is_brought_to_path_and_query(target: str, expected: str) -> None:
    """Scheme and host go, the rest stays as it was sent."""
    assert origin_form(target) == expected


@pytest.mark.parametrize("target", ["/api/v1/contacts?search=M\udcc3\udcbcller", "/é"])
def test_a_target_beyond_ascii_is_refused(target: str) -> None:
    """HTTP has none, and what is passed on must not depend on an encoding."""
    with pytest.raises(PathRefused):
        origin_form(target)


ROOT = "/api/scim/v2"


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ("", ""),
        ("/", ""),
        ("//", ""),
        ("/Users", "/Users"),
        ("//Users", "/Users"),
        ("/Users/", "/Users"),
        ("//Users/", "/Users"),
        ("//Users/7/?count=1", "/Users/7?count=1"),
        ("/?a=//b/", "?a=//b/"),
        ("/Users?filter=a//b/", "/Users?filter=a//b/"),
    ],
)
def test_one_slash_too_many_at_the_ends(behind: str, expected: str) -> None:
    """Behind the root, and at the end of the path; the query stays."""
    assert as_meant(ROOT + behind, ROOT) == ROOT + expected


@pytest.mark.parametrize(
    "behind",
    [
        *(
            "///",
            "///Users",
            "/Users//",
            "/Users//7",
            "//Users//7",
            "/../internal",
            "//../internal",
        ),
        *("/./Users", "//./Users", "/..", "//..", "//%2e%2e/internal", "/%2FUsers", "//%2F"),
        *("/Users/..", "//Users/%2e%2e/", "/\\Users"),
    ],
)
def test_everything_else_behind_the_root_is_refused(behind: str) -> None:
    """As it is elsewhere."""
    with pytest.raises(PathRefused):
        normalise(as_meant(ROOT + behind, ROOT).partition("?")[0])


@pytest.mark.parametrize(
    "path", ["//api/scim/v2/Users", "/api/scim//v2/Users", "/api/v1//me", "/api/scim/v20//Users"]
)
def test_other_doubled_slashes_stay(path: str) -> None:
    """The root is as it is written, and no other path has this."""
    assert as_meant(path, ROOT) == path
    with pytest.raises(PathRefused):
        normalise(path)


@given(st.text(st.sampled_from("/.%25eEfF\\a?"), max_size=12))
def test_nothing_leaves_the_root(behind: str) -> None:
    """What is meant lies below the root still, or is refused."""
    meant = as_meant(f"{ROOT}/{behind}", ROOT)
    try:
        path = normalise(meant.partition("?")[0])
    except PathRefused:
        return
    assert path == ROOT or path.startswith(f"{ROOT}/")
    assert not {"", ".", ".."} & set(path.split("/")[1:])
