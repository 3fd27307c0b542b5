"""What is checked in of docker-compose.yml and deploy/k8s is what the table of services makes."""

from manifests.build import ROOT, build


def test_every_made_file_is_up_to_date() -> None:
    """`make manifests` would change nothing."""
    outdated = [name for name, text in build().items() if (ROOT / name).read_text() != text]
    assert outdated == []
