# shellcheck shell=sh disable=SC2154
# What every shim sources. The stub has set _toolpin_command, _toolpin_tool,
# _toolpin_names, _toolpin_files, _toolpin_spellings, _toolpin_override, _toolpin_after
# and those of the tool that it needs, and of the one that it uses where it is pinned.
# Of a command of several tools it has a function for each, which sets these.
# This runs the plain case: an exact version, installed and recorded. All else, every
# message included, is `toolpin exec`. Nothing here may fork, and nothing of a project
# is ever evaluated. @WORDS@ are filled in when this is written to the data directory.

# Calls a function of the other file, which is read in the runs that need it: each run
# pays for every line that it reads.
_toolpin_rare() {
  [ -r @MORE@ ] || {
    echo 'toolpin: the shims are broken; try: toolpin reshim' >&2
    exit 126
  }
  # shellcheck source=/dev/null
  . @MORE@
  "$@"
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
    toolpin_plugin toolpin_asks toolpin_behind
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
    case $_toolpin_name in *[!0-9[:lower:]_.-]*)
      # It may be a name that is misspelt: `nodejs@22`, `NodeJS`.
      case $_toolpin_name in '#'* | @CR@) ;; *) return 0 ;; esac
      ;;
    esac
    [ $((_toolpin_lines += 1)) -lt 1000 ] || return 0
  done <"$_toolpin_directory/.tool-versions"
  return 1
}

# Looks into $_toolpin_directory, and with `up` as $4 into those above it; $1 is for
# _toolpin_read, $2 has the files of other managers, $3 is for _toolpin_read_other. True
# when the search is over.
_toolpin_look() {
  while :; do
    if [ -e "$_toolpin_directory/.tool-versions" ] ||
      [ -h "$_toolpin_directory/.tool-versions" ]; then
      ! _toolpin_read "$1" || return 0
    fi
    for _toolpin_file in $2; do
      [ ! -f "$_toolpin_directory/$_toolpin_file" ] ||
        ! _toolpin_rare _toolpin_read_other "$_toolpin_file" "$3" || return 0
    done
    case $4$_toolpin_directory in
      up*/*) _toolpin_directory=${_toolpin_directory%/*} ;;
      *) return 1 ;;
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
      [ -z "$toolpin_plugin" ] || _toolpin_rare _toolpin_is_current
      return
    fi
    [ ! -e "$_toolpin_tree" ] || return 1
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
  ! _toolpin_look "$1" "$3" "$4" up || return 0
  _toolpin_wanted='?'
  ! _toolpin_rare _toolpin_is_linked || return 0
  case ${HOME-} in /*) _toolpin_directory=$HOME ;; *) return 0 ;; esac
  ! _toolpin_look "$1" "$3" "$4" '' || return 0
  _toolpin_directory=@CONFIG@
  _toolpin_look "$1" '' '' ''
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
    # Of a tool with a word before its numbers, `latest:17` has another name, too.
    *:*) case $5 in *' ='*) return 1 ;; esac ;;
    # Where a number has a meaning, or may have an ending with one, Python finds it.
    [0-9]*)
      _toolpin_name=${_toolpin_wanted%%[" @TAB@"]*}
      case $5 in
        *" $_toolpin_name="*) return 1 ;;
        *' *'*) case $_toolpin_name in *[!0-9.+xX]*) return 1 ;; esac ;;
      esac ;;
    # `v=` among the spellings: of this tool no version begins with a v or ends in .x.
    *) case $5 in ' v= '*) _toolpin_rare _toolpin_respell "$5" ;; esac ;;
  esac
  case ${_toolpin_wanted#latest:} in
    *[" @TAB@"][!" @TAB@"0-9A-Za-z]*) return 1 ;;
    [!0-9A-Za-z]* | '' | *[!0-9A-Za-z._+~" @TAB@"-]*) return 1 ;;
    system*) return 1 ;;
  esac
  _toolpin_wanted=${_toolpin_wanted%%[" @TAB@"]*}
  case $_toolpin_wanted in
    [0-9]*.[xX]) case $5 in ' v= '*) _toolpin_rare _toolpin_without_x ;; esac ;;
  esac
  case $_toolpin_wanted in
    *[!0-9.+]*) ;;
    # The spelling without a name is what precedes a number.
    *) case $5 in *' ='*)
      _toolpin_name=${5#*' ='}
      _toolpin_wanted=${_toolpin_name%%' '*}$_toolpin_wanted ;;
    esac ;;
  esac
  if _toolpin_is_exact; then
    ! _toolpin_source "$1" || return 0
    # An existing tree is not sourced here: its plugin runs scripts, or it has no record.
    [ ! -e "$_toolpin_tree" ] && [ -z "$3" ] && _toolpin_rare _toolpin_lock "$1" || return 1
  else
    # A request that is not an exact version has the one in the lockfile.
    [ -z "$3" ] || return 1
    _toolpin_rare _toolpin_lock "$1"
    case $?:$_toolpin_wanted in
      0:*) ;;
      1:latest | 1:latest:*) return 1 ;;
      1:*) ;;
      *) return 1 ;;
    esac
  fi
  _toolpin_source "$1"
}

_toolpin_chosen=
[ -z "$_toolpin_several" ] || _toolpin_rare _toolpin_choose "$@"
[ -n "$_toolpin_tool" ] || _toolpin_rare _toolpin_ask "$@"
case $#$_toolpin_after in "0  "*) _toolpin_rare _toolpin_ask ;; esac # without arguments
[ -z "$_toolpin_after" ] || for _toolpin_name in "$@"; do
  case $_toolpin_after in *" $_toolpin_name "*) _toolpin_rare _toolpin_ask "$@" ;; esac
done
_toolpin_more=
# Directories of the user's, behind the shims: records add them.
toolpin_behind=
if [ -n "$_toolpin_use" ]; then
  _toolpin_find "$_toolpin_use" "$_toolpin_use_names" "$_toolpin_use_override" \
    "$_toolpin_use_files" "$_toolpin_use_spellings" && [ -z "$toolpin_asks" ] ||
    _toolpin_rare _toolpin_ask "$@"
  _toolpin_more=${toolpin_bins:+:$toolpin_bins}
fi
# The tool that it needs comes before it: its record says its major version to this one's.
# shellcheck disable=SC2034  # the other's record uses it
toolpin_major=
if [ -n "$_toolpin_need" ]; then
  _toolpin_find "$_toolpin_need" "$_toolpin_need_names" "$_toolpin_need_override" \
    "$_toolpin_need_files" "$_toolpin_need_spellings" && [ -z "$toolpin_asks" ] ||
    _toolpin_rare _toolpin_ask "$@"
  _toolpin_more=${toolpin_bins:+:$toolpin_bins}$_toolpin_more
fi
_toolpin_find "$_toolpin_tool" "$_toolpin_names" "$_toolpin_override" \
  "$_toolpin_files" "$_toolpin_spellings" || _toolpin_rare _toolpin_ask "$@"
_toolpin_path=$toolpin_bins$_toolpin_more
_toolpin_rest=$toolpin_bins${toolpin_bins:+:}
_toolpin_bin=
while [ -n "$_toolpin_rest" ]; do
  _toolpin_bin=${_toolpin_rest%%:*}/$_toolpin_command
  [ ! -f "$_toolpin_bin" ] || [ ! -x "$_toolpin_bin" ] || break
  _toolpin_bin=
  _toolpin_rest=${_toolpin_rest#*:}
done
[ -n "$_toolpin_bin" ] || _toolpin_rare _toolpin_ask "$@"
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
    case $_toolpin_rest in *"$toolpin_behind":*) toolpin_behind= ;; esac
    PATH=$_toolpin_path:@SHIMS@$toolpin_behind${_toolpin_rest%:}
    ;;
esac
export PATH
set -- "$_toolpin_bin" "$@"
[ -z "$toolpin_asks" ] || _toolpin_rare _toolpin_exec_env "$@"
_toolpin_forget
exec "$@"
