"""`make openapi`: write the documents that the gateway serves."""

from pathlib import Path

from documents.build import build

FOLDER = Path(__file__).parents[1] / "services/gateway/src/linktime_gateway/documents"


def main() -> None:
    """Write every document into the gateway's package."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in build().items():
        (FOLDER / name).write_bytes(content)
        print(f"{name}: {len(content) // 1024} KiB")


if __name__ == "__main__":
    main()
