# shellcheck shell=sh disable=SC2154
# What every shim sources. The stub has set _toolpin_command, _toolpin_tool,
# _toolpin_names, _toolpin_files, _toolpin_spellings, _toolpin_override, _toolpin_after
# and those of the tool that it needs, and of the one that it uses where it is pinned.
# Of a command of several tools it has a function for each, which sets these.
# This runs the plain case: an exact version, installed and recorded. All else, every
# message included, is `toolpin exec`. Nothing here may fork, and nothing of a project
# is ever evaluated. @WORDS@ are filled in when this is written to the data directory.

# Hands over to Python, for this store, whatever the environment says.
_toolpin_ask() {
  set -- "$_toolpin_command" "$@"
  _toolpin_forget
  if [ ! -x @PYTHON@ ]; then
    # In a directory that this user may not enter it looks as if it were gone.
    printf 'toolpin: %s needs %s, which is missing or cannot be run by %s; %s\n' \
      "$1" @PYTHON@ 'this user' 'install toolpin again' >&2
    exit 126
  fi
  exec @PYTHON@ -I -m toolpin exec --store @DATA@ @CONFIG@ @SYSTEM@ "$@"
}

# A variable of these names that the caller exported would reach the child.
_toolpin_forget() {
  unset _toolpin_command _toolpin_tool _toolpin_names _toolpin_override \
    _toolpin_files _toolpin_spellings _toolpin_need_files _toolpin_need_spellings \
    _toolpin_after _toolpin_need _toolpin_need_names _toolpin_need_override \
    _toolpin_use _toolpin_use_names _toolpin_use_override _toolpin_use_files \
    _toolpin_use_spellings \
    _toolpin_several _toolpin_chosen _toolpin_one \
    _toolpin_known _toolpin_file _toolpin_directory _toolpin_name _toolpin_rest _toolpin_lines _toolpin_wanted \
    _toolpin_tree _toolpin_path _toolpin_bin _toolpin_more toolpin_bins toolpin_major \
    toolpin_plugin toolpin_asks
}

# True for a file that may be used: not one that another user may have put there, and not
# a link that may lead out of its project, unless it is in one of the user's directories.
# A file of another owner that the user may write may be writable by everyone.
_toolpin_ours() {
  # shellcheck disable=SC3065,SC3067  # -k and -O: every sh that there is has them
  if [ -h "$_toolpin_directory/$1" ]; then
    case $_toolpin_directory in "${HOME:-none}" | @CONFIG@) ;; *) return 1 ;; esac
    [ ! -k "$_toolpin_directory/" ]
  else
    [ -O "$_toolpin_directory/$1" ] ||
      { [ ! -k "$_toolpin_directory/" ] && [ ! -w "$_toolpin_directory/" ]; }
  fi
}

# Reads .tool-versions in $_toolpin_directory, where there is one, up to the line of one of the names in $1.
# True when the search is over: _toolpin_wanted has the rest of that line, or `?` where
# Python must decide. The loop ends before anything runs: within, stdin is the file.
_toolpin_read() {
  _toolpin_wanted='?'
  [ -f "$_toolpin_directory/.tool-versions" ] || return 0
  [ -r "$_toolpin_directory/.tool-versions" ] || return 0
  _toolpin_ours .tool-versions || return 0
  _toolpin_lines=0
  while IFS=' @TAB@' read -r _toolpin_name _toolpin_rest || [ -n "$_toolpin_name" ]; do
    case $1 in *" $_toolpin_name "*)
      _toolpin_wanted=${_toolpin_rest%%#*}
      _toolpin_wanted=${_toolpin_wanted%@CR@}
      return 0 ;;
    esac
    case $_toolpin_name in
      '' | '#'* | @CR@) ;;
      # It may be a name that is misspelt: `nodejs@22`, `NodeJS`.
      *[!0-9[:lower:]_.-]*) return 0 ;;
    esac
    _toolpin_lines=$((_toolpin_lines + 1))
    [ "$_toolpin_lines" -lt 1000 ] || return 0
  done <"$_toolpin_directory/.tool-versions"
  return 1
}

# Reads the file $1 of other managers in $_toolpin_directory; as _toolpin_read. $2 has the
# words that mean another, or `?` where a plugin reads its own files. One word is read
# here, a file of other shape by Python.
_toolpin_read_other() {
  case $_toolpin_directory/ in
    */node_modules/* | */deps/* | */_build/* | */vendor/*) return 1 ;;
  esac
  _toolpin_wanted='?'
  [ -z "${TOOLPIN_IDIOMATIC-}" ] && [ "$2" != '?' ] || return 0
  [ -r "$_toolpin_directory/$1" ] || return 0
  _toolpin_ours "$1" || return 0
  _toolpin_lines=0
  _toolpin_known=
  while IFS= read -r _toolpin_rest || [ -n "$_toolpin_rest" ]; do
    _toolpin_lines=$((_toolpin_lines + 1))
    [ "$_toolpin_lines" -lt 1000 ] || return 0
    _toolpin_rest=${_toolpin_rest%%#*}
    _toolpin_rest=${_toolpin_rest%@CR@}
    while :; do
      case $_toolpin_rest in
        *[" @TAB@"]) _toolpin_rest=${_toolpin_rest%?} ;;
        *) break ;;
      esac
    done
    [ -n "$_toolpin_rest" ] || continue
    [ -z "$_toolpin_known" ] || return 0
    _toolpin_known=$_toolpin_rest
  done <"$_toolpin_directory/$1"
  case $_toolpin_known in
    '') return 1 ;;
    v[0-9]*) _toolpin_known=${_toolpin_known#v} ;;
    [0-9]*) ;;
    *[" @TAB@="]*) return 0 ;;
  esac
  _toolpin_wanted=$_toolpin_known
}

# Looks into $_toolpin_directory; $1 is for _toolpin_read, $2 has the files of other
# managers, $3 is for _toolpin_read_other. True when the search is over.
_toolpin_look() {
  if [ -e "$_toolpin_directory/.tool-versions" ] ||
    [ -h "$_toolpin_directory/.tool-versions" ]; then
    _toolpin_read "$1" && return
  fi
  for _toolpin_file in $2; do
    [ ! -f "$_toolpin_directory/$_toolpin_file" ] ||
      ! _toolpin_read_other "$_toolpin_file" "$3" || return 0
  done
  return 1
}

# Puts in the place of the first word of $_toolpin_wanted what it means by the spellings
# $1. One without a meaning is a beginning that is left out, as a v before a number is.
_toolpin_respell() {
  _toolpin_rest=${_toolpin_wanted#"${_toolpin_wanted%%[" @TAB@"]*}"}
  _toolpin_wanted=${_toolpin_wanted%"$_toolpin_rest"}
  case $1 in
    *" $_toolpin_wanted="[!" "]*)
      _toolpin_wanted=${1#*" $_toolpin_wanted="}
      _toolpin_wanted=${_toolpin_wanted%%" "*}
      ;;
    *)
      _toolpin_known=" ${1#' v= '}"
      while :; do
        case $_toolpin_known in *'= '*) ;; *) break ;; esac
        _toolpin_name=${_toolpin_known%%'= '*}
        _toolpin_name=${_toolpin_name##*' '}
        _toolpin_known=" ${_toolpin_known#*'= '}"
        case $_toolpin_wanted in
          "$_toolpin_name"?*)
            _toolpin_wanted=${_toolpin_wanted#"$_toolpin_name"}
            break ;;
        esac
      done
      case $_toolpin_wanted in v[0-9]*) _toolpin_wanted=${_toolpin_wanted#v} ;; esac
      ;;
  esac
  _toolpin_wanted=$_toolpin_wanted$_toolpin_rest
}

# Leaves each .x at the end of $_toolpin_wanted out.
_toolpin_without_x() {
  while :; do
    case $_toolpin_wanted in
      *.[xX]) _toolpin_wanted=${_toolpin_wanted%.?} ;;
      *) break ;;
    esac
  done
}

# True where $_toolpin_wanted begins with three numbers, as the name of a release does.
_toolpin_is_exact() {
  _toolpin_name=${_toolpin_wanted#[vV]}
  case $_toolpin_name in
    [0-9]*.[0-9]*.[0-9]*) _toolpin_name=${_toolpin_name%"${_toolpin_name#*.*.}"} ;;
    *) return 1 ;;
  esac
  case $_toolpin_name in *[!0-9.]* | *..*) return 1 ;; esac
}

# True where the lockfile in $_toolpin_directory has a pin of tool $1 for $_toolpin_wanted,
# which becomes the pinned version; 1 where there is none, 2 where Python must decide.
# Its head alone is read, in the form toolpin writes.
_toolpin_lock() {
  [ -e "$_toolpin_directory/toolpin.lock" ] || [ -h "$_toolpin_directory/toolpin.lock" ] ||
    return 1
  [ -f "$_toolpin_directory/toolpin.lock" ] || return 2
  [ -r "$_toolpin_directory/toolpin.lock" ] || return 2
  _toolpin_ours toolpin.lock || return 2
  _toolpin_lines=0
  while IFS= read -r _toolpin_rest; do
    _toolpin_rest=${_toolpin_rest%@CR@}
    case $_toolpin_lines:$_toolpin_rest in
      0:'schema = 1' | 1:'[pins]') ;;
      [01]:*) return 2 ;;
      *:) return 1 ;;
      "$_toolpin_lines:\"$1 $_toolpin_wanted\" = \""*\")
        # What is exact, or names how the newest begins, has no version that does not.
        case $_toolpin_wanted in
          latest:* | [0-9]*.[0-9]*.[0-9]* | [vV][0-9]*.[0-9]*.[0-9]*)
            _toolpin_name=${_toolpin_wanted#latest:} ;;
          *[!0-9.]*) _toolpin_name= ;;
          *) _toolpin_name=$_toolpin_wanted ;;
        esac
        _toolpin_wanted=${_toolpin_rest#*' = "'}
        _toolpin_wanted=${_toolpin_wanted%'"'}
        case $_toolpin_wanted in
          [!0-9A-Za-z]* | '' | *[!0-9A-Za-z._+~-]*) return 2 ;;
          "$_toolpin_name") ;;
          "$_toolpin_name"[._+~-]*)
            case $_toolpin_name in *[._+~-]) return 2 ;; esac ;;
          *) [ -z "$_toolpin_name" ] || return 2 ;;
        esac
        [ ${#_toolpin_wanted} -lt 128 ] || return 2
        return 0 ;;
      *:\"*\") ;;
      *) return 2 ;;
    esac
    _toolpin_lines=$((_toolpin_lines + 1))
    [ "$_toolpin_lines" -lt 1000 ] || return 2
  done <"$_toolpin_directory/toolpin.lock"
  return 2
}

# Sources the record of the published tree of tool $1, version $_toolpin_wanted: that of
# the first store that has it. A tree without a record is for Python.
_toolpin_source() {
  # shellcheck disable=SC2043  # one word here, the stores in what is written
  for _toolpin_name in @STORES@; do
    _toolpin_tree=$_toolpin_name/installs/$1/$_toolpin_wanted
    if [ -r "$_toolpin_tree/.toolpin/record.sh" ]; then
      [ ! -e "$_toolpin_name/incomplete/$1/$_toolpin_wanted" ] || continue
      # As no special builtin: one that fails would end this shell, with its words.
      # shellcheck source=/dev/null
      command . "$_toolpin_tree/.toolpin/record.sh" 2>/dev/null || return
      [ -z "$toolpin_plugin" ] || _toolpin_is_current
      return
    fi
    [ ! -e "$_toolpin_tree" ] || return 1
  done
  return 1
}

# True unless a script of the asdf plugin in the record has changed since.
_toolpin_is_current() {
  for _toolpin_name in exec-env exec-path list-bin-paths; do
    # shellcheck disable=SC3013  # -nt: every sh that there is has it
    [ ! -e "$toolpin_plugin/bin/$_toolpin_name" ] ||
      [ ! "$toolpin_plugin/bin/$_toolpin_name" -nt "$_toolpin_tree/.toolpin/record.sh" ] ||
      return 1
  done
}

# True where $PWD has a link in it: what pins above its target is for Python to find.
_toolpin_is_linked() {
  _toolpin_directory=${PWD%/}
  while [ -n "$_toolpin_directory" ]; do
    [ ! -h "$_toolpin_directory" ] || return 0
    _toolpin_directory=${_toolpin_directory%/*}
  done
  return 1
}

# Finds what pins the tool that project files know as $1: _toolpin_wanted has its words,
# or `?` where Python must decide. $2 is `=` and the override's value, empty where it is
# not set; $3 and $4 are for _toolpin_look. False where nothing pins the tool.
_toolpin_locate() {
  _toolpin_wanted=${2#=}
  [ -z "$2" ] || return 0
  _toolpin_wanted='?'
  case $PWD in [!/]* | */../* | */.. | '') return 0 ;; esac
  [ ${#PWD} -lt 4096 ] || return 0
  _toolpin_directory=${PWD%/}
  until _toolpin_look "$1" "$3" "$4"; do
    case $_toolpin_directory in
      */*) _toolpin_directory=${_toolpin_directory%/*} ;;
      *)
        _toolpin_wanted='?'
        ! _toolpin_is_linked || return 0
        case ${HOME-} in /*) _toolpin_directory=$HOME ;; *) return 0 ;; esac
        _toolpin_look "$1" "$3" "$4" && return
        _toolpin_directory=@CONFIG@
        _toolpin_look "$1" '' ''
        return
        ;;
    esac
  done
}

# Finds the published tree of tool $1, known to project files as $2, and sources its
# record. $3 to $5 are for _toolpin_locate. True also where nothing pins the tool; false
# where Python must decide.
_toolpin_find() {
  _toolpin_tree=
  toolpin_bins=
  toolpin_plugin=
  toolpin_asks=
  _toolpin_locate "$2" "$3" "$4" "$5" || return 0
  # Every word is checked, also those that are not used.
  [ ${#_toolpin_wanted} -lt 128 ] || return 1
  case $_toolpin_wanted in
    [0-9]* | *:*) ;;
    # `v=` among the spellings: of this tool no version begins with a v or ends in .x.
    *) case $5 in ' v= '*) _toolpin_respell "$5" ;; esac ;;
  esac
  case ${_toolpin_wanted#latest:} in
    *[" @TAB@"][!" @TAB@"0-9A-Za-z]*) return 1 ;;
    [!0-9A-Za-z]* | '' | *[!0-9A-Za-z._+~" @TAB@"-]*) return 1 ;;
    system*) return 1 ;;
  esac
  _toolpin_wanted=${_toolpin_wanted%%[" @TAB@"]*}
  case $_toolpin_wanted in
    [0-9]*.[xX]) case $5 in ' v= '*) _toolpin_without_x ;; esac ;;
  esac
  if _toolpin_is_exact; then
    ! _toolpin_source "$1" || return 0
    # An existing tree is not sourced here: its plugin runs scripts, or it has no record.
    [ ! -e "$_toolpin_tree" ] && [ -z "$3" ] && _toolpin_lock "$1" || return 1
  else
    # A request that is not an exact version has the one in the lockfile.
    [ -z "$3" ] || return 1
    _toolpin_lock "$1"
    case $?:$_toolpin_wanted in
      0:*) ;;
      1:latest | 1:latest:*) return 1 ;;
      1:*) ;;
      *) return 1 ;;
    esac
  fi
  _toolpin_source "$1"
}

# Of several tools the one that is pinned has the command: of those before the `/`, whose
# own it is, or else of the others, which have it as a package. Two are for Python.
_toolpin_chosen=
for _toolpin_one in $_toolpin_several; do
  case $_toolpin_one in
    /) [ -z "$_toolpin_chosen" ] || break ;;
    _toolpin_[0-9]*)
      "$_toolpin_one"
      _toolpin_locate "$_toolpin_names" "$_toolpin_override" \
        "$_toolpin_files" "$_toolpin_spellings" || continue
      [ -z "$_toolpin_chosen" ] || _toolpin_ask "$@"
      _toolpin_chosen=$_toolpin_one
      ;;
  esac
done
[ -z "$_toolpin_several" ] || ${_toolpin_chosen:-_toolpin_ask} "$@"
[ -n "$_toolpin_tool" ] || _toolpin_ask "$@"
[ -z "$_toolpin_after" ] || for _toolpin_name in "$@"; do
  case $_toolpin_after in *" $_toolpin_name "*) _toolpin_ask "$@" ;; esac
done
_toolpin_more=
if [ -n "$_toolpin_use" ]; then
  _toolpin_find "$_toolpin_use" "$_toolpin_use_names" "$_toolpin_use_override" \
    "$_toolpin_use_files" "$_toolpin_use_spellings" && [ -z "$toolpin_asks" ] ||
    _toolpin_ask "$@"
  _toolpin_more=${toolpin_bins:+:$toolpin_bins}
fi
# The tool that it needs comes before it: its record says its major version to this one's.
# shellcheck disable=SC2034  # the other's record uses it
toolpin_major=
if [ -n "$_toolpin_need" ]; then
  _toolpin_find "$_toolpin_need" "$_toolpin_need_names" "$_toolpin_need_override" \
    "$_toolpin_need_files" "$_toolpin_need_spellings" && [ -z "$toolpin_asks" ] ||
    _toolpin_ask "$@"
  _toolpin_more=${toolpin_bins:+:$toolpin_bins}$_toolpin_more
fi
_toolpin_find "$_toolpin_tool" "$_toolpin_names" "$_toolpin_override" \
  "$_toolpin_files" "$_toolpin_spellings" || _toolpin_ask "$@"
_toolpin_path=$toolpin_bins$_toolpin_more
_toolpin_rest=$toolpin_bins${toolpin_bins:+:}
_toolpin_bin=
while [ -n "$_toolpin_rest" ]; do
  _toolpin_bin=${_toolpin_rest%%:*}/$_toolpin_command
  [ ! -f "$_toolpin_bin" ] || [ ! -x "$_toolpin_bin" ] || break
  _toolpin_bin=
  _toolpin_rest=${_toolpin_rest#*:}
done
[ -n "$_toolpin_bin" ] || _toolpin_ask "$@"
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
# The shims are right behind: what is further back on PATH wins over no pin.
case $PATH: in
  "$_toolpin_path":@SHIMS@:*) ;;
  *)
    _toolpin_rest=:$PATH:
    while :; do
      case $_toolpin_rest in
        :"$_toolpin_path":*) _toolpin_rest=:${_toolpin_rest#:"$_toolpin_path":} ;;
        *:@SHIMS@:*)
          _toolpin_rest=${_toolpin_rest%%:@SHIMS@:*}:${_toolpin_rest#*:@SHIMS@:} ;;
        *) break ;;
      esac
    done
    PATH=$_toolpin_path:@SHIMS@${_toolpin_rest%:}
    ;;
esac
export PATH
set -- "$_toolpin_bin" "$@"
if [ -n "$toolpin_asks" ]; then
  [ -r "$toolpin_plugin/bin/exec-env" ] || { shift; _toolpin_ask "$@"; }
  # What exec-env exports and takes away is for the program, its `asdf` is not.
  # shellcheck disable=SC2016  # for bash
  set -- bash -c '_toolpin_line=("${@:3}") _toolpin_asdf=$1 _toolpin_data=$2
_toolpin_given=${ASDF_DATA_DIR+=}${ASDF_DATA_DIR-} _toolpin_before=:$PATH:
set --
export PATH=$_toolpin_asdf:$PATH ASDF_DATA_DIR=$_toolpin_data
trap '\''_toolpin_code=$?
printf "toolpin: %s ended with %s\n" "$0" "$_toolpin_code" >&2
[ ! -e "$_toolpin_data/asdf-command" ] || exit "$_toolpin_code"
exit 126'\'' EXIT
. "$0" >&2 </dev/null
trap - EXIT
set +eu
case $_toolpin_before in
  *":$_toolpin_asdf:"*) ;;
  *) PATH=:$PATH: PATH=${PATH/":$_toolpin_asdf:"/:} PATH=${PATH#:} PATH=${PATH%:} ;;
esac
case $ASDF_DATA_DIR$_toolpin_given in
  "$_toolpin_data") unset ASDF_DATA_DIR ;;
  "$_toolpin_data="*) ASDF_DATA_DIR=${_toolpin_given#=} ;;
esac
exec "${_toolpin_line[@]}"' "$toolpin_plugin/bin/exec-env" @ANSWERS@ @DATA@ "$@"
fi
_toolpin_forget
exec "$@"
