"""The child: reads an image from standard input and writes the logo to standard output."""

import os
import sys

from linktime_availability.domain.logos import ImageProblem, InvalidImage
from linktime_availability.images.decoding import shrink
from linktime_availability.images.statuses import EXIT_REFUSED
from linktime_availability.restraints import restrain

CPU_SECONDS = 5
MEMORY_BYTES = 512 * 1024 * 1024
OPEN_FILES = 16


def main() -> None:
    content = sys.stdin.buffer.read()
    restrain(cpu_seconds=CPU_SECONDS, memory_bytes=MEMORY_BYTES, open_files=OPEN_FILES)
    try:
        logo = shrink(content)
    except InvalidImage as refused:
        _refuse(refused.problem)
    except MemoryError:
        _refuse(ImageProblem.TOO_COSTLY)
    except Exception:  # decoders raise many kinds
        _refuse(ImageProblem.DAMAGED)
    else:
        _write(logo)


def _refuse(problem: ImageProblem) -> None:
    _write(problem.name.encode())
    os._exit(EXIT_REFUSED)


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
