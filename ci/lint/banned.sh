#!/bin/sh
# Calls that have no place here, and marks of unfinished work.
# Usage: banned.sh [ROOT]
cd "${1:-$(dirname "$0")/../..}" || exit 1
status=0

# Code: comments and literals are blanked first, so that only calls count.
find base metrics data model tasks results harness tests -type f \( -name '*.[ch]' -o -name '*.inc' -o -name '*.cu' \) 2>/dev/null |
    sort | xargs awk '
function report(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
    bad++
}
# Whether the code holds a call of a function with one of these names.
function calls(names) {
    return code ~ ("(^|[^A-Za-z0-9_.>])(" names ")[ \t]*\\(")
}
FNR == 1 {
    in_comment = 0
    program = FILENAME ~ /^harness\/(main|cmd[a-z_]*|interrupt)\.c$/ # interrupt.c: a second signal ends at once
    terminal = FILENAME ~ /^base\/(log|progress)\.c$/
    test = FILENAME ~ /^tests\//
}
{
    code = $0
    gsub(/\\./, "", code)
    gsub(/"[^"]*"/, "\"\"", code)
    gsub(/\x27[^\x27]*\x27/, "0", code)
    if (in_comment) {
        if (!sub(/^.*\*\//, "", code)) next
        in_comment = 0
    }
    gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, " ", code)
    sub(/\/\/.*/, "", code)
    if (sub(/\/\*.*/, "", code)) in_comment = 1
}
calls("strcpy|strcat|sprintf|vsprintf|atoi|atol|atoll|atof|strtok|gets|alloca|tmpnam|mktemp") { report("unbounded or unchecked call: use the base layer") }
calls("s?rand|s?random|drand48") && !test { report("randomness comes from base/rng.h") }
calls("setlocale") { report("the locale is not ours to change") }
calls("exit|_exit|_Exit|quick_exit|abort|printf|vprintf|puts|putchar|perror") && !program && !test { report("libraries return a status; only the program prints and exits") }
/(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/ && code ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/ && !program && !terminal && !test { report("stdout and stderr belong to the program and to base/log.h") }
code ~ /^[ \t]*#[ \t]*if[ \t]+[01][ \t]*$/ { report("dead code behind #if 0 or #if 1") }
END { exit bad ? 1 : 0 }' || status=1

# Words, in every file that people write: the patterns are split so that this file does not hold them.
todo='TO''DO|FIX''ME|XX''X|HA''CK'
machine='/(ro''ot|ho''me|wo''rk)/|/tm''p/'
# Files that people wrote here; reference data speaks for itself.
in_text() {
    find . \( -path ./.git -o -path './build*' -o -path ./runs -o -path ./tests/golden/set -o -path ./tests/fuzz/corpus \
        -o -path ./tests/fixtures -o -path ./data/demo -o -path ./model/demo \) -prune -o -type f \
        \( -name '*.[ch]' -o -name '*.inc' -o -name '*.cu' -o -name '*.sh' -o -name '*.py' -o -name '*.md' -o -name '*.txt' \
        -o -name '*.cmake' -o -path './ci/*' -o -path './.ci/*' \) -exec grep "$@" /dev/null {} + || true
}
# objects TEXT WHY: red when there is a text.
objects() {
    [ -z "$1" ] && return
    printf '%s\nbanned: %s\n' "$1" "$2"
    status=1
}
objects "$(in_text -nwE "$todo")" "unfinished work is an issue, not a comment"
objects "$(in_text -nE "(^|[^A-Za-z0-9_.~}*-])($machine)")" "a path of one machine"
exit $status
