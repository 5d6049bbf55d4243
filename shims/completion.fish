# Completes the command line of toolpin in fish. No text from a file or from the line is
# evaluated.

# Looks up `command pin`, `option install --source` or `word pin 0`: sets words and kind
# to what the options of the command, the value or the word may be.
function __toolpin_find --no-scope-shadowing
    set words
    set kind ''
    switch "$argv[1]"
# @TABLE@
        case '*'
            return 1
    end
    return 0
end

function __toolpin_complete
    set -l words
    set -l kind ''
    set -l path ''
    set -l tool ''
    set -l option ''
    set -l count 0
    set -l typed (commandline -ct)
    set -l before ''
    for word in (commandline -opc)[2..-1]
        if test -n "$option"
            set option ''
        else if string match -q -- '-*' $word
            __toolpin_find "option$path $word"; and set option $word
        else if test $count -eq 0; and __toolpin_find "command$path $word"
            set path "$path $word"
        else
            set count (math $count + 1)
            test -n "$tool"; or set tool $word
        end
    end
    if test -n "$option"
        __toolpin_find "option$path $option"
    else if string match -q -- '-*=*' "$typed"
        set -l parts (string split -m 1 = -- $typed)
        __toolpin_find "option$path $parts[1]"
        set before "$parts[1]="
        set typed $parts[2]
    else if string match -q -- '-*' "$typed"
        __toolpin_find "command$path"
    else
        __toolpin_find "word$path $count"
    end
    switch "$kind"
        case ''
        case files
            set -a words (__fish_complete_path "$typed")
        case directories
            set -a words (__fish_complete_directories "$typed" '')
        case '*'
            set -a words (@PYTHON@ -I -m toolpin completion --words $kind "$tool" \
                2>/dev/null </dev/null)
    end
    for word in $words
        string join '' -- "$before" $word
    end
end

complete -c toolpin -e
complete -c toolpin -f -k -a '(__toolpin_complete)'
