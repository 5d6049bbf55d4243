# What `toolpin activate fish | source` defines. Where nothing has changed the prompt
# costs builtins alone: _toolpin_same, which each change defines again, compares files
# and variables. @PYTHON@ is filled in.

function _toolpin_hook --on-event fish_prompt --on-variable PWD
    test "$PWD" = "$_toolpin_pwd"
    and _toolpin_same
    or _toolpin_update
end

function _toolpin_same
    false
end

# True where none of the files is there.
if contains path (builtin -n)
    function _toolpin_absent
        not path is -- $argv
    end
else
    function _toolpin_absent
        for file in $argv
            test -e $file; and return 1
        end
        true
    end
end

function _toolpin_update
    set -l text
    set -l codes 126
    if test -x @PYTHON@
        set text (@PYTHON@ -I -m toolpin activate fish --update | string collect)
        set codes $pipestatus
    else if not set -q _toolpin_gone
        echo 'toolpin: it was uninstalled; open a new shell' >&2
        set -g _toolpin_gone 1
    end
    # Who interrupts it does not come here: the next prompt asks again.
    set -g _toolpin_pwd $PWD
    if test $codes[1] -eq 0
        eval $text
    else
        # It has said why; the next word is for the next directory.
        function _toolpin_same
            true
        end
    end
end

function toolpin
    if string match -qr -- '^(--help|-h|--json)$' $argv
        or not contains -- "$argv[1]" shell deactivate
        @PYTHON@ -I -m toolpin $argv
    else
        set -l text (@PYTHON@ -I -m toolpin $argv --for fish | string collect)
        set -l codes $pipestatus
        test $codes[1] -eq 0
        or return $codes[1]
        eval $text
    end
    set -l code $status
    # What it has changed is there for the next word on the same line.
    set -q _toolpin_pwd
    and _toolpin_update
    return $code
end

# Takes everything back; the environment is the caller's.
function _toolpin_forget
    set -e _toolpin_pwd
    functions -e toolpin _toolpin_hook _toolpin_same _toolpin_absent \
        _toolpin_update _toolpin_forget
end

set -g _toolpin_pwd $PWD
