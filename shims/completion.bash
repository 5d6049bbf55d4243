# shellcheck shell=bash
# Completes the command line of toolpin, in bash 3.2 and later. Commands and options are
# in the table; tools, versions and commands of tools come from one call. Nothing that a
# file or the line holds is evaluated: no compgen -W, no eval.

# Sets _names, _slots, _flags and _values to those of a command; false for none such.
# A slot is what a word may be, `+` at its end for those behind it too; _values has what
# may follow an option.
_toolpin_row() {
  case $1 in
# >>> written from the parsers
    '')
      _names='install uninstall pin set lock outdated upgrade bundle current list list-all latest where which why doctor shimversions env activate deactivate shell exec verify release-check reshim cache prune ci config plugin import asdf-alias completion self version help'
      _slots=''
      _flags='-C --quiet -q --debug --system --offline --strict --json --help -h'
      _values=' -C:folders '
      ;;
    'exec')
      _names=''
      _slots='commands files+'
      _flags=''
      _values=' '
      ;;
    'help')
      _names=''
      _slots='=install,uninstall,pin,set,lock,outdated,upgrade,bundle,current,list,list-all,latest,where,which,why,doctor,shimversions,env,activate,deactivate,shell,exec,verify,release-check,reshim,cache,prune,ci,config,plugin,import,asdf-alias,completion,self,version,help'
      _flags=''
      _values=' '
      ;;
    'install')
      _names=''
      _slots='tools versions+'
      _flags='--only --all-projects --into --host --jobs --source --locked --allow-plugins --trust-on-first-use --dry-run'
      _values=' --only:tools --all-projects:folders --into:folders --host:=linux-arm64,linux-x64,macos-arm64,macos-x64 --jobs:- --source:sources '
      ;;
    'uninstall')
      _names=''
      _slots='installed-tools installed-versions+'
      _flags='--all --unused --yes --dry-run'
      _values=' '
      ;;
    'pin')
      _names=''
      _slots='tools versions+'
      _flags='--home --parent'
      _values=' '
      ;;
    'set')
      _names=''
      _slots='tools versions+'
      _flags='--home --parent'
      _values=' '
      ;;
    'lock')
      _names=''
      _slots=''
      _flags='--check --refresh --host --source --trust-on-first-use --also'
      _values=' --refresh:tools --host:=linux-arm64,linux-x64,macos-arm64,macos-x64 --source:sources --also:- '
      ;;
    'outdated')
      _names=''
      _slots=''
      _flags=''
      _values=' '
      ;;
    'upgrade')
      _names=''
      _slots='tools+'
      _flags='--latest'
      _values=' '
      ;;
    'bundle')
      _names=''
      _slots='=create,install files'
      _flags='--host'
      _values=' --host:=linux-arm64,linux-x64,macos-arm64,macos-x64 '
      ;;
    'current')
      _names=''
      _slots='tools'
      _flags=''
      _values=' '
      ;;
    'list')
      _names='all'
      _slots='installed-tools installed-versions'
      _flags=''
      _values=' '
      ;;
    'list-all')
      _names=''
      _slots='tools versions'
      _flags='--source'
      _values=' --source:sources '
      ;;
    'latest')
      _names=''
      _slots='tools versions'
      _flags='--source'
      _values=' --source:sources '
      ;;
    'where')
      _names=''
      _slots='installed-tools installed-versions'
      _flags=''
      _values=' '
      ;;
    'which')
      _names=''
      _slots='commands'
      _flags=''
      _values=' '
      ;;
    'why')
      _names=''
      _slots='commands'
      _flags=''
      _values=' '
      ;;
    'doctor')
      _names=''
      _slots=''
      _flags='--net'
      _values=' '
      ;;
    'shimversions')
      _names=''
      _slots='commands'
      _flags=''
      _values=' '
      ;;
    'env')
      _names=''
      _slots='tools'
      _flags='--format --path-base'
      _values=' --format:=sh,fish,json,dotenv,systemd,github,docker --path-base:- '
      ;;
    'activate')
      _names=''
      _slots='=bash,zsh,fish'
      _flags='--shims'
      _values=' '
      ;;
    'deactivate')
      _names=''
      _slots=''
      _flags=''
      _values=' '
      ;;
    'shell')
      _names=''
      _slots='installed-tools installed-versions+'
      _flags='--unset'
      _values=' '
      ;;
    'verify')
      _names=''
      _slots='installed-tools installed-versions'
      _flags='--repair'
      _values=' '
      ;;
    'release-check')
      _names=''
      _slots='folders'
      _flags='--host --glibc'
      _values=' --host:=linux-arm64,linux-x64,macos-arm64,macos-x64 --glibc:- '
      ;;
    'reshim')
      _names=''
      _slots=''
      _flags=''
      _values=' '
      ;;
    'cache')
      _names=''
      _slots='=list,clean'
      _flags='--dry-run'
      _values=' '
      ;;
    'prune')
      _names=''
      _slots=''
      _flags='--yes --keep-days --max-size --no-previous'
      _values=' --keep-days:- --max-size:- '
      ;;
    'ci')
      _names=''
      _slots='=plan,install,prune,init =github,gitlab'
      _flags='--format'
      _values=' --format:=github,gitlab,json '
      ;;
    'config')
      _names='list get set unset'
      _slots=''
      _flags=''
      _values=' '
      ;;
    'config list')
      _names=''
      _slots=''
      _flags='--origin'
      _values=' '
      ;;
    'config get')
      _names=''
      _slots='=jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s'
      _flags='--origin'
      _values=' '
      ;;
    'config set')
      _names=''
      _slots='=jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s -+'
      _flags=''
      _values=' '
      ;;
    'config unset')
      _names=''
      _slots='=jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s'
      _flags=''
      _values=' '
      ;;
    'plugin')
      _names='list show check add remove new update diff test'
      _slots=''
      _flags=''
      _values=' '
      ;;
    'plugin list')
      _names=''
      _slots='=all'
      _flags='--urls --refs'
      _values=' '
      ;;
    'plugin show')
      _names=''
      _slots='tools'
      _flags=''
      _values=' '
      ;;
    'plugin check')
      _names=''
      _slots='files'
      _flags=''
      _values=' '
      ;;
    'plugin add')
      _names=''
      _slots='tools files'
      _flags='--force'
      _values=' '
      ;;
    'plugin remove')
      _names=''
      _slots='tools'
      _flags=''
      _values=' '
      ;;
    'plugin new')
      _names=''
      _slots='tools'
      _flags='--github --tag'
      _values=' --github:- --tag:- '
      ;;
    'plugin update')
      _names=''
      _slots='tools -'
      _flags='--all --force'
      _values=' '
      ;;
    'plugin diff')
      _names=''
      _slots='tools -'
      _flags=''
      _values=' '
      ;;
    'plugin test')
      _names=''
      _slots='tools - -+'
      _flags='--version --ref'
      _values=' --version:- --ref:- '
      ;;
    'import')
      _names=''
      _slots='=asdf,pyenv,nvm'
      _flags='--from'
      _values=' --from:folders '
      ;;
    'asdf-alias')
      _names=''
      _slots='folders'
      _flags='--remove'
      _values=' '
      ;;
    'completion')
      _names=''
      _slots='=bash,zsh,fish'
      _flags=''
      _values=' '
      ;;
    'self')
      _names=''
      _slots='=version,update,uninstall'
      _flags='--wheel'
      _values=' --wheel:files '
      ;;
    'version')
      _names=''
      _slots=''
      _flags=''
      _values=' '
      ;;
    'list all')
      _names=''
      _slots='tools versions'
      _flags='--source'
      _values=' --source:sources '
      ;;
# <<<
    *) return 1 ;;
  esac
}

# Sets _kind to what follows an option of the current command; "" for nothing.
_toolpin_follows() {
  _kind=''
  case $_values$_more_values in *" $1:"*)
    _kind=$_values$_more_values
    _kind=${_kind#*" $1:"}
    _kind=${_kind%% *}
    ;;
  esac
}

# Puts the words in line with the cursor's into COMPREPLY.
_toolpin_offer() {
  local _word
  for _word in "$@"; do
    case $_word in "$_cursor"*) COMPREPLY+=("$_word") ;; esac
  done
}

# Offers what a word of this kind may be.
_toolpin_kind() {
  local _word _list
  case $1 in
    '' | -) ;;
    =*)
      IFS=, read -r -a _list <<<"${1#=}"
      _toolpin_offer "${_list[@]}"
      ;;
    files) compopt -o default 2>/dev/null ;;
    folders) compopt -o dirnames 2>/dev/null ;;
    *)
      [[ $1 != *versions ]] || compopt -o nosort 2>/dev/null
      while IFS= read -r _word; do
        _toolpin_offer "$_word"
      done < <(@PYTHON@ -I -m toolpin completion --words "$1" "$_tool" \
        2>/dev/null </dev/null)
      ;;
  esac
}

# shellcheck disable=SC2086,SC2206  # words of the table: no blanks, nothing that globs
_toolpin() {
  local IFS=$' \t\n' _names='' _slots='' _flags='' _values='' _kind='' _row='' _tool=''
  local _at=1 _count=0 _word _slot='' _more_flags _more_values='' _cursor
  _cursor=${COMP_WORDS[COMP_CWORD]}
  # bash makes a word of its own of the = in --format=fish.
  [[ $_cursor != = ]] || _cursor=''
  COMPREPLY=()
  compopt +o default 2>/dev/null
  _toolpin_row ''
  _more_flags=$_flags _more_values=$_values
  while [[ $_at -lt $COMP_CWORD ]]; do
    _word=${COMP_WORDS[_at]}
    _at=$((_at + 1))
    if [[ $_word == = ]]; then
      continue
    elif [[ -n $_kind ]]; then
      _kind=''
    elif [[ $_row == exec && $_count -gt 0 ]]; then
      _count=$((_count + 1))
    elif [[ $_word == -* ]]; then
      _toolpin_follows "$_word"
    elif [[ $_count -eq 0 ]] && _toolpin_row "${_row:+$_row }$_word"; then
      _row=${_row:+$_row }$_word
    else
      _count=$((_count + 1))
      [[ $_count -gt 1 ]] || _tool=$_word
    fi
  done
  if [[ -n $_kind ]]; then
    _toolpin_kind "$_kind"
  elif [[ $_cursor == -* ]]; then
    [[ $_row == exec ]] || _toolpin_offer $_flags $_more_flags
  else
    [[ $_count -gt 0 ]] || _toolpin_offer $_names
    for _word in $_slots; do
      _slot=$_word
      [[ $_count -gt 0 && $_slot != *+ ]] || break
      _count=$((_count - 1))
      _slot=''
    done
    _toolpin_kind "${_slot%+}"
  fi
}

complete -o default -F _toolpin toolpin
