"""examples/elixir as an operator uses it: built with a real Erlang, run by systemd.

The playbook of the example builds the releases. Each test then deploys them to a server
of its own, which a real systemd has booted: by hand, by CodeDeploy's hooks in the order
of its agent, and by Ansible.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.booted import Server, booted, obstacle
from tests.support.run import REPOSITORY, Home, Result
from tests.support.shared import share_apt
from tests.support.wheels import package_index_environment

EXAMPLE = REPOSITORY / "examples/elixir"
PYTHON = "/usr/bin/python3"
REASONS = [
    (bool(obstacle()), obstacle()),
    (shutil.which("apt-get") is None, "the Erlang of this test is Debian's"),
    (not os.path.exists(PYTHON), "Ansible's modules need a Python for all users"),
]
pytestmark = [
    pytest.mark.network,
    *(pytest.mark.skipif(holds, reason=reason) for holds, reason in REASONS),
]
# No user but root may listen on port 1, so the application ends when it starts.
BREAKS = "\nif config_env() == :prod, do: config(:demo, port: 1)\n"


class Release(NamedTuple):
    """A tarball of build.sh, and the name that its release has on a server."""

    tarball: Path

    @property
    def name(self) -> str:
        """The time and commit of the build."""
        return self.tarball.name.removeprefix("demo-").removesuffix(".tar.gz")


class Workshop:
    """The build host: a repository, and what its playbook builds of it."""

    def __init__(self, home: Home) -> None:
        self.home, root = home, home.root
        self.home.env |= package_index_environment()
        self.home.env["TOOLPIN_SOURCES"] = "debian npm"
        command = Path(
            shutil.which("toolpin", path=os.path.dirname(sys.executable)) or ""
        )
        self.home.env["PATH"] = f"{command.parent}:/usr/bin:/bin"
        self.source = root / "source"
        shutil.copytree(EXAMPLE, self.source)
        self.git("init", "--quiet", "--initial-branch=main")
        self.ansible = root / "ansible"
        subprocess.run([sys.executable, "-m", "venv", self.ansible], check=True)
        install = ["-m", "pip", "install", "--quiet", "ansible-core>=2.18,<2.20"]
        subprocess.run([self.ansible / "bin/python", *install], check=True)

    def git(self, *words: str) -> str:
        """Run git in the repository, as a committer."""
        who = ("-c", "user.name=ana", "-c", "user.email=ana@example.org")
        done = self.home.run("git", *who, *words, cwd=self.source)
        assert done.code == 0, done.err
        return done.out.strip()

    def commit(self, file: str, more: str) -> str:
        """Add text to a file, and return the commit."""
        path = self.source / file
        path.write_text(path.read_text() + more)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"change {file}")
        return self.git("rev-parse", "HEAD")

    def play(self, *words: str, **env: str) -> Result:
        """Run build.yml."""
        command = [
            *(
                str(self.ansible / "bin/ansible-playbook"),
                "-i",
                "build,",
                "-c",
                "local",
            ),
            *("-e", f"ansible_python_interpreter={sys.executable}"),
            *("-e", f"repository={self.source}"),
            *("-e", f"checkout={self.home.root}/checkout"),
            *("-e", f"tarballs={self.home.root}/tarballs", *words),
            str(self.source / "deploy/ansible/build.yml"),
        ]
        env = {"ANSIBLE_PIPELINING": "1", **env}
        return self.home.run(*command, env=env, timeout_s=600)

    def played(self, commit: str) -> Release:
        """Build a commit as the playbook does, and return its tarball."""
        done = self.play("-e", f"commit={commit}")
        assert (done.code, "changed=0" in done.out) == (0, False), done.out
        pattern = f"demo-*-{commit[:12]}.tar.gz"
        (tarball,) = (self.home.root / "tarballs").glob(pattern)
        return Release(tarball)

    def build(self, glibc: str = "2.36") -> Result:
        """Build what is checked out, by hand."""
        return self.home.run("sh", "build.sh", glibc, cwd=self.source, timeout_s=600)

    def built(self) -> Release:
        """Build what is checked out, and return its tarball."""
        done = self.build()
        assert done.code == 0, done.err
        return Release(self.source / done.out.splitlines()[-1])


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A build host with the pinned toolchain."""
    home = Home(tmp_path_factory.mktemp("build"))
    return Workshop(share_apt(home, tmp_path_factory))


@pytest.fixture(scope="module")
def releases(workshop: Workshop) -> list[Release]:
    """Three releases that run, each of another commit."""
    first = workshop.played(workshop.commit("lib/demo.ex", "# first\n"))
    workshop.commit("lib/demo.ex", "# second\n")
    second = workshop.built()
    module = workshop.source / "lib/demo.ex"
    module.write_text(module.read_text() + "# third, not committed\n")
    return [first, second, workshop.built()]


@pytest.fixture(scope="module")
def broken(workshop: Workshop, releases: list[Release]) -> Release:
    """A later release that does not run on a server, although its tests pass."""
    assert releases
    workshop.commit("config/runtime.exs", BREAKS)
    return workshop.built()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A new server, with the example in /srv/shared/demo."""
    with booted(tmp_path) as machine:
        shutil.copytree(EXAMPLE, machine.shared / "demo")
        yield machine


def deploys(server: Server, release: Release) -> Result:
    """Upload a tarball and deploy it, as the user who may."""
    shutil.copy(release.tarball, server.shared)
    tarball = f"/srv/shared/{release.tarball.name}"
    return server.run(
        *("demo-release", "deploy", tarball),
        user="deploy",
        DEMO_HEALTH_TRIES="20",
        DEMO_KEEP="2",
    )


def answer(server: Server, path: str = "/") -> str:
    """Return what the application answers."""
    return server.run("curl", "-sS", f"http://127.0.0.1:4000{path}").out


def runs(server: Server, release: Release) -> bool:
    """Report whether requests are answered by this release."""
    return answer(server) == f"demo {release.name} on Erlang/OTP 25: hello\n"


def journal(server: Server, unit: str) -> str:
    """Return what the journal has of a unit."""
    return server.run("journalctl", "--no-pager", "-u", unit).out


def as_app(server: Server, *command: str) -> str:
    """Run a command with the rights and the file system of the application."""
    pid = server.run("systemctl", "show", "-P", "MainPID", "demo").out.strip()
    user = ("setpriv", "--reuid=demo", "--regid=demo", "--clear-groups")
    return server.run("nsenter", f"--target={pid}", "--mount", *user, *command).out


def test_three_deployments_a_broken_one_and_a_rollback(
    server: Server, releases: list[Release], broken: Release
) -> None:
    assert server.run("sh", "/srv/shared/demo/deploy/setup.sh").code == 0
    for count, release in enumerate(releases):
        done = deploys(server, release)
        assert done.code == 0, done.err + journal(server, "demo")
        assert runs(server, release)
        ended = journal(server, "demo").count("demo.service: Deactivated successfully")
        assert ended == count
    assert answer(server, "/app.js") == 'console.log("built with Node 20.18.1");\n'
    again = deploys(server, releases[2])
    assert (again.code, again.out) == (0, f"{releases[2].name} is current already\n")
    for words in ("Failed with result", "Killing"):
        assert words not in journal(server, "demo")
    # The first has gone, for DEMO_KEEP is 2.
    kept = [f"  {releases[1].name}", f"* {releases[2].name}"]
    assert server.run("demo-release", "list", user="deploy").out.splitlines() == kept

    failed = deploys(server, broken)
    assert failed.code == 1
    text = f"{broken.name} does not run, and {releases[2].name} runs again"
    assert text in failed.err
    assert runs(server, releases[2])
    assert ":eacces" in journal(server, "demo")

    back = server.run("demo-release", "rollback", user="deploy")
    text = f"switched from {releases[2].name} back to {releases[1].name}\n"
    assert (back.code, back.out) == (0, text)
    assert runs(server, releases[1])
    nothing = server.run("demo-release", "rollback", user="deploy")
    assert nothing.code == 1
    assert "no release was current before" in nothing.err
    assert runs(server, releases[1])

    # A migration runs once. Where it fails, nothing is switched.
    assert journal(server, "demo-migrate").count("migrated 2020") == 1
    server.run("sed", "-i", "/DEMO_GREETING/d", "/etc/demo/demo.env")
    failed = deploys(server, releases[0])
    assert f"the migrations of {releases[0].name} failed" in failed.err
    assert failed.code == 1
    assert runs(server, releases[1])


def test_the_application_writes_to_its_runtime_directory_alone(
    server: Server, releases: list[Release]
) -> None:
    assert server.run("sh", "/srv/shared/demo/deploy/setup.sh").code == 0
    assert deploys(server, releases[0]).code == 0
    app = as_app(
        server,
        *("find", "/", "-path", "/proc", "-prune", "-o"),
        *("(", "-type", "f", "-o", "-type", "d", ")", "-writable", "-print"),
    )
    assert app.split() == ["/run/demo"]
    assert as_app(server, "id", "-un") == "demo\n"
    assert as_app(server, "cat", "/etc/demo/demo.env") == ""
    assert server.run("pgrep", "-x", "epmd").out == ""
    files = [f"/etc/systemd/system/{name}.service" for name in ("demo", "demo-migrate")]
    assert server.run("systemd-analyze", "verify", *files) == Result(0, "", "")
    exposure = server.run("systemd-analyze", "security", "--no-pager", "demo").out
    assert float(re.findall(r"level for demo.service: ([\d.]+) OK", exposure)[0]) < 2
    foreign = server.run("demo-release", "rollback")
    assert (foreign.code, "run it as deploy" in foreign.err) == (1, True)
    other = server.run("sudo", "-n", "systemctl", "stop", "demo", user="deploy")
    assert other.code == 1


def test_a_release_that_the_servers_cannot_run_is_not_built(
    workshop: Workshop,
) -> None:
    commit = workshop.commit("lib/demo.ex", "# for an older server\n")
    done = workshop.build("2.31")
    assert done.code == 1
    assert "does not run on linux-x64 with glibc 2.31" in done.err
    assert not list(workshop.source.glob(f"demo-*-{commit[:12]}*"))


def test_the_build_play_changes_nothing_twice_and_names_a_missing_toolpin(
    workshop: Workshop, releases: list[Release]
) -> None:
    commit = releases[0].name.rpartition("-")[2]
    again = workshop.play("-e", f"commit={commit}")
    assert (again.code, "changed=0" in again.out) == (0, True), again.out
    without = workshop.play("-e", f"commit={commit}", PATH="/usr/bin:/bin")
    assert without.code == 2
    assert "toolpin does not run on build" in without.out
    assert "from_json" not in without.out


HOOKS = (
    *("ApplicationStop", "DownloadBundle", "BeforeInstall", "Install"),
    *("AfterInstall", "ApplicationStart", "ValidateService"),
)
HOOK = re.compile(r"  (\w+):\n    - location: (\S+)\n.*\n(?:      runas: (\w+)\n)?")


class Agent:
    """Runs the hooks of revisions in the order of CodeDeploy's agent."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._last = ""
        self._count = 0

    def deploy(self, *tarballs: Path) -> Result:
        """Deploy a revision with these tarballs; stop at the first hook that fails."""
        self._count += 1
        directory = f"deployment-root/d-{self._count}/deployment-archive"
        path = self._server.shared / directory
        shutil.copytree(EXAMPLE / "deploy", path / "deploy")
        shutil.copy(EXAMPLE / "appspec.yml", path)
        for tarball in tarballs:
            shutil.copy(tarball, path)
        hooks = {
            event: (location, user or "root")
            for event, location, user in HOOK.findall(
                (path / "appspec.yml").read_text()
            )
        }
        assert set(hooks) <= set(HOOKS)
        for event in (name for name in HOOKS if name in hooks):
            location, user = hooks[event]
            done = self._server.run(
                f"/srv/shared/{directory}/{location}",
                user=user,
                LIFECYCLE_EVENT=event,
                DEMO_HEALTH_TRIES="20",
            )
            if done.code:
                return done
        return done


def test_codedeploy_three_deployments_a_failure_and_its_rollback(
    server: Server, releases: list[Release], broken: Release
) -> None:
    agent = Agent(server)
    assert "no demo-TIME-COMMIT.tar.gz" in agent.deploy().err
    for release in releases:
        done = agent.deploy(releases[0].tarball, release.tarball)
        assert done.code == 0, done.err
        assert runs(server, release)
    assert server.run("systemctl", "is-enabled", "demo").out == "enabled\n"
    failed = agent.deploy(broken.tarball)
    assert (failed.code, "runs again" in failed.err) == (1, True)
    assert runs(server, releases[2])
    # CodeDeploy's rollback is one more deployment, of the revision before.
    assert agent.deploy(releases[1].tarball).code == 0
    assert runs(server, releases[1])


class Playbook:
    """Runs deploy.yml on a server, with the Ansible of the build host."""

    def __init__(self, server: Server, workshop: Workshop) -> None:
        self._server = server
        shutil.copytree(workshop.ansible, server.shared / "ansible", symlinks=True)

    def run(self, release: Release, *words: str) -> Result:
        """Deploy a release."""
        shutil.copy(release.tarball, self._server.shared)
        return self._server.run(
            *(
                "/srv/shared/ansible/bin/python",
                "/srv/shared/ansible/bin/ansible-playbook",
            ),
            *(
                "-i",
                "servers,",
                "-c",
                "local",
                "-e",
                f"ansible_python_interpreter={PYTHON}",
            ),
            *("-e", f"tarball=/srv/shared/{release.tarball.name}", *words),
            "/srv/shared/demo/deploy/ansible/deploy.yml",
            HOME="/root",
            LANG="C.UTF-8",
            DEMO_HEALTH_TRIES="20",
            ANSIBLE_PIPELINING="1",
        )


def test_ansible_deploys_once_and_recovers_from_a_broken_release(
    server: Server, workshop: Workshop, releases: list[Release], broken: Release
) -> None:
    playbook = Playbook(server, workshop)
    dry = playbook.run(releases[0], "--check")
    assert dry.code == 0, dry.out + dry.err
    assert "changed=0" not in dry.out
    assert server.run("test", "-e", "/opt/demo").code == 1

    first = playbook.run(releases[0])
    assert (first.code, "changed=0" in first.out) == (0, False), first.out
    assert runs(server, releases[0])
    second = playbook.run(releases[0])
    assert (second.code, "changed=0" in second.out) == (0, True), second.out
    known = ("--skip-tags", "setup")
    dry = playbook.run(releases[1], "--check", *known)
    assert dry.code == 0, dry.out
    assert f"{releases[0].name} -> {releases[1].name}" in dry.out
    assert runs(server, releases[0])

    failed = playbook.run(broken, *known)
    assert failed.code == 2
    assert f"{releases[0].name} runs again" in failed.out
    assert runs(server, releases[0])
    assert playbook.run(releases[1], *known).code == 0
    assert runs(server, releases[1])
