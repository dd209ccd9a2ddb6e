#!/bin/sh
# bubblewrap with more than sandbox-runtime can say, behind what it says: CODER_BWRAP_ARGS is a file of arguments, each ended by
# a NUL. The first argument that is just `--` ends bubblewrap's own.
count=$#
seen=
while [ "$count" -gt 0 ]; do
  count=$((count - 1))
  word=$1
  shift
  if [ -z "$seen" ] && [ "$word" = -- ]; then
    seen=1
    set -- "$@" --args 9
  fi
  set -- "$@" "$word"
done
exec 9< "$CODER_BWRAP_ARGS"
unset CODER_BWRAP_ARGS
exec bwrap "$@"
