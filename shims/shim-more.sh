# shellcheck shell=sh disable=SC2154
# The functions of shim.sh that few runs need.

# Hands over to Python, for this store, whatever the environment says.
_tp_ask() {
  set -- "$_toolpin_command" "$@"
  _tp_forget
  unset _toolpin_use_names _toolpin_use_override _toolpin_use_files \
    _toolpin_use_spellings _toolpin_need_names _toolpin_need_override \
    _toolpin_need_files _toolpin_need_spellings
  if [ ! -x @PYTHON@ ]; then
    # In a directory that this user may not enter it looks as if it were gone.
    printf 'toolpin: %s needs %s, which is missing or cannot be run by %s; %s\n' \
      "$1" @PYTHON@ 'this user' 'install toolpin again' >&2
    exit 126
  fi
  exec @PYTHON@ -I -m toolpin exec --store @DATA@ @CONFIG@ @SYSTEM@ "$@"
}

# Reads the file $1 of other managers in $_tp_dir; as _tp_read. $2 has the
# words that mean another, or `?` where a plugin reads its own files. One word is read
# here, a file of other shape by Python.
_tp_read_other() {
  case $_tp_dir/ in
    */node_modules/* | */deps/* | */_build/* | */vendor/*) return 1 ;;
  esac
  _tp_want='?'
  [ -z "${TOOLPIN_IDIOMATIC-}" ] && [ "$2" != '?' ] || return 0
  [ -r "$_tp_dir/$1" ] || return 0
  _tp_ours "$_tp_dir/$1" || return 0
  _tp_n=0
  _tp_known=
  while IFS= read -r _tp_rest || [ -n "$_tp_rest" ]; do
    _tp_n=$((_tp_n + 1))
    [ "$_tp_n" -lt 1000 ] || return 0
    _tp_rest=${_tp_rest%%#*}
    _tp_rest=${_tp_rest%@CR@}
    while :; do
      case $_tp_rest in
        *[" @TAB@"]) _tp_rest=${_tp_rest%?} ;;
        *) break ;;
      esac
    done
    [ -n "$_tp_rest" ] || continue
    [ -z "$_tp_known" ] || return 0
    _tp_known=$_tp_rest
  done <"$_tp_dir/$1"
  case $_tp_known in
    '') return 1 ;;
    v[0-9]*) _tp_known=${_tp_known#v} ;;
    [0-9]*) ;;
    *[" @TAB@="]*) return 0 ;;
  esac
  _tp_want=$_tp_known
}

# Puts in the place of the first word of $_tp_want what it means by the spellings $1. One
# without a meaning is a beginning that is left out, as a v before a number is, and each
# .x at the end.
_tp_respell() {
  _tp_rest=${_tp_want#"${_tp_want%%[" @TAB@"]*}"}
  _tp_want=${_tp_want%"$_tp_rest"}
  case $_tp_want in
    [0-9]*) ;;
    *)
      case $1 in
        *" $_tp_want="[!" "]*)
          _tp_want=${1#*" $_tp_want="}
          _tp_want=${_tp_want%%" "*}
          ;;
        *) _tp_without_beginning " ${1#' v= '}" ;;
      esac ;;
  esac
  while :; do
    case $_tp_want in
      [0-9]*.[xX]) _tp_want=${_tp_want%.?} ;;
      *) break ;;
    esac
  done
  _tp_want=$_tp_want$_tp_rest
}

# Leaves out the first of the beginnings among the spellings $1 that $_tp_want has, then a
# v before a number.
_tp_without_beginning() {
  while :; do
    case $1 in *'= '*) ;; *) break ;; esac
    _tp_name=${1%%'= '*}
    _tp_name=${_tp_name##*' '}
    set -- " ${1#*'= '}"
    case $_tp_want in
      "$_tp_name"?*)
        _tp_want=${_tp_want#"$_tp_name"}
        break ;;
    esac
  done
  case $_tp_want in v[0-9]*) _tp_want=${_tp_want#v} ;; esac
}

# True unless a script of the asdf plugin in the record has changed since.
_tp_is_current() {
  for _tp_name in exec-env exec-path list-bin-paths; do
    # shellcheck disable=SC3013  # -nt: every sh that there is has it
    [ ! -e "$toolpin_plugin/bin/$_tp_name" ] ||
      [ ! "$toolpin_plugin/bin/$_tp_name" -nt "$_tp_tree/.toolpin/record.sh" ] ||
      return 1
  done
}

# Goes on where no directory of $PWD pins the tool, with the arguments of _tp_locate.
_tp_locate_elsewhere() {
  _tp_want='?'
  ! _tp_is_linked || return 0
  case ${HOME-} in /*) _tp_dir=$HOME ;; *) return 0 ;; esac
  ! _tp_look "$1" "$3" "$4" '' || return 0
  _tp_dir=@CONFIG@
  _tp_look "$1" '' '' ''
}

# True where $PWD has a link in it: what pins above its target is for Python to find.
_tp_is_linked() {
  _tp_dir=${PWD%/}
  while [ -n "$_tp_dir" ]; do
    [ ! -h "$_tp_dir" ] || return 0
    _tp_dir=${_tp_dir%/*}
  done
  return 1
}

# Of several tools the one that is pinned has the command: of those before the `/`, whose
# own it is, or else of the others, which have it as a package. Two are for Python. The
# arguments are the command's.
_tp_choose() {
  _tp_chosen=
  for _tp_one in $_toolpin_several; do
    case $_tp_one in
      /) [ -z "$_tp_chosen" ] || break ;;
      _toolpin_[0-9]*)
        "$_tp_one"
        _tp_locate "$_toolpin_names" "$_toolpin_override" \
          "$_toolpin_files" "$_toolpin_spellings" || continue
        [ -z "$_tp_chosen" ] || _tp_ask "$@"
        _tp_chosen=$_tp_one
        ;;
    esac
  done
  ${_tp_chosen:-_tp_ask} "$@"
}

# Runs a program, given with its arguments, in the environment of its plugin's exec-env.
_tp_exec_env() {
  [ -r "$toolpin_plugin/bin/exec-env" ] || { shift; _tp_ask "$@"; }
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
  _tp_forget
  exec "$@"
}
