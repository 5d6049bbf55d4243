#compdef toolpin
# Completes the command line of toolpin in zsh, after compinit: by eval, or as a file
# _toolpin in a folder of fpath. Commands and options are in the table; tools, versions
# and commands of tools come from one call. Nothing that a file or the line holds is
# evaluated.

# Sets _names, _slots, _flags and _values to those of a command; false for none such.
# A slot is what a word may be, `+` at its end for those behind it too; _values has what
# may follow an option.
_toolpin_row() {
  case $1 in
# >>> written from the parsers
    ('')
      _names=(
        'install:install what is pinned here, or TOOL VERSION'
        'uninstall:remove installed versions'
        'pin:write a version into .tool-versions'
        'set:the same as pin'
        'lock:write toolpin.lock: exact versions and digests'
        'outdated:show what is newer than what is locked'
        'upgrade:move the lock within its requests; --latest: them too'
        'bundle:carry a locked toolchain to a machine offline'
        'current:show what is pinned here, and where'
        'list:show what is installed'
        'list-all:show what can be installed; also: list all'
        'latest:show the newest release that can be installed'
        'where:show the folder of an install'
        'which:show the program that a command runs here'
        'why:show why a command runs what it runs here'
        'doctor:show what is wrong with this set-up, and its mend'
        'shimversions:show which versions have a command'
        'env:show what the versions pinned here set: PATH, variables'
        'activate:what a shell'\''s rc file evaluates'
        'deactivate:take toolpin out of this shell'
        'shell:pin a version in this shell alone'
        'exec:run a command of the pinned versions'
        'verify:compare installs with their receipts; --repair'
        'release-check:whether a release of Mix runs on its target'
        'reshim:bring the shims in line with the installs'
        'cache:show or empty the cache of downloads'
        'prune:remove versions that nothing has used for long; --yes'
        'ci:plan, install and prune what a CI job keeps in its cache'
        'config:show and change toolpin'\''s settings'
        'plugin:show, check, add and draft what knows a tool'
        'import:take over what asdf, pyenv or nvm have installed'
        'asdf-alias:put an `asdf` command into a folder'
        'completion:print what completes toolpin'\''s line in a shell'
        'self:show, update or remove toolpin itself'
        'version:show toolpin'\''s version'
        'help:show this, or a command'\''s own help'
      )
      _slots=()
      _flags=(
        '-C:act as if started in DIR'
        '--quiet:say nothing but answers and errors'
        '-q:say nothing but answers and errors'
        '--debug:show the traceback of an error'
        '--system:act on the store of the machine, not on yours'
        '--offline:ask nobody: only what is in the cache'
        '--strict:refuse a folder whose files disagree about a tool'
        '--json:answer with one JSON document'
        '--help:tell more'
        '-h:tell more'
      )
      _values=' -C:folders '
      ;;
    ('exec')
      _names=()
      _slots=('commands' 'files+')
      _flags=()
      _values=' '
      ;;
    ('help')
      _names=()
      _slots=('=install,uninstall,pin,set,lock,outdated,upgrade,bundle,current,list,list-all,latest,where,which,why,doctor,shimversions,env,activate,deactivate,shell,exec,verify,release-check,reshim,cache,prune,ci,config,plugin,import,asdf-alias,completion,self,version,help')
      _flags=()
      _values=' '
      ;;
    ('install')
      _names=()
      _slots=('tools' 'versions+')
      _flags=(
        '--only:of what is pinned, these tools'
        '--all-projects:what every project below a folder pins, each once'
        '--into:put each tool'\''s tree into DIR/TOOL, for an image or a release; as locked'
        '--host:with --into: for another machine, such as linux-x64'
        '--jobs:installs at once, 1 to 64'
        '--source:take it from this source only, whatever is locked; may be given again'
        '--locked:install nothing that toolpin.lock does not have; CI=true implies it where there is a lockfile'
        '--allow-plugins:fetch the asdf plugins that toolpin.lock names, and run them'
        '--trust-on-first-use:take what nobody publishes a digest for, and record the one it has'
        '--dry-run:show the plans and change nothing'
      )
      _values=' --only:tools --all-projects:folders --into:folders --host:=linux-arm64,linux-x64,macos-arm64,macos-x64 --jobs:- --source:sources '
      ;;
    ('uninstall')
      _names=()
      _slots=('installed-tools' 'installed-versions+')
      _flags=(
        '--all:every version of the tool'
        '--unused:versions that no file that counts here pins, nor the newest of a tool'
        '--yes:remove what --unused finds'
        '--dry-run:show what would go, and remove nothing'
      )
      _values=' '
      ;;
    ('pin')
      _names=()
      _slots=('tools' 'versions+')
      _flags=(
        '--home:write ~/.tool-versions'
        '--parent:write the nearest .tool-versions above this folder'
      )
      _values=' '
      ;;
    ('set')
      _names=()
      _slots=('tools' 'versions+')
      _flags=(
        '--home:write ~/.tool-versions'
        '--parent:write the nearest .tool-versions above this folder'
      )
      _values=' '
      ;;
    ('lock')
      _names=()
      _slots=()
      _flags=(
        '--check:change nothing and ask nobody; 4 where a request has no entry'
        '--refresh:lock this tool anew; may be given again'
        '--host:only for this host, as linux-x64, from now on; may be given again'
        '--source:lock builds of this source; may be given again'
        '--trust-on-first-use:fetch what nobody publishes a digest for, and lock the one it has'
        '--also:lock this version too, as for a job of a matrix; may be given again'
      )
      _values=' --refresh:tools --host:=linux-arm64,linux-x64,macos-arm64,macos-x64 --source:sources --also:- '
      ;;
    ('outdated')
      _names=()
      _slots=()
      _flags=()
      _values=' '
      ;;
    ('upgrade')
      _names=()
      _slots=('tools+')
      _flags=(
        '--latest:ask for the newest release, in .tool-versions too'
      )
      _values=' '
      ;;
    ('bundle')
      _names=()
      _slots=('=create,install' 'files')
      _flags=(
        '--host:create: for this host, as linux-x64, instead of this machine'\''s; may be given again'
      )
      _values=' --host:=linux-arm64,linux-x64,macos-arm64,macos-x64 '
      ;;
    ('current')
      _names=()
      _slots=('tools')
      _flags=()
      _values=' '
      ;;
    ('list')
      _names=(
        'all:the same as list-all'
      )
      _slots=('installed-tools' 'installed-versions')
      _flags=()
      _values=' '
      ;;
    ('list-all')
      _names=()
      _slots=('tools' 'versions')
      _flags=(
        '--source:ask this source only; may be given again'
      )
      _values=' --source:sources '
      ;;
    ('latest')
      _names=()
      _slots=('tools' 'versions')
      _flags=(
        '--source:ask this source only; may be given again'
      )
      _values=' --source:sources '
      ;;
    ('where')
      _names=()
      _slots=('installed-tools' 'installed-versions')
      _flags=()
      _values=' '
      ;;
    ('which')
      _names=()
      _slots=('commands')
      _flags=()
      _values=' '
      ;;
    ('why')
      _names=()
      _slots=('commands')
      _flags=()
      _values=' '
      ;;
    ('doctor')
      _names=()
      _slots=()
      _flags=(
        '--net:ask the sources too, hop by hop'
      )
      _values=' '
      ;;
    ('shimversions')
      _names=()
      _slots=('commands')
      _flags=()
      _values=' '
      ;;
    ('env')
      _names=()
      _slots=('tools')
      _flags=(
        '--format:sh and fish for their eval: eval "$(toolpin env)"; the others for a file that no shell expands'
        '--path-base:in such a file: the folders on PATH behind the tools'\'' own, instead of /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; github: instead of the caller'\''s'
      )
      _values=' --format:=sh,fish,json,dotenv,systemd,github,docker --path-base:- '
      ;;
    ('activate')
      _names=()
      _slots=('=bash,zsh,fish')
      _flags=(
        '--shims:only put the shims on PATH, as a profile file does for every program'
      )
      _values=' '
      ;;
    ('deactivate')
      _names=()
      _slots=()
      _flags=()
      _values=' '
      ;;
    ('shell')
      _names=()
      _slots=('installed-tools' 'installed-versions+')
      _flags=(
        '--unset:pin it as the files do again'
      )
      _values=' '
      ;;
    ('verify')
      _names=()
      _slots=('installed-tools' 'installed-versions')
      _flags=(
        '--repair:put back what is damaged; what was added stays'
      )
      _values=' '
      ;;
    ('release-check')
      _names=()
      _slots=('folders')
      _flags=(
        '--host:the target, such as linux-x64; else as this machine'
        '--glibc:the target'\''s glibc, such as 2.31'
      )
      _values=' --host:=linux-arm64,linux-x64,macos-arm64,macos-x64 --glibc:- '
      ;;
    ('reshim')
      _names=()
      _slots=()
      _flags=()
      _values=' '
      ;;
    ('cache')
      _names=()
      _slots=('=list,clean')
      _flags=(
        '--dry-run:clean: show what would go'
      )
      _values=' '
      ;;
    ('prune')
      _names=()
      _slots=()
      _flags=(
        '--yes:remove them; without it they are shown'
        '--keep-days:keep what was used in the last N days; 30 without it'
        '--max-size:remove more, the longest unused first, until all take at most SIZE, such as 2G'
        '--no-previous:let the version before one that stays go, too'
      )
      _values=' --keep-days:- --max-size:- '
      ;;
    ('ci')
      _names=()
      _slots=('=plan,install,prune,init' '=github,gitlab')
      _flags=(
        '--format:plan, install: outputs for GitHub (appended to $GITHUB_OUTPUT where it is set), lines of a dotenv for GitLab, or JSON'
      )
      _values=' --format:=github,gitlab,json '
      ;;
    ('config')
      _names=(
        'list:show every setting that holds here'
        'get:show one setting'
        'set:write a setting into your config.toml'
        'unset:remove one from your config.toml'
      )
      _slots=()
      _flags=()
      _values=' '
      ;;
    ('config list')
      _names=()
      _slots=()
      _flags=(
        '--origin:show who said so, too: file:line'
      )
      _values=' '
      ;;
    ('config get')
      _names=()
      _slots=('=jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s')
      _flags=(
        '--origin:show who said so, too: file:line'
      )
      _values=' '
      ;;
    ('config set')
      _names=()
      _slots=('=jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s' '-+')
      _flags=()
      _values=' '
      ;;
    ('config unset')
      _names=()
      _slots=('=jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s')
      _flags=()
      _values=' '
      ;;
    ('plugin')
      _names=(
        'list:show every tool that toolpin knows'
        'show:show what is known of a tool'
        'check:read a file and show all its faults'
        'add:add a TOML file, or an asdf plugin'
        'remove:remove a plugin of yours'
        'new:draft a file from a GitHub release'
        'update:move an asdf plugin to a newer commit'
        'diff:show what an update would change'
        'test:try an asdf plugin, and throw it away'
      )
      _slots=()
      _flags=()
      _values=' '
      ;;
    ('plugin list')
      _names=()
      _slots=('=all')
      _flags=(
        '--urls:asdf plugins with URLs'
        '--refs:and with commits'
      )
      _values=' '
      ;;
    ('plugin show')
      _names=()
      _slots=('tools')
      _flags=()
      _values=' '
      ;;
    ('plugin check')
      _names=()
      _slots=('files')
      _flags=()
      _values=' '
      ;;
    ('plugin add')
      _names=()
      _slots=('tools' 'files')
      _flags=(
        '--force:replace a file of yours'
      )
      _values=' '
      ;;
    ('plugin remove')
      _names=()
      _slots=('tools')
      _flags=()
      _values=' '
      ;;
    ('plugin new')
      _names=()
      _slots=('tools')
      _flags=(
        '--github:the repository'
        '--tag:of a release; else the latest'
      )
      _values=' --github:- --tag:- '
      ;;
    ('plugin update')
      _names=()
      _slots=('tools' '-')
      _flags=(
        '--all:every asdf plugin'
        '--force:give up changes of yours in its files'
      )
      _values=' '
      ;;
    ('plugin diff')
      _names=()
      _slots=('tools' '-')
      _flags=()
      _values=' '
      ;;
    ('plugin test')
      _names=()
      _slots=('tools' '-' '-+')
      _flags=(
        '--version:to install; else the latest'
        '--ref:a branch, a tag or a commit'
      )
      _values=' --version:- --ref:- '
      ;;
    ('import')
      _names=()
      _slots=('=asdf,pyenv,nvm')
      _flags=(
        '--from:its folder; else what its own variable names, or ~/.asdf and the like'
      )
      _values=' --from:folders '
      ;;
    ('asdf-alias')
      _names=()
      _slots=('folders')
      _flags=(
        '--remove:take it away from there again'
      )
      _values=' '
      ;;
    ('completion')
      _names=()
      _slots=('=bash,zsh,fish')
      _flags=()
      _values=' '
      ;;
    ('self')
      _names=()
      _slots=('=version,update,uninstall')
      _flags=(
        '--wheel:update to this wheel'
      )
      _values=' --wheel:files '
      ;;
    ('version')
      _names=()
      _slots=()
      _flags=()
      _values=' '
      ;;
    ('list all')
      _names=()
      _slots=('tools' 'versions')
      _flags=(
        '--source:ask this source only; may be given again'
      )
      _values=' --source:sources '
      ;;
# <<<
    (*) return 1 ;;
  esac
}

# Sets _kind to what follows an option of the current command; "" for nothing.
_toolpin_follows() {
  _kind=''
  case "$_values$_more_values" in (*" $1:"*)
    _kind="$_values$_more_values"
    _kind="${_kind#*" $1:"}"
    _kind="${_kind%% *}"
    ;;
  esac
}

# Offers what a word of this kind may be.
_toolpin_kind() {
  local -a _found
  case "$1" in
    ('' | -) return 1 ;;
    ('='*) _found=("${(@s:,:)${1#=}}"); compadd -a _found ;;
    (files) _files ;;
    (folders) _files -/ ;;
    (*)
      _found=("${(@f)$(@PYTHON@ -I -m toolpin completion --words "$1" \
        "$_tool" 2>/dev/null </dev/null)}")
      # -V: the newest version stays first.
      [[ -n "$_found" ]] && compadd -V toolpin -a _found
      ;;
  esac
}

_toolpin() {
  local -a _names _slots _flags _more_flags
  local _values='' _more_values='' _kind='' _row='' _tool='' _word _slot=''
  local -i _at _count=0
  _toolpin_row ''
  _more_flags=("${_flags[@]}") _more_values="$_values"
  for ((_at = 2; _at < CURRENT; _at++)); do
    _word="${(Q)words[_at]}"
    if [[ -n "$_kind" ]]; then
      _kind=''
    elif [[ "$_row" == exec && $_count -gt 0 ]]; then
      _count+=1
    elif [[ "$_word" == -* ]]; then
      _toolpin_follows "$_word"
    elif [[ $_count -eq 0 ]] && _toolpin_row "${_row:+$_row }$_word"; then
      _row="${_row:+$_row }$_word"
    else
      _count+=1
      [[ $_count -gt 1 ]] || _tool="$_word"
    fi
  done
  if [[ -n "$_kind" ]]; then
    _toolpin_kind "$_kind"
  elif [[ "$PREFIX" == -*=* && "$_row" != exec ]]; then
    _toolpin_follows "${PREFIX%%=*}"
    compset -P '*='
    _toolpin_kind "$_kind"
  elif [[ "$PREFIX" == -* ]]; then
    [[ "$_row" != exec ]] || return 1
    _flags+=("${_more_flags[@]}")
    _describe -o option _flags
  else
    for _word in "${_slots[@]}"; do
      _slot="$_word"
      [[ $_count -gt 0 && "$_word" != *+ ]] || break
      _count+=-1
      _slot=''
    done
    [[ ${#_names} -eq 0 || -n "$_tool" ]] || _describe command _names
    _toolpin_kind "${_slot%+}"
  fi
}

# The first Tab of a file from fpath runs the file as the function.
if [[ "${funcstack[1]-}" == _toolpin ]]; then
  _toolpin "$@"
else
  compdef _toolpin toolpin
fi
