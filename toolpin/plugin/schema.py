"""The fields of a tool's TOML file: what each expects, and what it means.

This is the reference for whoever writes one. `contract` reads files by it.
"""

from __future__ import annotations

from toolpin.plugin.fields import (
    Field,
    read_asset,
    read_assets,
    read_catalogue,
    read_checksums,
    read_commands,
    read_count,
    read_date,
    read_defaults,
    read_flag,
    read_homes,
    read_idioms,
    read_inside,
    read_insides,
    read_line,
    read_links,
    read_list,
    read_lists,
    read_long_term,
    read_manifests,
    read_name,
    read_names,
    read_needs,
    read_packages,
    read_pairs,
    read_pattern,
    read_phases,
    read_repo,
    read_rewrites,
    read_shared,
    read_since,
    read_spellings,
    read_table,
    read_table_name,
    read_tables,
    read_tag,
    read_text,
    read_texts,
    read_url,
    read_urls,
    read_variables,
)

_PATHS = "a list of relative paths"
TOOL: dict[str, Field] = {
    "name": Field(
        read_name, "a tool name", "the name in .tool-versions", required=True
    ),
    "also": Field(
        read_names, "a list of tool names", "other names it may have there", ()
    ),
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
    "description": Field(read_text, "a line of text", "what it is", required=True),
    "homepage": Field(read_url, "an https URL", "where to read more", required=True),
    "commands": Field(
        read_commands,
        "a list of command names",
        "programs that every install must have; they are checked against the host",
        required=True,
    ),
    "proof": Field(
        read_texts,
        "a list: command, arguments, and the first line of its answer",
        "run before an install is published; the answer holds {version}: some places "
        "publish another version's build under a version's name. Further lines, a name "
        "and what is said of it, go into the receipt",
        (),
    ),
    "demands": Field(
        read_names,
        "a list of such names",
        "an install of which the proof says `no` to one is refused, unless the setting "
        "`allow` names it",
        (),
    ),
    "bin_dirs": Field(
        read_insides, _PATHS, "folders whose programs get shims", ("bin",)
    ),
    "variables": Field(
        read_variables,
        "a table of variables",
        "the environment of its programs; {install} is the install's path",
        (),
    ),
    "defaults": Field(
        read_defaults,
        "a table: variable = [value, variables]",
        "variables that are set unless the user has set them or one that follows the "
        "value; {install} is the install's path",
        (),
    ),
    "homes": Field(
        read_homes,
        "a table: variable = relative path",
        "variables, unless the user has set them, for folders outside the installs; "
        "{minor}: its version's first two numbers, {required}: the other's major",
        (),
    ),
    "home_bins": Field(
        read_insides, _PATHS, "folders there whose programs get shims, too", ()
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
        "plain files with a version that count beside .tool-versions, the first first",
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
        "files of many matters that may count, and the tool's name in them",
        {},
    ),
    "mutable": Field(
        read_insides,
        _PATHS,
        "folders to which the tool adds files; files whose change shows that the tool "
        "has replaced their folder, as by `npm install -g npm`",
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
        "the tool whose versions its own were made for: what stands before that in its "
        "versions, and a file of rows (from version, first, last) beside the plugin",
        {},
    ),
    "refused_hosts": Field(
        read_table, "a table: host = reason", "hosts without any build, and why", {}
    ),
}
COMPANION: dict[str, Field] = {
    "package": Field(read_text, "a package name", "the second package", required=True),
    "table": Field(
        read_table_name,
        "a file name that ends in .tsv",
        "tab-separated versions, beside the plugin",
        required=True,
    ),
    "column": Field(
        read_name,
        "a column's name",
        "holds the package's version in the tool's row; `-` for none",
        required=True,
    ),
    "into": Field(
        read_inside, "a relative path", "where it is unpacked", required=True
    ),
    "links": Field(read_links, "a table: path = target", "links it adds", ()),
}
BUILD: dict[str, Field] = {
    "phases": Field(
        read_phases,
        "a list of tables: name, and the words to run",
        "what is run in the unpacked source, in order; {install} is the final place, "
        "{jobs} how many processors there are, and {options} the words of `options`",
        required=True,
    ),
    "needs": Field(
        read_needs,
        "a list of tables: what, and programs, or header, library and condition; apt, "
        "dnf, apk, brew; below; unless; sources; hint; version; suite, libraries, "
        "headers, option and soname",
        "what the machine must have: one of the programs, or what a C compiler finds "
        "and a condition of its preprocessor; the packages that have it; for versions "
        "below one; unless an option of the user's begins so; for sources of these "
        "ids; what to do where no package helps; and the macro in which a header tells "
        "the version of what is linked. On a Linux host with glibc and a `triplet` in "
        "its values, packages of a Debian suite may meet it: libraries stay beside the "
        "install, headers serve the build, and the option names their folder, which is "
        "{supplied}; the soname is what a host has that needs none of them",
        (),
    ),
    "options": Field(
        read_text, "a variable", "whose words a user adds to {options}", ""
    ),
}
SOURCE: dict[str, Field] = {
    "id": Field(read_name, "a name", "what --source calls it", required=True),
    "kind": Field(
        read_name,
        "http, lines, github, npm, pypi or debian",
        "the kind of place it is",
        required=True,
    ),
    "publisher": Field(
        read_text, "a line of text", "who made the bytes", required=True
    ),
    "hosts": Field(
        read_tables,
        "a table: host = {name = value}",
        "hosts it has builds for; the values fill {name} in the other fields",
        required=True,
    ),
    "since": Field(
        read_since,
        "a table: host = version, or a list of versions",
        "the first version with a build for the host, or the first of each line of "
        "versions; explains why an older one has none",
        {},
    ),
    "optional": Field(
        read_flag,
        "true or false",
        "`lock` goes on without this source where it does not answer, and reports it",
        default=False,
    ),
    "catalogue": Field(
        read_catalogue,
        "a table: url, version, and if need be prefix, files, file, name, sha256, "
        "size, channel",
        "http: a JSON list of releases; the keys of version and files in each, the "
        "prefix before a version, and what `files` holds for this host: the text "
        "`file`, or a table with the file's `name`, its `sha256` and `size`; the key "
        "whose text is a channel, such as a long-term line's codename",
        {},
    ),
    "artifacts": Field(
        read_urls, "a list of https URLs", "http: the first listed; lines: one", ()
    ),
    "checksums": Field(
        read_checksums,
        "an https URL, or none",
        "http: the SHA-256 list of a release; not where the catalogue has `sha256`. "
        "http, github: `none` where nobody publishes a digest: an install is refused "
        "but with --trust-on-first-use, which records the one that it had. So it is "
        "for an asset without one of any github source",
        "",
    ),
    "repo": Field(read_repo, "OWNER/NAME", "github: whose releases they are", ""),
    "tag": Field(
        read_tag, "a tag with {version} in it", "github: a release's tag", "v{version}"
    ),
    "assets": Field(
        read_assets, "a list of file names", "github: the first that is released", ()
    ),
    "checksums_asset": Field(
        read_asset,
        "a file name",
        "github: the SHA-256 list of a release; where it is missing or does not list "
        "the asset, the digest that GitHub reports counts",
        "",
    ),
    "package": Field(
        read_text,
        "a package name",
        "npm, pypi: the package; debian: the one whose version counts",
        "",
    ),
    "numbers": Field(
        read_count,
        "a number from 0 to 9",
        "pypi: how many numbers of a version are the tool's; a further one counts the "
        "packager's own builds",
        0,
    ),
    "strip": Field(read_count, "a number from 0 to 9", "leading folders to drop", 0),
    "only": Field(read_inside, "a relative path", "the one folder to take", ""),
    "without": Field(
        read_insides, _PATHS, "files that are the package's, not the tool's", ()
    ),
    "links": Field(read_links, "a table: path = target", "links to place", ()),
    "suites": Field(
        read_tables,
        "a table: suite = {glibc = version, soname = library}",
        "debian: the suites to look in, in order, and what theirs needs of a host; "
        "lines: the one suite that has the packages of `runtime`",
        {},
    ),
    "packages": Field(
        read_packages,
        "a list of package names",
        "debian: what is unpacked side by side; those that a suite has",
        (),
    ),
    "shared": Field(
        read_shared,
        "a table: package = relative path",
        "debian: packages whose files the links in `packages` lead to; the directory "
        "that is taken of each is at the same path in the install",
        {},
    ),
    "runtime": Field(
        read_packages,
        "a list of package names",
        "debian: loader and libraries for a host without what the suite needs; "
        "lines: packages whose libraries lie beside the build",
        (),
    ),
    "rewrite": Field(
        read_rewrites,
        "a table: path = text",
        "text that becomes the install's path, in files that fit; a path may hold *",
        (),
    ),
    "list": Field(
        read_url, "an https URL", "lines: the list of builds; it may hold {image}", ""
    ),
    "line": Field(
        read_line,
        "a line with {version} and {sha256} or {sha512} in it",
        "lines: what a line of the list looks like; others are no builds. A name "
        "stands for what has no blank and no comma, and fills itself in `artifacts`. "
        "What older lines lack is at the end, in brackets: `{version}[ {sha256}]`. A "
        "build without a digest is installed only with --trust-on-first-use",
        "",
    ),
    "images": Field(
        read_tables,
        "a table: image = {glibc = version, soname = library}",
        "lines: the systems that it is built on, and what such a build needs; of those "
        "that run on a host the one that needs most is taken",
        {},
    ),
    "releases": Field(
        read_pattern,
        "a regular expression",
        "a version that matches it as a whole is a release; other names, such as "
        "branches, do not exist. Without it every version is one",
        "",
    ),
    "built_for": Field(
        read_table,
        "a table: tool = {column}",
        "lines, github: the version of another tool that a build was made for, from a "
        "column of `line` or as {variant}. It runs with that version and newer ones: "
        "the newest build that runs with the pinned tool is taken, or the oldest where "
        "none is pinned",
        {},
    ),
    "variants": Field(
        read_text,
        "what stands before a variant in a version, such as -otp-",
        "github: a version with it has the assets with {variant} in their names, one "
        "without it the others",
        "",
    ),
    "program": Field(
        read_inside, "a relative path", "the download is this program itself", ""
    ),
    "run": Field(
        read_texts,
        "a list: command, arguments",
        "run in the install's final place, which is {install}, when it is unpacked",
        (),
    ),
    "build": Field(
        read_flag,
        "true or false",
        "what is downloaded is source code, and [build] says how it is built",
        default=False,
    ),
    "named_only": Field(
        read_flag,
        "true or false",
        "used only where it is named: --source, `sources`",
        default=False,
    ),
    "with": Field(read_list, "a list of tables", "npm: packages that complete it", ()),
}
