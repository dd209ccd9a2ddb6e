// The bench agent: a scripted program that speaks claude's stream-json, so that the service runs it as it runs claude. It is
// no claude and works on nothing. Its prompt says what it prints (`Script`).

/** JSON between `<bench>` and `</bench>` in the prompt. */
export interface Script {
  lines: number;
  /** Characters of text per line. */
  chars: number;
  /** Lines per second; 0: as fast as it can. */
  rate: number;
  /** Waits this long before the first line. */
  restMs?: number;
}

export function promptOf(script: Script): string {
  return `<bench>${JSON.stringify(script)}</bench>`;
}

/** The prompt upon which the agent ends at once, having said when it began (in ns since 1970). */
export const beginOnly = "bench: begin only";
/** The prompt upon which it stays until it is ended. */
export const stayOnly = "bench: stay";
/** The prompt upon which it does nothing for a second. */
export const secondOnly = "bench: one second";
/** The prompts upon which it makes one empty commit, or fails, at once. */
export const commitOnly = "bench: commit";
export const failOnly = "bench: fail";

const init = {
  type: "system",
  subtype: "init",
  model: "bench",
  session_id: "bench",
  claude_code_version: "bench",
};
const result = {
  type: "result",
  subtype: "success",
  is_error: false,
  result: "done",
  usage: { input_tokens: 1, output_tokens: 1 },
  total_cost_usd: 0,
};

/** A shell script to be used as `CODER_CLAUDE`; cheap things are done in the shell, the rest by this file. */
export function agentProgram(): string {
  const began = JSON.stringify({ ...init, claude_code_version: "BEGAN" });
  return `#!/bin/sh
# The bench agent: a scripted program that speaks claude's stream-json. It is no claude.
case "$1" in --version) echo "0.0.0 (bench agent)"; exit;; esac
read -r line
case "$line" in
*"${beginOnly}"*)
  echo '${began}' | sed "s/BEGAN/$(date +%s%N)/"
  echo '${JSON.stringify(result)}'
  exit;;
*"${stayOnly}"*)
  echo '${JSON.stringify(init)}'
  exec sleep 100000;;
*"${secondOnly}"*)
  echo '${JSON.stringify(init)}'
  sleep 1
  echo '${JSON.stringify(result)}'
  exit;;
*"${commitOnly}"*)
  echo '${JSON.stringify(init)}'
  git -c user.name=Bench -c user.email=bench@localhost commit --quiet --allow-empty -m Bench
  echo '${JSON.stringify(result)}'
  exit;;
*"${failOnly}"*)
  echo '${JSON.stringify(init)}'
  echo '${JSON.stringify({ ...result, subtype: "error_during_execution", is_error: true })}'
  exit 1;;
esac
exec '${Deno.execPath()}' run -A --quiet --no-config --no-lock '${import.meta.filename}' "$line"
`;
}

/** One stdout line; it holds the time it was made, in ms since 1970. */
export function outputLine(index: number, chars: number): string {
  const stamp = `${(performance.timeOrigin + performance.now()).toFixed(3)} ${index} `;
  const text = stamp + filling.slice(0, Math.max(0, chars - stamp.length));
  return `{"type":"assistant","message":{"id":"msg_${index}","role":"assistant","model":"bench","content":` +
    `[{"type":"text","text":"${text}"}]},"session_id":"bench"}\n`;
}

const filling = "All work and no play makes a dull agent. ".repeat(400);

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

async function play({ lines, chars, rate, restMs = 0 }: Script): Promise<void> {
  write(`${JSON.stringify(init)}\n`);
  if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
  const start = performance.now();
  let chunk = "";
  for (let index = 0; index < lines; index++) {
    if (rate > 0) {
      const dueMs = start + (index * 1_000) / rate - performance.now();
      if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
      write(outputLine(index, chars));
      continue;
    }
    chunk += outputLine(index, chars);
    if (chunk.length > 60_000) {
      write(chunk);
      chunk = "";
    }
  }
  write(`${chunk}${JSON.stringify(result)}\n`);
}

if (import.meta.main) {
  const script = /<bench>(.*?)<\/bench>/.exec(JSON.parse(Deno.args[0]!).message.content[0].text)?.[1];
  await play(JSON.parse(script ?? '{"lines":1,"chars":10,"rate":0}'));
}
