#!/bin/sh
# Sets toolpin up: a private environment below PREFIX/lib/toolpin and a launcher in
# PREFIX/bin. Every package is checked against the hashes in requirements/.
#
# The environment is built beside the old one under a name of its own, and the link
# PREFIX/lib/toolpin moves to it in one rename: a failure changes nothing, and the
# path of the interpreter, which shims have baked in, never changes.
set -eu
umask 022
unset BASH_ENV CDPATH ENV IFS PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE
unset VIRTUAL_ENV __PYVENV_LAUNCHER__
# The user's pip configuration says where packages come from; where they go does not
# change with it. A variable overrides the same setting in a pip.conf.
unset PIP_CONSTRAINT PIP_PREFIX PIP_PYTHON PIP_REQUIREMENT PIP_ROOT PIP_TARGET
export PIP_USER=0 PIP_REQUIRE_HASHES=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

OLDEST=3011
NAMES='python3.15 python3.14 python3.13 python3.12 python3.11 python3'
USUAL=/usr/bin:/usr/local/bin:/opt/homebrew/bin
LAUNCHER_MARK='# written by the install.sh of toolpin'
index_hint='try: PIP_INDEX_URL=https://your.mirror/simple sh install.sh'
FULL='no space left|errno 28\]|quota exceeded'
RC_BEGIN='# >>> toolpin >>>'
RC_END='# <<< toolpin <<<'

usage() {
    cat <<'USAGE'
usage: sh install.sh [options]

  --prefix DIR    where to install: /usr/local for root, otherwise ~/.local
  --wheel FILE    install this wheel instead of the checkout around install.sh
  --python PATH   the Python to use, 3.11 or newer (default: the newest found)
  --asdf          also install an `asdf` command that runs toolpin
  --modify-rc     also add the lines to the startup file of your shell
  --uninstall     remove what install.sh created; installed tools are kept
  --help          show this help
USAGE
}

say() { printf '%-10s%s\n' "$1" "$2"; }

# die WHAT [LINE...]: the lines are facts, and last one that starts with `try: `.
die() {
    printf 'install.sh: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# The same, with what the program that failed had to say.
die_with_log() {
    printf 'install.sh: %s\n' "$1" >&2
    shift
    tail -n 15 "$work/log" | sed 's/^/  | /' >&2
    for line in "in $prefix nothing was changed" "$@"; do
        printf '  %s\n' "$line" >&2
    done
    exit 1
}

absolute() {
    case $1 in
        /*) printf '%s\n' "$1" ;;
        *) printf '%s\n' "$PWD/$1" ;;
    esac
}

need_value() {
    [ "$2" -ge 2 ] && [ -n "$3" ] && return
    printf 'install.sh: %s needs a value\n' "$1" >&2
    exit 2
}

parse_arguments() {
    prefix='' wheel='' chosen_python='' asdf='' modify_rc='' uninstall=''
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix) need_value "$1" $# "${2-}" && prefix=$(absolute "$2") && shift ;;
            --wheel) need_value "$1" $# "${2-}" && wheel=$(absolute "$2") && shift ;;
            --python) need_value "$1" $# "${2-}" && chosen_python=$2 && shift ;;
            --asdf) asdf=yes ;;
            --modify-rc) modify_rc=yes ;;
            --uninstall) uninstall=yes ;;
            --help | -h) usage && exit 0 ;;
            *)
                printf 'install.sh: unknown option %s\n' "$1" >&2
                usage >&2
                exit 2
                ;;
        esac
        shift
    done
}

find_directories() {
    account=$(id -u)
    case ${HOME:-} in
        /*) ;;
        *) HOME=$(eval "echo ~$(id -un)") && export HOME ;;
    esac
    if [ -z "$prefix" ]; then
        prefix=$HOME/.local
        [ "$account" != 0 ] || prefix=/usr/local
    fi
    case $prefix in
        *:* | *'
'*) die 'the prefix must not contain a colon or a newline: PATH cannot hold it' ;;
    esac
    [ "$prefix" = / ] || prefix=${prefix%/}
    data=${TOOLPIN_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/toolpin}
    launcher=$prefix/bin/toolpin
    link=$prefix/lib/toolpin
    manifest=$link/toolpin-manifest
}

# A link that leads nowhere is somebody's file, too.
is_there() {
    [ -e "$1" ] || [ -h "$1" ]
}

# True for an environment that install.sh made in this prefix, and for nothing else.
is_own() {
    [ -f "$1/toolpin-manifest" ] && [ "${1%/*}" = "$(cd -P "$prefix/lib" && pwd)" ] ||
        return 1
    case ${1##*/} in toolpin-*[!0-9]*) return 1 ;; toolpin-*) return 0 ;; esac
    return 1
}

# True where the link is install.sh's, and its environment is gone.
leads_nowhere() {
    [ -h "$link" ] && [ ! -e "$link" ] || return 1
    case $(readlink "$link") in
        toolpin-*[!0-9]* | toolpin-) return 1 ;;
        toolpin-*) return 0 ;;
    esac
    return 1
}

refuse_foreign_files() {
    if is_there "$launcher" && ! grep -qxF "$LAUNCHER_MARK" "$launcher" 2>/dev/null; then
        die "$launcher was not created by install.sh and is left unchanged" \
            'try: sh install.sh --prefix ~/toolpin'
    fi
    if is_there "$link" && ! leads_nowhere &&
        { [ ! -h "$link" ] || [ ! -f "$manifest" ]; }; then
        die "$link was not created by install.sh and is left unchanged" \
            'try: sh install.sh --prefix ~/toolpin'
    fi
}

# Prints `3011002 /real/interpreter` for a Python that can carry an environment. A
# shim of pyenv or asdf and a virtual environment give the interpreter behind them.
probe() {
    (cd / && "$1" -I -c '
import os, ssl, sys, venv, zlib
def is_open(path, bit):
    while path != "/":
        if not os.stat(path).st_mode & bit:
            return False
        path, bit = os.path.dirname(path), 1
    return True
real = os.path.realpath(sys._base_executable)
stated = sys._base_executable if os.access(sys._base_executable, os.X_OK) else real
data, home, version = os.path.realpath(sys.argv[1]), sys.argv[2], sys.version_info
if version.releaselevel != "final" or real.startswith(data + os.sep):
    sys.exit(1)
# Of root, for a prefix outside its home, all users run what is built on it.
files = ((real, 1), (stated, 1), (os.path.realpath(os.__file__), 4))
if home and os.geteuid() == 0 and not all(is_open(*file) for file in files):
    print("closed")
    sys.exit(1)
# An interpreter in somebody'"'"'s home is the last choice for a prefix outside it.
private = int(bool(home) and real.startswith(home + os.sep))
print(version.major * 1000 + version.minor, version.micro, private, stated)
' "$data" "$private_home") 2>/dev/null </dev/null
}

consider() {
    found=$(probe "$1") || {
        [ "$found" != closed ] || closed=$1
        return 0
    }
    case $found in [0-9]*' '[0-9]*' '[01]' '/*) ;; *) return 0 ;; esac
    # shellcheck disable=SC2086  # four words, the last may hold blanks
    set -- $found
    path=${found#"$1 $2 $3 "}
    rank=$((($1 * 100 + $2) - $3 * 100000000))
    if [ "$1" -ge $OLDEST ] && { [ -z "$python" ] || [ "$rank" -gt "$best" ]; }; then
        best=$rank python=$path python_version=$(($1 / 1000)).$(($1 % 1000)).$2
    fi
}

find_python() {
    python='' best='' closed=''
    private_home=$HOME
    case $prefix/ in "$HOME"/*) private_home='' ;; esac
    if [ -n "$chosen_python" ]; then
        chosen_path=$(command -v "$chosen_python") || chosen_path=$chosen_python
        consider "$(absolute "$chosen_path")"
        [ -z "$closed" ] || die_closed "$chosen_python cannot be run by other users"
        [ -n "$python" ] ||
            die "$chosen_python is not a Python 3.11 or newer with ssl, zlib and venv"
        return
    fi
    seen=:
    set -f
    # Only what comes out of a variable is split: a colon between two would stay.
    directories=$PATH:$USUAL
    IFS=:
    for directory in $directories; do
        unset IFS
        case $directory in
            "$data"/shims | "$data"/installs/* | [!/]* | '') continue ;;
        esac
        # Where /bin is a link to /usr/bin, each Python is looked at once.
        real=$(cd -P "$directory" 2>/dev/null && pwd) || continue
        case $seen in *:"$real":*) continue ;; esac
        seen=$seen$real:
        for name in $NAMES; do
            [ ! -x "$directory/$name" ] || consider "$directory/$name"
        done
    done
    set +f
    [ -n "$python$closed" ] || die 'toolpin requires Python 3.11 or newer, and none was found' \
        "searched   PATH and $USUAL" "try: $(python_line)"
    [ -n "$python" ] || die_closed "no Python 3.11 or newer can be run by other users"
}

# As root, all users would run toolpin, and none but root could.
die_closed() {
    die "$1" "found    $closed" "prefix   $prefix, which is for all users" \
        "try: $(python_line)"
}

# The line that installs a Python on this machine.
python_line() {
    sudo=''
    [ "$account" = 0 ] || sudo='sudo '
    if command -v apt-get >/dev/null; then
        package=python3
        for name in $NAMES; do
            if apt-cache show "$name-venv" >/dev/null 2>&1; then
                package=$name
                break
            fi
        done
        echo "${sudo}apt-get update && ${sudo}apt-get install -y $package $package-venv"
    elif command -v dnf >/dev/null; then
        echo "${sudo}dnf install -y python3.12"
    elif command -v apk >/dev/null; then
        echo "${sudo}apk add python3"
    elif command -v brew >/dev/null || [ "$(uname -s)" = Darwin ]; then
        echo 'brew install python@3.13'
    else
        echo 'sh install.sh --python /path/to/python3.11'
    fi
}

# Where the pip comes from that fills the new environment, best first: the wheel that the
# host's ensurepip keeps, run as it is, as requirements/ has a newer pip for the environment;
# the host's; the wheel that Debian keeps for its own tools.
find_pip() {
    minor=${python_version%.*}
    "$python" -I -m venv --without-pip "$env" >>"$work/log" 2>&1 ||
        die_with_log "$python could not create an environment in $env"
    pip_from=wheel
    pip_wheel=$(wheel_of_ensurepip 2>>"$work/log") && return
    for pip_from in host pip3 pip; do
        run_pip --version >>"$work/log" 2>&1 && return
    done
    pip_from=wheel
    for pip_wheel in /usr/share/python-wheels/pip-*.whl; do
        [ ! -f "$pip_wheel" ] || return 0
    done
    if command -v apt-get >/dev/null; then
        sudo=''
        [ "$account" = 0 ] || sudo='sudo '
        die "$python has neither pip nor ensurepip" \
            "try: ${sudo}apt-get update && ${sudo}apt-get install -y python$minor-venv"
    fi
    die "$python has neither pip nor ensurepip" \
        "try: sh install.sh --python /path/to/a/complete/python3"
}

# Debian's ensurepip keeps its wheels where the build of its Python says.
wheel_of_ensurepip() {
    "$python" -I -c '
import ensurepip, glob, os, sys, sysconfig
own = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
for directory in (own, sysconfig.get_config_var("WHEEL_PKG_DIR")):
    for wheel in glob.glob(os.path.join(glob.escape(directory or own), "pip-*.whl")):
        print(wheel)
        sys.exit()
sys.exit("ensurepip keeps no wheel of pip")
'
}

run_pip() {
    case $pip_from in
        own) "$env/bin/python" -I -m pip "$@" ;;
        host) "$python" -I -m pip --python "$env/bin/python" "$@" ;;
        wheel) "$env/bin/python" -I "$pip_wheel/pip" "$@" ;;
        *) "$pip_from" --python "$env/bin/python" "$@" ;;
    esac
}

install_packages() {
    run_pip install --quiet --require-hashes --only-binary :all: \
        --requirement "$requirements" >>"$work/log" 2>&1 ||
        die_with_log 'the packages that toolpin requires could not be installed' "$index_hint"
    pip_from=own
    say packages 'each verified by its hash'
}

# hatchling works in an environment and a copy of its own: the checkout stays clean.
build_wheel() {
    mkdir "$work/source" "$work/wheel"
    for part in $PARTS; do cp -R "$checkout/$part" "$work/source/"; done
    chmod -R u+w "$work/source"
    "$python" -I -m venv --without-pip "$work/build" >>"$work/log" 2>&1 ||
        die_with_log "$python could not create an environment in $work"
    run_pip --python "$work/build/bin/python" install --quiet --require-hashes \
        --only-binary :all: --requirement "$checkout/requirements/build.txt" \
        >>"$work/log" 2>&1 ||
        die_with_log 'hatchling, which builds the wheel, could not be installed' "$index_hint"
    (cd "$work/source" && "$work/build/bin/python" -I -m hatchling build -t wheel \
        -d "$work/wheel") >>"$work/log" 2>&1 ||
        die_with_log "the wheel could not be built from $checkout"
    for wheel in "$work"/wheel/*.whl; do :; done
    say wheel "built from $checkout"
}

# A digest over all that goes in, names included: the same one means nothing to do.
fingerprint() {
    "$python" -I -c '
import hashlib, os, sys
digest = hashlib.sha256(os.fsencode(sys.argv[1]))
def add(path):
    digest.update(b"\0" + os.fsencode(os.path.basename(path)) + b"\0")
    with open(path, "rb") as file:
        digest.update(hashlib.sha256(file.read()).digest())
for top in sys.argv[2:]:
    if os.path.isfile(top):
        add(top)
    for directory, directories, files in os.walk(top):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        for name in sorted(files):
            add(os.path.join(directory, name))
print(digest.hexdigest())
' "$python" "$@"
}

find_inputs() {
    PARTS='toolpin plugins shims ci requirements install.sh'
    PARTS="$PARTS pyproject.toml README.md LICENSE"
    checkout=''
    if [ -n "$wheel" ]; then
        [ -f "$wheel" ] || die "the file $wheel does not exist"
        requirements=$work/runtime.txt
        "$python" -I -c '
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    sys.stdout.buffer.write(wheel.read("toolpin/bundled/requirements/runtime.txt"))
' "$wheel" >"$requirements" 2>>"$work/log" ||
            die_with_log "$wheel is not a wheel of toolpin"
        key=$(fingerprint "$wheel")
        return
    fi
    checkout=$(cd "$(dirname "$0")" && pwd)
    requirements=$checkout/requirements/runtime.txt
    [ -f "$requirements" ] || die "$0 is not in a checkout of toolpin" \
        'try: sh install.sh --wheel toolpin-VERSION-py3-none-any.whl'
    # shellcheck disable=SC2086  # a list of plain words
    key=$(cd "$checkout" && fingerprint $PARTS)
}

is_current() {
    [ -f "$manifest" ] && grep -qxF "key $key" "$manifest" && [ -x "$launcher" ] &&
        "$launcher" --version >/dev/null 2>&1
}

# Every directory that does not exist yet is written down, for --uninstall.
make_directory() {
    [ ! -d "$1" ] || return 0
    make_directory "$(dirname "$1")"
    mkdir "$1" 2>>"$work/log" || die "$1 cannot be created" "$(tail -n 1 "$work/log")"
    printf 'folder %s\n' "$1" >>"$work/made"
}

# The deepest first; a directory that holds something else by now stays.
remove_directories() {
    sed -n 's/^folder //p' "$1" | sort -r >"$work/directories"
    while IFS= read -r directory; do
        rmdir "$directory" 2>/dev/null || :
    done <"$work/directories"
}

# Marks the new environment, and locks the mark for this run. The children of the run
# have it open too, so one that outlives a kill still holds the lock.
mark_unfinished() {
    exec 9>"$env/toolpin-unfinished"
    echo $$ >&9
    "$python" -I -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>>"$work/log" &&
        echo held >&9 || :
}

# True while a process of the run that made an environment is alive.
is_in_use() {
    [ -f "$1/toolpin-unfinished" ] || return 1
    {
        read -r owner || owner=${1##*-}
        read -r holds || holds=''
    } <"$1/toolpin-unfinished"
    if [ "$holds" != held ]; then
        # What has this process's number was left by another: it has made none yet.
        [ "$owner" != $$ ] && kill -0 "$owner" 2>/dev/null
        return
    fi
    checker=${python:-}
    [ -n "$checker" ] || checker=$(command -v python3) || checker=$link/bin/python
    "$checker" -I -c '
import fcntl, sys
with open(sys.argv[1]) as mark:
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(0)
sys.exit(1)
' "$1/toolpin-unfinished" 2>>"$work/log"
}

# The mark goes last: where this is broken off, the next run ends it.
remove_environment() {
    [ -f "$1/toolpin-unfinished" ] || : >"$1/toolpin-unfinished" || return 1
    for entry in "$1"/* "$1"/.[!.]*; do
        case $entry in
            */toolpin-unfinished) ;;
            *) rm -rf "$entry" 2>>"$work/log" || return 1 ;;
        esac
    done
    rm -rf "$1" 2>>"$work/log"
}

# True for FILE.NUMBER of a run that is no more.
is_stale() {
    [ -f "$1" ] && [ ! -h "$1" ] || return 1
    number=${1##*-}
    case $number in '' | *[!0-9]*) return 1 ;; esac
    [ "$number" = $$ ] || ! kill -0 "$number" 2>/dev/null
}

# Removes what runs that were killed have left, and nothing that one at work has made.
remove_leftovers() {
    lib=$(cd -P "$prefix/lib" 2>/dev/null && pwd) || return 0
    current=$(cd -P "$link" 2>/dev/null && pwd) || current=''
    for leftover in "$lib"/toolpin-*; do
        case ${leftover##*/toolpin-} in '' | *[!0-9]*) continue ;; esac
        [ -d "$leftover" ] && [ ! -h "$leftover" ] || continue
        ! is_in_use "$leftover" || continue
        if [ "$leftover" = "$current" ]; then
            rm -f "$leftover/toolpin-unfinished"
        elif [ -f "$leftover/toolpin-unfinished" ] || is_own "$leftover"; then
            remove_environment "$leftover" || :
        else
            rmdir "$leftover" 2>/dev/null || :
        fi
    done
    for leftover in "$lib"/toolpin.toolpin-*; do
        [ ! -h "$leftover" ] || [ -e "$leftover" ] || rm -f "$leftover"
    done
    for leftover in "$prefix"/bin/.toolpin-*; do
        ! is_stale "$leftover" || rm -f "$leftover"
    done
}

build_environment() {
    : >"$work/made"
    make_directory "$prefix/bin"
    make_directory "$prefix/lib"
    remove_leftovers
    # In containers a process has the number of the one before: its directory is in use.
    number=$$
    until mkdir "$prefix/lib/toolpin-$number" 2>>"$work/log"; do
        is_there "$prefix/lib/toolpin-$number" ||
            die_with_log "$prefix/lib/toolpin-$number cannot be created"
        number=$((number + 1))
    done
    env=$prefix/lib/toolpin-$number
    mark_unfinished
    find_pip
    install_packages
    [ -n "$wheel" ] || build_wheel
    run_pip install --quiet --no-deps --no-index "$wheel" >>"$work/log" 2>&1 ||
        die_with_log "$wheel could not be installed"
    version=$("$env/bin/python" -I -m toolpin --version 2>>"$work/log") ||
        die_with_log 'the new toolpin does not run'
}

write_manifest() {
    {
        printf 'key %s\n' "$key"
        [ -z "$checkout" ] || printf 'from %s\n' "$checkout"
        cat "$work/made"
        [ ! -f "$manifest" ] || grep -v -e '^key ' -e '^from ' "$manifest" || :
    } >"$env/toolpin-manifest"
}

quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

write_launcher() {
    {
        printf '#!/bin/sh\n%s\n' "$LAUNCHER_MARK"
        printf 'exec %s -I -m toolpin "$@"\n' "$(quoted "$link/bin/python")"
    } >"$prefix/bin/.toolpin-$$"
    chmod 755 "$prefix/bin/.toolpin-$$"
    mv -f "$prefix/bin/.toolpin-$$" "$launcher"
}

# From the rename on the new one answers; the old one is not needed any more.
switch() {
    previous=$("$python" -I -c '
import os, sys
link, target = sys.argv[1:]
old = os.path.realpath(link) if os.path.islink(link) else ""
if os.path.islink(f"{link}.{target}"):
    os.unlink(f"{link}.{target}")
os.symlink(target, f"{link}.{target}")
os.replace(f"{link}.{target}", link)
print(old)
' "$link" "${env##*/}")
    new=$env env=''
    write_launcher
    # While it is marked, no other run takes the new one for an old one.
    rm -f "$new/toolpin-unfinished"
    exec 9>&-
    ! is_own "$previous" || remove_environment "$previous" || :
}

find_rc() {
    user_shell=${SHELL:-}
    [ -n "$user_shell" ] || user_shell=$("$python" -I -c '
import os, pwd
print(pwd.getpwuid(os.getuid()).pw_shell)' 2>/dev/null) || user_shell=/bin/sh
    user_shell=${user_shell##*/}
    case $user_shell in
        zsh) rc=${ZDOTDIR:-$HOME}/.zshrc ;;
        fish) rc=${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish ;;
        bash)
            rc=$HOME/.bashrc
            # Terminals on macOS start login shells, which do not read .bashrc.
            [ "$(uname -s)" != Darwin ] || rc=$HOME/.bash_profile
            ;;
        *) rc=$HOME/.profile ;;
    esac
}

is_on_path() {
    case :$PATH: in *:"$1":*) return 0 ;; esac
    return 1
}

# The lines for what this shell lacks: where toolpin is, and what activates it. A shell
# that cannot be activated gets the shims, before the system's programs.
# shellcheck disable=SC2016  # the shell that reads them expands them
rc_lines() {
    bin=$prefix/bin
    case $user_shell in
        fish)
            directory=$(printf '%s' "$bin" | sed "s/[\\\\']/\\\\&/g")
            is_on_path "$bin" || printf "set -gx PATH '%s' \$PATH\n" "$directory"
            is_on_path "$data/shims" || echo 'toolpin activate fish | source'
            ;;
        bash | zsh)
            is_on_path "$bin" || printf 'export PATH=%s:"$PATH"\n' "$(quoted "$bin")"
            is_on_path "$data/shims" ||
                printf 'eval "$(toolpin activate %s)"\n' "$user_shell"
            ;;
        *)
            for directory in "$bin" "$data/shims"; do
                is_on_path "$directory" ||
                    printf 'export PATH=%s:"$PATH"\n' "$(quoted "$directory")"
            done
            ;;
    esac
}

# Prints those of the lines that the startup file lacks.
lacking_lines() {
    printf '%s\n' "$lines" | while IFS= read -r line; do
        [ -f "$rc" ] && sed 's/^[[:blank:]]*//' "$rc" | grep -qxF -e "$line" ||
            printf '%s\n' "$line"
    done
}

add_to_rc() {
    marked=$RC_BEGIN'
'$lines'
'$RC_END
    if has_marks "$rc"; then
        if [ "$(sed -n "/^$RC_BEGIN\$/,/^$RC_END\$/p" "$rc")" = "$marked" ]; then
            say rc "$rc already has the lines"
            return
        fi
        have_a_pair "$rc" || return 0
    fi
    kept='rc '
    [ -e "$rc" ] || kept='new-rc '
    mkdir -p "$(dirname "$rc")"
    printf '%s%s\n' "$kept" "$rc" >>"$manifest"
    replace_by with_lines "$rc"
    say rc "$rc now activates toolpin in new shells"
}

has_marks() {
    [ -f "$1" ] && grep -qxF "$RC_BEGIN" "$1"
}

# Prints a startup file without the lines; false where its marks are no pair.
without_lines() {
    awk -v begin="$RC_BEGIN" -v end="$RC_END" '
        $0 == begin { wrong = wrong || seen; seen = inside = 1; next }
        $0 == end { wrong = wrong || !inside; inside = 0; next }
        !inside
        END { exit wrong || inside }
    ' "$1"
}

with_lines() {
    if has_marks "$1"; then
        without_lines "$1" || return
    elif [ -s "$1" ]; then
        cat "$1" || return
        [ -z "$(tail -c 1 "$1")" ] || echo
    fi
    printf '%s\n' "$marked"
}

have_a_pair() {
    without_lines "$1" >/dev/null && return
    [ $? = 1 ] || die "$1 cannot be read and is left unchanged"
    say rc "$1 is kept: its toolpin markers do not match; remove them by hand"
    return 1
}

# replace_by COMMAND FILE: what `COMMAND FILE` prints takes the file's place, by one
# rename: on a full disk or after a kill the old text is there, or the new one. Not
# every awk tells that a disk is full, so the text is compared. A link stays a link.
replace_by() {
    file=$2 hops=0
    while [ -h "$file" ] && [ $hops -lt 40 ]; do
        target=$(readlink "$file") hops=$((hops + 1))
        case $target in /*) ;; *) target=$(dirname "$file")/$target ;; esac
        file=$target
    done
    for stale in "$file".toolpin-*; do
        ! is_stale "$stale" || rm -f "$stale"
    done
    fresh=$file.toolpin-$$ held=''
    if { { [ ! -f "$file" ] || cp -p "$file" "$fresh"; } && "$1" "$2" >"$fresh" &&
        "$1" "$2" | cmp "$fresh" - && LC_ALL=C mv -f "$fresh" "$file"; } ||
        write_itself "$1"; then
        fresh=''
        return
    fi 2>>"$work/log" >&2
    if [ -n "$held" ]; then
        work=''
        die "$2 could not be written completely" "its previous content is in $held"
    fi
    die "$2 cannot be written and is left unchanged" "$(tail -n 1 "$work/log")" \
        'try: df -h ~'
}

# A file that is a mount of its own takes no rename, and a directory that its user may not
# write takes no new file: the text goes into the file itself then. Where that is cut
# short, what it held is put back, or else kept in a file that `held` names.
write_itself() {
    [ ! -w "$(dirname "$file")" ] || tail -n 1 "$work/log" | grep -i busy || return
    rm -f "$fresh"
    cp "$file" "$work/old" && "$1" "$file" >"$work/new" || return
    "$1" "$file" | cmp "$work/new" - || return
    [ -w "$file" ] || return
    cat "$work/new" >"$file" && cmp "$work/new" "$file" && return
    { cat "$work/old" >"$file" && cmp "$work/old" "$file"; } || held=$work/old
    return 1
}

clean_rc() {
    has_marks "$1" && have_a_pair "$1" || return 0
    replace_by without_lines "$1"
    say rc "removed the lines from $1"
}

# The command has the interpreter of this prefix in it: an upgrade need not touch it.
put_asdf() {
    if "$launcher" asdf-alias "$prefix/bin" </dev/null >"$work/asdf" 2>&1; then
        say asdf "$prefix/bin/asdf"
        sed -n '/toolpin import/p; /export ASDF_DATA_DIR/p' "$work/asdf" |
            while IFS= read -r note; do say note "$note"; done
    else
        say asdf "was not installed; run: toolpin asdf-alias $prefix/bin"
    fi
    cat "$work/asdf" >>"$work/log"
}

finish() {
    say version "${version#toolpin }"
    say toolpin "$launcher"
    [ -z "$asdf" ] || put_asdf
    if [ -d "$data/installs" ]; then
        "$launcher" reshim </dev/null >>"$work/log" 2>&1 ||
            say shims 'were not updated; run: toolpin reshim'
    fi
    first=$(command -v toolpin) || first=$launcher
    [ "$first" = "$launcher" ] || say note "$first precedes it on PATH"
    find_rc
    lines=$(rc_lines)
    if [ -z "$lines" ]; then
        say path 'already contains toolpin and the shims'
    elif [ -n "$modify_rc" ]; then
        add_to_rc
    elif lines=$(lacking_lines) && [ -z "$lines" ]; then
        say rc "$rc already has the lines; a new shell reads it"
    else
        printf '\nadd to the end of %s, and open a new shell:\n\n' "$rc"
        printf '%s\n' "$lines" | sed 's/^/  /'
    fi
}

set_up() {
    find_python
    say python "$python ($python_version)"
    find_inputs
    if is_current; then
        version=$("$launcher" --version)
        say unchanged "this toolpin is already installed"
    else
        build_environment
        write_manifest
        switch
    fi
    remove_leftovers
    finish
}

# Lines that the user has written stay: without toolpin each new shell would complain.
name_own_lines() {
    for file in "$HOME/.bashrc" "$HOME/.bash_profile" "$HOME/.profile" \
        "${ZDOTDIR:-$HOME}/.zshrc" "$HOME/.zprofile" \
        "${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish"; do
        [ -f "$file" ] || continue
        grep -n 'toolpin activate' "$file" | while IFS=: read -r number found; do
            say line "$file:$number needs toolpin; take it out: $found"
        done
    done
}

remove() {
    if [ ! -f "$manifest" ]; then
        remove_leftovers
        if leads_nowhere; then
            rm -f "$launcher" "$link"
            say removed "what was left of toolpin in $prefix"
        else
            say nothing "$prefix holds no toolpin of install.sh"
        fi
        return
    fi
    cp "$manifest" "$work/manifest"
    sed -n 's/^rc //p; s/^new-rc //p' "$work/manifest" >"$work/rcs"
    while IFS= read -r one; do clean_rc "$one"; done <"$work/rcs"
    sed -n 's/^new-rc //p' "$work/manifest" >"$work/rcs"
    while IFS= read -r one; do [ -s "$one" ] || rm -f "$one"; done <"$work/rcs"
    "$launcher" asdf-alias --remove "$prefix/bin" </dev/null >>"$work/log" 2>&1 || :
    target=$(cd -P "$link" && pwd)
    # Where this is broken off, the next run removes the environment.
    ! is_own "$target" || echo $$ >"$target/toolpin-unfinished"
    rm -f "$launcher" "$link"
    if is_own "$target"; then
        remove_environment "$target" || :
    else
        say left "$target is not of this prefix, and stays"
    fi
    remove_leftovers
    remove_directories "$work/manifest"
    say removed "toolpin from $prefix"
    name_own_lines
    rest=''
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/toolpin
    [ "$(uname -s)" != Darwin ] || cache=$HOME/Library/Caches/toolpin
    for directory in "$data" "${TOOLPIN_CACHE_DIR:-$cache}" \
        "${TOOLPIN_CONFIG_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/toolpin}"; do
        [ ! -d "$directory" ] || rest="$rest $(quoted "$directory")"
    done
    [ -z "$rest" ] || printf '\n%s\n\n  rm -rf%s\n' \
        'installed tools, downloads and settings stay; to remove them too:' "$rest"
}

env='' work='' fresh=''
clean_up() {
    status=$?
    # Before anything is removed, which would make room.
    [ $status = 0 ] || [ $status -gt 127 ] || report_full_disk
    [ -z "$fresh" ] || rm -f "$fresh"
    if [ -n "$env" ]; then
        remove_environment "$env" || :
        remove_directories "$work/made"
    fi
    [ -z "$work" ] || rm -rf "$work"
}

# Most programs that fail on a full disk say something else, or nothing.
report_full_disk() {
    full=''
    [ -z "$work" ] || ! grep -qiE "$FULL" "$work/log" || full=yes
    for directory in "$prefix/lib" "$prefix" "${work:-/tmp}" "$HOME"; do
        [ -z "$full" ] && [ -d "$directory" ] && [ -w "$directory" ] || continue
        file=$directory/.toolpin-probe-$$
        ! LC_ALL=C dd if=/dev/zero of="$file" bs=4096 count=64 2>&1 |
            grep -qiE "$FULL" || full=yes
        rm -f "$file"
    done
    [ -z "$full" ] || printf 'install.sh: %s\n  %s\n' \
        'the disk is full: nothing more could be written' \
        "try: df -h $(quoted "$prefix") $(quoted "${TMPDIR:-/tmp}") $(quoted "$HOME")" >&2
}

main() {
    parse_arguments "$@"
    find_directories
    refuse_foreign_files
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    work=$(mktemp -d "${TMPDIR:-/tmp}/toolpin-install.XXXXXX")
    : >"$work/log"
    if [ -n "$uninstall" ]; then remove; else set_up; fi
}

main "$@"
