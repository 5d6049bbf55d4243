"""Builds of Debian: the packages of a suite, unpacked side by side.

A suite has one version of a tool; several suites have several, which no machine of
Debian's has at once. Where the host's glibc is older than the suite's, or a library is
not here, the suite's own loader and libraries come along, and the result is bound to
this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from toolpin.binaries.fit import lacks
from toolpin.errors import NotPublished
from toolpin.model import Artifact, Build, Host, Patch, Release, Step, Unpack
from toolpin.sources.apt_client import AptClient
from toolpin.sources.apt_lists import DebPackage, upstream_version
from toolpin.sources.deb_files import RUNTIME, is_package, library_steps, package_of
from toolpin.sources.spec import SourceSpec


class DebianCode:
    """A plugin's source of kind `debian` whose packages are upstream's source code."""

    def __init__(self, spec: SourceSpec, apt: AptClient) -> None:
        self._spec = spec
        self._apt = apt

    def releases(self, host: Host) -> list[Release]:  # noqa: ARG002 - for any host
        """Return the version that each suite has."""
        return [Release(version) for _, version, _ in self._found()]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:  # noqa: ARG002
        """Return the original tarball of the first suite that has the version."""
        for _, found, code in self._found():
            if found == version:
                return (code.artifact(),)
        raise _not_in_debian(self._spec, version)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the one tarball there is, in a list."""
        return [Build(self.artifacts(version, host))]

    def _found(self) -> Iterator[tuple[str, str, DebPackage]]:
        name = self._spec.package
        return _in_suites(self._spec, lambda suite: self._apt.source_code(suite, name))


class DebianSource:
    """A plugin's source of kind `debian`."""

    def __init__(self, spec: SourceSpec, apt: AptClient) -> None:
        self._spec = spec
        self._apt = apt

    def releases(self, host: Host) -> list[Release]:
        """Return the version that each suite has."""
        return [Release(version) for _, version, _ in self._found(host)]

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
        for suite, found, _ in self._found(host):
            if found == version:
                return suite
        raise _not_in_debian(self._spec, version)

    def _found(self, host: Host) -> Iterator[tuple[str, str, DebPackage]]:
        # All that may be wanted of a suite, since its list is read for each question.
        spec = self._spec
        names = (spec.package, *spec.packages, *spec.shared, *spec.runtime)
        return _in_suites(
            spec, lambda suite: self._apt.packages(suite, names, host).get(names[0])
        )

    def _requires(self, suite: str) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self._spec.suites[suite].items()))

    def _packages(
        self, suite: str, host: Host, *, with_runtime: bool
    ) -> tuple[Artifact, ...]:
        wanted = [self._spec.package, *self._spec.packages, *self._spec.shared]
        wanted += self._spec.runtime if with_runtime else ()
        names = list(dict.fromkeys(wanted))
        return tuple(
            one.artifact() for one in self._apt.packages(suite, names, host).values()
        )


def _in_suites(
    spec: SourceSpec, ask: Callable[[str], DebPackage | None]
) -> Iterator[tuple[str, str, DebPackage]]:
    """Yield each suite that has the package, with upstream's version, in their order.

    All suites are asked at the same time, since a suite's list takes seconds. One that
    gives no answer is Unreachable when it is its turn.
    """
    with ThreadPoolExecutor(max_workers=len(spec.suites)) as pool:
        asked = [(suite, pool.submit(ask, suite)) for suite in spec.suites]
        for suite, answer in asked:
            if found := answer.result():
                yield suite, upstream_version(found.version), found


def _not_in_debian(spec: SourceSpec, version: str) -> NotPublished:
    suites = ", ".join(spec.suites)
    return NotPublished(f"Debian has no {spec.package} {version} in {suites}")


def steps_of(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], host: Host
) -> list[Step]:
    """Return how the packages become a tree: what each is, its name tells."""
    unpacks = [
        _unpack(spec, index, package_of(artifact))
        for index, artifact in enumerate(artifacts)
        if package_of(artifact) not in spec.runtime
    ]
    values = spec.hosts[str(host)]
    more = library_steps(spec.runtime, values.get("triplet", ""), artifacts)
    bound = [Patch(RUNTIME, values.get("loader", ""))] if more else []
    return [*unpacks, *more, *spec.links, *spec.rewrite, *bound]


def _unpack(spec: SourceSpec, index: int, package: str) -> Unpack:
    if folder := spec.shared.get(package):
        return Unpack(index, into=folder, only=folder, strip=len(folder.split("/")))
    shared = tuple(dict.fromkeys(spec.shared.values()))
    return Unpack(index, only=spec.only, strip=spec.strip, shared=shared)


def is_named(spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str) -> bool:
    """Tell whether the source would name these packages for a version."""
    known = {spec.package, *spec.packages, *spec.shared, *spec.runtime}
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
