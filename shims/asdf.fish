# Completes asdf's line. What changes from day to day it asks asdf for.
function __asdf_words
    set -l words (commandline -opc)
    set -l tool $words[3]
    switch "$words[2]":(count $words)
        case '*:1'
            string split ' ' 'cmd completion current env exec help info install latest list plugin reshim set shimversions uninstall version where which'
        case plugin:2
            string split ' ' 'add list remove test update'
        case plugin:3
            switch $tool
                case add
                    asdf plugin list all 2>/dev/null | awk '$2 !~ /^\*/ { print $1 }'
                case remove update
                    asdf plugin list 2>/dev/null
            end
        case list:2
            echo all
            asdf plugin list 2>/dev/null
        case current:2 help:2 install:2 latest:2 reshim:2 set:2 uninstall:2 where:2 cmd:2 list:3
            asdf plugin list 2>/dev/null
        case install:3 help:3 latest:3
            echo latest
            asdf list all $tool 2>/dev/null
        case 'set:*'
            echo system
            asdf list $tool 2>/dev/null | string sub -s 3
        case uninstall:3 where:3 reshim:3
            asdf list $tool 2>/dev/null | string sub -s 3
    end
end
complete -c asdf -f -k -a '(__asdf_words)'
