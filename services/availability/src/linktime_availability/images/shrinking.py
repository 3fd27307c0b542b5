"""The child that reads an image, as its parent sees it."""

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE

from linktime_availability.domain.logos import ImageProblem, InvalidImage
from linktime_availability.images.statuses import EXIT_REFUSED
from linktime_common.errors import Unavailable

MOST_AT_ONCE = 2
SECONDS = 7
_COMMAND = ("-I", "-m", "linktime_availability.images")
_PROBLEMS = {
    -signal.SIGXCPU: ImageProblem.TOO_COSTLY,
    -signal.SIGKILL: ImageProblem.TOO_COSTLY,  # by the kernel, if time or memory runs out
    -signal.SIGSEGV: ImageProblem.DAMAGED,
    -signal.SIGABRT: ImageProblem.DAMAGED,
    -signal.SIGBUS: ImageProblem.DAMAGED,
}


class ImageShrinker:
    """Makes logos of images, a few at a time."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def shrink(self, content: bytes) -> bytes:
        """Return the image as a logo, in WebP.

        Raises InvalidImage, and Unavailable if there is no result in time.
        """
        try:
            async with asyncio.timeout(self._seconds), self._turns:
                status, output = await _run(content)
        except TimeoutError as error:
            raise Unavailable("the image was not read in time") from error
        except OSError as error:
            raise Unavailable("the child that reads images did not start") from error
        if status == 0:
            return output
        if status == EXIT_REFUSED:
            raise InvalidImage(ImageProblem[output.decode("ascii")])
        if status in _PROBLEMS:
            raise InvalidImage(_PROBLEMS[status])
        raise Unavailable(f"the child that reads images ended with status {status}")


async def _run(content: bytes) -> tuple[int, bytes]:
    """Return the child's status and output; it ends with this call, also by cancellation."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *_COMMAND,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,  # a stack trace quotes what is read
        env={},  # no settings, no secrets
        cwd="/",
        start_new_session=True,  # Ctrl-C reaches this process only
    )
    try:
        output, _ = await process.communicate(content)
        return await process.wait(), output
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())
        raise
