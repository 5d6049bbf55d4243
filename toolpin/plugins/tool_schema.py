"""The fields of a tool's TOML file: the expected value and the meaning of each.

This is the reference for authors. `tool_file` reads files by it.
"""

from __future__ import annotations

from toolpin.plugins import tool_fields
from toolpin.sources import fields
from toolpin.sources.fields import Field

_PATHS = "a list of relative paths"
TOOL: dict[str, Field] = {
    "name": Field(
        fields.read_name, "a tool name", "the name in .tool-versions", required=True
    ),
    "also": Field(
        fields.read_names, "a list of tool names", "its other names there", ()
    ),
    "requires": Field(
        fields.read_names,
        "a list of tool names",
        "tools that its programs need: their programs follow its own on PATH",
        (),
    ),
    "uses": Field(
        fields.read_names,
        "a list of tool names",
        "tools that its programs use if the project pins them: then their programs are "
        "on PATH, and their variables set. Its programs run without them, too",
        (),
    ),
    "description": Field(
        fields.read_text, "a line of text", "a short description", required=True
    ),
    "homepage": Field(fields.read_url, "an https URL", "its homepage", required=True),
    "commands": Field(
        tool_fields.read_commands,
        "a list of command names",
        "programs that every install must have, except those in `added_by`; they are "
        "checked against the host",
        required=True,
    ),
    "proof": Field(
        fields.read_texts,
        "a list: command, arguments, and the first line of its answer",
        "run before an install is moved into the store; the answer holds {version}: "
        "some places publish another version's build under a version's name. Further "
        "lines, a name and what is said of it, go into the receipt",
        (),
        holds=("version",),
    ),
    "demands": Field(
        fields.read_names,
        "a list of such names",
        "an install for which `proof` reports `no` for such a name is refused, unless "
        "the setting `allow` contains it",
        (),
    ),
    "bin_dirs": Field(
        fields.read_insides, _PATHS, "directories whose programs get shims", ("bin",)
    ),
    "variables": Field(
        tool_fields.read_variables,
        "a table of variables",
        "the environment of its programs; {install} is the install's path",
        (),
        holds=("install",),
    ),
    "defaults": Field(
        tool_fields.read_defaults,
        "a table: variable = [value, variables]",
        "variables that are set unless the user has set them, or one of the variables "
        "after the value; {install} is the install's path",
        (),
        holds=("install",),
    ),
    "files": Field(
        tool_fields.read_files,
        "a table: relative path = line of text",
        "files to write into each install that comes from an archive. They replace "
        "nothing of the archive",
        (),
        holds=("version",),
    ),
    "homes": Field(
        tool_fields.read_homes,
        "a table: variable = relative path",
        "variables for directories outside the installs, set unless the user has set "
        "them; {minor}: the first two numbers of the version, {required}: the first "
        "number of the required tool's version",
        (),
        holds=("minor", "required"),
    ),
    "home_bins": Field(
        tool_fields.read_home_bins,
        _PATHS,
        "directories there whose programs get shims, too. "
        "`${NAME:-$HOME/DIRECTORY}/bin` "
        "is one of the user's, where NAME is a variable: it follows the shims on PATH, "
        "and its programs get none",
        (),
        holds=("minor", "required"),
    ),
    "default_packages": Field(
        tool_fields.read_default_packages,
        "a table: file, run",
        "a hidden file in the user's home directory, each line of which is the words "
        "of a command, and that command: it runs once in each new install, or in each "
        "new directory of `homes`. A command with {file} reads the file itself",
        None,
        holds=("words", "file"),
    ),
    "reshim_after": Field(
        tool_fields.read_reshim_after,
        "a table: command = [words]",
        "commands that may add programs when one of these words is an argument, or "
        "with "
        "an empty word when there is none: shims are written afterwards",
        (),
    ),
    "added_by": Field(
        tool_fields.read_lists,
        "a table: command = [words]",
        "commands that not every version has, and the command line that adds each",
        (),
    ),
    "idiomatic": Field(
        tool_fields.read_idioms,
        "a list of file names with a dot in front",
        "plain version files that are read besides .tool-versions, "
        "in order of precedence",
        (),
    ),
    "spellings": Field(
        tool_fields.read_spellings,
        "a table: word = word",
        "how versions are written otherwise, in all files. If the value is empty, the "
        "key is a prefix that is left out; a v before a digit is always left out. The "
        "value of an empty key is put before a number, and "
        '`"*-tem" = "temurin-*"` replaces an ending',
        {},
    ),
    "manifests": Field(
        tool_fields.read_manifests,
        "a table: package.json, go.mod, global.json, Gemfile, .sdkmanrc, "
        "rust-toolchain or "
        "rust-toolchain.toml = name",
        "manifest files that may be read, and the name of the tool in them; for "
        "rust-toolchain the components that an install has",
        {},
    ),
    "mutable": Field(
        fields.read_insides,
        _PATHS,
        "directories to which the tool adds files; files whose "
        "change shows that the tool "
        "has replaced their directory, as by `npm install -g npm`; and with * what "
        "its package manager may change and remove, below directories too: "
        '`mutable = ["bin", "lib", "bin/pip*"]`',
        (),
    ),
    "channels": Field(
        fields.read_table,
        "a table: name = first version of an LTS series",
        "names to request instead of a version: releases from that one on, with the "
        "same first number; `lts` is all of them. Used if no list states the series",
        {},
    ),
    "channels_date": Field(
        tool_fields.read_date,
        "a date: 2026-11-30",
        "the day on which `channels` was complete; reported when `channels` is used",
        "",
    ),
    "long_term": Field(
        tool_fields.read_long_term,
        "a table: package, file, version, channel",
        "the npm package with a JSON list of releases that states the LTS series: the "
        "file in the package, the key of a release's version, and that of the name of "
        "its series. Read for sources whose own lists have no `channel`",
        {},
    ),
    "pairs": Field(
        tool_fields.read_pairs,
        "a table: tool, suffix, table",
        "the tool that its versions are built for; the text before that tool's version "
        "in its own versions; and a file beside the plugin with rows of its version, "
        "the first and the last version of the other tool",
        {},
    ),
    "refused_hosts": Field(
        fields.read_table,
        "a table: host = reason",
        "hosts without any build, and why",
        {},
    ),
    "refused_versions": Field(
        fields.read_table,
        "a table: beginning of a version = reason",
        "versions that no source has, and why; or the URL of the asdf plugin that has "
        "them: `refused_versions = { pypy = "
        '"https://github.com/asdf-community/asdf-python" }`',
        {},
    ),
}
BUILD: dict[str, Field] = {
    "phases": Field(
        tool_fields.read_phases,
        "a list of tables: name, and the words to run",
        "the commands to run in the unpacked source, in order; {install} is the final "
        "directory, {jobs} the number of processors, and {options} the build options",
        required=True,
        holds=("install", "jobs", "options"),
    ),
    "needs": Field(
        tool_fields.read_needs,
        "a list of tables: what, and programs, or header, library and condition; apt, "
        "dnf, apk, brew; since; below; unless; sources; hint; version; suite, "
        "libraries, "
        "headers, option and soname",
        "what the machine must have. `what` is its name. `programs`: one of them is on "
        "PATH. `header`, `library`, `condition`: what the C compiler must find. "
        "`apt` to "
        "`brew`: the packages that have it; `hint`: what to do if no package helps. "
        "`since`: only from that version on; `below`: only for older versions; "
        "`unless`: not if an option of the user begins so; `sources`: only for "
        "sources with these ids. `version`: the macro "
        "in which the header states the version of what is linked. `suite` to "
        "`soname`: packages of a Debian suite that can supply the libraries and "
        "headers, the build option that names their directory, {supplied}, and the "
        "library with which a host needs none of them",
        (),
        holds=("supplied",),
        filled=lambda needs: tuple(need.option for need in needs),
    ),
    "options": Field(
        fields.read_text,
        "a variable",
        "the variable with the user's build options, which replace {options} after "
        "those of the setting `build_options`",
        "",
    ),
}
