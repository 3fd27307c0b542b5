"""Builds kube-apiserver 1.20 once, from Debian's source package, with Debian's Go.

Debian 12's package is the newest that has the whole of Kubernetes; later ones have kubectl only.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.processes import Argument, run_once

NAME = "kube-apiserver-1.20"
KUBERNETES = "k8s.io/kubernetes"
REFLECT = "github.com/modern-go/reflect2"
DESCRIBED = ("api", "apiextensions-apiserver", "apimachinery", "kube-aggregator")
"""Folders with the types of served resources."""
STEP_SECONDS = 3600
LAST_LINES = 15

Progress = Callable[[str], None]


async def apiserver(cache: Path, progress: Progress) -> Path:
    """Return the program, built by the first call; raises ServerUnavailable.

    After an interruption the next call builds the rest: Go finds what it has compiled.
    """
    program, work = cache / NAME, cache / f"{NAME}-build"
    async with debian.only_one(cache / f"{NAME}.lock"):
        if not program.exists():
            work.mkdir(exist_ok=True)
            (await _built(work, progress)).rename(program)
            shutil.rmtree(work)
    return program


async def _built(work: Path, progress: Progress) -> Path:
    go = await debian.unpacked("golang-1.19-go", own=("golang",), cache=work, progress=progress)
    reflect = await debian.unpacked(
        "golang-github-modern-go-reflect2-dev", own=("golang",), cache=work, progress=progress
    )
    shell = _Shell(work, go / "usr/lib/go-1.19/bin")
    if not shell.tree.exists():
        await debian.source("kubernetes", release="bookworm", folder=work, progress=progress)
        progress("Unpacking the source of kubernetes …")
        await _unpack(shell, reflect / "usr/share/gocode/src" / REFLECT)
    progress("Generating the descriptions of its types …")
    await _describe(shell)
    progress("Building kube-apiserver (4 to 15 minutes) …")
    return await shell.build("./cmd/kube-apiserver")


@dataclass(frozen=True)
class _Shell:
    """Runs programs in the source tree, whose place is GOPATH's."""

    work: Path
    go: Path

    @property
    def tree(self) -> Path:
        return self.work / "go" / "src" / KUBERNETES

    async def build(self, package: str) -> Path:
        made = self.work / Path(package).name
        await self.run("nice", "go", "build", "-ldflags=-s -w", "-o", made, package, cwd=self.tree)
        return made

    async def run(self, *command: Argument, cwd: Path) -> None:
        log = self.work / "build.log"
        environment = {
            "PATH": f"{self.go}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.work),
            "TMPDIR": str(self.work),
            "GOPATH": str(self.work / "go"),
            "GOCACHE": str(self.work / "compiled"),
            "GO111MODULE": "off",
            "CGO_ENABLED": "0",
        }
        code = await run_once(command, env=environment, log=log, within=STEP_SECONDS, cwd=cwd)
        if code != 0:
            why = f"took longer than {STEP_SECONDS} s" if code is None else f"ended with {code}"
            last = "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
            raise ServerUnavailable(f"{command[0]} {command[1]} {why}; see {log}:\n{last}")


async def _unpack(shell: _Shell, reflect: Path) -> None:
    """Make the source tree; it has its name when it is complete."""
    new = shell.work / "new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    archive = next(shell.work.glob("kubernetes_*.orig.tar.*"))
    await shell.run("tar", "--extract", "--strip-components=1", "--file", archive, cwd=new)
    # With the one in the archive, which is older than this Go, the server ends with SIGSEGV at the
    # first custom resource.
    shutil.rmtree(new / "vendor" / REFLECT)
    shutil.copytree(reflect, new / "vendor" / REFLECT)
    shell.tree.parent.mkdir(parents=True, exist_ok=True)
    new.rename(shell.tree)


async def _describe(shell: _Shell) -> None:
    """Generate the server's OpenAPI document, which the archive lacks."""
    generator = await shell.build("./vendor/k8s.io/kube-openapi/cmd/openapi-gen")
    name, package = "zz_generated.openapi", "pkg/generated/openapi"
    header = "hack/boilerplate/boilerplate.generatego.txt"
    await shell.run(
        *(generator, "-i", ",".join(_described(shell.tree)), "-p", f"{KUBERNETES}/{package}"),
        *("-O", name, "-h", header, "-r", shell.work / "violations"),
        cwd=shell.tree,
    )
    made = shell.tree / package / f"{name}.go"
    made.write_text(made.read_text().replace(f"{KUBERNETES}/vendor/", ""))


def _described(tree: Path) -> list[str]:
    """Return the packages that ask for a description."""
    source = tree / "staging/src"
    folders = {
        path.parent.relative_to(source)
        for part in DESCRIBED
        for path in (source / "k8s.io" / part).rglob("*.go")
        if "\n// +k8s:openapi-gen=true" in path.read_text()
    }
    return [f"{KUBERNETES}/vendor/{folder}" for folder in sorted(folders)]
