"""Builds source code into its final place, phase by phase, with all output in one log.

Each phase is a process group of its own, so an interrupt ends all of it. The result is
checked and published elsewhere.
"""

from __future__ import annotations

import glob
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence

from toolpin.config.asdfrc import read_asdfrc
from toolpin.errors import NoFit, ToolpinError
from toolpin.model import SUPPLIED, Host, Need, Patch, Pin, Plan, Recipe
from toolpin.plugins.asdf.script_build import ScriptBuilder
from toolpin.plugins.asdf.script_runner import Scripts
from toolpin.steps import preflight
from toolpin.steps.build_log import earlier_build, first_errors
from toolpin.steps.unpack_steps import make_directories
from toolpin.system import host
from toolpin.system.process import run

_PHASE_S = 6 * 3600.0
# Variables that point a build at the user's libraries.
_KEPT = frozenset(
    "PATH TMPDIR CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS LIBS PKG_CONFIG_PATH "
    "MACOSX_DEPLOYMENT_TARGET SDKROOT".split()
)
# Options that differ between users and change nothing.
_PLACES = frozenset(("PATH", "TMPDIR"))

# Called with each phase that begins, and the path of its log.
Phase = Callable[[str, str], None]
# Returns the directories with the programs of a pinned tool, for the build of
# another; none if it is not pinned.
Beside = Callable[[str, Pin], Sequence[str]]


class Builder:
    """Builds with the programs of this machine."""

    def __init__(
        self,
        env: Mapping[str, str],
        log_of: Callable[[str, str], str],
        *,
        beside: Beside,
        options: Mapping[str, str],
        scripts: Callable[[str], Scripts] | None = None,
    ) -> None:
        self._all = env
        self._beside = beside
        self._options = options
        self._scripts = scripts
        self._env = {name: env[name] for name in _KEPT if name in env} | {"LC_ALL": "C"}
        self._log_of = log_of
        self._checked: dict[tuple[Pin, Recipe], tuple[Need, ...]] = {}

    def check(self, recipe: Recipe, pin: Pin, target: Host) -> None:
        """Raise NoFit if this machine lacks something."""
        if missing_needs := self.missing_needs(recipe, pin, target):
            raise self.refusal(pin, missing_needs)

    def refusal(self, pin: Pin, missing_needs: Sequence[Need]) -> NoFit:
        """Return the error for what this machine lacks for a build."""
        return preflight.refusal(pin, missing_needs, self._env)

    def missing_needs(self, recipe: Recipe, pin: Pin, target: Host) -> tuple[Need, ...]:
        """Return what this machine lacks and packages supply; checked once per build.

        Raises NoFit for anything else. A build is for this machine: for another target
        everything is missing.
        """
        here = host.detect()
        if str(target) != str(here):
            raise NoFit(
                f"{pin} cannot be built for {target} on {here}",
                [("reason", "a compiler here builds for this machine")],
            )
        checked_needs = (pin, recipe)
        if checked_needs not in self._checked:
            options = [*self._options_of(recipe, pin), *map(_option, recipe.supplied)]
            self._checked[checked_needs] = preflight.missing_needs(
                recipe, pin, self._env, options
            )
        return self._checked[checked_needs]

    def needs_supplies(self, plan: Plan) -> bool:
        """Return whether the user's options still need what packages supply."""
        options = self._options_of(plan.recipe, plan.pin)
        supplied = plan.recipe.supplied if plan.recipe else ()
        return not any(preflight.is_needless(need, options) for need in supplied)

    def inputs(
        self, recipe: Recipe, pin: Pin
    ) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        """Return the inputs of a build: versions of linked libraries, and variables."""
        named = {recipe.options, *_KEPT - _PLACES} - {""}
        options = sorted(
            (place, self._all[place]) for place in named if self._all.get(place)
        )
        if stated := self._options.get(pin.tool):
            options.append(("build_options", stated))
        return preflight.link_versions(recipe, pin, self._env), tuple(options)

    def build(self, plan: Plan, source: str, final: str, begin: Phase) -> Plan:
        """Build the code in `source` into `final`; `begin` is called with each phase.

        Returns the plan with what became known of it. Raises ToolpinError with the
        first lines of the errors.
        """
        if plan.is_scripted and self._scripts:
            scripts = self._scripts(plan.pin.tool)
            rc = read_asdfrc(scripts.env)
            return ScriptBuilder(scripts, plan, rc, final).build(begin)
        if plan.recipe is None:
            raise ValueError(f"{plan.pin} is not built")
        env = self._env_for(plan.recipe, plan.pin, source)
        log = self._log_of(*plan.pin)
        os.makedirs(os.path.dirname(log), exist_ok=True)
        earlier = earlier_build(log, plan.pin)
        took = f"; {earlier.took()}" if earlier.version else ""
        detail = f"(log: {log}{took})"
        with open(log, "w", encoding="utf-8") as file:
            file.write(f"{plan.pin} from {plan.source}\n")
        for name, command in plan.recipe.phases:
            begin(f"building: {name}{earlier.about(name)}", detail)
            detail = ""
            words = self._words(plan, command, source, final)
            started = time.monotonic()
            _add(log, f"\n== {name}: {' '.join(words)}\n")
            _run(words, env, source, log)
            _add(log, f"== {name}: done in {time.monotonic() - started:.0f} s\n")
        for step in plan.steps:
            if isinstance(step, Patch):
                _keep_libraries(f"{source}/{SUPPLIED}/lib", f"{final}/{step.directory}")
        return plan

    def _env_for(self, recipe: Recipe, pin: Pin, source: str) -> dict[str, str]:
        """Return the environment with the programs of required tools."""
        directories: list[str] = []
        for name in recipe.requires:
            result = self._beside(name, pin)
            if not result:
                raise ToolpinError(
                    f"{pin} is built with {name}, which is not pinned here",
                    hint=f"toolpin pin {name} latest",
                )
            directories += result
        path = ":".join([*directories, self._env.get("PATH", "")])
        return {**self._env, "PATH": path, "HOME": source}

    def _words(
        self, plan: Plan, command: tuple[str, ...], source: str, final: str
    ) -> list[str]:
        jobs = str(os.cpu_count() or 1)
        words = []
        for word in command:
            if word == "{options}":
                supplied = plan.recipe.supplied if plan.recipe else ()
                words += [_option(need, f"{source}/{SUPPLIED}") for need in supplied]
                words += self._options_of(plan.recipe, plan.pin)
                continue
            words.append(word.replace("{install}", final).replace("{jobs}", jobs))
        return words

    def _options_of(self, recipe: Recipe | None, pin: Pin) -> list[str]:
        """Return the user's arguments for configure: the settings', the variable's."""
        words = self._options.get(pin.tool, "").split()
        return words + self._all.get(recipe.options if recipe else "", "").split()


def _option(need: Need, directory: str = "") -> str:
    """Return the argument that points configure at supplied packages."""
    return need.option.replace("{supplied}", directory)


def _keep_libraries(built_with: str, kept: str) -> None:
    """Copy the libraries that a build was linked to beside it."""
    make_directories(kept)
    for path in glob.glob(f"{glob.escape(built_with)}/*.so.*"):
        shutil.copy(path, f"{kept}/{os.path.basename(path)}")


def _add(log: str, line: str) -> None:
    with open(log, "a", encoding="utf-8") as file:
        file.write(line)


def _run(words: list[str], env: Mapping[str, str], source: str, log: str) -> None:
    # One file for both streams, to keep their order.
    line = 'exec nice -n 10 "$@" >>"$0" 2>&1'
    command = ["/bin/sh", "-c", line, log, *words]
    finished = run(command, env=env, cwd=source, timeout_s=_PHASE_S)
    if finished.status != 0:
        raise ToolpinError(
            f"`{' '.join(words)[:60]}` ended with {finished.status}",
            [*(("output", error) for error in first_errors(log)), ("log", log)],
        )
