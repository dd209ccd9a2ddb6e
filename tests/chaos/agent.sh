#!/bin/bash
# The agent of the chaos tests. With `--model fake` it is this script, which plays an agent: it speaks claude's stream-json,
# really edits and really commits, and every line of its own says "fake". Anything else is the real claude ($REAL_CLAUDE),
# or with `--model demo` the demo agent.
#
# The prompt says what the fake one does: [[fake:NAME STEPS]]. A resumed one goes on where its file says it stopped.

if [ "$1" = --version ]; then
  echo "2.1.331-chaos (a fake agent of the tests)"
  exit
fi

session=none
model=
resumed=
for ((n = 1; n <= $#; n++)); do
  next=$((n + 1))
  case "${!n}" in
    --session-id) session=${!next} ;;
    --resume) session=${!next} resumed=1 ;;
    --model) model=${!next} ;;
  esac
done
if [ "$model" = demo ]; then
  exec "$CHAOS_DENO" run --quiet -A --no-config --no-lock --no-prompt "$CHAOS_DEMO" "$@"
fi
if [ "$model" != fake ]; then exec "$REAL_CLAUDE" "$@"; fi

exec 3<&0
read -r prompt <&3
[[ $prompt =~ \[\[fake:([a-z]+)\ ([0-9]+)\]\] ]]
name=${BASH_REMATCH[1]:-work}
steps=${BASH_REMATCH[2]:-3}

result() {
  printf '{"type":"result","subtype":"success","is_error":%s,"result":"%s","num_turns":1,"total_cost_usd":0.01,' "$1" "$2"
  printf '"usage":{"input_tokens":5,"output_tokens":5},"session_id":"%s"}\n' "$session"
}

tool() {
  printf '{"type":"assistant","message":{"id":"fake_%s_%s","role":"assistant","model":"fake","content":[' "$$" "$1"
  printf '{"type":"tool_use","id":"fake_tool_%s","name":"Bash","input":{"command":"%s"}}],' "$1" "$2"
  printf '"usage":{"input_tokens":1,"output_tokens":1}},"session_id":"%s"}\n' "$session"
  printf '{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"fake_tool_%s",' "$1"
  printf '"content":"fake"}]},"session_id":"%s"}\n' "$session"
}

interrupted() {
  result true "Interrupted"
  exit 1
}
[ "$name" = stubborn ] && trap '' TERM INT USR1 || trap interrupted USR1

# What comes after the prompt: an interrupt, or more messages, which a fake agent does not mind.
(while read -r line <&3; do case $line in *'"interrupt"'*) kill -USR1 $$ ;; esac; done) &
listener=$!

printf '{"type":"system","subtype":"init","session_id":"%s","model":"fake","claude_code_version":"fake"}\n' "$session"
file=fake-work.txt
touch "$file"
# A child in a session of its own.
if [ "$name" = tree ]; then setsid sleep 1001 & fi
[ "$name" = loud ] && head -c 2000000 /dev/zero | tr '\0' x | fold -w 50000
for ((n = $(wc -l < "$file") + 1; n <= steps; n++)); do
  tool "$n" "echo $n >> $file"
  echo "$n" >> "$file"
  sleep 0.0$((RANDOM % 9 + 1))
  if [ "$name" = crash ] && [ "$n" = 2 ]; then exit 7; fi
  if [ "$name" = stubborn ]; then sleep 1003; fi
done
git add "$file"
# A resumed one may have committed already.
git -c user.name=Fake -c user.email=fake@localhost commit --quiet --message="Fake work" 1>&2 || git diff --quiet HEAD || exit 8
result false "Fake work is done"
# As claude does, until its input ends.
wait "$listener"
exit 0
