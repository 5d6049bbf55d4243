"""After a command that may bring commands, the shims follow at once."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.shell.store import Store

INSTALLS = """#!/bin/sh
bin={bin}
printf '#!/bin/sh\\necho ran\\n' >"$bin/tsc.new"
/bin/chmod 755 "$bin/tsc.new"
/bin/mv "$bin/tsc.new" "$bin/tsc"
exit 7
"""


def npm(store: Store, script: str) -> Path:
    """Replace npm, and pin its version."""
    store.home.pin("nodejs 10.15.3\n")
    bin_directory = store.home.data / "installs/nodejs/10.15.3/bin"
    (bin_directory / "npm").write_text(script.replace("{bin}", str(bin_directory)))
    return bin_directory


def test_a_command_that_was_just_installed_runs(store: Store, road: str) -> None:
    npm(store, INSTALLS)
    assert store.run(road, "npm", "install", "-g", "typescript").code == 7
    done = store.home.run(store.home.shim("tsc"))
    assert (done.out, done.err) == ("ran\n", "")


def test_without_such_a_word_nothing_is_refreshed(store: Store, road: str) -> None:
    npm(store, INSTALLS)
    assert store.run(road, "npm", "install", "-g typescript").code == 7
    assert not os.path.exists(store.home.shim("tsc"))


def test_a_command_may_bring_commands_without_any_word(store: Store, road: str) -> None:
    """`bundle` alone is `bundle install`."""
    binaries = npm(store, INSTALLS)
    (binaries / "npm").rename(binaries / "npx")
    store.refresh()
    assert store.run(road, "npx", "tsx").code == 7
    assert not os.path.exists(store.home.shim("tsc"))
    for words in ((), ("add",)):
        (binaries / "tsc").unlink()
        store.refresh()
        assert store.run(road, "npx", *words).code == 7
        assert store.home.run(store.home.shim("tsc")).out == "ran\n"


def test_a_command_that_is_run_as_a_child_keeps_its_input(
    store: Store, road: str
) -> None:
    npm(store, '#!/bin/sh\nprintf "<%s>" "$@"\ncat\n')
    done = store.run(road, "npm", "-g", "a b", "", stdin="input")
    assert (done.out, done.code) == ("<-g><a b><>input", 0)


def test_a_script_without_a_first_line_runs_as_a_child(store: Store, road: str) -> None:
    npm(store, 'echo "script $*"\n')
    assert store.run(road, "npm", "-g").out == "script -g\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT"])
def test_a_death_by_signal_is_passed_on(store: Store, road: str, name: str) -> None:
    npm(store, f"#!/bin/sh\nkill -{name[3:]} $$\n")
    assert store.run(road, "npm", "-g").code == -signal.Signals[name]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_reaches_the_child(
    store: Store, road: str, number: signal.Signals
) -> None:
    npm(
        store,
        f"#!/bin/sh\ntrap 'echo got; exit 9' {number.name[3:]}\necho ready\n"
        "while :; do /bin/sleep 0.02; done\n",
    )
    process = subprocess.Popen(
        store.command(road, "npm", "-g"),
        cwd=store.home.project,
        env=store.home.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == ("got\n", 9)


def test_an_interrupt_is_the_childs_to_answer(store: Store, road: str) -> None:
    npm(
        store,
        "#!/bin/sh\ntrap 'echo got; exit 9' INT\necho ready\n"
        "while :; do /bin/sleep 0.02; done\n",
    )
    process = subprocess.Popen(
        store.command(road, "npm", "-g"),
        cwd=store.home.project,
        env=store.home.env,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == ("got\n", 9)


def test_shims_that_cannot_be_refreshed_do_not_change_the_exit_code(
    store: Store,
) -> None:
    npm(store, INSTALLS)
    locks = Path(store.paths.locks)
    locks.parent.mkdir(exist_ok=True)
    locks.write_text("a file where a directory belongs")
    deadline = time.monotonic() + 30
    done = store.run("exec", "npm", "-g", "typescript")
    assert time.monotonic() < deadline
    assert done.code == 7
