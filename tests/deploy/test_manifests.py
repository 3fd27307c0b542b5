"""The checked-in docker-compose.yml and deploy/k8s match the table of services."""

import pytest
from manifests.build import ROOT, build
from manifests.parts import with_part


def test_every_made_file_is_up_to_date() -> None:
    """`make manifests` would change nothing."""
    outdated = [name for name, text in build().items() if (ROOT / name).read_text() != text]
    assert outdated == []


def test_only_the_part_between_the_markers_is_written() -> None:
    """A file without them stops the command."""
    text = "a\n  # from\n  old\n  # to\nb\n"
    assert with_part(text, "  new\n", begin="# from", end="# to") == text.replace("old", "new")
    with pytest.raises(ValueError, match="'# to' are missing"):
        with_part("a\n# from\nb\n", "new\n", begin="# from", end="# to")
