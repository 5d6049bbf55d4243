# shellcheck shell=bash
# Completes the command line of toolpin, in bash 3.2 and later. No text from a file or
# from the line is evaluated: no compgen -W, no eval.

# Looks up `command pin`, `option install --source` or `word pin 0`: sets _words and _kind
# to what the options of the command, the value or the word may be.
_toolpin_find() {
  _words=() _kind=''
  case $1 in
# @TABLE@
    *) return 1 ;;
  esac
}

_toolpin() {
  local IFS=$' \t\n' _kind='' _path='' _tool='' _option='' _count=0 _word
  local _typed=${COMP_WORDS[COMP_CWORD]}
  local -a _words
  COMPREPLY=()
  compopt +o default 2>/dev/null
  # bash makes a word of its own of the = in --format=fish.
  [[ $_typed != = ]] || _typed=''
  for _word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $_word == = ]]; then
      continue
    elif [[ -n $_option ]]; then
      _option=''
    elif [[ $_word == -* ]]; then
      _toolpin_find "option$_path $_word" && _option=$_word
    elif [[ $_count -eq 0 ]] && _toolpin_find "command$_path $_word"; then
      _path+=" $_word"
    else
      _count=$((_count + 1))
      _tool=${_tool:-$_word}
    fi
  done
  if [[ -n $_option ]]; then
    _toolpin_find "option$_path $_option"
  elif [[ $_typed == -* ]]; then
    _toolpin_find "command$_path"
  else
    _toolpin_find "word$_path $_count"
  fi
  case $_kind in
    '') ;;
    files) compopt -o default 2>/dev/null ;;
    directories) compopt -o dirnames 2>/dev/null ;;
    *)
      [[ $_kind != *versions ]] || compopt -o nosort 2>/dev/null
      while IFS= read -r _word; do
        _words+=("$_word")
      done < <(@PYTHON@ -I -m toolpin completion --words "$_kind" "$_tool" \
        2>/dev/null </dev/null)
      ;;
  esac
  for _word in "${_words[@]}"; do
    case $_word in "$_typed"*) COMPREPLY+=("$_word") ;; esac
  done
}

complete -o default -F _toolpin toolpin
