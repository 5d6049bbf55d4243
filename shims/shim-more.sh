# shellcheck shell=sh disable=SC2154
# The functions of shim.sh that few runs need.

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

# Of several tools the one that is pinned has the command: of those before the `/`, whose
# own it is, or else of the others, which have it as a package. Two are for Python. The
# arguments are the command's.
_toolpin_choose() {
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
  ${_toolpin_chosen:-_toolpin_ask} "$@"
}

# Runs a program, given with its arguments, in the environment of its plugin's exec-env.
_toolpin_exec_env() {
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
  _toolpin_forget
  exec "$@"
}
