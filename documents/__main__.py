"""`make openapi`: write the documents that the gateway serves, and tables of the pages."""

from documents.build import ROOT, build


def main() -> None:
    """Write every document."""
    for name, content in build().items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        print(f"{name}: {len(content) // 1024} KiB")


if __name__ == "__main__":
    main()
