"""An activated shell's machine: two versions, and directories that pin them."""

from __future__ import annotations

from pathlib import Path

from tests.shell.store import Store
from tests.support.run import Home

V10, V12, OWN = "nodejs 10.15.3", "nodejs 12.22.0", "the machine's own"


class World:
    """A store, a project, another below it, and a directory that pins nothing."""

    def __init__(self, home: Home) -> None:
        self.store = store = Store(home)
        store.publish("nodejs", "10.15.3", {"node": ""}, (("NODE_X", "ten"),))
        store.publish("nodejs", "12.22.0", {"node": ""}, (("NODE_Y", "it's 12"),))
        store.refresh()
        self.project = home.project
        self.nested = home.project / "apps" / "new one"
        self.outside = home.root / "outside"
        self.usual = home.env["PATH"]
        for directory in (self.nested, self.outside):
            directory.mkdir(parents=True)
        (self.project / ".tool-versions").write_text("nodejs 10.15.3\n")
        (self.nested / ".tool-versions").write_text("nodejs 12.22.0\n")
        store.script(Path(self.usual) / "node", OWN)

    def bins(self, version: str) -> str:
        return f"{self.store.paths.install('nodejs', version)}/bin"

    def cd(self, directory: Path) -> str:
        return f"cd '{directory}'"
