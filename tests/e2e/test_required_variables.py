"""A tool whose plugin requires another runs with the variables of that one."""

from __future__ import annotations

from tests.support.run import REPOSITORY, Home
from tests.support.upstream import Upstream


def _plugin(home: Home, name: str, lines: str) -> None:
    """Add a tool that is a copy of Node.js, with one command and further fields."""
    text = (REPOSITORY / "plugins/nodejs.toml").read_text()
    text = text.replace('name = "nodejs"', f'name = "{name}"\n{lines}')
    text = text.replace('also = ["node"]\n', "").replace('["node", "npm"]', '["node"]')
    (home.config / "plugins" / f"{name}.toml").write_text(text)


def test_variables_of_a_required_tool_reach_the_tool_that_requires_it(
    home: Home, upstream: Upstream
) -> None:
    (home.config / "plugins").mkdir(parents=True)
    _plugin(home, "jdk", 'variables = { JDK_HOME = "{install}" }')
    _plugin(home, "mvn", 'requires = ["jdk"]')
    upstream.publish("10.15.3", extra='[ "$1" != home ] || exec echo "$JDK_HOME"\n')
    home.pin("mvn 10.15.3\njdk 10.15.3\n")
    installed = home.toolpin("install")
    assert installed.code == 0, installed.err
    jdk = f"{home.data}/installs/jdk/10.15.3\n"
    assert home.run(home.shim("node"), "home").out == jdk
    assert home.toolpin("exec", "node", "home").out == jdk
