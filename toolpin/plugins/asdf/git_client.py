"""The git client: fetches a plugin's repository, and reports its content.

No hook, submodule or helper of a repository runs, and only https, ssh and file are
used. Exactly one commit is checked out.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from toolpin.digests import hash_file
from toolpin.errors import ToolpinError, Unreachable
from toolpin.model import COMMAND_LINE
from toolpin.plugins.asdf.address import (
    Address,
    bare,
    is_plain_directory,
    without_secret,
)
from toolpin.plugins.asdf.plugin_validation import is_leftover, script_places
from toolpin.project.validation import WordPosition, check_ref
from toolpin.system.directory_tree import walk
from toolpin.system.process import Finished, run

_GIT_S = 600.0
_PROTOCOLS = "file:https:ssh"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,63}")
_CREDENTIAL = re.compile(r"//[^/\s@']*:[^/\s@']*@")
_SAFE = (
    "-c core.hooksPath=/dev/null -c core.fsmonitor=false -c submodule.recurse=false "
    "-c protocol.ext.allow=never -c advice.detachedHead=false -c gc.auto=0 "
    "-c safe.directory=* -c core.autocrlf=false -c commit.gpgsign=false"
).split()
# A fixed author and date: a commit of the same files always has the same name.
_ANONYMOUS = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "toolpin"),
        ("EMAIL", "toolpin@localhost"),
        ("DATE", "2000-01-01T00:00:00Z"),
    )
}


class Identity(NamedTuple):
    """A plugin's checkout: its commit, the digest of its files, and its origin.

    The URL has no credential: lockfiles and messages contain it. In a changed one,
    files differ from the commit's; of these `added` are the uncommitted scripts.
    """

    url: str
    commit: str
    sha256: str
    is_changed: bool
    is_directory: bool
    added: tuple[str, ...] = ()

    def check_committed(self, name: str, directory: str, hint: str) -> None:
        """Raise ToolpinError for a plugin with uncommitted changes."""
        if self.is_changed:
            raise ToolpinError(
                f"{name}'s plugin has local changes",
                [
                    ("directory", directory),
                    ("commit", self.commit),
                    *(("uncommitted", script) for script in self.added),
                ],
                hint,
            )


class Git:
    """The machine's git, for one user. `rewrite` replaces a URL by its mirror's."""

    def __init__(
        self, env: Mapping[str, str], rewrite: Callable[[str], str], *, offline: bool
    ) -> None:
        self._offline = offline
        self._rewrite = rewrite
        kept = {name: text for name, text in env.items() if not name.startswith("GIT_")}
        wanted = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_ASKPASS")
        kept |= {name: env[name] for name in wanted if name in env}
        kept.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        self._env = {
            **kept,
            "GIT_ALLOW_PROTOCOL": _PROTOCOLS,
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }

    def create(self, directory: str, address: Address) -> str:
        """Make a repository in an empty directory, at the address's ref.

        Returns the commit. Raises Unreachable if git cannot fetch it.
        """
        self._must(directory, "init", "-q", "--template=")
        self._must(directory, "remote", "add", "origin", address.url)
        if address.is_directory:
            commit = self._import(directory, address.url)
            self.check_out(directory, commit)
            return commit
        branch = address.ref or self.default_branch(directory, address.url)
        commit = self.fetch(directory, address.url, branch)
        self.check_out(directory, commit, "" if _is_commit(branch) else branch)
        return commit

    def fetch(self, directory: str, url: str, ref: str) -> str:
        """Fetch a branch, a tag or a commit; return the commit.

        Raises UsageError for an invalid ref, Unreachable for a missing one.
        """
        check_ref(ref, WordPosition(COMMAND_LINE, ref))
        where, more = self._remote(directory, url)
        fetch = ("fetch", "-q", "--no-tags", "--no-recurse-submodules")
        if not _COMMIT.fullmatch(ref):
            finished = self._git(
                directory, *fetch, "--depth=1", "--", where, ref, more=more
            )
            if finished.status == 0:
                return self._name(directory, "FETCH_HEAD")
            if not _ABBREVIATED.fullmatch(ref):
                raise _unfetched(url, ref, finished)
        # A host of forks serves commits of any fork under this URL: only commits
        # in a branch or a tag are accepted.
        whole = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        deep = self._deepen(directory)
        finished = self._git(directory, *fetch, *deep, "--", where, *whole, more=more)
        if finished.status != 0:
            raise _unfetched(url, ref, finished)
        named = self._git(directory, "rev-parse", "-q", "--verify", f"{ref}^{{commit}}")
        commit = named.out.strip()
        own = ("refs/remotes/origin", "refs/tags")
        finished = self._git(directory, "for-each-ref", f"--contains={commit}", *own)
        if named.status != 0 or not finished.out.strip():
            raise Unreachable(
                f"no branch or tag of {url} contains {ref}",
                [("note", "it may come from a fork of that repository")],
            )
        return commit

    def check_out(self, directory: str, commit: str, branch: str = "") -> None:
        """Check out a commit's files, whatever tracked ones were; others stay."""
        where = ["-B", branch] if branch else ["--detach"]
        self._must(directory, "checkout", "-q", "--force", *where, commit, "--")

    def update(self, directory: str, url: str, ref: str) -> tuple[str, str]:
        """Fetch an update; return its commit and branch, "" for none."""
        if is_plain_directory(url):
            return self._import(directory, url), ""
        branch = ref or self.default_branch(directory, url)
        return self.fetch(directory, url, branch), "" if _is_commit(branch) else branch

    def difference(self, directory: str, commit: str) -> str:
        """Return the differences between the present files and a commit, as a diff.

        Shows the lines of every file, whatever the plugin's `.gitattributes` say, and
        uncommitted scripts.
        """
        passed_user = ("diff", "--text", "--no-color", "--no-ext-diff", "--no-textconv")
        finished = self._git(directory, *passed_user, "-R", commit, "--", exact=True)
        text = _output(finished, directory, "diff")
        for script in self._added(directory):
            both = ("--no-index", "--", script, os.devnull)
            finished = self._git(directory, *passed_user, *both, exact=True)
            text += finished.out or f"only here: {script}\n"
        return text

    def difference_to_directory(self, directory: str, source: str) -> str:
        """Return the differences between the present files and a plain directory."""
        if directory == source:  # it does not state its origin
            return ""
        return self.difference(directory, self._import(directory, source))

    def url(self, directory: str) -> str:
        """Return a plugin's origin, without a credential; "" if it states none."""
        return bare(self._origin(directory))

    def _origin(self, directory: str) -> str:
        finished = self._git(directory, "config", "--get", "remote.origin.url")
        return finished.out.strip() if finished.status == 0 else ""

    def identity(self, directory: str) -> Identity:
        """Return the identity of a plugin's directory.

        One without a repository has no commit, and all its files are digested. Of
        untracked files only scripts are: a plugin may keep other files there.
        """
        if not os.path.exists(f"{directory}/.git"):
            files = [
                os.path.relpath(f"{place}/{name}", directory)
                for place, _, names in walk(directory)
                for name in names
            ]
            return Identity(directory, "", _digest(directory, files), False, True)
        listed = self._list(directory)
        added = self._added(directory)
        changes = self._must(directory, "status", "--porcelain", "-uno")
        url = self.url(directory)
        return Identity(
            url,
            self._name(directory, "HEAD"),
            _digest(directory, [*listed, *added]),
            bool(changes.strip() or added),
            os.path.isabs(url) or not url,
            tuple(added),
        )

    def drop_added(self, directory: str) -> None:
        """Delete the uncommitted scripts."""
        self._must(directory, "clean", "-q", "-ffdx", "--", *script_places(directory))

    def _added(self, directory: str) -> list[str]:
        result = self._list(directory, "--others", "--", *script_places(directory))
        return [path for path in result if not is_leftover(path)]

    def _list(self, directory: str, *words: str) -> list[str]:
        listed = self._must(directory, "ls-files", "-z", *words)
        return [word for word in listed.split("\0") if word]

    def refresh(self, directory: str, url: str) -> None:
        """Update a repository of data to its default branch."""
        branch = self.default_branch(directory, url)
        self.check_out(directory, self.fetch(directory, url, branch), branch)

    def _import(self, directory: str, source: str) -> str:
        """Commit a plain directory's files: equal files give an equal commit."""
        index = {"GIT_INDEX_FILE": f"{directory}/.git/toolpin-index"}
        there = (f"--git-dir={directory}/.git", f"--work-tree={source}")
        self._must(source, *there, "add", "-A", "-f", ".", more=index)
        tree = self._must(directory, "write-tree", more=index).strip()
        os.unlink(index["GIT_INDEX_FILE"])
        return self._must(directory, "commit-tree", tree, "-m", "as it was").strip()

    def default_branch(self, directory: str, url: str) -> str:
        """Return the default branch of a repository; HEAD if it has none."""
        where, more = self._remote(directory, url)
        arguments = ("ls-remote", "--symref", "--")
        finished = self._git(directory, *arguments, where, "HEAD", more=more)
        if finished.status != 0:
            raise _unfetched(url, "HEAD", finished)
        match = re.search(r"ref: refs/heads/(\S+)\tHEAD", finished.out)
        return match[1] if match else "HEAD"

    def _remote(self, directory: str, url: str) -> tuple[str, Mapping[str, str]]:
        """Return the URL that git is to use. Raises Unreachable if it must not be used.

        Only a mirror that the user has set may use plain http. If the directory is from
        that URL, the credential stored in the directory is used.
        """
        if self._offline:
            raise Unreachable(f"{url} was not fetched: toolpin is offline")
        where = self._rewrite(url)
        if where == url and bare(origin := self._origin(directory)) == url:
            where = origin
        is_plain = where != url and where.startswith("http://")
        allowed = _PROTOCOLS + ":http" * is_plain
        open_url, secret = without_secret(where)
        return open_url, {"GIT_ALLOW_PROTOCOL": allowed, **secret}

    def _deepen(self, directory: str) -> list[str]:
        shallow = os.path.exists(f"{directory}/.git/shallow")
        return ["--unshallow"] if shallow else []

    def _name(self, directory: str, what: str) -> str:
        return self._must(directory, "rev-parse", f"{what}^{{commit}}").strip()

    def _must(
        self, directory: str, *words: str, more: Mapping[str, str] | None = None
    ) -> str:
        return _output(self._git(directory, *words, more=more), directory, words[0])

    def _git(
        self,
        directory: str,
        *words: str,
        more: Mapping[str, str] | None = None,
        exact: bool = False,
    ) -> Finished:
        # Not those of an outer repository or a caller's hook.
        outside = {"GIT_CEILING_DIRECTORIES": os.path.dirname(directory)}
        env = {**self._env, **_ANONYMOUS, **outside, **(more or {})}
        command = ["git", *_SAFE, *words]
        return run(command, env=env, cwd=directory, timeout_s=_GIT_S, exact=exact)


def _output(output: Finished, directory: str, verb: str) -> str:
    """Return the output of git. Raises ToolpinError if it failed."""
    if output.status != 0:
        raise ToolpinError(
            f"git {verb} ended with {output.status} in {directory}",
            [("output", line) for line in output.err.strip().splitlines()[-3:]],
        )
    return output.out


def _is_commit(ref: str) -> bool:
    return ref == "HEAD" or bool(_COMMIT.fullmatch(ref) or _ABBREVIATED.fullmatch(ref))


def _digest(directory: str, files: list[str]) -> str:
    """Return one SHA-256 of files: their names, executable bits and content."""
    whole = hashlib.sha256()
    for name in sorted(files):
        path = f"{directory}/{name}"
        if os.path.islink(path):
            kind, digits = "link", os.readlink(path)
        elif os.path.isfile(path):
            kind = "program" if os.access(path, os.X_OK) else "file"
            digits = hash_file(path, "sha256")
        else:
            kind, digits = "none", ""  # another repository's commit, or removed
        whole.update(f"{kind}\0{digits}\0{name}\0".encode(errors="surrogateescape"))
    return whole.hexdigest()


def _unfetched(url: str, ref: str, output: Finished) -> Unreachable:
    lines = _CREDENTIAL.sub("//", output.err).strip().splitlines()
    last = [line for line in lines if line][-2:]
    return Unreachable(
        f"git cannot fetch {ref} from {url}", [("output", line) for line in last]
    )
