#!/bin/sh
# A file is one idea and a function one screen: at most 700 lines a file, 80 a function; and no #if inside a
# function. Files that a program wrote say "do not edit" at their top and are left out.
# Usage: sizes.sh [ROOT]
cd "${1:-$(dirname "$0")/../..}" || exit 1
find base metrics data model tasks results harness tests -type f \( -name '*.[ch]' -o -name '*.inc' -o -name '*.cu' \) 2>/dev/null |
    sort | xargs awk '
function file_done() {
    if (name != "" && !generated && lines > 700) { printf "%s: %d lines: at most 700\n", name, lines; bad++ }
}
FNR == 1 {
    file_done()
    name = FILENAME
    generated = inside = 0
}
{ lines = FNR }
FNR <= 5 && /[Dd]o not edit/ { generated = 1 }
# The style puts the braces of a function, and only those, alone in the first column.
/^\{[ \t]*$/ { inside = 1; start = FNR }
inside && !generated && /^[ \t]*#[ \t]*(if|ifdef|ifndef|else|elif)/ { printf "%s:%d: #if inside a function: choose a file instead\n", FILENAME, FNR; bad++ }
inside && /^\}/ {
    if (!generated && FNR - start + 1 > 80) { printf "%s:%d: a function of %d lines: at most 80\n", FILENAME, start, FNR - start + 1; bad++ }
    inside = 0
}
END {
    file_done()
    exit bad ? 1 : 0
}'
