# What `eval "$(toolpin activate zsh)"` defines. Where nothing has changed the prompt
# costs builtins alone: _toolpin_same, which each change defines again, compares files
# and variables. @PYTHON@ is filled in.

zmodload zsh/system

function _toolpin_hook {
  local _toolpin_status=$?
  [[ $PWD == "${_toolpin_pwd-}" ]] && _toolpin_same || _toolpin_update
  # Under `set -e` a hook that fails would end the shell.
  [[ -o err_exit ]] || return "$_toolpin_status"
}

function _toolpin_same { return 1; }

function _toolpin_update {
  # Neither the user's options nor aliases change what is evaluated here.
  emulate -L zsh -o no_aliases
  local _toolpin_text _toolpin_status=0
  if [[ -x @PYTHON@ ]]; then
    _toolpin_text=$(@PYTHON@ -I -m toolpin activate zsh --update) || _toolpin_status=$?
  else
    _toolpin_status=126
    [[ -n ${_toolpin_gone-} ]] ||
      print -u2 'toolpin: it was uninstalled; open a new shell'
    typeset -g _toolpin_gone=1
  fi
  # Who interrupts it does not come here: the next prompt asks again.
  typeset -g _toolpin_pwd=$PWD
  if [[ $_toolpin_status -eq 0 ]]; then
    eval "$_toolpin_text"
  else
    # It has said why; the next word is for the next directory.
    function _toolpin_same { :; }
  fi
}

function toolpin {
  emulate -L zsh -o no_aliases
  local IFS=' ' _toolpin_text _toolpin_status=0
  case " $* " in
    (*' --help '*|*' -h '*|*' --json '*) @PYTHON@ -I -m toolpin "$@" ;;
    (' shell '*|' deactivate '*)
      _toolpin_text=$(@PYTHON@ -I -m toolpin "$@" --for zsh) &&
        eval "$_toolpin_text"
      ;;
    (*) @PYTHON@ -I -m toolpin "$@" ;;
  esac || _toolpin_status=$?
  # What it has changed is there for the next word on the same line.
  [[ -z ${_toolpin_pwd-} ]] || _toolpin_update
  return "$_toolpin_status"
}

# Takes everything back; the environment is the caller's.
function _toolpin_forget {
  precmd_functions=("${(@)precmd_functions:#_toolpin_hook}")
  chpwd_functions=("${(@)chpwd_functions:#_toolpin_hook}")
  unset _toolpin_pwd
  unset -f toolpin _toolpin_hook _toolpin_same _toolpin_update _toolpin_forget
}

# First in each list: the others see the status that the user's command had.
typeset -ga precmd_functions chpwd_functions
precmd_functions=(_toolpin_hook "${(@)precmd_functions[@]:#_toolpin_hook}")
chpwd_functions=(_toolpin_hook "${(@)chpwd_functions[@]:#_toolpin_hook}")
typeset -g _toolpin_pwd=${PWD-}
