"""install.sh, run for real: into temporary prefixes, with homes of their own.

A full installation takes six seconds of a processor. So `first` is shared by the tests
that only look at it or run the script once more over it, and `installed` is put back
for each test that changes one. Only `first` asks the package index: the others find the
packages in a directory, and check the same hashes.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import toolpin
from tests.support.machine import in_mounts, linux_only, small_disk, without_rights
from tests.support.run import REPOSITORY, Result
from tests.support.wheels import (
    SEARCH_PATH,
    build_wheel,
    copy_checkout,
    package_index_environment,
    python_without_ensurepip,
    set_version,
    shared_packages,
    shared_wheel,
)

pytestmark = pytest.mark.network

VERSION = f"toolpin {toolpin.__version__}\n"
JUNK = {
    "PYTHONPATH": "/nonexistent/junk",
    "PYTHONHOME": "/nonexistent/junk",
    "VIRTUAL_ENV": "/nonexistent/junk",
    "BASH_ENV": "/nonexistent/junk",
    "IFS": "/",
    "CDPATH": "/",
}
NOBODY = 65534
SHELLS = (("dash",), ("bash",), ("busybox", "sh"), ("zsh", "--emulate", "sh"))
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


class Machine(NamedTuple):
    """A home, a prefix below it and the environment of one user."""

    home: Path
    env: dict[str, str]

    @property
    def prefix(self) -> Path:
        """Where install.sh puts toolpin, unless it is told otherwise."""
        return self.home / ".local"

    @property
    def launcher(self) -> Path:
        """The command."""
        return self.prefix / "bin" / "toolpin"

    def script(
        self,
        script: Path,
        *args: str,
        shell: tuple[str, ...] = ("sh",),
        env: dict[str, str] | None = None,
        before: tuple[str, ...] = (),
    ) -> Result:
        """Run install.sh, in `shell`, behind the words `before`."""
        command = [*before, *shell, str(script), "--prefix", str(self.prefix), *args]
        return run(command, {**self.env, **(env or {})}, self.home)

    def toolpin(self, *args: str) -> Result:
        """Run the installed command."""
        return run([str(self.launcher), *args], self.env, self.home)


def run(command: list[str], env: dict[str, str], cwd: Path) -> Result:
    """Run a command that may take minutes on a busy machine."""
    done = subprocess.run(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def make_machine(home: Path, packages: Path | None = None) -> Machine:
    """Make an empty home and its user's environment.

    Its packages come from the directory `packages`, or from the package index.
    """
    home.mkdir(parents=True)
    env = {"HOME": str(home), "PATH": SEARCH_PATH, "SHELL": "/bin/bash"}
    env |= package_index_environment()
    if packages:
        env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": packages.as_uri()}
    return Machine(home, env)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All packages that install.sh installs."""
    return shared_packages(tmp_path_factory)


@pytest.fixture
def machine(tmp_path: Path, packages: Path) -> Machine:
    """A fresh home, with a blank and a quote in its path."""
    return make_machine(tmp_path / "ana's home", packages)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that nobody may write to."""
    directory = copy_checkout(tmp_path_factory.mktemp("checkout") / "toolpin")
    for path in [directory, *directory.rglob("*")]:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
    return directory


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return shared_wheel(tmp_path_factory)


@pytest.fixture(scope="module")
def saved(
    wheel: Path, packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Machine:
    """A machine with toolpin out of the wheel, and a copy of its home beside it."""
    machine = make_machine(tmp_path_factory.mktemp("saved") / "ana's home", packages)
    result = machine.script(REPOSITORY / "install.sh", "--wheel", str(wheel))
    assert (result.code, result.err) == (0, "")
    shutil.copytree(machine.home, machine.home.with_name("copy"), symlinks=True)
    return machine


@pytest.fixture
def installed(saved: Machine) -> Machine:
    """The same machine as it was right after the installation."""
    shutil.rmtree(saved.home)
    shutil.copytree(saved.home.with_name("copy"), saved.home, symlinks=True)
    return saved


@pytest.fixture(scope="module")
def first(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with toolpin from the checkout, set up among junk variables."""
    machine = make_machine(tmp_path_factory.mktemp("first") / "home")
    result = machine.script(checkout / "install.sh", shell=("dash",), env=JUNK)
    assert result.code == 0, result
    return machine


def listing(directory: Path) -> list[str]:
    """List all that is in a directory."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def test_a_checkout_installs_and_stays_clean(first: Machine, checkout: Path) -> None:
    assert first.toolpin("version") == Result(0, VERSION, "")
    assert first.toolpin("--version").out == VERSION
    original = copy_checkout(first.home.parent / "original")
    assert listing(checkout) == listing(original)


def test_hostile_84_junk_variables_do_not_reach_the_command(first: Machine) -> None:
    command = [str(first.launcher), "version"]
    assert run(command, {**first.env, **JUNK}, first.home) == Result(0, VERSION, "")


def test_toolpin_sees_the_interpreter_by_its_stable_path(first: Machine) -> None:
    python = first.prefix / "lib" / "toolpin" / "bin" / "python"
    assert f"exec '{python}' -I -m toolpin" in first.launcher.read_text()
    code = "import sys, toolpin; print(sys.executable, toolpin.__file__)"
    result = run([str(python), "-I", "-c", code], first.env, first.home)
    executable, module = result.out.split()
    assert executable == str(python)
    assert module.startswith(f"{first.prefix}/lib/toolpin/lib/")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_second_run_changes_nothing(
    shell: tuple[str, ...], first: Machine, checkout: Path
) -> None:
    if not shutil.which(shell[0]):
        pytest.skip(f"this machine has no {shell[0]}")
    before = (first.prefix / "lib" / "toolpin").readlink(), listing(first.prefix)
    result = first.script(checkout / "install.sh", shell=shell, env=JUNK)
    after = (first.prefix / "lib" / "toolpin").readlink(), listing(first.prefix)
    assert (result.code, result.err) == (0, "")
    assert "unchanged" in result.out
    assert before == after


def test_an_update_runs_the_checkout_that_toolpin_came_from(
    first: Machine, checkout: Path
) -> None:
    shown = first.toolpin("self", "version").out
    assert f"install.sh, in {first.prefix}" in shown
    manifest = first.prefix / "lib/toolpin/toolpin-manifest"
    assert f"from {checkout}\n" in manifest.read_text()
    result = first.toolpin("self", "update")
    assert (result.code, result.err) == (0, "")
    assert "unchanged" in result.out


@pytest.mark.parametrize(
    ("shell", "file", "line"),
    [
        ("bash", ".bashrc", 'eval "$(toolpin activate bash)"'),
        ("zsh", ".zshrc", 'eval "$(toolpin activate zsh)"'),
        ("fish", ".config/fish/config.fish", "toolpin activate fish | source"),
        ("dash", ".profile", "export PATH='{}/.local/share/toolpin/shims':\"$PATH\""),
    ],
)
def test_the_line_for_the_users_shell_is_printed_and_no_file_is_written(
    first: Machine, checkout: Path, shell: str, file: str, line: str
) -> None:
    env = {"SHELL": f"/usr/bin/{shell}"}
    result = first.script(checkout / "install.sh", env=env)
    words = result.out.partition(f"\nadd to the end of {first.home}/{file}, and")[2]
    lines = [text.strip() for text in words.splitlines()[2:]]
    assert len(lines) == 2
    assert f"'{first.prefix}/bin'" in lines[0]
    assert lines[1] == line.format(first.home)
    assert not (first.home / file).exists()
    shims = {"PATH": f"{first.env['PATH']}:{first.home}/.local/share/toolpin/shims"}
    again = first.script(checkout / "install.sh", env={**env, **shims})
    assert "activate" not in again.out


@pytest.fixture
def startup_files(first: Machine) -> Iterator[Path]:
    """The home of `first`, without the startup files that a test left in it.

    Another home would be another answer to which Python is open to the users of the
    prefix, and with another Python the script installs again.
    """
    yield first.home
    for name in (".bash_profile", ".bashrc", ".zshrc"):
        (first.home / name).unlink(missing_ok=True)
    shutil.rmtree(first.home / ".config", ignore_errors=True)


def test_lines_that_the_startup_file_has_are_not_printed_again(
    first: Machine, checkout: Path, startup_files: Path
) -> None:
    env = {"SHELL": "/usr/bin/zsh"}

    def printed() -> list[str]:
        result = first.script(checkout / "install.sh", env=env)
        assert (result.code, result.err) == (0, "")
        return [text.strip() for text in result.out.splitlines() if text[:1] == " "]

    lines = printed()
    startup = startup_files / ".zshrc"
    startup.write_text(f"# {lines[0]}\nif true; then\n  {lines[1]}\nfi\n")
    assert printed() == lines[:1]
    startup.write_text("\n".join(lines))
    assert printed() == []


@pytest.mark.parametrize(
    ("shell", "file"),
    [("bash", ".bashrc"), ("zsh", ".zshrc"), ("fish", ".config/fish/config.fish")],
)
def test_modify_rc_adds_the_lines_once_and_they_work(
    shell: str, file: str, first: Machine, checkout: Path, startup_files: Path
) -> None:
    if not shutil.which(shell):
        pytest.skip(f"this machine has no {shell}")
    env = {"SHELL": f"/usr/bin/{shell}"}
    file = (
        ".bash_profile" if os.uname().sysname == "Darwin" and shell == "bash" else file
    )
    startup = startup_files / file
    startup.parent.mkdir(parents=True, exist_ok=True)
    startup.write_text("true")
    for _ in range(2):
        result = first.script(checkout / "install.sh", "--modify-rc", env=env)
        assert (result.code, result.err) == (0, "")
    assert startup.read_text().startswith("true\n")
    assert startup.read_text().count("# >>> toolpin >>>") == 1
    command = [shell, "-c", f". {startup}; toolpin deactivate; toolpin version"]
    assert run(command, {**first.env, **env}, first.home) == Result(0, VERSION, "")


def test_asdf_is_put_beside_toolpin_and_goes_with_it(
    wheel: Path, installed: Machine
) -> None:
    script = REPOSITORY / "install.sh"
    for _ in range(2):
        done = installed.script(script, "--wheel", str(wheel), "--asdf")
        assert done.code == 0, done.err
        assert "add above that line: export ASDF_DATA_DIR=" in done.out
    command = installed.prefix / "bin/asdf"
    finished = run([str(command), "--version"], installed.env, installed.home)
    assert finished.out.startswith("asdf version 0.")
    assert installed.script(script, "--uninstall").code == 0
    assert not command.exists()


def test_an_upgrade_in_place_keeps_the_store_and_the_shims(
    wheel: Path, installed: Machine, tmp_path: Path
) -> None:
    machine = installed
    new = copy_checkout(tmp_path / "new")
    set_version(new, "99.0.9")
    script = new / "install.sh"
    small = SHELLS[2] if shutil.which("busybox") else SHELLS[0]
    options = ("--wheel", str(wheel), "--modify-rc")
    result = machine.script(script, *options, shell=small)
    assert (result.code, "unchanged" in result.out) == (0, True), result
    shim = make_store(machine)
    leftover = machine.prefix / "lib" / "toolpin-999999999"
    leftover.mkdir()
    (leftover / "toolpin-unfinished").touch()

    bad = machine.script(script, "--wheel", str(spoil(tmp_path)))
    assert bad.code == 1
    assert (
        "install.sh: the packages that toolpin requires could not be "
        "installed" in bad.err
    )
    assert machine.toolpin("version").out == VERSION
    assert run([str(shim)], machine.env, machine.home).out == "the pinned node\n"
    check_environments(machine)

    result = machine.toolpin("self", "update", "--wheel", str(build_wheel(new)))
    assert result.code == 0, result
    assert machine.toolpin("version").out == "toolpin 99.0.9\n"
    assert run([str(shim)], machine.env, machine.home).out == "the pinned node\n"
    check_environments(machine)

    result = machine.toolpin("self", "uninstall")
    assert (result.code, result.err) == (0, "")
    assert "/.local/share/toolpin'" in result.out
    assert os.listdir(machine.prefix) == ["share"]
    assert not (machine.home / ".bashrc").exists()
    assert (machine.home / ".local/share/toolpin/installs/nodejs/10.15.3").is_dir()


def make_store(machine: Machine) -> Path:
    """Adopt an install of Node and pin it; return the path of its shim."""
    data = machine.home / ".local/share/toolpin"
    node = data / "installs/nodejs/10.15.3/bin/node"
    node.parent.mkdir(parents=True)
    node.write_text("#!/bin/sh\necho the pinned node\n")
    node.chmod(0o755)
    (machine.home / ".tool-versions").write_text("nodejs 10.15.3\n")
    result = machine.toolpin("reshim")
    assert result.code == 0, result
    return data / "shims" / "node"


def check_environments(machine: Machine) -> None:
    """Check that the library directory holds one environment and the link to it."""
    library = machine.prefix / "lib"
    link = library / "toolpin"
    assert set(os.listdir(library)) == {"toolpin", str(link.readlink())}


def spoil(directory: Path) -> Path:
    """Build a wheel whose requirements name hashes that no file has."""
    source = copy_checkout(directory / "spoilt")
    file = source / "requirements" / "runtime.txt"
    file.write_text(
        re.sub("sha256:[0-9a-f]{60}", f"sha256:{'0' * 60}", file.read_text())
    )
    return build_wheel(source)


@as_root
def test_an_unprivileged_account_installs_into_its_home(
    wheel: Path, packages: Path
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        public = Path(directory)
        public.chmod(0o755)
        shutil.copytree(packages, public / "packages")
        machine = make_machine(public / "home", public / "packages")
        os.chown(machine.home, NOBODY, NOBODY)
        shutil.copy2(REPOSITORY / "install.sh", public)
        shutil.copy2(wheel, public)
        account = (
            "setpriv",
            f"--reuid={NOBODY}",
            f"--regid={NOBODY}",
            "--clear-groups",
        )
        result = machine.script(
            public / "install.sh", "--wheel", str(public / wheel.name), before=account
        )
        assert result.code == 0, result
        command = [*account, str(machine.launcher), "version"]
        assert run(command, machine.env, machine.home) == Result(0, VERSION, "")
        owners = {path.lstat().st_uid for path in machine.prefix.rglob("*")}
        assert owners == {NOBODY}


@pytest.mark.parametrize("with_pip", [True, False], ids=["host-pip", "debian-wheel"])
def test_a_python_without_ensurepip_is_enough(
    *, with_pip: bool, wheel: Path, machine: Machine, tmp_path: Path
) -> None:
    if not with_pip and not list(Path("/usr/share").glob("python-wheels/pip-*.whl")):
        pytest.skip("this machine keeps no wheel of pip")
    python = python_without_ensurepip(tmp_path / "python", with_pip=with_pip)
    command = [str(python), "-I", "-c", "import ensurepip"]
    assert "No module named 'ensurepip'" in run(command, {}, tmp_path).err
    result = machine.script(
        REPOSITORY / "install.sh",
        *("--wheel", str(wheel), "--python", str(python)),
        env={"PATH": str(directory_without_pip(tmp_path / "tools"))},
    )
    assert result.code == 0, result
    assert machine.toolpin("version").out == VERSION


def directory_without_pip(directory: Path) -> Path:
    """Make a directory of links to all of the system's commands but any pip."""
    directory.mkdir()
    for source in map(Path, ("/bin", "/usr/bin")):
        for command in source.iterdir():
            link = directory / command.name
            if not command.name.startswith("pip") and not link.is_symlink():
                link.symlink_to(command)
    return directory


def hide(*paths: str) -> tuple[str, ...]:
    """Return the words before a command for which these paths are not there."""
    lines = [
        f"mount -t tmpfs none '{path}'"
        if os.path.isdir(path)
        else f"mount --bind /dev/null '{path}'"
        for path in paths
    ]
    probe = ["unshare", "-m", "sh", "-ec", "\n".join(lines)]
    if not shutil.which("unshare") or run(probe, dict(os.environ), Path("/")).code:
        pytest.skip("this machine lets nobody mount")
    lines.append('exec "$@"')
    return ("unshare", "-m", "sh", "-ec", "\n".join(lines), "sh")


@as_root
def test_without_a_python_the_line_for_this_machine_is_printed(
    machine: Machine,
) -> None:
    if not shutil.which("apt-get"):
        pytest.skip("this machine has no apt")
    names = [f"{directory}/python3*" for directory in ("/usr/bin", "/usr/local/bin")]
    pythons = {
        os.path.realpath(path)
        for name in names
        for path in Path("/").glob(name.lstrip("/"))
        if os.access(path, os.X_OK)
    }
    before = hide(*sorted(pythons))
    result = machine.script(
        REPOSITORY / "install.sh", before=before, env={"PATH": "/usr/bin:/bin"}
    )
    assert result.code == 1
    assert result.err.startswith("install.sh: toolpin requires Python 3.11 or newer")
    assert "try: apt-get update && apt-get install -y python3" in result.err
    assert listing(machine.home) == []


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
def test_the_last_directory_of_path_is_looked_into(
    shell: tuple[str, ...], machine: Machine, tmp_path: Path
) -> None:
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]} on this machine")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (shell[0], "id", "mktemp", "rm", "sed", "mkdir"):
        (tools / name).symlink_to(shutil.which(name) or "/bin/busybox")
    python = tools / "python3.15"
    python.write_text(f"#!/bin/sh\n: >{tmp_path}/asked\nexit 1\n")
    python.chmod(0o755)
    machine.script(
        REPOSITORY / "install.sh",
        *("--wheel", str(tmp_path / "none.whl")),
        shell=(str(tools / shell[0]), *shell[1:]),
        env={"PATH": str(tools)},
    )
    assert (tmp_path / "asked").exists()


@as_root
def test_without_any_pip_the_line_for_this_machine_is_printed(
    wheel: Path, machine: Machine, tmp_path: Path
) -> None:
    if not shutil.which("apt-get"):
        pytest.skip("this machine has no apt")
    python = python_without_ensurepip(tmp_path / "python", with_pip=False)
    wheels = "/usr/share/python-wheels"
    result = machine.script(
        REPOSITORY / "install.sh",
        *("--wheel", str(wheel), "--python", str(python)),
        before=hide(wheels) if os.path.isdir(wheels) else (),
        env={"PATH": str(directory_without_pip(tmp_path / "tools"))},
    )
    assert result.code == 1
    assert "try: apt-get update && apt-get install -y python3." in result.err
    assert listing(machine.home) == []


@pytest.mark.parametrize("said", ["echo 3010 9 0 /bin/sh", "exit 1", "echo junk"])
def test_a_python_that_does_not_fit_is_refused_by_name(
    said: str, machine: Machine, tmp_path: Path
) -> None:
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n{said}\n")
    python.chmod(0o755)
    result = machine.script(REPOSITORY / "install.sh", "--python", str(python))
    assert result.code == 1
    assert f"{python} is not a Python 3.11 or newer" in result.err
    assert listing(machine.home) == []


def test_a_shim_of_toolpin_is_never_asked_for_a_python(
    first: Machine, checkout: Path, tmp_path: Path
) -> None:
    for name in ("shims", "installs/python/3.15.0/bin"):
        shim = tmp_path / "data" / name / "python3.15"
        shim.parent.mkdir(parents=True)
        shim.write_text(f"#!/bin/sh\ntouch '{tmp_path}/asked'\n")
        shim.chmod(0o755)
    directories = [str(shim.parent) for shim in (tmp_path / "data").rglob("python3.15")]
    env = {
        "TOOLPIN_DATA_DIR": str(tmp_path / "data"),
        "PATH": ":".join([*directories, first.env["PATH"]]),
    }
    result = first.script(checkout / "install.sh", env=env)
    assert "unchanged" in result.out
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize("path", ["bin/toolpin", "lib/toolpin"])
@pytest.mark.parametrize("kind", ["file", "link that leads nowhere"])
def test_what_install_sh_did_not_make_is_never_replaced(
    path: str, kind: str, machine: Machine
) -> None:
    file = machine.prefix / path
    file.parent.mkdir(parents=True)
    if kind == "file":
        file.write_text("mine")
    else:
        file.symlink_to("/nonexistent/toolpin")
    for option in ("--modify-rc", "--uninstall"):
        result = machine.script(REPOSITORY / "install.sh", option)
        assert result.code == 1
        assert f"{file} was not created by install.sh" in result.err
    if kind == "file":
        assert file.read_text() == "mine"
    else:
        assert os.readlink(file) == "/nonexistent/toolpin"


_AROUND = "mine 1\n# >>> toolpin >>>\nx\n# <<< toolpin <<<\nmine 2\n"


def _fake(machine: Machine, *lines: str, number: int = 7) -> Path:
    """Make what an installation leaves, as far as --uninstall looks at it."""
    environment = machine.prefix / f"lib/toolpin-{number}"
    environment.mkdir(parents=True)
    text = "".join(f"{line}\n" for line in lines)
    (environment / "toolpin-manifest").write_text(text)
    (machine.prefix / "lib/toolpin").symlink_to(environment.name)
    return environment


def _fake_with_lines(machine: Machine, text: str) -> tuple[Path, Path]:
    """Make a startup file that an installation has changed; return both."""
    rc = machine.home / ".bashrc"
    rc.write_text(text)
    return rc, _fake(machine, f"rc {rc}")


@linux_only
def test_an_upgrade_with_the_process_number_of_the_one_before_works(
    wheel: Path, machine: Machine
) -> None:
    """As each has it in a container: what it would make is the one at work."""
    before = _fake(machine, "key of another toolpin", number=1)
    same = tuple(in_mounts('exec unshare --pid --fork --mount-proc "$@"'))
    script = REPOSITORY / "install.sh"
    result = machine.script(script, "--wheel", str(wheel), before=same)
    assert result.code == 0, result.err
    assert machine.toolpin("version").out == VERSION
    check_environments(machine)
    assert not before.exists()


def test_a_link_whose_environment_is_gone_is_replaced_and_removed(
    wheel: Path, installed: Machine
) -> None:
    for options in (("--wheel", str(wheel)), ("--uninstall",)):
        shutil.rmtree((installed.prefix / "lib/toolpin").resolve())
        result = installed.script(REPOSITORY / "install.sh", *options)
        assert result.code == 0, result.err
    assert not os.path.lexists(installed.launcher)
    assert os.listdir(installed.prefix / "lib") == []


def test_hostile_105_the_environment_in_use_loses_its_mark_alone(
    wheel: Path, installed: Machine
) -> None:
    """A run was killed between the rename and the end; no process has its number."""
    mark = installed.prefix / "lib/toolpin/toolpin-unfinished"
    mark.write_text("99999999\nheld\n")
    result = installed.script(REPOSITORY / "install.sh", "--wheel", str(wheel))
    assert (result.code, "unchanged" in result.out) == (0, True), result
    assert not mark.exists()
    assert installed.toolpin("version").code == 0


@linux_only
def test_an_uninstall_that_was_broken_off_is_ended_by_the_next(
    machine: Machine,
) -> None:
    own = _fake(machine)
    link = machine.prefix / "lib/toolpin"
    kill = ("-P", str(link), "-e", "inject=?unlink,?unlinkat:signal=KILL")
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", *kill)
    machine.script(REPOSITORY / "install.sh", "--uninstall", before=strace)
    link.unlink(missing_ok=True)
    assert own.exists()
    assert machine.script(REPOSITORY / "install.sh", "--uninstall").code == 0
    assert not own.exists()


def test_uninstall_removes_no_environment_of_another_prefix(machine: Machine) -> None:
    other = _fake(make_machine(machine.home / "other"))
    link = machine.prefix / "lib" / "toolpin"
    link.parent.mkdir(parents=True)
    link.symlink_to(other)
    assert machine.script(REPOSITORY / "install.sh", "--uninstall").code == 0
    assert (other / "toolpin-manifest").exists()
    assert not link.is_symlink()


_OWN_LINE = 'mine\neval "$(toolpin activate bash)"\n'


@pytest.mark.parametrize(
    ("text", "left", "said"),
    [
        (_AROUND, "mine 1\nmine 2\n", "removed the lines from {rc}"),
        ("# >>> toolpin >>>\nmine 1\nmine 2\n", None, "{rc} is kept"),
        (
            "# <<< toolpin <<<\nmine 1\n# >>> toolpin >>>\nmine 2\n",
            *(None, "{rc} is kept"),
        ),
        (
            "# >>> toolpin >>>\na\n# >>> toolpin >>>\nb\n# <<< toolpin <<<\nc\n",
            *(None, "{rc} is kept"),
        ),
        (_OWN_LINE, None, "{rc}:2 needs toolpin"),
    ],
    ids=["marks", "no end", "end first", "two beginnings", "the user's own line"],
)
def test_uninstall_takes_its_own_lines_out_of_a_startup_file_and_no_others(
    text: str, left: str | None, said: str, machine: Machine
) -> None:
    rc, environment = _fake_with_lines(machine, text)
    done = machine.script(REPOSITORY / "install.sh", "--uninstall")
    assert done.code == 0, done.err
    assert rc.read_text() == (text if left is None else left)
    assert said.format(rc=rc) in done.out
    assert not environment.exists()


@pytest.mark.parametrize("program", ["awk", "cmp", "mv"])
def test_a_startup_file_that_cannot_be_written_again_stays_whole(
    program: str, machine: Machine
) -> None:
    rc, environment = _fake_with_lines(machine, _AROUND)
    broken = machine.home / "broken" / program
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'mine 1'\necho no room >&2\nexit 2\n")
    broken.chmod(0o755)
    env = {"PATH": f"{broken.parent}:{machine.env['PATH']}"}
    script = REPOSITORY / "install.sh"
    done = machine.script(script, "--uninstall", env=env)
    assert (done.code, rc.read_text()) == (1, _AROUND)
    assert f"{rc} cannot be" in done.err
    assert environment.exists()
    assert sorted(os.listdir(machine.home)) == [".bashrc", ".local", "broken"]
    assert machine.script(script, "--uninstall").code == 0
    assert rc.read_text() == "mine 1\nmine 2\n"


@linux_only
@pytest.mark.parametrize(
    "is_mount", [True, False], ids=["a mount", "in no own directory"]
)
def test_a_startup_file_that_takes_no_rename_is_written_itself(
    is_mount: bool, machine: Machine
) -> None:
    """One that a container has mounted; one whose user may write it alone."""
    done, held = _uninstall_in_place(machine, {}, is_mount=is_mount)
    assert done.code == 0, done.err
    assert held.read_text() == "mine 1\nmine 2\n"
    assert not (machine.prefix / "lib" / "toolpin").exists()


@linux_only
@pytest.mark.parametrize("times", [1, 2])
def test_a_startup_file_that_was_cut_short_is_put_back_or_its_copy_is_named(
    times: int, machine: Machine
) -> None:
    broken = machine.home / "broken" / "cat"
    broken.parent.mkdir()
    count = f'echo x >>"{machine.prefix}/calls"; [ $(wc -l <"{machine.prefix}/calls")'
    broken.write_text(
        f'#!/bin/sh\n{count} -gt {times} ] || exit 1\nexec /bin/cat "$@"\n'
    )
    broken.chmod(0o755)
    env = {"PATH": f"{broken.parent}:{machine.env['PATH']}"}
    done, held = _uninstall_in_place(machine, env, is_mount=True)
    assert done.code == 1
    if times == 1:
        assert held.read_text() == _AROUND
    else:
        assert held.read_text() == ""
        copy = re.search(r"its previous content is in (.+)", done.err)
        assert copy
        assert Path(copy[1]).read_text() == _AROUND
        shutil.rmtree(Path(copy[1]).parent)


def _uninstall_in_place(
    machine: Machine, env: dict[str, str], *, is_mount: bool
) -> tuple[Result, Path]:
    """Uninstall where the startup file takes no rename; return what holds its text."""
    rc, _ = _fake_with_lines(machine, _AROUND)
    held = machine.home.parent / "held"
    held.write_text(_AROUND)
    if is_mount:
        script = 'mount --bind "$1" "$2"; shift 2; exec "$@"'
        before = in_mounts(script, str(held), str(rc))
    else:
        held, before = rc, without_rights()
        machine.home.chmod(0o555)
    done = machine.script(
        REPOSITORY / "install.sh", "--uninstall", env=env, before=tuple(before)
    )
    machine.home.chmod(0o755)
    return done, held


@linux_only
def test_a_full_disk_leaves_the_startup_file_as_it_was(machine: Machine) -> None:
    before = _AROUND + "# mine\n" * 2000
    _fake_with_lines(machine, before)
    script = str(REPOSITORY / "install.sh")
    look = 'sh "$@" || echo "status $?"; ls -A "$HOME"; cat "$HOME/.bashrc"'
    words = ["sh", "-c", look, "-", script, "--prefix", str(machine.prefix)]
    disk = small_disk(machine.home, blocks=0)
    done = run([*disk, *words, "--uninstall"], machine.env, machine.home.parent)
    assert done.out == f"status 1\n.bashrc\n.local\n{before}"
    assert "No space left on device" in done.err
    assert "try: df -h" in done.err


@linux_only
def test_no_write_that_ends_early_empties_a_startup_file(machine: Machine) -> None:
    rc, _ = _fake_with_lines(machine, _AROUND)
    full = ["strace", "-f", "-o", "/dev/null", "-P", str(rc)]
    full += ["-e", "inject=write,copy_file_range:error=ENOSPC"]
    script = REPOSITORY / "install.sh"
    assert machine.script(script, "--uninstall", before=tuple(full)).code == 1
    assert rc.read_text() == _AROUND


def test_a_startup_file_that_is_a_link_stays_one_and_keeps_its_mode(
    machine: Machine,
) -> None:
    rc, _ = _fake_with_lines(machine, _AROUND)
    real = machine.home / "dotfiles/bashrc"
    real.parent.mkdir()
    rc.rename(real)
    real.chmod(0o600)
    (machine.home / "dotfiles/other").symlink_to("bashrc")
    rc.symlink_to("dotfiles/other")
    assert machine.script(REPOSITORY / "install.sh", "--uninstall").code == 0
    assert os.readlink(rc) == "dotfiles/other"
    assert real.read_text() == "mine 1\nmine 2\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert sorted(os.listdir(real.parent)) == ["bashrc", "other"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--prefix", ""), 2, "--prefix needs a value"),
        (("--prefx", "/tmp"), 2, "unknown option --prefx"),
        (("--uninstall",), 0, "holds no toolpin of install.sh"),
    ],
)
def test_words_that_ask_for_nothing_change_nothing(
    words: tuple[str, ...], code: int, said: str, machine: Machine
) -> None:
    result = machine.script(REPOSITORY / "install.sh", *words)
    assert result.code == code
    assert said in result.out + result.err
    assert ("usage: sh install.sh" in result.err) == ("--prefx" in words)
    assert listing(machine.home) == []
