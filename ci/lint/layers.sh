#!/bin/sh
# The includes are the architecture (docs/architecture.md, section 2): a folder sees only those above it,
# includes are written from the root, each third-party library is named in one place.
# Usage: layers.sh [ROOT]
cd "${1:-$(dirname "$0")/../..}" || exit 1
find base metrics data model tasks results harness tests -type f \( -name '*.[ch]' -o -name '*.inc' -o -name '*.cu' \) 2>/dev/null |
    sort | xargs awk '
function report(what) {
    printf "%s:%d: %s: %s\n", FILENAME, FNR, what, $0
    bad++
}
BEGIN {
    sees["base"] = " base "
    sees["metrics"] = " base metrics "
    sees["data"] = " base data "
    sees["model"] = " base model "
    sees["tasks"] = " base metrics data tasks "
    sees["results"] = " base metrics data tasks results "
    sees["harness"] = " base metrics data model tasks results harness "
    sees["tests"] = sees["harness"] "tests "
    only["cjson/"] = "^base/json\\.c$"
    only["zlib.h"] = "^base/zip_write\\.c$"
    only["archive.h"] = "^data/archive\\.c$"
    only["archive_entry.h"] = "^data/archive\\.c$"
    only["curl/"] = "^data/fetch\\.c$"
    only["mpi.h"] = "^harness/dist_mpi\\.c$"
    only["cblas"] = only["openblas"] = only["lapack"] = "^model/backend/"
    only["dnnl"] = only["oneapi/"] = only["cuda"] = only["cublas"] = "^model/backend/"
    only["cmocka.h"] = "^tests/support/"
}
!/^[ \t]*#[ \t]*include/ { next }
{
    folder = FILENAME
    sub(/\/.*/, "", folder)
    name = $0
    sub(/^[^"<]*["<]/, "", name)
    sub(/[">].*/, "", name)
    for (library in only)
        if (index(tolower(name), library) == 1 && FILENAME !~ only[library] && folder != "tests")
            report("this library is for " only[library] " only")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    top = name
    if (name !~ /\// || name ~ /\.\./) { report("not written from the root"); next }
    sub(/\/.*/, "", top)
    if (!(top in sees)) report("not written from the root")
    else if (folder == "tasks" && top == "model") { if (name != "model/head_spec.h") report("tasks see only model/head_spec.h of the model") }
    else if (index(sees[folder], " " top " ") == 0) report(folder " does not see " top)
    if (name ~ /\.c$/) report("a source file is not a header")
}
END {
    if (bad) { printf "layers: %d wrong includes\n", bad; exit 1 }
}'
