"""Packages on the npm registry that this machine's npm client is set up for.

The client is the first `npm` on PATH that is not a toolpin shim, else a private one
(see `npm_finder`). It runs in a separate directory, so that no project's `.npmrc`
applies.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence

from toolpin.digests import parse_sri
from toolpin.errors import NotPublished, Unreachable
from toolpin.json_text import parse_json
from toolpin.model import Artifact
from toolpin.sources.protocol import Progress
from toolpin.system.directory_tree import drop_tree
from toolpin.system.process import Finished, run

_QUESTION_S = 90.0
_DOWNLOAD_S = 3600.0
_LOCATOR = re.compile(r"npm:((?:@[\w.-]+/)?[\w.-]+)@([\w.+-]+)")
_QUIET = (
    "--ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error "
    "--dry-run=false --offline=false --usage=false --global=false "
    "--fetch-retries=1 --fetch-retry-mintimeout=500 --fetch-timeout=30000"
).split()


class NpmClient:
    """Queries and downloads through npm; `find_client` returns its command line."""

    def __init__(
        self, env: Mapping[str, str], find_client: Callable[[], list[str]]
    ) -> None:
        self._env = {k: v for k, v in env.items() if k != "NODE_OPTIONS"}
        self._find_client = find_client

    def versions(self, package: str) -> list[str]:
        """Return every version of the package; empty if there is no such package."""
        result = self._view(package, "versions")
        if isinstance(result, list):
            return [str(version) for version in result]
        return [result] if isinstance(result, str) else []

    def artifact(self, package: str, version: str = "") -> Artifact:
        """Return one version's tarball with the registry's digest, or the latest one's.

        Raises NotPublished or Unreachable.
        """
        spec = f"{package}@{version}" if version else package
        result = self._view(spec, "version", "dist")
        listed = str(result.get("version", "")) if isinstance(result, dict) else ""
        # npm treats `10`, `next` and `10.x` as versions too: those are not exact.
        if not isinstance(result, dict) or listed != (version or listed) or not listed:
            raise NotPublished(f"npm has no {package} {version}".rstrip())
        version = listed
        dist = result.get("dist")
        integrity = dist.get("integrity") if isinstance(dist, dict) else None
        digest = parse_sri(str(integrity or ""))
        filename = f"{package.removeprefix('@').replace('/', '-')}-{version}.tgz"
        return Artifact(f"npm:{package}@{version}", digest, None, filename)

    def registry(self) -> str:
        """Return the registry that npm is configured for."""
        with tempfile.TemporaryDirectory(prefix="toolpin-npm-") as directory:
            finished = self._npm(directory, ["config", "get", "registry"], _QUESTION_S)
        return finished.out.strip()

    def download(self, artifact: Artifact, part: str, progress: Progress) -> None:
        """Download an `npm:` artifact to `part`. The caller verifies it."""
        match = _LOCATOR.fullmatch(artifact.locator)
        if match is None:
            raise NotPublished(f"{artifact.locator} is not an npm package")
        directory = f"{part}.d"
        drop_tree(directory)
        os.makedirs(directory)
        try:
            spec = f"{match[1]}@{match[2]}"
            finished = self._npm(directory, ["pack", spec], _DOWNLOAD_S)
            tarballs = [name for name in os.listdir(directory) if name.endswith(".tgz")]
            if finished.status != 0 or len(tarballs) != 1:
                raise _unreachable(match[1], finished)
            os.replace(f"{directory}/{tarballs[0]}", part)
        finally:
            drop_tree(directory)
        size_bytes = os.path.getsize(part)
        progress(size_bytes, size_bytes)

    def _view(self, spec: str, *fields: str) -> object:
        """Return the output of `npm view`, None if the registry has no such package."""
        with tempfile.TemporaryDirectory(prefix="toolpin-npm-") as directory:
            question = ["view", spec, *fields, "--json"]
            finished = self._npm(directory, question, _QUESTION_S)
        try:
            answer = parse_json(finished.out) if finished.out.strip() else None
        except (ValueError, RecursionError):
            raise _unreachable(spec, finished) from None
        error = answer.get("error") if isinstance(answer, dict) else None
        if finished.status == 0 and not error:
            return answer
        if isinstance(error, dict) and error.get("code") == "E404":
            return None
        raise _unreachable(spec, finished)

    def _npm(self, directory: str, args: Sequence[str], timeout_s: float) -> Finished:
        """Run npm in `directory`, with its cache below it, to be deleted with it.

        npm uses the settings of the first directory up that looks like a project; a
        package.json makes that this one.
        """
        client = self._find_client()
        for name, text in (("package.json", "{}\n"), (".npmrc", "")):
            with open(f"{directory}/{name}", "x", encoding="utf-8") as stream:
                stream.write(text)
        # A Node.js that supports the variable uses the system's certificates.
        env = {"NODE_USE_SYSTEM_CA": "1", **self._env}
        # The client's directory is first: npm is a script for `node`.
        path = env.get("PATH", "/usr/local/bin:/usr/bin:/bin")
        env["PATH"] = f"{os.path.dirname(client[0])}:{path}"
        places = (f"--cache={directory}/cache", f"--pack-destination={directory}")
        command = [*client, *args, *_QUIET, *places]
        return run(command, env=env, cwd=directory, timeout_s=timeout_s)


def _unreachable(package: str, reported: Finished) -> Unreachable:
    matches = re.findall(r"(?m)^npm (?:ERR!|error) (.+)$", reported.err)
    return Unreachable(
        f"npm did not answer about {package}",
        [
            ("exit status", str(reported.status)),
            ("npm output", "; ".join(matches[:3]) or "?"),
        ],
    )
