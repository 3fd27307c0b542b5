"""The checked-in docker-compose.yml and deploy/k8s match the table of services."""

from manifests.build import ROOT, build


def test_every_made_file_is_up_to_date() -> None:
    """`make manifests` would change nothing."""
    outdated = [name for name, text in build().items() if (ROOT / name).read_text() != text]
    assert outdated == []
