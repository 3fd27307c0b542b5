"""`make verify-schema` finds the newest release in git."""

import subprocess
from pathlib import Path

import pytest
from schema import verify

GIT = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com")


def test_the_newest_tag_of_a_release_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other tags are none; without one the error says what to do."""
    monkeypatch.setattr(verify, "ROOT", tmp_path)

    def git(*words: str) -> None:
        subprocess.run([*GIT, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "-m", "Begin")
    git("tag", "nightly")
    with pytest.raises(SystemExit, match="PREVIOUS=<tag>"):
        verify.latest_release()
    git("tag", "v0.1.0")
    git("commit", "--allow-empty", "-m", "Go on")
    git("tag", "0.2.0")
    git("commit", "--allow-empty", "-m", "Work on the next")
    assert verify.latest_release() == "0.2.0"
