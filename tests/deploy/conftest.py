"""The manifests as a cluster gets them, rendered once for a run."""

from pathlib import Path

import pytest
from tests.deploy.rendering import EXTERNAL, Document, Rendered, copied, render_all


@pytest.fixture(scope="session")
def k8s(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of deploy/k8s with secrets."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in EXTERNAL.items():
            patch.setenv(name, value)
        return copied(tmp_path_factory.mktemp("manifests"))


@pytest.fixture(scope="session")
def rendered(k8s: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Rendered]:
    return render_all(k8s, tmp_path_factory.mktemp("rendered"))


@pytest.fixture(scope="session")
def production(rendered: list[Rendered]) -> list[Document]:
    return next(one for one in rendered if one.name == "production").documents
