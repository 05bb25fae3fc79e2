#!/bin/sh
# Usage: expect.sh red|green|skipped COMMAND...   Succeeds when the command ends that way.
# red: any exit code but 0 and 77 (death by a signal too); green: 0; skipped: 77.
want=$1
shift
"$@" > /dev/null 2>&1
code=$?
case $code in
    0) got=green ;;
    77) got=skipped ;;
    126 | 127) got="not run" ;;
    *) got=red ;;
esac
echo "$* ended with $code: $got, expected $want"
[ "$got" = "$want" ]
