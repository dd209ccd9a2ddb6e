#!/bin/bash
# The agent of the tests about work that crosses from worker to worker: a fake one that speaks claude's stream-json and really
# commits. The first of each kind of mark in its prompt counts: [[commits 2]], [[dirty]] leaves a file that is not committed,
# [[hold]] then waits until it is ended. What it was told goes to $PROMPTS/{session}.json, in a line each.

if [ "$1" = --version ]; then
  echo "2.1.331 (a fake agent of the tests)"
  exit
fi
session=none
for ((n = 1; n <= $#; n++)); do
  next=$((n + 1))
  case "${!n}" in --session-id | --resume) session=${!next} ;; esac
done

exec 3<&0
read -r prompt <&3
echo "$prompt" >> "$PROMPTS/$session.json"
commits=0
[[ $prompt =~ \[\[commits\ ([0-9]+)\]\] ]] && commits=${BASH_REMATCH[1]}

trap 'exit 1' USR1
(while read -r line <&3; do case $line in *'"interrupt"'*) kill -USR1 $$ ;; esac; done) &
listener=$!

printf '{"type":"system","subtype":"init","session_id":"%s","model":"fake","claude_code_version":"fake"}\n' "$session"
printf '{"type":"assistant","message":{"id":"a","role":"assistant","model":"fake","content":[{"type":"text","text":"Working"}]},"session_id":"%s"}\n' "$session"
for ((n = 1; n <= commits; n++)); do
  echo "$session" > "work-$session-$n.txt"
  git add . && git -c user.name=Fake -c user.email=fake@localhost commit --quiet --message="Work $n" 1>&2
done
[[ $prompt == *"[[dirty]]"* ]] && echo dirty > dirty.txt
if [[ $prompt == *"[[hold]]"* ]]; then
  printf '{"type":"assistant","message":{"id":"b","role":"assistant","model":"fake","content":[{"type":"text","text":"Holding"}]},"session_id":"%s"}\n' "$session"
  while :; do sleep 0.1; done
fi
printf '{"type":"result","subtype":"success","is_error":false,"result":"Done","num_turns":1,"total_cost_usd":0.01,"usage":{"input_tokens":5,"output_tokens":5},"session_id":"%s"}\n' "$session"
wait "$listener"
