"""A machine with `asdf`: plugins, versions, directories that pin them."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.run import Home, Result
from tests.support.scripted import GREET, write

ASDF = (sys.executable, "-I", "-m", "toolpin.asdf_cli")

DUMMY = {
    **GREET,
    "bin/install": '#!/bin/bash\nmkdir -p "$ASDF_INSTALL_PATH/bin"\n'
    'printf \'#!/bin/sh\\necho dummy %s "$@"\\n\' "$ASDF_INSTALL_VERSION" '
    '>"$ASDF_INSTALL_PATH/bin/dummy"\nchmod +x "$ASDF_INSTALL_PATH/bin/dummy"\n'
    'echo kept >"$ASDF_DOWNLOAD_PATH/archive"\n',
    "bin/help.overview": "echo overview of ${ASDF_INSTALL_VERSION:-none}\n",
    "bin/help.deps": "echo deps\n",
    "bin/help.config": "echo config\n",
    "bin/help.links": "echo links\n",
    "lib/commands/command": '#!/bin/sh\necho whole "$@"\n',
    "lib/commands/command-sing": '#!/bin/sh\necho sings "$@"\n',
}
BARE = {
    "bin/install": "exit 1\n",
    "bin/list-all": "echo on stdout; echo on stderr >&2; exit 3\n",
}


class Machine(Home):
    """A home with the plugins `dummy` and `bare`, and three versions of `dummy`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        write(self.data / "plugins/dummy", DUMMY)
        write(self.data / "plugins/bare", BARE)
        for version in ("1.0.0", "1.1.0", "ref-main"):
            self.put(version, "dummy")
        self.put("1.1.0", "newer")
        self.put("1.0.0", "with blanks")
        for directory, text in {
            "set": "dummy 1.1.0\nnosuch 3\n",
            "missing": "dummy 9.9\n",
            "system": "dummy system\n",
            "path": "dummy path:/usr\n",
            "several": "dummy 1.0.0 1.1.0\n",
        }.items():
            (self.project / directory).mkdir()
            (self.project / directory / ".tool-versions").write_text(text)

    def put(self, version: str, command: str) -> None:
        """Lay a version of dummy out as asdf leaves it: a directory, and no record."""
        path = self.data / "installs/dummy" / version / "bin" / command
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho {command} {version} "$@"\n')
        path.chmod(0o755)

    def asdf(
        self,
        *words: str,
        at: str = ".",
        env: dict[str, str] | None = None,
        stdin: str = "",
    ) -> Result:
        """Run `asdf WORDS` in a directory of the project and wait for it."""
        directory = self.project / at
        env = {"PWD": str(directory), **(env or {})}
        return self.run(*ASDF, *words, cwd=directory, env=env, stdin=stdin)
