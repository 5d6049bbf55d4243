"""The part of the App that installs use."""

from __future__ import annotations

from typing import Protocol

from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.model import Host
from toolpin.plugins.registry import Registry
from toolpin.sources.clients import Clients
from toolpin.steps.source_build import Builder
from toolpin.system.paths import Paths
from toolpin.system.progress import Board


class Context(Protocol):
    """The part of `App` that installs use."""

    paths: Paths

    @property
    def registry(self) -> Registry:
        """The known tools."""

    @property
    def settings(self) -> Settings:
        """The effective settings, with the command line's."""

    @property
    def host(self) -> Host:
        """The machine that is installed for."""

    @property
    def cache(self) -> Cache:
        """The cache of archives and notes."""

    @property
    def clients(self) -> Clients:
        """The clients that query sources and download."""

    @property
    def builder(self) -> Builder:
        """The builder of source code."""

    @property
    def board(self) -> Board:
        """The progress display."""
