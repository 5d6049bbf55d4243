"""The fields of a tool's TOML file: the expected value and the meaning of each.

This is the reference for authors. `tool_file` reads files by it.
"""

from __future__ import annotations

from toolpin.plugins.tool_fields import read_commands, read_date, read_default_packages, read_defaults, read_homes, read_idioms, read_lists, read_long_term, read_manifests, read_needs, read_pairs, read_phases, read_spellings, read_variables
from toolpin.sources.fields import (
    Field,
    read_insides,
    read_name,
    read_names,
    read_table,
    read_text,
    read_texts,
    read_url,
)

_PATHS = "a list of relative paths"
TOOL: dict[str, Field] = {
    "name": Field(
        read_name, "a tool name", "the name in .tool-versions", required=True
    ),
    "also": Field(read_names, "a list of tool names", "its other names there", ()),
    "requires": Field(
        read_names,
        "a list of tool names",
        "tools that its programs need: their programs are on PATH behind its own",
        (),
    ),
    "uses": Field(
        read_names,
        "a list of tool names",
        "tools that its programs use where the project pins them: their programs and "
        "variables come along; without them its programs run all the same",
        (),
    ),
    "description": Field(
        read_text, "a line of text", "a short description", required=True
    ),
    "homepage": Field(read_url, "an https URL", "its homepage", required=True),
    "commands": Field(
        read_commands,
        "a list of command names",
        "programs that every install must have; they are checked against the host",
        required=True,
    ),
    "proof": Field(
        read_texts,
        "a list: command, arguments, and the first line of its answer",
        "run before an install is moved into the store; the answer holds {version}: "
        "some places publish another version's build under a version's name. Further "
        "lines, a name and what is said of it, go into the receipt",
        (),
        holds=("version",),
    ),
    "demands": Field(
        read_names,
        "a list of such names",
        "an install of which the proof says `no` to one is refused, unless the setting "
        "`allow` names it",
        (),
    ),
    "bin_dirs": Field(
        read_insides, _PATHS, "directories whose programs get shims", ("bin",)
    ),
    "variables": Field(
        read_variables,
        "a table of variables",
        "the environment of its programs; {install} is the install's path",
        (),
        holds=("install",),
    ),
    "defaults": Field(
        read_defaults,
        "a table: variable = [value, variables]",
        "variables that are set unless the user has set them or one that follows the "
        "value; {install} is the install's path",
        (),
        holds=("install",),
    ),
    "homes": Field(
        read_homes,
        "a table: variable = relative path",
        "variables, unless the user has set them, for directories "
        "outside the installs; "
        "{minor}: its version's first two numbers, {required}: the other's major",
        (),
        holds=("minor", "required"),
    ),
    "home_bins": Field(
        read_insides,
        _PATHS,
        "directories there whose programs get shims, too",
        (),
        holds=("minor", "required"),
    ),
    "default_packages": Field(
        read_default_packages,
        "a table: file, run",
        "a hidden file in the user's home directory, each line of which is the words "
        "of a command, and that command: it runs once in each new install, or in each "
        "new directory of `homes`",
        None,
        holds=("words",),
    ),
    "reshim_after": Field(
        read_lists,
        "a table: command = [words]",
        "when the command has one of these words, it may have added programs",
        (),
    ),
    "added_by": Field(
        read_lists,
        "a table: command = [words]",
        "commands that not every version has, and what adds each",
        (),
    ),
    "idiomatic": Field(
        read_idioms,
        "a list of file names with a dot in front",
        "plain version files that are read besides .tool-versions, "
        "in order of precedence",
        (),
    ),
    "spellings": Field(
        read_spellings,
        "a table: word = word",
        "what such files write otherwise than .tool-versions does; with an empty value "
        "the key is a beginning to leave out. A v before a digit always is",
        {},
    ),
    "manifests": Field(
        read_manifests,
        "a table: package.json or go.mod = name",
        "manifest files that may be read, and the name of the tool in them",
        {},
    ),
    "mutable": Field(
        read_insides,
        _PATHS,
        "directories to which the tool adds files; files whose "
        "change shows that the tool "
        "has replaced their directory, as by `npm install -g npm`",
        (),
    ),
    "channels": Field(
        read_table,
        "a table: name = first version of a long-term line",
        "names to request instead of a version: releases from that one on, with the "
        "same first number, and `lts` for all. Used where no list states them",
        {},
    ),
    "channels_date": Field(
        read_date,
        "a date: 2026-11-30",
        "the day on which `channels` was complete; reported whenever it is used",
        "",
    ),
    "long_term": Field(
        read_long_term,
        "a table: package, file, version, channel",
        "the npm package with a JSON list of releases that states the long-term lines: "
        "the file in it, and the keys of a release's version and of its line's name. "
        "Read for sources whose own lists have no `channel`",
        {},
    ),
    "pairs": Field(
        read_pairs,
        "a table: tool, suffix, table",
        "the tool that its own versions were built for: what "
        "precedes that version in its  "
        "versions, and a file of rows (from version, first, last) beside the plugin",
        {},
    ),
    "refused_hosts": Field(
        read_table, "a table: host = reason", "hosts without any build, and why", {}
    ),
}
BUILD: dict[str, Field] = {
    "phases": Field(
        read_phases,
        "a list of tables: name, and the words to run",
        "the commands run in the unpacked source, in order; "
        "{install} is the final place, "
        "{jobs} how many processors there are, and {options} the words of `options`",
        required=True,
        holds=("install", "jobs", "options"),
    ),
    "needs": Field(
        read_needs,
        "a list of tables: what, and programs, or header, library and condition; apt, "
        "dnf, apk, brew; below; unless; sources; hint; version; suite, libraries, "
        "headers, option and soname",
        "what the machine must have: one of the programs, or what a C compiler finds "
        "and a condition of its preprocessor; the packages that have it; for versions "
        "below one; unless an option of the user's begins so; for sources of these "
        "ids; what to do where no package helps; and the macro in which a header "
        "states the version of what is linked. On a Linux host with glibc and a "
        "`triplet` in its values, packages of a Debian suite may meet it: libraries "
        "stay beside the install, headers serve the build, and the option names their "
        "directory, which is {supplied}; the soname is what a host has that needs none "
        "of them",
        (),
        holds=("supplied",),
        filled=lambda needs: tuple(need.option for need in needs),
    ),
    "options": Field(
        read_text, "a variable", "the tool whose `build_options` replace {options}", ""
    ),
}
