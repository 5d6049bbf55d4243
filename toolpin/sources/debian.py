"""Builds of Debian: the packages of a suite, unpacked side by side.

A suite has one version of a tool; several suites have several versions. If the host's
glibc is older than the suite's, or a library is missing, the suite's own loader and
libraries are included, and the result is bound to this machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from toolpin.binaries.fit import lacks
from toolpin.errors import NotPublished
from toolpin.model import Artifact, Build, Host, Patch, Release, Step, Unpack
from toolpin.sources import fields
from toolpin.sources.apt_lists import DebPackage, upstream_version
from toolpin.sources.deb_files import RUNTIME, is_package, library_steps, package_of
from toolpin.sources.fields import Field
from toolpin.sources.protocol import Client, Kind, fill
from toolpin.sources.shared_fields import COMMON, REWRITE, filled_links
from toolpin.sources.spec import SourceSpec
from toolpin.verification import Level

if TYPE_CHECKING:
    from toolpin.sources.apt_client import AptClient


class Debian(NamedTuple):
    """The fields that only kind `debian` has."""

    package: str
    packages: tuple[str, ...]
    suites: Mapping[str, Mapping[str, str]]
    shared: Mapping[str, str]
    runtime: tuple[str, ...]


FIELDS: dict[str, Field] = {
    "package": Field(
        fields.read_text,
        "a package name",
        "the package whose version is the tool's",
        "",
        holds=(),
    ),
    "packages": Field(
        fields.read_packages,
        "a list of package names",
        "the packages to unpack together, if a suite has them",
        (),
    ),
    "suites": Field(
        fields.read_tables,
        "a table: suite = {glibc = version, soname = library}",
        "the suites to search, in order, and what their packages require of a host",
        {},
    ),
    "shared": Field(
        fields.read_shared,
        "a table: package = relative path",
        "packages with files that symbolic links in `packages` lead to, and the "
        "directory to unpack of each, to the same path in the install",
        {},
    ),
    "runtime": Field(
        fields.read_packages,
        "a list of package names",
        "packages with a loader and libraries, for a host without what the suite needs",
        (),
    ),
    "rewrite": REWRITE,
}


class DebianSource:
    """A plugin's source of kind `debian`: packages, or upstream's source code."""

    def __init__(self, spec: SourceSpec, apt: AptClient) -> None:
        self._own: Debian = spec.own
        self._is_code = spec.build
        self._apt = apt

    def releases(self, host: Host) -> list[Release]:
        """Return the version that each suite has."""
        return [Release(version) for _, version, _ in self._in_suites(host)]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the packages, or the tarball, of the first suite with the version."""
        suite, package = self._suite(version, host)
        if self._is_code:
            return (package.artifact(),)
        # A host of unknown glibc may lack the suite's.
        missing = lacks(host, Build((), self._requires(suite)))
        is_bound = not host.libc_version or bool(missing)
        return self._packages(suite, host, with_runtime=is_bound)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the build for hosts with the suite's libraries, and one for others."""
        suite, package = self._suite(version, host)
        if self._is_code:
            return [Build((package.artifact(),))]
        requires = self._requires(suite)
        plain = self._packages(suite, host, with_runtime=False)
        results = [Build(plain, requires)]
        if requires and self._own.runtime:
            results.append(Build(self._packages(suite, host, with_runtime=True)))
        return results

    def _suite(self, version: str, host: Host) -> tuple[str, DebPackage]:
        """Return the first suite that has a version, and its package."""
        for suite, value, package in self._in_suites(host):
            if value == version:
                return suite, package
        suites = ", ".join(self._own.suites)
        raise NotPublished(f"Debian has no {self._own.package} {version} in {suites}")

    def _in_suites(self, host: Host) -> Iterator[tuple[str, str, DebPackage]]:
        """Yield each suite with the package, and upstream's version, in their order.

        All suites are queried at the same time, since a suite's list takes seconds. One
        that gives no answer raises Unreachable at its turn.
        """
        from concurrent.futures import ThreadPoolExecutor

        suites = self._own.suites
        with ThreadPoolExecutor(max_workers=len(suites)) as pool:
            packages = pool.map(lambda suite: self._query(suite, host), suites)
            for suite, package in zip(suites, packages, strict=True):
                if package:
                    yield suite, upstream_version(package.version), package

    def _query(self, suite: str, host: Host) -> DebPackage | None:
        own = self._own
        if self._is_code:
            return self._apt.source_code(suite, own.package)
        # All packages that may be needed, since the suite's list is read per query.
        names = (own.package, *own.packages, *own.shared, *own.runtime)
        return self._apt.packages(suite, names, host).get(own.package)

    def _requires(self, suite: str) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self._own.suites[suite].items()))

    def _packages(
        self, suite: str, host: Host, *, with_runtime: bool
    ) -> tuple[Artifact, ...]:
        wanted = [self._own.package, *self._own.packages, *self._own.shared]
        wanted += self._own.runtime if with_runtime else ()
        names = list(dict.fromkeys(wanted))
        return tuple(
            package.artifact()
            for package in self._apt.packages(suite, names, host).values()
        )


def _steps(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> list[Step]:
    """Return the steps that unpack the packages into a tree, by their names."""
    own: Debian = spec.own
    values = spec.values(host, version=version)
    unpack = Unpack(0, only=fill(spec.only, values), strip=spec.strip)
    unpacks = [
        _unpack(own, unpack._replace(artifact=index), package_of(artifact))
        for index, artifact in enumerate(artifacts)
        if package_of(artifact) not in own.runtime
    ]
    more = library_steps(own.runtime, values.get("triplet", ""), artifacts)
    links = filled_links(spec, version, host)
    bound = [Patch(RUNTIME, values.get("loader", ""))] if more else []
    return [*unpacks, *more, *links, *spec.rewrite, *bound]


def _unpack(own: Debian, unpack: Unpack, package: str) -> Unpack:
    if path := own.shared.get(package):
        return Unpack(unpack.artifact, path, len(path.split("/")), path)
    return unpack._replace(shared=tuple(dict.fromkeys(own.shared.values())))


def _names(
    spec: SourceSpec,
    artifacts: tuple[Artifact, ...],
    version: str,
    host: Host,  # noqa: ARG001 - Debian's package names are the same for all
) -> bool:
    own: Debian = spec.own
    if spec.build:
        return len(artifacts) == 1 and _is_code(own, artifacts[0], version)
    known = {own.package, *own.packages, *own.shared, *own.runtime}
    main = [artifact for artifact in artifacts if package_of(artifact) == own.package]
    return (
        len(main) == 1
        and upstream_version(main[0].filename.split("_")[1]) == version
        and all(is_package(artifact, known) for artifact in artifacts)
    )


def _is_code(own: Debian, artifact: Artifact, version: str) -> bool:
    """Return whether an artifact is upstream's source code for a version."""
    name, _, rest = artifact.filename.partition("_")
    packaged, orig, _ = rest.partition(".orig.tar.")
    return (
        name == own.package
        and bool(orig)
        and upstream_version(packaged) == version
        and is_package(artifact, {own.package})
    )


KIND = Kind(
    own=Debian,
    fields={**COMMON, **FIELDS},
    needs=("package", "suites"),
    open=lambda spec, on: DebianSource(spec, on.apt),
    address=lambda spec, _: f"debian:{spec.own.package}",
    names=_names,
    steps=_steps,
    level=lambda _: Level.SIGNATURE,
    client=Client("apt", lambda services: services.apt.find_mirror()),
)
