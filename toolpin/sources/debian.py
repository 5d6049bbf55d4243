"""Builds of Debian: the packages of a suite, unpacked side by side.

A suite has one version of a tool; several suites have several, which no machine of
Debian's has at once. Where the host's glibc is older than the suite's, or a library is
not here, the suite's own loader and libraries come along, and the result is bound to
this machine.
"""

from __future__ import annotations

from collections.abc import Collection

from toolpin.binaries.fit import lacks
from toolpin.errors import NotPublished
from toolpin.model import Artifact, Build, Host, Patch, Release, Step, Unpack
from toolpin.plugin.contract import SourceSpec
from toolpin.sources.apt_client import AptClient, DebPackage, upstream_version

RUNTIME = "runtime"


class DebianCode:
    """A plugin's source of kind `debian` whose packages are upstream's source code."""

    def __init__(self, spec: SourceSpec, apt: AptClient) -> None:
        self._spec = spec
        self._apt = apt

    def releases(self, host: Host) -> list[Release]:  # noqa: ARG002 - for any host
        """Return the version that each suite has."""
        found = (self._code(suite) for suite in self._spec.suites)
        return [Release(upstream_version(one.version)) for one in found if one]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:  # noqa: ARG002
        """Return the original tarball of the first suite that has the version."""
        for suite in self._spec.suites:
            code = self._code(suite)
            if code and upstream_version(code.version) == version:
                return (code.artifact(),)
        names = ", ".join(self._spec.suites)
        raise NotPublished(f"Debian has no {self._spec.package} {version} in {names}")

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the one tarball there is, in a list."""
        return [Build(self.artifacts(version, host))]

    def _code(self, suite: str) -> DebPackage | None:
        return self._apt.source_code(suite, self._spec.package)


class DebianSource:
    """A plugin's source of kind `debian`."""

    def __init__(self, spec: SourceSpec, apt: AptClient) -> None:
        self._spec = spec
        self._apt = apt

    def releases(self, host: Host) -> list[Release]:
        """Return the version that each suite has."""
        found = (self._main(suite, host) for suite in self._spec.suites)
        return [Release(upstream_version(one.version)) for one in found if one]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the packages of the first suite that has the version."""
        suite = self._suite(version, host)
        # Of a host of unknown glibc nobody says that it has the suite's.
        lacking = lacks(host, Build((), self._requires(suite)))
        is_bound = not host.libc_version or bool(lacking)
        return self._packages(suite, host, with_runtime=is_bound)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the build for hosts with the suite's libraries, and one for others."""
        suite = self._suite(version, host)
        requires = self._requires(suite)
        plain = self._packages(suite, host, with_runtime=False)
        found = [Build(plain, requires)]
        if requires and self._spec.runtime:
            found.append(Build(self._packages(suite, host, with_runtime=True)))
        return found

    def _suite(self, version: str, host: Host) -> str:
        for suite in self._spec.suites:
            main = self._main(suite, host)
            if main and upstream_version(main.version) == version:
                return suite
        names = ", ".join(self._spec.suites)
        raise NotPublished(f"Debian has no {self._spec.package} {version} in {names}")

    def _main(self, suite: str, host: Host) -> DebPackage | None:
        names = (self._spec.package, *self._spec.packages)
        return self._apt.packages(suite, names, host).get(self._spec.package)

    def _requires(self, suite: str) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self._spec.suites[suite].items()))

    def _packages(
        self, suite: str, host: Host, *, with_runtime: bool
    ) -> tuple[Artifact, ...]:
        wanted = [self._spec.package, *self._spec.packages]
        wanted += self._spec.runtime if with_runtime else ()
        names = list(dict.fromkeys(wanted))
        return tuple(
            one.artifact() for one in self._apt.packages(suite, names, host).values()
        )


def steps_of(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], host: Host
) -> list[Step]:
    """Return how the packages become a tree: what each is, its name tells."""
    unpacks = [
        Unpack(index, only=spec.only, strip=spec.strip)
        for index, artifact in enumerate(artifacts)
        if package_of(artifact) not in spec.runtime
    ]
    values = spec.hosts[str(host)]
    more = library_steps(spec, artifacts, host)
    bound = [Patch(RUNTIME, values.get("loader", ""))] if more else []
    return [*unpacks, *more, *spec.links, *spec.rewrite, *bound]


def library_steps(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], host: Host
) -> list[Step]:
    """Return how the libraries among the packages get into a folder of their own."""
    folder = f"usr/lib/{spec.hosts[str(host)].get('triplet', '')}"
    return [
        Unpack(index, into=RUNTIME, only=folder, strip=3)
        for index, artifact in enumerate(artifacts)
        if is_package(artifact, spec.runtime)
    ]


def is_named(spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str) -> bool:
    """Tell whether the source would name these packages for a version."""
    known = {spec.package, *spec.packages, *spec.runtime}
    main = [one for one in artifacts if package_of(one) == spec.package]
    return (
        len(main) == 1
        and upstream_version(main[0].filename.split("_")[1]) == version
        and all(is_package(one, known) for one in artifacts)
    )


def is_source(spec: SourceSpec, artifact: Artifact, version: str) -> bool:
    """Tell whether an artifact is upstream's source code for a version."""
    name, _, rest = artifact.filename.partition("_")
    packaged, orig, _ = rest.partition(".orig.tar.")
    return (
        name == spec.package
        and bool(orig)
        and upstream_version(packaged) == version
        and is_package(artifact, {spec.package})
    )


def is_package(artifact: Artifact, names: Collection[str]) -> bool:
    """Tell whether an artifact is one of these packages, by its pool path."""
    return (
        package_of(artifact) in names
        and artifact.locator.startswith("deb:pool/")
        and artifact.locator.endswith(f"/{artifact.filename}")
        and ".." not in artifact.locator
    )


def package_of(artifact: Artifact) -> str:
    """Return the name of the package that a file is: `erlang-base_25.2.3_amd64.deb`."""
    return artifact.filename.partition("_")[0]
