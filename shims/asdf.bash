# shellcheck shell=bash
# Completes asdf's line. What changes from day to day it asks asdf for.
_asdf_words() {
  case ${COMP_WORDS[1]}:$COMP_CWORD in
    *:1)
      echo cmd completion current env exec help info install latest list plugin \
        reshim set shimversions uninstall version where which
      ;;
    plugin:2) echo add list remove test update ;;
    plugin:3)
      case ${COMP_WORDS[2]} in
        add) asdf plugin list all | awk '$2 !~ /^\*/ { print $1 }' ;;
        remove | update) asdf plugin list ;;
      esac
      ;;
    list:2) echo all && asdf plugin list ;;
    current:2 | help:2 | install:2 | latest:2 | reshim:2 | set:2 | uninstall:2 | where:2 | cmd:2)
      asdf plugin list
      ;;
    install:3 | help:3 | latest:3) echo latest && asdf list all "${COMP_WORDS[2]}" ;;
    list:3) asdf plugin list ;;
    set:*) echo system && asdf list "${COMP_WORDS[2]}" | cut -c 3- ;;
    uninstall:3 | where:3 | reshim:3) asdf list "${COMP_WORDS[2]}" | cut -c 3- ;;
    env:2 | exec:2 | which:2 | shimversions:2)
      ls "${ASDF_DATA_DIR:-${TOOLPIN_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/toolpin}}/shims"
      ;;
  esac
} 2>/dev/null
_asdf() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    # It gets into the line as it is: no name of a file is to be read as more.
    [[ $word != *[!A-Za-z0-9._+:@~/-]* ]] || continue
    [[ $word != "${COMP_WORDS[COMP_CWORD]}"* ]] || COMPREPLY+=("$word")
  done < <(_asdf_words | tr ' ' '\n')
}
complete -o nosort -F _asdf asdf
