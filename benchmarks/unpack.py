"""Times fetch, verify and unpack against `curl | tee >(sha256sum) | tar`.

Prints peak memory and paired medians: in each round every candidate runs once, in
turn, so that a busy machine slows all of them alike. The tree is made here, of the size
and shape of Node.js, or is the archive that is named. Run it as
`python -m benchmarks.unpack [ROUNDS [ARCHIVE]]`.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from toolpin.archive.unpack import unpack
from toolpin.http.fetch import Fetcher
from toolpin.model import Artifact, Digest

SMALL_FILES = 10_000
PIPE = (
    'curl -sS "$1" | tee >(sha256sum | { read -r sum _; test "$sum" = "$2"; }) '
    '| tar -x"$3" -C "$4" -f -'
)


def main(rounds: int, archive: str) -> None:
    """Print each measurement as a ratio, with what is wanted."""
    with tempfile.TemporaryDirectory(prefix="toolpin-bench-") as root:
        archive = archive or _node_like(root)
        small = _small_files(root)
        directory = os.path.dirname(os.path.abspath(archive))
        with _served(directory) as port:
            url = f"http://127.0.0.1:{port}/{os.path.basename(archive)}"
            _against_a_pipe(root, url, archive, rounds)
            _memory(root, url, archive)
            _three_at_once(root, url, archive, rounds)
        _against_tar(root, small, rounds)


def child(url: str, digest: str, stage: str) -> None:
    """Fetch, verify and unpack one artifact: what each measured process does."""
    artifact = Artifact(url, Digest("sha256", digest), None, os.path.basename(url))
    part = f"{stage}.part"
    Fetcher(str).download(artifact, part, lambda _have, _all: None)
    os.mkdir(stage)
    unpack(part, artifact.filename, stage)
    os.unlink(part)


def _against_a_pipe(root: str, url: str, archive: str, rounds: int) -> None:
    digest = _sha256(archive)
    letter = {"xz": "J", "gz": "z"}[archive.rpartition(".")[2]]

    def pipe(stage: str) -> None:
        os.mkdir(stage)
        command = ["bash", "-o", "pipefail", "-c", PIPE, "pipe"]
        subprocess.run([*command, url, digest, letter, stage], check=True)

    _compare(
        f"{os.path.basename(archive)}: fetch, verify, unpack (wanted <= 1.3)",
        {
            "curl | tee | tar": pipe,
            "toolpin": lambda at: _wait([_start(url, digest, at)]),
        },
        root,
        rounds,
    )


def _against_tar(root: str, archive: str, rounds: int) -> None:
    def ours(stage: str) -> None:
        os.mkdir(stage)
        unpack(archive, "small.tar", stage)

    def tar(stage: str) -> None:
        os.mkdir(stage)
        subprocess.run(["tar", "-xf", archive, "-C", stage], check=True)

    def create(stage: str) -> None:
        os.mkdir(stage)
        for number in range(SMALL_FILES):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            os.close(os.open(f"{stage}/{number}", flags, 0o644))

    candidates = {"tar x": tar, "toolpin": ours, "open + close alone": create}
    _compare(f"{SMALL_FILES} small files", candidates, root, rounds)


def _memory(root: str, url: str, archive: str) -> None:
    process = _start(url, _sha256(archive), f"{root}/stage")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    shutil.rmtree(f"{root}/stage")
    kib = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    print(f"peak memory {kib // 1024} MiB (wanted <= 120)")


def _three_at_once(root: str, url: str, archive: str, rounds: int) -> None:
    digest = _sha256(archive)

    def in_turn(stage: str) -> None:
        os.mkdir(stage)
        for name in "abc":
            _wait([_start(url, digest, f"{stage}/{name}")])

    def at_once(stage: str) -> None:
        os.mkdir(stage)
        _wait([_start(url, digest, f"{stage}/{name}") for name in "abc"])

    candidates = {"one after the other": in_turn, "at once": at_once}
    _compare("three tools (wanted <= 0.75)", candidates, root, rounds)


def _start(url: str, digest: str, stage: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.unpack", "child", url, digest, stage]
    return subprocess.Popen(command)


def _wait(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    statuses = [process.wait() for process in processes]
    assert not any(statuses), "a child failed"


def _compare(
    title: str, candidates: Mapping[str, Callable[[str], None]], root: str, rounds: int
) -> None:
    """Run each candidate once a round into an empty place; the first is the base."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, work in candidates.items():
            start, before = time.perf_counter(), os.times()
            work(f"{root}/stage")
            cpu_s = sum(os.times()[:4]) - sum(before[:4])
            times[name].append((time.perf_counter() - start, cpu_s))
            shutil.rmtree(f"{root}/stage")
    base = next(iter(times.values()))
    print(title)
    for name, values in times.items():
        pairs = list(zip(values, base, strict=True))
        wall, cpu = (
            statistics.median(a[at] / b[at] for a, b in pairs) for at in (0, 1)
        )
        seconds = statistics.median(value[0] for value in values)
        print(f"  {name:<20} {seconds:6.2f} s  {wall:5.2f}x, of CPU {cpu:5.2f}x")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


@contextlib.contextmanager
def _served(directory: str) -> Iterator[int]:
    """Serve a directory on 127.0.0.1, in a thread for each request; give the port."""
    handler = functools.partial(_Quiet, directory=directory)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _node_like(root: str) -> str:
    """Pack one program of 100 MB and 4,800 scripts, which compress 6 to 1."""
    dice = random.Random(0)
    top = f"{root}/node-like"
    os.makedirs(f"{top}/bin")
    words = [dice.randbytes(dice.randrange(3, 14)) for _ in range(30_000)]
    with open(f"{top}/bin/node", "wb") as program:
        for _ in range(100):
            program.write(b"".join(dice.choices(words, k=120_000)))
    for number in range(4_800):
        directory = f"{top}/lib/node_modules/{number // 20}"
        os.makedirs(directory, exist_ok=True)
        with open(f"{directory}/{number}.js", "wb") as script:
            script.write(
                b"".join(dice.choices(words[:900], k=dice.randrange(20, 2_000)))
            )
    archive = f"{root}/node-like.tar.xz"
    subprocess.run(["tar", "-cf", f"{root}/plain", "-C", root, "node-like"], check=True)
    with open(archive, "wb") as packed:
        subprocess.run(
            ["xz", "-T0", "-1", "-c", f"{root}/plain"], stdout=packed, check=True
        )
    shutil.rmtree(top)
    os.unlink(f"{root}/plain")
    return archive


def _small_files(root: str) -> str:
    dice = random.Random(1)
    for number in range(SMALL_FILES):
        directory = f"{root}/small/{number // 100}"
        os.makedirs(directory, exist_ok=True)
        with open(f"{directory}/{number}.js", "wb") as file:
            file.write(dice.randbytes(dice.randrange(200, 3_000)))
    subprocess.run(["tar", "-cf", f"{root}/small.tar", "-C", root, "small"], check=True)
    shutil.rmtree(f"{root}/small")
    return f"{root}/small.tar"


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(*sys.argv[2:5])
    else:
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else 7,
            sys.argv[2] if len(sys.argv) > 2 else "",
        )
