"""`make run` passes its settings on."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WITHOUT = ("MAKEFLAGS", "MAKELEVEL", "REPLICAS", "LINKTIME_REPLICAS")


@pytest.mark.parametrize(
    ("given", "word", "refused"),
    [
        ({}, [], None),
        ({"LINKTIME_REPLICAS": "9"}, [], "9"),
        ({"REPLICAS": "10"}, [], "10"),
        ({"LINKTIME_REPLICAS": "2"}, ["REPLICAS=11"], "11"),
    ],
)
def test_make_run_passes_the_number_of_replicas_on(
    given: dict[str, str], word: list[str], refused: str | None
) -> None:
    """The command refuses another setting, so that nothing starts."""
    environment = {name: value for name, value in os.environ.items() if name not in WITHOUT}
    done = subprocess.run(
        ["make", "run", *word],
        cwd=ROOT,
        env={**environment, "LINKTIME_PORT": "none", **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "LINKTIME_PORT" in done.stderr
    assert ("LINKTIME_REPLICAS" in done.stderr) == (refused is not None)
