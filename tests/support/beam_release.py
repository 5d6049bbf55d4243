"""The story of an Elixir release: made with the shims, run without them."""

from __future__ import annotations

import time
from pathlib import Path

from tests.support.run import Home, Result


def with_shims(home: Home, directory: Path, *command: str, **env: str) -> Result:
    """Run a command with the shims on PATH, as a build script does."""
    path = f"{home.data}/shims:/usr/bin:/bin"
    names = {"PATH": path, "MIX_ENV": "test", "ERL_EPMD_PORT": "14369", **env}
    return home.run(*command, cwd=directory, env=names, timeout_s=300)


def make_release(home: Home, project: Path) -> Path:
    """Make a project, test it, and return its release."""
    made = with_shims(home, project, "mix", "new", "demo")
    assert made.code == 0, made.err
    demo = project / "demo"
    mixfile = demo / "mix.exs"
    text = mixfile.read_text()
    mixfile.write_text(text.replace("[:logger]", "[:logger, :crypto, :ssl]"))
    tested = with_shims(home, demo, "mix", "test")
    assert tested.code == 0, tested.out + tested.err
    built = with_shims(home, demo, "mix", "release", "--quiet", MIX_ENV="prod")
    assert built.code == 0, built.out + built.err
    return demo / "_build/prod/rel/demo"


def evaluates(home: Home, release: Path, expected: str) -> None:
    """Run the release as a server does: no shim, no Erlang on PATH."""
    code = (
        'IO.puts(System.otp_release() <> inspect(byte_size(:crypto.hash(:sha256, ""))))'
    )
    done = home.run(*alone(home), f"{release}/bin/demo", "eval", code, timeout_s=120)
    assert done.out.strip() == f"{expected}32", done.err


def serves(home: Home, release: Path, expected: str) -> None:
    """Start the release, ask it something from outside, and stop it."""
    program = [*alone(home), f"{release}/bin/demo"]
    assert home.run(*program, "daemon").code == 0
    try:
        for _ in range(60):
            answer = home.run(*program, "rpc", "IO.puts(System.otp_release())")
            if answer.code == 0:
                break
            time.sleep(0.5)
        assert answer.out.strip() == expected, answer.err
    finally:
        stopped = home.run(*program, "stop", timeout_s=60)
        epmd = [*alone(home), str(next(release.glob("erts-*/bin/epmd"))), "-kill"]
        for _ in range(40):  # it stays while a node is in its list
            killed = home.run(*epmd)
            if killed.code == 0:
                break
            time.sleep(0.25)
    assert (stopped.code, killed.code) == (0, 0), stopped.err + killed.out


def alone(home: Home) -> list[str]:
    """Return the start of a line that has the system's programs, and no others."""
    bare = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home.home),
        "LC_ALL": "C.UTF-8",
        "ERL_EPMD_PORT": "14369",
    }
    return ["env", "-i", *(f"{name}={value}" for name, value in bare.items())]
