#!/bin/bash
# ci/setup's package step against a made-up system: PATH holds shims of dpkg, apt-get, id and sudo only, so
# that nothing is installed here. What it would have called is in the file "called".
set -u
setup=$(cd "$(dirname "$0")/../../ci" && pwd)/setup
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT
failed=0

shim() { # shim NAME SCRIPT
    printf '#!/bin/bash\n%s\n' "$2" > "$room/bin/$1"
    chmod +x "$room/bin/$1"
}

# system UID MISSING...: these packages are missing for that user; no sudo.
system() {
    rm -rf "$room/bin" "$room/called"
    mkdir "$room/bin"
    : > "$room/called"
    for tool in dirname grep env true; do ln -s "$(type -P $tool)" "$room/bin/$tool"; done
    ln -s "$(type -P bash)" "$room/bin/bash"
    shim id "echo $1"
    shift
    shim dpkg "case ' $* ' in *\" \$2 \"*) exit 1 ;; esac; echo 'Status: install ok installed'"
    shim apt-get "echo \"\${DEBIAN_FRONTEND:-unset} \$*\" >> '$room/called'; exit 0"
}

# expect WHAT CODE PATTERN_OF_OUTPUT PATTERN_OF_CALLS [ARGUMENTS...]
expect() {
    local what=$1 want=$2 said=$3 called=$4 out code
    shift 4
    out=$(cd / && PATH=$room/bin "$setup" --packages "$@" 2>&1)
    code=$?
    if [ "$code" -ne "$want" ] || ! [[ $out =~ $said ]] || ! [[ $(cat "$room/called") =~ $called ]]; then
        printf '%s: code %s, said: %s, called: %s\n' "$what" "$code" "$out" "$(cat "$room/called")"
        failed=$((failed + 1))
    fi
}

system 0
expect "all there" 0 '^$' '^$'
system 1000
expect "all there, not root" 0 '^$' '^$'
system 0 libcjson-dev cmake
expect "two missing" 0 'installing cmake libcjson-dev' 'noninteractive .*update.*noninteractive .*install cmake libcjson-dev$'
system 0 clang
expect "not asked for" 0 '^$' '^$'
expect "asked for" 0 'installing clang' 'install clang$' clang
system 0 libcurl4-openssl-dev
expect "no libcurl" 0 'installing libcurl4-openssl-dev' 'install libcurl4-openssl-dev$'
shim pkg-config 'exit 0'
: > "$room/called"
expect "another flavour of libcurl" 0 '^$' '^$'
system 1000 libcjson-dev
expect "no root, no sudo" 1 'needs root or sudo.*apt-get install libcjson-dev' '^$'
system 1000 libcjson-dev
shim sudo 'exit 1'
expect "sudo that asks a password" 1 'needs root or sudo' '^$'
shim sudo '[ "$1" = -n ] && shift && exec "$@"'
expect "sudo" 0 'installing libcjson-dev' 'noninteractive .*install libcjson-dev$'
system 0 libcjson-dev
shim apt-get 'exit 100'
expect "apt fails" 1 'could not install: libcjson-dev' '^$'
system 0
rm "$room/bin/apt-get"
expect "no apt, no tools" 1 'no apt here.*libopenblas-dev' '^$'
for tool in cmake cc; do shim $tool 'exit 0'; done
shim pkg-config 'exit 0'
expect "no apt, all there" 0 'going on' '^$'

echo "set-up: $failed wrong"
[ "$failed" -eq 0 ]
