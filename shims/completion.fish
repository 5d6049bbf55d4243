# Completes the command line of toolpin in fish. Commands and options are in the table;
# tools, versions and commands of tools come from one call. Nothing that a file or the
# line holds is evaluated.

# Sets the caller's names, slots, flags and follow to those of a command; false for none
# such. A slot is what a word may be, `+` at its end for those behind it too; follow has
# what may follow an option.
function __toolpin_row --no-scope-shadowing
    switch "$argv[1]"
# >>> written from the parsers
        case ''
            set names 'install	install what is pinned here, or TOOL VERSION' 'uninstall	remove installed versions' 'pin	write a version into .tool-versions' 'set	the same as pin' 'lock	write toolpin.lock: exact versions and digests' 'outdated	show what is newer than what is locked' 'upgrade	move the lock within its requests; --latest: them too' 'bundle	carry a locked toolchain to a machine offline' 'current	show what is pinned here, and where' 'list	show what is installed' 'list-all	show what can be installed; also: list all' 'latest	show the newest release that can be installed' 'where	show the folder of an install' 'which	show the program that a command runs here' 'why	show why a command runs what it runs here' 'doctor	show what is wrong with this set-up, and its mend' 'shimversions	show which versions have a command' 'env	show what the versions pinned here set: PATH, variables' 'activate	what a shell\'s rc file evaluates' 'deactivate	take toolpin out of this shell' 'shell	pin a version in this shell alone' 'exec	run a command of the pinned versions' 'verify	compare installs with their receipts; --repair' 'release-check	whether a release of Mix runs on its target' 'reshim	bring the shims in line with the installs' 'cache	show or empty the cache of downloads' 'prune	remove versions that nothing has used for long; --yes' 'ci	plan, install and prune what a CI job keeps in its cache' 'config	show and change toolpin\'s settings' 'plugin	show, check, add and draft what knows a tool' 'import	take over what asdf, pyenv or nvm have installed' 'asdf-alias	put an `asdf` command into a folder' 'completion	print what completes toolpin\'s line in a shell' 'self	show, update or remove toolpin itself' 'version	show toolpin\'s version' 'help	show this, or a command\'s own help'
            set slots
            set flags '-C	act as if started in DIR' '--quiet	say nothing but answers and errors' '-q	say nothing but answers and errors' '--debug	show the traceback of an error' '--system	act on the store of the machine, not on yours' '--offline	ask nobody: only what is in the cache' '--strict	refuse a folder whose files disagree about a tool' '--json	answer with one JSON document' '--help	tell more' '-h	tell more'
            set follow '-C:folders'
        case 'exec'
            set names
            set slots commands files+
            set flags
            set follow
        case 'help'
            set names
            set slots =install,uninstall,pin,set,lock,outdated,upgrade,bundle,current,list,list-all,latest,where,which,why,doctor,shimversions,env,activate,deactivate,shell,exec,verify,release-check,reshim,cache,prune,ci,config,plugin,import,asdf-alias,completion,self,version,help
            set flags
            set follow
        case 'install'
            set names
            set slots tools versions+
            set flags '--only	of what is pinned, these tools' '--all-projects	what every project below a folder pins, each once' '--into	put each tool\'s tree into DIR/TOOL, for an image or a release; as locked' '--host	with --into: for another machine, such as linux-x64' '--jobs	installs at once, 1 to 64' '--source	take it from this source only, whatever is locked; may be given again' '--locked	install nothing that toolpin.lock does not have; CI=true implies it where there is a lockfile' '--allow-plugins	fetch the asdf plugins that toolpin.lock names, and run them' '--trust-on-first-use	take what nobody publishes a digest for, and record the one it has' '--dry-run	show the plans and change nothing'
            set follow '--only:tools' '--all-projects:folders' '--into:folders' '--host:=linux-arm64,linux-x64,macos-arm64,macos-x64' '--jobs:-' '--source:sources'
        case 'uninstall'
            set names
            set slots installed-tools installed-versions+
            set flags '--all	every version of the tool' '--unused	versions that no file that counts here pins, nor the newest of a tool' '--yes	remove what --unused finds' '--dry-run	show what would go, and remove nothing'
            set follow
        case 'pin'
            set names
            set slots tools versions+
            set flags '--home	write ~/.tool-versions' '--parent	write the nearest .tool-versions above this folder'
            set follow
        case 'set'
            set names
            set slots tools versions+
            set flags '--home	write ~/.tool-versions' '--parent	write the nearest .tool-versions above this folder'
            set follow
        case 'lock'
            set names
            set slots
            set flags '--check	change nothing and ask nobody; 4 where a request has no entry' '--refresh	lock this tool anew; may be given again' '--host	only for this host, as linux-x64, from now on; may be given again' '--source	lock builds of this source; may be given again' '--trust-on-first-use	fetch what nobody publishes a digest for, and lock the one it has' '--also	lock this version too, as for a job of a matrix; may be given again'
            set follow '--refresh:tools' '--host:=linux-arm64,linux-x64,macos-arm64,macos-x64' '--source:sources' '--also:-'
        case 'outdated'
            set names
            set slots
            set flags
            set follow
        case 'upgrade'
            set names
            set slots tools+
            set flags '--latest	ask for the newest release, in .tool-versions too'
            set follow
        case 'bundle'
            set names
            set slots =create,install files
            set flags '--host	create: for this host, as linux-x64, instead of this machine\'s; may be given again'
            set follow '--host:=linux-arm64,linux-x64,macos-arm64,macos-x64'
        case 'current'
            set names
            set slots tools
            set flags
            set follow
        case 'list'
            set names 'all	the same as list-all'
            set slots installed-tools installed-versions
            set flags
            set follow
        case 'list-all'
            set names
            set slots tools versions
            set flags '--source	ask this source only; may be given again'
            set follow '--source:sources'
        case 'latest'
            set names
            set slots tools versions
            set flags '--source	ask this source only; may be given again'
            set follow '--source:sources'
        case 'where'
            set names
            set slots installed-tools installed-versions
            set flags
            set follow
        case 'which'
            set names
            set slots commands
            set flags
            set follow
        case 'why'
            set names
            set slots commands
            set flags
            set follow
        case 'doctor'
            set names
            set slots
            set flags '--net	ask the sources too, hop by hop'
            set follow
        case 'shimversions'
            set names
            set slots commands
            set flags
            set follow
        case 'env'
            set names
            set slots tools
            set flags '--format	sh and fish for their eval: eval "$(toolpin env)"; the others for a file that no shell expands' '--path-base	in such a file: the folders on PATH behind the tools\' own, instead of /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; github: instead of the caller\'s'
            set follow '--format:=sh,fish,json,dotenv,systemd,github,docker' '--path-base:-'
        case 'activate'
            set names
            set slots =bash,zsh,fish
            set flags '--shims	only put the shims on PATH, as a profile file does for every program'
            set follow
        case 'deactivate'
            set names
            set slots
            set flags
            set follow
        case 'shell'
            set names
            set slots installed-tools installed-versions+
            set flags '--unset	pin it as the files do again'
            set follow
        case 'verify'
            set names
            set slots installed-tools installed-versions
            set flags '--repair	put back what is damaged; what was added stays'
            set follow
        case 'release-check'
            set names
            set slots folders
            set flags '--host	the target, such as linux-x64; else as this machine' '--glibc	the target\'s glibc, such as 2.31'
            set follow '--host:=linux-arm64,linux-x64,macos-arm64,macos-x64' '--glibc:-'
        case 'reshim'
            set names
            set slots
            set flags
            set follow
        case 'cache'
            set names
            set slots =list,clean
            set flags '--dry-run	clean: show what would go'
            set follow
        case 'prune'
            set names
            set slots
            set flags '--yes	remove them; without it they are shown' '--keep-days	keep what was used in the last N days; 30 without it' '--max-size	remove more, the longest unused first, until all take at most SIZE, such as 2G' '--no-previous	let the version before one that stays go, too'
            set follow '--keep-days:-' '--max-size:-'
        case 'ci'
            set names
            set slots =plan,install,prune,init =github,gitlab
            set flags '--format	plan, install: outputs for GitHub (appended to $GITHUB_OUTPUT where it is set), lines of a dotenv for GitLab, or JSON'
            set follow '--format:=github,gitlab,json'
        case 'config'
            set names 'list	show every setting that holds here' 'get	show one setting' 'set	write a setting into your config.toml' 'unset	remove one from your config.toml'
            set slots
            set flags
            set follow
        case 'config list'
            set names
            set slots
            set flags '--origin	show who said so, too: file:line'
            set follow
        case 'config get'
            set names
            set slots =jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s
            set flags '--origin	show who said so, too: file:line'
            set follow
        case 'config set'
            set names
            set slots =jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s -+
            set flags
            set follow
        case 'config unset'
            set names
            set slots =jobs,sources,offline,check_pairs,idiomatic,strict,allow,allow_plugins,plugin_index,network.connect_timeout_s,network.stall_timeout_s
            set flags
            set follow
        case 'plugin'
            set names 'list	show every tool that toolpin knows' 'show	show what is known of a tool' 'check	read a file and show all its faults' 'add	add a TOML file, or an asdf plugin' 'remove	remove a plugin of yours' 'new	draft a file from a GitHub release' 'update	move an asdf plugin to a newer commit' 'diff	show what an update would change' 'test	try an asdf plugin, and throw it away'
            set slots
            set flags
            set follow
        case 'plugin list'
            set names
            set slots =all
            set flags '--urls	asdf plugins with URLs' '--refs	and with commits'
            set follow
        case 'plugin show'
            set names
            set slots tools
            set flags
            set follow
        case 'plugin check'
            set names
            set slots files
            set flags
            set follow
        case 'plugin add'
            set names
            set slots tools files
            set flags '--force	replace a file of yours'
            set follow
        case 'plugin remove'
            set names
            set slots tools
            set flags
            set follow
        case 'plugin new'
            set names
            set slots tools
            set flags '--github	the repository' '--tag	of a release; else the latest'
            set follow '--github:-' '--tag:-'
        case 'plugin update'
            set names
            set slots tools -
            set flags '--all	every asdf plugin' '--force	give up changes of yours in its files'
            set follow
        case 'plugin diff'
            set names
            set slots tools -
            set flags
            set follow
        case 'plugin test'
            set names
            set slots tools - -+
            set flags '--version	to install; else the latest' '--ref	a branch, a tag or a commit'
            set follow '--version:-' '--ref:-'
        case 'import'
            set names
            set slots =asdf,pyenv,nvm
            set flags '--from	its folder; else what its own variable names, or ~/.asdf and the like'
            set follow '--from:folders'
        case 'asdf-alias'
            set names
            set slots folders
            set flags '--remove	take it away from there again'
            set follow
        case 'completion'
            set names
            set slots =bash,zsh,fish
            set flags
            set follow
        case 'self'
            set names
            set slots =version,update,uninstall
            set flags '--wheel	update to this wheel'
            set follow '--wheel:files'
        case 'version'
            set names
            set slots
            set flags
            set follow
        case 'list all'
            set names
            set slots tools versions
            set flags '--source	ask this source only; may be given again'
            set follow '--source:sources'
# <<<
        case '*'
            return 1
    end
    return 0
end

# Prints what a word of this kind may be, each behind the text $argv[3].
function __toolpin_kind
    set -l kind $argv[1]
    set -l tool $argv[2]
    set -l before $argv[3]
    switch "$kind"
        case '' -
            return
        case '=*'
            for one in (string split , -- (string sub -s 2 -- $kind))
                string join '' -- $before $one
            end
        case files
            __fish_complete_path (commandline -ct)
        case folders
            __fish_complete_directories (commandline -ct) ''
        case '*'
            for one in (@PYTHON@ -I -m toolpin completion --words $kind "$tool" \
                    2>/dev/null </dev/null)
                string join '' -- $before $one
            end
    end
end

# Prints what may follow an option, which is looked up in all words but the first.
function __toolpin_follows
    for one in $argv[2..-1]
        set -l parts (string split -m 1 : -- $one)
        if test "$parts[1]" = "$argv[1]"
            printf '%s\n' $parts[2]
            return
        end
    end
end

function __toolpin_complete
    set -l names
    set -l slots
    set -l flags
    set -l follow
    set -l row ''
    set -l kind ''
    set -l tool ''
    set -l count 0
    set -l cursor (commandline -ct)
    __toolpin_row ''
    set -l more_flags $flags
    set -l more_follow $follow
    for word in (commandline -opc)[2..-1]
        set -l deeper (string trim -- "$row $word")
        if test -n "$kind"
            set kind ''
        else if test "$row" = exec -a $count -gt 0
            set count (math $count + 1)
        else if string match -q -- '-*' $word
            set kind (__toolpin_follows $word $follow $more_follow)
        else if test $count -eq 0; and __toolpin_row $deeper
            set row $deeper
        else
            set count (math $count + 1)
            test $count -gt 1; or set tool $word
        end
    end
    if test -n "$kind"
        __toolpin_kind $kind "$tool" ''
    else if string match -q -- '-*' "$cursor"
        test "$row" = exec; and return
        set -l parts (string split -m 1 = -- $cursor)
        if set -q parts[2]
            set kind (__toolpin_follows $parts[1] $follow $more_follow)
            __toolpin_kind "$kind" "$tool" "$parts[1]="
        else
            printf '%s\n' $flags $more_flags
        end
    else
        set -l slot ''
        set -l left $count
        for one in $slots
            set slot $one
            test $left -eq 0; or string match -q -- '*+' $one; and break
            set left (math $left - 1)
            set slot ''
        end
        test $count -eq 0; and set -q names[1]; and printf '%s\n' $names
        __toolpin_kind (string trim -r -c + -- "$slot") "$tool" ''
    end
end

complete -c toolpin -e
complete -c toolpin -f -k -a '(__toolpin_complete)'
