# shellcheck shell=sh disable=SC2154
# What every shim sources. The stub has set _toolpin_command, _toolpin_tool,
# _toolpin_names, _toolpin_files, _toolpin_spellings, _toolpin_override, _toolpin_after
# and those of the tool that it needs, and of the one that it uses where it is pinned.
# Of a command of several tools it has a function for each, which sets these.
# This runs the plain case: an exact version, installed and recorded. All else, every
# message included, is `toolpin exec`. Nothing here may fork, and nothing of a project
# is ever evaluated. @WORDS@ are filled in when this is written to the data directory.
#
# Each run pays for every letter that it reads, and a shell reads one command after the
# other: what plain runs need is at the top, and ends in exec. Below are the parts for a
# request that is not an exact version, and for a tool that needs another. What few runs
# need is in shim-more.sh.

# Calls a function of shim-more.sh.
_tp_rare() {
  [ -r @MORE@ ] || {
    echo 'toolpin: the shims are broken; try: toolpin reshim' >&2
    exit 126
  }
  # shellcheck source=/dev/null
  . @MORE@
  "$@"
}

# True for a file that may be used: not one that another user may have put there, and not
# a link that may lead out of its project, unless it is in one of the user's directories.
# A file of another owner that the user may write may be writable by everyone.
_tp_ours() {
  # shellcheck disable=SC3065,SC3067  # -k and -O: every sh that there is has them
  if [ -h "$1" ]; then
    case $_tp_dir in "${HOME:-none}" | @CONFIG@) ;; *) return 1 ;; esac
  else
    [ ! -O "$1" ] || return 0
    [ ! -w "$_tp_dir/" ] || return
  fi
  # shellcheck disable=SC3065
  [ ! -k "$_tp_dir/" ]
}

# Reads the .tool-versions $2 in $_tp_dir up to the line of one of the names
# in $1. True when the search is over: _tp_want has the rest of that line, or `?`
# where Python must decide. The loop ends before anything runs: within, stdin is the file.
_tp_read() {
  _tp_want='?'
  [ -f "$2" ] && [ -r "$2" ] && _tp_ours "$2" || return 0
  _tp_n=0
  while IFS=' @TAB@' read -r _tp_name _tp_rest || [ -n "$_tp_name" ]; do
    case $1 in *" $_tp_name "*)
      _tp_want=${_tp_rest%%#*}
      _tp_want=${_tp_want%@CR@}
      return ;;
    esac
    case $_tp_name:$((_tp_n += 1)) in
      *:1000) return ;;
      '#'* | @CR@:*) ;;
      # It may be a name that is misspelt: `nodejs@22`, `NodeJS`.
      *[!0-9[:lower:]_.-]*:*) return ;;
    esac
  done <"$2"
  return 1
}

# Looks into $_tp_dir, and with `up` as $4 into those above it; $1 is for
# _tp_read, $2 has the files of other managers, $3 is for _tp_read_other. True
# when the search is over.
_tp_look() {
  while :; do
    if [ -e "$_tp_dir/.tool-versions" ] ||
      [ -h "$_tp_dir/.tool-versions" ]; then
      ! _tp_read "$1" "$_tp_dir/.tool-versions" || return 0
    fi
    for _tp_name in $2; do
      [ ! -f "$_tp_dir/$_tp_name" ] ||
        ! _tp_rare _tp_read_other "$_tp_name" "$3" || return 0
    done
    case $4$_tp_dir in
      up*/*) _tp_dir=${_tp_dir%/*} ;;
      *) return 1 ;;
    esac
  done
}

# Finds what pins the tool that project files know as $1: _tp_want has its words,
# or `?` where Python must decide. $2 is `=` and the override's value, empty where it is
# not set; $3 and $4 are for _tp_look. False where nothing pins the tool.
_tp_locate() {
  _tp_want=${2#=}
  [ -z "$2" ] || return 0
  _tp_want='?'
  case $PWD in [!/]* | */../* | */.. | '') return 0 ;; esac
  [ ${#PWD} -lt 4096 ] || return 0
  _tp_dir=${PWD%/}
  _tp_look "$1" "$3" "$4" up || _tp_rare _tp_locate_elsewhere "$@"
}

# Sources the record of the published tree of tool $1, version $_tp_want: that of
# the first store that has it. A tree without a record is for Python.
_tp_source() {
  # shellcheck disable=SC2043  # one word here, the stores in what is written
  for _tp_name in @STORES@; do
    _tp_tree=$_tp_name/installs/$1/$_tp_want
    if [ -r "$_tp_tree/.toolpin/record.sh" ]; then
      [ ! -e "$_tp_name/incomplete/$1/$_tp_want" ] || continue
      # As no special builtin: one that fails would end this shell, with its words.
      # shellcheck source=/dev/null
      command . "$_tp_tree/.toolpin/record.sh" 2>/dev/null || return
      [ -z "$toolpin_plugin" ] || _tp_rare _tp_is_current
      return
    fi
    [ ! -e "$_tp_tree" ] || return 1
  done
  return 1
}

# Finds the published tree of tool $1, known to project files as $2, and sources its
# record. $3 to $5 are for _tp_locate. True also where nothing pins the tool. False
# where _tp_settle decides: this takes one word of three numbers or more.
_tp_find() {
  toolpin_bins='' toolpin_plugin='' toolpin_asks=''
  _tp_locate "$2" "$3" "$4" "$5" || return 0
  case $_tp_want in *[!0-9.]* | .* | *. | *..*) return 1 ;; *.*.*) ;; *) return 1 ;; esac
  # A number with a meaning, or a word that precedes all numbers.
  case $5 in *' ='* | *" $_tp_want="*) return 1 ;; esac
  [ ${#_tp_want} -lt 128 ] && _tp_source "$1"
}

# A variable of these names that the caller exported would reach the child. Those of the
# partners are forgotten where they are read, at the end, and by _tp_ask.
_tp_forget() {
  unset _toolpin_command _toolpin_tool _toolpin_names _toolpin_files _toolpin_spellings \
    _toolpin_override _toolpin_after _toolpin_need _toolpin_use _toolpin_several \
    _tp_dir _tp_name _tp_rest _tp_n _tp_want _tp_tree _tp_more _tp_one _tp_chosen \
    _tp_known toolpin_bins toolpin_major toolpin_plugin toolpin_asks toolpin_behind
}

# Executes the command of the tool that _tp_find has found, with the arguments "$@".
_tp_start() {
  _tp_rest=${toolpin_bins:+$toolpin_bins:}
  toolpin_bins=$toolpin_bins$_tp_more
  while :; do
    [ -n "$_tp_rest" ] || _tp_rare _tp_ask "$@"
    _tp_name=${_tp_rest%%:*}/$_toolpin_command
    [ ! -f "$_tp_name" ] || [ ! -x "$_tp_name" ] || break
    _tp_rest=${_tp_rest#*:}
  done
  set -- @SHIMS@ "$_tp_name" "$@"
  PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
  # The shims are right behind: what is further back on PATH wins over no pin.
  case $PATH: in
    "$toolpin_bins:$1":*) ;;
    *)
      _tp_rest=:$PATH:
      while :; do
        case $_tp_rest in
          :"$toolpin_bins":*) _tp_rest=:${_tp_rest#:"$toolpin_bins":} ;;
          *:"$1":*) _tp_rest=${_tp_rest%%:"$1":*}:${_tp_rest#*:"$1":} ;;
          *) break ;;
        esac
      done
      case $_tp_rest in *"$toolpin_behind":*) toolpin_behind= ;; esac
      PATH=$toolpin_bins:$1$toolpin_behind${_tp_rest%:}
      ;;
  esac
  export PATH
  shift
  [ -z "$toolpin_asks" ] || _tp_rare _tp_exec_env "$@"
  _tp_forget
  exec "$@"
}

# Records add directories of the user's, which are behind the shims, and use the major
# version of a required tool.
# shellcheck disable=SC2034
_tp_more='' toolpin_behind='' toolpin_major=''
[ -n "$_toolpin_tool" ] || _tp_rare _tp_choose "$@"
case $#$_toolpin_after in "0  "*) _tp_rare _tp_ask ;; esac # without arguments
[ -z "$_toolpin_after" ] || for _tp_name in "$@"; do
  case $_toolpin_after in *" $_tp_name "*) _tp_rare _tp_ask "$@" ;; esac
done
[ -n "$_toolpin_use$_toolpin_need" ] ||
  ! _tp_find "$_toolpin_tool" "$_toolpin_names" "$_toolpin_override" \
    "$_toolpin_files" "$_toolpin_spellings" || _tp_start "$@"

# Plain runs read no further.

# True where the lockfile in $_tp_dir has a pin of tool $1 for $_tp_want, which becomes
# the pinned version; 1 where there is none, 2 where Python must decide. Its head alone is
# read, in the form toolpin writes.
_tp_lock() {
  set -- "$1" "$_tp_dir/toolpin.lock"
  if [ ! -f "$2" ]; then
    [ -e "$2" ] || [ -h "$2" ] || return 1
    return 2
  fi
  [ -r "$2" ] && _tp_ours "$2" || return 2
  _tp_n=0
  while IFS= read -r _tp_rest; do
    _tp_rest=${_tp_rest%@CR@}
    case $((_tp_n += 1)):$_tp_rest in
      1:'schema = 1' | 2:'[pins]') ;;
      [12]:* | 1001:*) return 2 ;;
      *:) return 1 ;;
      "$_tp_n:\"$1 $_tp_want\" = \""*\")
        # What is exact, or names how the newest begins, has no version that does not.
        case $_tp_want in
          latest:* | [0-9]*.[0-9]*.[0-9]* | [vV][0-9]*.[0-9]*.[0-9]*)
            _tp_name=${_tp_want#latest:} ;;
          *[!0-9.]*) _tp_name= ;;
          *) _tp_name=$_tp_want ;;
        esac
        _tp_want=${_tp_rest#*' = "'}
        _tp_want=${_tp_want%'"'}
        case $_tp_want in
          [!0-9A-Za-z]* | '' | *[!0-9A-Za-z._+~-]*) return 2 ;;
          "$_tp_name") ;;
          "$_tp_name"[._+~-]*) case $_tp_name in *[._+~-]) return 2 ;; esac ;;
          *) [ -z "$_tp_name" ] || return 2 ;;
        esac
        [ ${#_tp_want} -lt 128 ] || return 2
        return 0 ;;
      *:\"*\") ;;
      *) return 2 ;;
    esac
  done <"$2"
  return 2
}

# Goes on where _tp_find did not find the tree of tool $1 for $_tp_want. $2 is the
# override, $3 has the spellings. False where Python must decide.
_tp_settle() {
  # Every word is checked, also those that are not used.
  [ ${#_tp_want} -lt 128 ] || return 1
  _tp_name=${_tp_want%%[" @TAB@"]*}
  case $_tp_name in
    # Of a tool with a word before its numbers, `latest:17` has another name, too.
    *:*) case $3 in *' ='*) return 1 ;; esac ;;
    # Where a number has a meaning, or may have an ending with one, Python finds it.
    [0-9]*)
      case $3 in
        *" $_tp_name="*) return 1 ;;
        *' *'*) case $_tp_name in *[!0-9.+xX]*) return 1 ;; esac ;;
      esac ;;
  esac
  # `v=` among the spellings: of this tool no version begins with a v or ends in .x.
  case $3 in ' v= '*)
    case $_tp_name in
      [0-9]*.[xX]) _tp_rare _tp_respell "$3" ;;
      [0-9]* | *:*) ;;
      *) _tp_rare _tp_respell "$3" ;;
    esac ;;
  esac
  case ${_tp_want#latest:} in
    *[" @TAB@"][!" @TAB@"0-9A-Za-z]*) return 1 ;;
    [!0-9A-Za-z]* | '' | *[!0-9A-Za-z._+~" @TAB@"-]* | system*) return 1 ;;
  esac
  _tp_want=${_tp_want%%[" @TAB@"]*}
  # The spelling without a name is what precedes a number.
  case $3 in *' ='*)
    case $_tp_want in *[!0-9.+]*) ;; *)
      _tp_name=${3#*' ='}
      _tp_want=${_tp_name%%' '*}$_tp_want ;;
    esac ;;
  esac
  # It is exact where it begins with three numbers, as the name of a release does.
  _tp_name=${_tp_want#[vV]}
  case $_tp_name in [0-9]*.[0-9]*.[0-9]*)
    case ${_tp_name%"${_tp_name#*.*.}"} in *[!0-9.]* | *..*) ;; *)
      ! _tp_source "$1" || return 0
      # A tree is not sourced if it has no record, or its plugin runs scripts.
      [ ! -e "$_tp_tree" ] || return 1 ;;
    esac ;;
  esac
  # A request that is not an exact version has the one in the lockfile.
  [ -z "$2" ] || return 1
  _tp_lock "$1" || case $?:$_tp_want in 2:* | 1:latest | 1:latest:*) return 1 ;; esac
  _tp_source "$1"
}

[ -n "$_toolpin_use$_toolpin_need" ] || {
  ! _tp_settle "$_toolpin_tool" "$_toolpin_override" "$_toolpin_spellings" ||
    _tp_start "$@"
  _tp_rare _tp_ask "$@"
}

# Only tools with partners read on.

# Adds the tree of a tool that goes with the command's, with the arguments of _tp_find.
# False where Python must decide.
_tp_find_partner() {
  _tp_find "$@" || _tp_settle "$1" "$3" "$5" || return
  _tp_more=${toolpin_bins:+:$toolpin_bins}$_tp_more
  [ -z "$toolpin_asks" ]
}

[ -z "$_toolpin_use" ] || _tp_find_partner "$_toolpin_use" "$_toolpin_use_names" \
  "$_toolpin_use_override" "$_toolpin_use_files" "$_toolpin_use_spellings" ||
  _tp_rare _tp_ask "$@"
# It comes before the tool: its record says its major version to the other's.
[ -z "$_toolpin_need" ] || _tp_find_partner "$_toolpin_need" "$_toolpin_need_names" \
  "$_toolpin_need_override" "$_toolpin_need_files" "$_toolpin_need_spellings" ||
  _tp_rare _tp_ask "$@"
unset _toolpin_use_names _toolpin_use_override _toolpin_use_files _toolpin_use_spellings \
  _toolpin_need_names _toolpin_need_override _toolpin_need_files _toolpin_need_spellings
_tp_find "$_toolpin_tool" "$_toolpin_names" "$_toolpin_override" "$_toolpin_files" \
  "$_toolpin_spellings" ||
  _tp_settle "$_toolpin_tool" "$_toolpin_override" "$_toolpin_spellings" ||
  _tp_rare _tp_ask "$@"
_tp_start "$@"
