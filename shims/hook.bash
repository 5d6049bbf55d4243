# shellcheck shell=bash disable=SC2128,SC2178  # PROMPT_COMMAND is an array, or a text
# What `eval "$(toolpin activate bash)"` defines, for bash 3.2 and newer. Where nothing
# has changed the prompt costs builtins alone: _toolpin_same, which each change defines
# again, compares files and variables. @PYTHON@ is filled in.

_toolpin_hook() {
  local _toolpin_status=$?
  if [[ $PWD != "${_toolpin_pwd-}" ]] || ! _toolpin_same; then
    _toolpin_update
  fi
  # Under `set -e` a hook that fails would end the shell.
  [[ $- == *e* ]] || return "$_toolpin_status"
}

_toolpin_same() { return 1; }

_toolpin_update() {
  local _toolpin_text _toolpin_status=0
  if [[ -x @PYTHON@ ]]; then
    _toolpin_text=$(@PYTHON@ -I -m toolpin activate bash --update) || _toolpin_status=$?
  else
    _toolpin_status=126
    [[ -n ${_toolpin_gone-} ]] ||
      echo 'toolpin: it was uninstalled; open a new shell' >&2
    _toolpin_gone=1
  fi
  # Who interrupts it does not come here: the next prompt asks again.
  _toolpin_pwd=$PWD
  if [[ $_toolpin_status -eq 0 ]]; then
    eval "$_toolpin_text"
  else
    # It has said why; the next word is for the next directory.
    # shellcheck disable=SC2329  # _toolpin_hook calls it
    _toolpin_same() { :; }
  fi
}

# In this form the name is no word that an alias could change.
function toolpin {
  local IFS=' ' _toolpin_text _toolpin_status=0
  case " $* " in
    *' --help '* | *' -h '* | *' --json '*) @PYTHON@ -I -m toolpin "$@" ;;
    ' shell '* | ' deactivate '*)
      _toolpin_text=$(@PYTHON@ -I -m toolpin "$@" --for bash) &&
        eval "$_toolpin_text"
      ;;
    *) @PYTHON@ -I -m toolpin "$@" ;;
  esac || _toolpin_status=$?
  # What it has changed is there for the next word on the same line.
  [[ -z ${_toolpin_pwd-} ]] || _toolpin_update
  return "$_toolpin_status"
}

# Takes everything back; the environment is the caller's.
_toolpin_forget() {
  local _toolpin_name _toolpin_left=()
  for _toolpin_name in cd pushd popd; do
    [[ $(declare -f "$_toolpin_name") != *_toolpin_hook* ]] ||
      unset -f "$_toolpin_name"
  done
  case $(declare -p PROMPT_COMMAND 2>/dev/null) in
    'declare -a'*)
      for _toolpin_name in "${PROMPT_COMMAND[@]}"; do
        [[ $_toolpin_name == "$_toolpin_prompt" ]] ||
          _toolpin_left+=("$_toolpin_name")
      done
      PROMPT_COMMAND=(${_toolpin_left[@]+"${_toolpin_left[@]}"})
      ;;
    *)
      # Where the user has made it a part of something longer it stays, and does nothing.
      _toolpin_name=";$PROMPT_COMMAND;"
      _toolpin_name=${_toolpin_name/;"$_toolpin_prompt";/;}
      _toolpin_name=${_toolpin_name#;}
      PROMPT_COMMAND=${_toolpin_name%;}
      [[ -n $_toolpin_name ]] || unset PROMPT_COMMAND
      ;;
  esac
  unset _toolpin_pwd _toolpin_prompt _toolpin_size
  unset -f toolpin _toolpin_hook _toolpin_same _toolpin_update _toolpin_forget
}

# First in the prompt's list: the others see the status that the user's command had.
# PROMPT_COMMAND may be exported: a shell without the hook gets nothing to run from it.
# shellcheck disable=SC2016  # each prompt expands it
_toolpin_prompt='eval "${_toolpin_pwd+_toolpin_hook}"'
case $(declare -p PROMPT_COMMAND 2>/dev/null) in
  *_toolpin_hook*) ;;
  'declare -a'*)
    PROMPT_COMMAND=("$_toolpin_prompt" ${PROMPT_COMMAND[@]+"${PROMPT_COMMAND[@]}"})
    ;;
  *) PROMPT_COMMAND=$_toolpin_prompt${PROMPT_COMMAND:+;$PROMPT_COMMAND} ;;
esac

# The next word on the same line is the new directory's too. Somebody else's cd stays.
for _toolpin_pwd in cd pushd popd; do
  [[ $(type -t "$_toolpin_pwd") != builtin ]] || eval "$_toolpin_pwd() {
    builtin $_toolpin_pwd \"\$@\" || return
    _toolpin_hook
  }"
done
# Files are read in one call where this shell can, and byte by byte in bash 3.2.
_toolpin_size=-N
[[ ${BASH_VERSINFO[0]} -ge 4 ]] || _toolpin_size=-n
_toolpin_pwd=${PWD-}
