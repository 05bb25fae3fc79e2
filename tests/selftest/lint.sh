#!/bin/sh
# Each lint must see red on every bad sample and green on the good tree around it. A sample is one file laid
# into an otherwise clean tree. Words that the lints forbid are put together here, so that this file has none.
lints=$(cd "$(dirname "$0")/../../ci/lint" && pwd)
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
failed=0 count=0

clean() {
    rm -rf "$tree/base" "$tree/model" "$tree/tasks" "$tree/harness" "$tree/data" "$tree/tests"
    mkdir -p "$tree/base" "$tree/model/backend" "$tree/tasks" "$tree/harness" "$tree/data" "$tree/tests"
    printf '/* good.c - says printf("x") and exit(1) in words only. */\n#include <stdio.h>\n\n#include "base/good.h"\n\nconst char *good(void)\n{\n    return "strcpy(a, b); /* no comment";\n}\n' > "$tree/base/good.c"
    printf '#include "base/good.h"\n#include "model/head_spec.h"\n' > "$tree/tasks/good.c"
    printf 'int main(void)\n{\n    printf("hello");\n    exit(0);\n}\n' > "$tree/harness/main.c"
}

# red LINT FILE TEXT: the lint must object to FILE and name it.
red() {
    count=$((count + 1))
    clean
    printf "$3" > "$tree/$2"
    out=$("$lints/$1.sh" "$tree") && { echo "$1 did not see: $2: $3"; failed=$((failed + 1)); return; }
    case $out in *"$2"*) ;; *) echo "$1 did not name $2: $out"; failed=$((failed + 1)) ;; esac
}

green() {
    count=$((count + 1))
    clean
    [ $# -lt 2 ] || printf "$3" > "$tree/$2"
    "$lints/$1.sh" "$tree" || { echo "$1 objects to a good tree: ${3:-}"; failed=$((failed + 1)); }
}

for lint in layers banned sizes; do green $lint; done

red layers base/bad.c '#include "harness/trainer.h"\n'
red layers data/bad.c '#include "metrics/metric.h"\n'
red layers tasks/bad.c '#include "model/config.h"\n'
red layers model/bad.c '#include "../base/str.h"\n'
red layers model/bad.c '#include "str.h"\n'
red layers model/bad.c '#include "base/str.c"\n'
red layers model/bad.c '#include "utils/str.h"\n'
red layers model/bad.c '#include <cjson/cJSON.h>\n'
red layers harness/bad.c '#include <zlib.h>\n'
red layers harness/bad.c '#  include <cblas.h>\n'
red layers tasks/bad.h '#include <archive.h>\n'
green layers model/backend/good.c '#include <cblas.h>\n#include "model/backend/backend.h"\n'

red banned base/bad.c 'void f(void)\n{\n    strcpy(a, b);\n}\n'
red banned base/bad.c 'void f(void)\n{\n    /* x */ sprintf (a, "%%d", b);\n}\n'
red banned tests/bad.c 'int x = atoi("1");\n'
red banned base/bad.c 'void f(void)\n{\n    exit(1);\n}\n'
red banned model/bad.c 'void f(void)\n{\n    printf("x");\n}\n'
red banned model/bad.c 'void f(void)\n{\n    fprintf(stderr, "x");\n}\n'
red banned harness/trainer.c 'void f(void)\n{\n    puts("x");\n}\n'
red banned data/bad.c 'int f(void)\n{\n    return rand();\n}\n'
red banned base/bad.c '#if 0\nint x;\n#endif\n'
red banned base/bad.c "/* TO""DO: later */\n"
red banned tests/bad.sh "# FIX""ME\n"
red banned tests/bad.sh "cd /ro""ot/x\n"
green banned base/good2.c 'void f(gr_file *p)\n{\n    p->exit(1);\n    my_printf("x");\n    vsnprintf(a, b, c, d);\n}\n'

long=$(awk 'BEGIN { for (i = 0; i < 701; i++) printf "int x%d;\\n", i }')
body=$(awk 'BEGIN { for (i = 0; i < 79; i++) printf "    x();\\n" }')
red sizes base/bad.c "$long"
red sizes base/bad.c "void f(void)\n{\n$body}\n"
red sizes base/bad.c 'void f(void)\n{\n#ifdef X\n    x();\n#endif\n}\n'
green sizes base/good2.c "/* a table; do not edit */\n$long"
green sizes base/good2.c '#ifdef X\nvoid f(void)\n{\n    x();\n}\n#endif\n'

echo "lint samples: $count, wrong: $failed"
[ "$failed" -eq 0 ]
