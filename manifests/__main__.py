"""`make manifests`: write the services' parts of docker-compose.yml and deploy/k8s, and the dashboard."""

from manifests.build import ROOT, build


def main() -> None:
    """Write every file whose content has changed."""
    for name, text in build().items():
        path = ROOT / name
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(name)


if __name__ == "__main__":
    main()
