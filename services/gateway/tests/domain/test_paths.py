"""Normalization of request targets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktime_gateway.domain.errors import PathRefused
from linktime_gateway.domain.paths import normalise, origin_form, without_extra_slashes


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
    """Characters still encoded after one decoding are literal."""
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
def test_ambiguous_paths_are_refused(raw: str) -> None:
    """Dot and empty segments, hidden slashes, backslashes, control characters, broken escapes."""
    with pytest.raises(PathRefused):
        normalise(raw)


@given(st.text(st.sampled_from("/.%25eEfFcC\\a0#?é"), max_size=12))
def test_normalised_paths_have_no_dot_segments(raw: str) -> None:
    """And no empty segment but the last."""
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
def test_a_target_is_reduced_to_path_and_query(target: str, expected: str) -> None:
    """Scheme and host are removed, the rest is unchanged."""
    assert origin_form(target) == expected


@pytest.mark.parametrize("target", ["/api/v1/contacts?search=M\udcc3\udcbcller", "/é"])
def test_a_non_ascii_target_is_refused(target: str) -> None:
    """HTTP does not allow it, and the forwarded target must not depend on an encoding."""
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
        ("/Users//7", "/Users/7"),
        ("//Users//7/?a=b//c", "/Users/7?a=b//c"),
        ("/?a=//b/", "?a=//b/"),
        ("/Users?filter=a//b/", "/Users?filter=a//b/"),
    ],
)
def test_extra_slashes_are_removed(behind: str, expected: str) -> None:
    """Before each segment, and at the end of the path; the query is unchanged."""
    assert without_extra_slashes(ROOT + behind, ROOT) == ROOT + expected


@pytest.mark.parametrize(
    "behind",
    [
        *(
            "///",
            "///Users",
            "/Users//",
            "/Users///7",
            "/../internal",
            "//../internal",
        ),
        *("/./Users", "//./Users", "/..", "//..", "//%2e%2e/internal", "/%2FUsers", "//%2F"),
        *("/Users//..", "/Users/..", "//Users/%2e%2e/", "/\\Users"),
    ],
)
def test_other_empty_segments_after_the_root_are_refused(behind: str) -> None:
    """As in other paths."""
    with pytest.raises(PathRefused):
        normalise(without_extra_slashes(ROOT + behind, ROOT).partition("?")[0])


@pytest.mark.parametrize(
    "path", ["//api/scim/v2/Users", "/api/scim//v2/Users", "/api/v1//me", "/api/scim/v20//Users"]
)
def test_other_doubled_slashes_are_kept(path: str) -> None:
    """The root must match exactly."""
    assert without_extra_slashes(path, ROOT) == path
    with pytest.raises(PathRefused):
        normalise(path)


@given(st.text(st.sampled_from("/.%25eEfF\\a?"), max_size=12))
def test_nothing_leaves_the_root(behind: str) -> None:
    """The result is below the root, or is refused."""
    target = without_extra_slashes(f"{ROOT}/{behind}", ROOT)
    try:
        path = normalise(target.partition("?")[0])
    except PathRefused:
        return
    assert path == ROOT or path.startswith(f"{ROOT}/")
    assert not {"", ".", ".."} & set(path.split("/")[1:])
