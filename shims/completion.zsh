#compdef toolpin
# Completes the command line of toolpin in zsh, after compinit: by eval, or as a file
# _toolpin in a directory of fpath. No text from a file or from the line is evaluated.

# Looks up `command pin`, `option install --source` or `word pin 0`: sets _words and _kind
# to what the options of the command, the value or the word may be.
_toolpin_find() {
  _words=() _kind=''
  case "$1" in
# @TABLE@
    (*) return 1 ;;
  esac
}

_toolpin() {
  local -a _words
  local _kind='' _path='' _tool='' _option='' _word
  local -i _at _count=0
  for ((_at = 2; _at < CURRENT; _at++)); do
    _word="${(Q)words[_at]}"
    if [[ -n "$_option" ]]; then
      _option=''
    elif [[ "$_word" == -* ]]; then
      _toolpin_find "option$_path $_word" && _option="$_word"
    elif [[ $_count -eq 0 ]] && _toolpin_find "command$_path $_word"; then
      _path+=" $_word"
    else
      _count+=1
      _tool="${_tool:-$_word}"
    fi
  done
  if [[ -n "$_option" ]]; then
    _toolpin_find "option$_path $_option"
  elif [[ "$PREFIX" == -*=* ]]; then
    _toolpin_find "option$_path ${PREFIX%%=*}"
    compset -P '*='
  elif [[ "$PREFIX" == -* ]]; then
    _toolpin_find "command$_path"
  else
    _toolpin_find "word$_path $_count"
  fi
  [[ ${#_words} -eq 0 ]] || _describe toolpin _words
  case "$_kind" in
    ('') ;;
    (files) _files ;;
    (directories) _files -/ ;;
    (*)
      _words=("${(@f)$(@PYTHON@ -I -m toolpin completion --words "$_kind" "$_tool" \
        2>/dev/null </dev/null)}")
      # -V: the newest version stays first.
      [[ -z "$_words" ]] || compadd -V toolpin -a _words
      ;;
  esac
}

# The first Tab of a file from fpath runs the file as the function.
if [[ "${funcstack[1]-}" == _toolpin ]]; then
  _toolpin "$@"
else
  compdef _toolpin toolpin
fi
