#!/bin/sh
# Each public header compiles alone, as C11 and as C++17, without a warning.
# Usage: each_alone.sh CC CXX [HEADER...]   (default: every header of the layers)
# Left out: generated tables, which are data, and headers of sources built for one instruction set.
set -u
cd "$(dirname "$0")/../.." || exit 1
cc=$1 cxx=$2
shift 2
[ $# -gt 0 ] || set -- $(find base metrics data model tasks results harness -name '*.h' ! -name '*_table.h' ! -name '*_tables.h' ! -name '*_avx*.h' | sort)
[ $# -gt 0 ] || { echo "no header found"; exit 1; }
flags="-fsyntax-only -I. -I/usr/include/cjson -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra -Wpedantic -Werror"
failed=0 n=0
for header in "$@"; do
    n=$((n + 1))
    printf '#include "%s"\n#include "%s"\ntypedef int gr_not_empty;\n' "$header" "$header" > "${TMPDIR:-/tmp}/alone.$$"
    "$cc" -x c -std=c11 $flags "${TMPDIR:-/tmp}/alone.$$" || { echo "FAILED as C11: $header"; failed=$((failed + 1)); }
    "$cxx" -x c++ -std=c++17 $flags "${TMPDIR:-/tmp}/alone.$$" || { echo "FAILED as C++17: $header"; failed=$((failed + 1)); }
done
rm -f "${TMPDIR:-/tmp}/alone.$$"
echo "headers: $n, failures: $failed"
[ "$failed" -eq 0 ]
