"""What an install needs of the application's context."""

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
        """The tools that are known."""

    @property
    def settings(self) -> Settings:
        """The settings that hold, with the command line's."""

    @property
    def host(self) -> Host:
        """The machine that is installed for."""

    @property
    def cache(self) -> Cache:
        """Where archives and notes are kept."""

    @property
    def clients(self) -> Clients:
        """What queries sources and downloads."""

    @property
    def builder(self) -> Builder:
        """What builds from source code."""

    @property
    def board(self) -> Board:
        """Where progress is shown."""
