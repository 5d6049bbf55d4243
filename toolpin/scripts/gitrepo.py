"""The git client: brings a plugin's repository here, and tells what is in it.

No hook, no submodule and no helper of a repository runs, and only https, ssh and file
are asked. What is checked out is exactly one commit.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from toolpin.directories import walk
from toolpin.errors import ToolpinError, Unreachable
from toolpin.model import Origin
from toolpin.process import Finished, run
from toolpin.project.words import Spot, check_ref
from toolpin.scripts.address import (
    Address,
    bare,
    is_plain_folder,
    without_secret,
)
from toolpin.scripts.judging import is_leftover, script_places
from toolpin.verify import hash_file

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
# A commit of the same files has the same name, whoever makes it and when.
_NOBODY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "toolpin"),
        ("EMAIL", "toolpin@localhost"),
        ("DATE", "2000-01-01T00:00:00Z"),
    )
}


class Identity(NamedTuple):
    """What is checked out: its commit, the digest of its files, and where it is from.

    The URL is without a credential: lockfiles and messages hold it. A changed one has
    files that differ from its commit's; of these `added` are the scripts that no commit
    has.
    """

    url: str
    commit: str
    sha256: str
    is_changed: bool
    is_folder: bool
    added: tuple[str, ...] = ()

    def check_committed(self, name: str, folder: str, hint: str) -> None:
        """Raise ToolpinError for a changed one."""
        if self.is_changed:
            raise ToolpinError(
                f"{name}'s plugin has local changes",
                [
                    ("directory", folder),
                    ("commit", self.commit),
                    *(("uncommitted", script) for script in self.added),
                ],
                hint,
            )


class Git:
    """The machine's git, for one user. `rewrite` turns a URL into its mirror's."""

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

    def create(self, folder: str, address: Address) -> str:
        """Make a repository in an empty folder, at the address's ref.

        Returns the commit. Raises Unreachable where git cannot fetch it.
        """
        self._must(folder, "init", "-q", "--template=")
        self._must(folder, "remote", "add", "origin", address.url)
        if address.is_folder:
            commit = self._import(folder, address.url)
            self.check_out(folder, commit)
            return commit
        branch = address.ref or self.default_branch(folder, address.url)
        commit = self.fetch(folder, address.url, branch)
        self.check_out(folder, commit, "" if _is_commit(branch) else branch)
        return commit

    def fetch(self, folder: str, url: str, ref: str) -> str:
        """Fetch a branch, a tag or a commit; return the commit.

        Raises UsageError for what no ref can be, Unreachable where it is not there.
        """
        check_ref(ref, Spot(Origin("the command line"), ref))
        where, more = self._remote(folder, url)
        fetch = ("fetch", "-q", "--no-tags", "--no-recurse-submodules")
        if not _COMMIT.fullmatch(ref):
            told = self._git(folder, *fetch, "--depth=1", "--", where, ref, more=more)
            if told.status == 0:
                return self._name(folder, "FETCH_HEAD")
            if not _ABBREVIATED.fullmatch(ref):
                raise _unfetched(url, ref, told)
        # By its name a host of forks gives any fork's commit under this URL: what
        # counts is in a branch or a tag.
        whole = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        deep = self._deepen(folder)
        told = self._git(folder, *fetch, *deep, "--", where, *whole, more=more)
        if told.status != 0:
            raise _unfetched(url, ref, told)
        named = self._git(folder, "rev-parse", "-q", "--verify", f"{ref}^{{commit}}")
        commit = named.out.strip()
        own = ("refs/remotes/origin", "refs/tags")
        told = self._git(folder, "for-each-ref", f"--contains={commit}", *own)
        if named.status != 0 or not told.out.strip():
            raise Unreachable(
                f"no branch or tag of {url} contains {ref}",
                [("note", "it may come from a fork of that repository")],
            )
        return commit

    def check_out(self, folder: str, commit: str, branch: str = "") -> None:
        """Put a commit's files there, whatever tracked ones were; others stay."""
        where = ["-B", branch] if branch else ["--detach"]
        self._must(folder, "checkout", "-q", "--force", *where, commit, "--")

    def update(self, folder: str, url: str, ref: str) -> tuple[str, str]:
        """Fetch what an update brings; return its commit and branch, "" for none."""
        if is_plain_folder(url):
            return self._import(folder, url), ""
        branch = ref or self.default_branch(folder, url)
        return self.fetch(folder, url, branch), "" if _is_commit(branch) else branch

    def difference(self, folder: str, commit: str) -> str:
        """Return what differs between the files there and a commit, as a diff.

        Of every file its lines, whatever the plugin's own `.gitattributes` say; of
        scripts also those that no commit has.
        """
        asked = ("diff", "--text", "--no-color", "--no-ext-diff", "--no-textconv")
        told = self._git(folder, *asked, "-R", commit, "--", exact=True)
        text = _told(told, folder, "diff")
        for script in self._added(folder):
            both = ("--no-index", "--", script, os.devnull)
            told = self._git(folder, *asked, *both, exact=True)
            text += told.out or f"only here: {script}\n"
        return text

    def difference_to_folder(self, folder: str, source: str) -> str:
        """Return what differs between the files there and a plain folder, as a diff."""
        if folder == source:  # it does not say where it is from
            return ""
        return self.difference(folder, self._import(folder, source))

    def url(self, folder: str) -> str:
        """Return where a plugin is from, without a credential; "" for none said."""
        return bare(self._origin(folder))

    def _origin(self, folder: str) -> str:
        told = self._git(folder, "config", "--get", "remote.origin.url")
        return told.out.strip() if told.status == 0 else ""

    def identity(self, folder: str) -> Identity:
        """Return what is checked out in a plugin's folder.

        One without a repository of its own has no commit, and all its files count. Of
        what git does not track, scripts do: what else a plugin keeps there is its own.
        """
        if not os.path.exists(f"{folder}/.git"):
            files = [
                os.path.relpath(f"{place}/{name}", folder)
                for place, _, names in walk(folder)
                for name in names
            ]
            return Identity(folder, "", _digest(folder, files), False, True)
        listed = self._list(folder)
        added = self._added(folder)
        changes = self._must(folder, "status", "--porcelain", "-uno")
        url = self.url(folder)
        return Identity(
            url,
            self._name(folder, "HEAD"),
            _digest(folder, [*listed, *added]),
            bool(changes.strip() or added),
            os.path.isabs(url) or not url,
            tuple(added),
        )

    def drop_added(self, folder: str) -> None:
        """Delete the scripts that no commit has."""
        self._must(folder, "clean", "-q", "-ffdx", "--", *script_places(folder))

    def _added(self, folder: str) -> list[str]:
        found = self._list(folder, "--others", "--", *script_places(folder))
        return [one for one in found if not is_leftover(one)]

    def _list(self, folder: str, *words: str) -> list[str]:
        listed = self._must(folder, "ls-files", "-z", *words)
        return [one for one in listed.split("\0") if one]

    def refresh(self, folder: str, url: str) -> None:
        """Bring a repository of data to what its default branch holds."""
        branch = self.default_branch(folder, url)
        self.check_out(folder, self.fetch(folder, url, branch), branch)

    def _import(self, folder: str, source: str) -> str:
        """Commit a plain folder's files: equal files, equal commit, whoever does it."""
        index = {"GIT_INDEX_FILE": f"{folder}/.git/toolpin-index"}
        there = (f"--git-dir={folder}/.git", f"--work-tree={source}")
        self._must(source, *there, "add", "-A", "-f", ".", more=index)
        tree = self._must(folder, "write-tree", more=index).strip()
        os.unlink(index["GIT_INDEX_FILE"])
        return self._must(folder, "commit-tree", tree, "-m", "as it was").strip()

    def default_branch(self, folder: str, url: str) -> str:
        """Return the branch that a repository starts with; HEAD where it has none."""
        where, more = self._remote(folder, url)
        ask = ("ls-remote", "--symref", "--")
        told = self._git(folder, *ask, where, "HEAD", more=more)
        if told.status != 0:
            raise _unfetched(url, "HEAD", told)
        found = re.search(r"ref: refs/heads/(\S+)\tHEAD", told.out)
        return found[1] if found else "HEAD"

    def _remote(self, folder: str, url: str) -> tuple[str, Mapping[str, str]]:
        """Return what git is to ask for a URL. Raises Unreachable where it is not to.

        Only a mirror that the user has set may be one of plain http. Where the folder
        is from that URL, it is asked with the credential that the folder keeps.
        """
        if self._offline:
            raise Unreachable(f"{url} was not fetched: toolpin is offline")
        where = self._rewrite(url)
        if where == url and bare(origin := self._origin(folder)) == url:
            where = origin
        is_plain = where != url and where.startswith("http://")
        allowed = _PROTOCOLS + ":http" * is_plain
        open_url, secret = without_secret(where)
        return open_url, {"GIT_ALLOW_PROTOCOL": allowed, **secret}

    def _deepen(self, folder: str) -> list[str]:
        shallow = os.path.exists(f"{folder}/.git/shallow")
        return ["--unshallow"] if shallow else []

    def _name(self, folder: str, what: str) -> str:
        return self._must(folder, "rev-parse", f"{what}^{{commit}}").strip()

    def _must(
        self, folder: str, *words: str, more: Mapping[str, str] | None = None
    ) -> str:
        return _told(self._git(folder, *words, more=more), folder, words[0])

    def _git(
        self,
        folder: str,
        *words: str,
        more: Mapping[str, str] | None = None,
        exact: bool = False,
    ) -> Finished:
        # Not what an outer repository or a caller's hook would have it be.
        outside = {"GIT_CEILING_DIRECTORIES": os.path.dirname(folder)}
        env = {**self._env, **_NOBODY, **outside, **(more or {})}
        command = ["git", *_SAFE, *words]
        return run(command, env=env, cwd=folder, timeout_s=_GIT_S, exact=exact)


def _told(told: Finished, folder: str, verb: str) -> str:
    """Return what git said. Raises ToolpinError where it failed."""
    if told.status != 0:
        raise ToolpinError(
            f"git {verb} ended with {told.status} in {folder}",
            [("output", one) for one in told.err.strip().splitlines()[-3:]],
        )
    return told.out


def _is_commit(ref: str) -> bool:
    return ref == "HEAD" or bool(_COMMIT.fullmatch(ref) or _ABBREVIATED.fullmatch(ref))


def _digest(folder: str, files: list[str]) -> str:
    """Return one SHA-256 of files: their names, whether they run, what they hold."""
    whole = hashlib.sha256()
    for name in sorted(files):
        path = f"{folder}/{name}"
        if os.path.islink(path):
            kind, digits = "link", os.readlink(path)
        elif os.path.isfile(path):
            kind = "program" if os.access(path, os.X_OK) else "file"
            digits = hash_file(path, "sha256")
        else:
            kind, digits = "none", ""  # another repository's commit, or gone
        whole.update(f"{kind}\0{digits}\0{name}\0".encode(errors="surrogateescape"))
    return whole.hexdigest()


def _unfetched(url: str, ref: str, told: Finished) -> Unreachable:
    lines = _CREDENTIAL.sub("//", told.err).strip().splitlines()
    said = [line for line in lines if line][-2:]
    return Unreachable(
        f"git cannot fetch {ref} from {url}", [("output", line) for line in said]
    )
