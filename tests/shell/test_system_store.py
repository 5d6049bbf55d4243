"""Behind a user's own store stands the machine's, which shims look into as well."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.shell.store import KNOWN, SHELLS, Store
from tests.support.run import Home
from toolpin.model import Pin
from toolpin.shims.shim_directory import refresh
from toolpin.shims.stubs import render_library
from toolpin.system.paths import Paths


class TwoStores(Store):
    """A user's own store in front of the machine's."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.own = self.paths._replace(system=f"{home.root}/system")
        self.system = Paths(self.own.system, str(home.config))

    def refresh_own(self, python: str = sys.executable) -> None:
        refresh(self.own, KNOWN, python)


@pytest.fixture
def stores(home: Home) -> TwoStores:
    """10.15.3 in both, 12.22.0 in the machine's alone."""
    stores = TwoStores(home)
    stores.publish("nodejs", "10.15.3", {"node": "own 10.15.3"})
    stores.paths = stores.system
    stores.publish("nodejs", "10.15.3", {"node": "system 10.15.3"})
    stores.publish("nodejs", "12.22.0", {"node": "system 12.22.0", "npm": ""})
    stores.paths = stores.own
    stores.refresh_own()
    return stores


def test_the_own_store_comes_first(stores: TwoStores, road: str) -> None:
    stores.home.pin("nodejs 10.15.3\n")
    assert stores.run(road, "node").out == "own 10.15.3\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_what_it_lacks_is_the_machine_s_and_needs_no_python(
    stores: TwoStores, shell: str
) -> None:
    stores.refresh_own("/no/python")
    stores.home.pin("nodejs 12.22.0\n")
    assert stores.run(shell, "node").out == "system 12.22.0\n"
    assert stores.run(shell, "npm").out == "nodejs 12.22.0\n"


def test_a_loose_request_counts_both(stores: TwoStores, road: str) -> None:
    stores.home.pin("nodejs latest\n")
    assert stores.run(road, "node").out == "system 12.22.0\n"


def test_a_mark_hides_one_store_s_version_only(stores: TwoStores, road: str) -> None:
    stores.mark(Pin("nodejs", "10.15.3"))
    stores.home.pin("nodejs 10.15.3\n")
    assert stores.run(road, "node").out == "system 10.15.3\n"


def test_an_own_version_without_a_record_still_comes_first(
    stores: TwoStores, road: str
) -> None:
    shutil.rmtree(Path(stores.own.install("nodejs", "10.15.3"), ".toolpin"))
    stores.home.pin("nodejs 10.15.3\n")
    assert stores.run(road, "node").out == "own 10.15.3\n"


def test_without_a_machine_s_store_shims_look_into_one(store: Store) -> None:
    text = render_library(store.paths, sys.executable)[store.paths.shim_library]
    assert f"for _tp_name in '{store.paths.data}'; do" in text
