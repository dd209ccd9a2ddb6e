// The commands that hand out what the service has of a task: diff, logs, export, why, open.

import { plural } from "../../core/view/format.ts";
import type { Why } from "../../core/view/why.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Session } from "../session.ts";
import { pageOf } from "../task_words.ts";
import type { Output, Style } from "../terminal/output.ts";
import { plain } from "../terminal/text.ts";

export interface DiffOptions {
  from?: string;
  to?: string;
  ignoreSpace?: true;
}

/** The changes as a unified diff, fit for `git apply` where it is not printed to a terminal. */
export async function diff(
  { api, out, isJson }: Session,
  id: number,
  { from, to, ignoreSpace }: DiffOptions,
): Promise<ExitCode> {
  const query = { from, to, w: ignoreSpace && 1 };
  const response = await api.call(`/api/tasks/${id}/diff`, { query });
  if (isJson) {
    const named = (name: string) => response.headers.get(name);
    out.printJson({ task: id, from: named("diff-from"), to: named("diff-to"), diff: await response.text() });
  } else if (out.isTerminal) {
    for (const line of (await response.text()).split("\n")) {
      const style = styleOfLine(line);
      out.print(style === null ? plain(line) : out.paint(style, plain(line)));
    }
  } else if (response.body) await out.copy(response.body);
  return exitCodes.done;
}

function styleOfLine(line: string): Style | null {
  if (/^(diff |index |--- |\+\+\+ |new file|deleted file|rename |similarity )/.test(line)) return "bold";
  if (line.startsWith("@@")) return "head";
  return line.startsWith("+") ? "done" : line.startsWith("-") ? "fail" : null;
}

/** It may be gigabytes: it takes as long as it takes. */
const patient = () => ({ signal: new AbortController().signal });

/** What the agent wrote, as it is; as JSON its lines, which are values of their own unless they are none. */
export async function logs({ api, out, isJson }: Session, id: number): Promise<ExitCode> {
  const { body } = await api.call(`/api/tasks/${id}/log`, patient());
  if (!body) return exitCodes.done;
  if (isJson) { for await (const line of linesOf(body)) out.printJson(valueOf(line)); }
  else await printBody(out, body);
  return exitCodes.done;
}

async function printBody(out: Output, body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  if (!out.isTerminal) return await out.copy(body);
  for await (const text of body.pipeThrough(new TextDecoderStream())) out.write(plain(text));
}

async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

export interface ExportOptions {
  /** A path to write it to, which must not be there yet. */
  output?: string;
  bundle?: string;
}

/** The history of a task, as NDJSON. */
export async function exportTask(
  session: Session,
  id: number,
  { output, bundle }: ExportOptions,
): Promise<ExitCode> {
  const { api, out, isJson, note } = session;
  // Before it is asked for: it may be long in the making.
  if (output !== undefined && await isThere(output)) throw new Failure("failed", `${output} is there already`);
  const { body } = await api.call(`/api/tasks/${id}/export`, { query: { bundle }, ...patient() });
  if (!body) return exitCodes.done;
  if (output === undefined) await printBody(out, body);
  else {
    const bytes = await save(session, body, output);
    if (isJson) out.printJson({ path: output, bytes });
    else note(`Written to ${output}`);
  }
  return exitCodes.done;
}

/** Writes a file whole or not at all, and says how long it is. */
async function save(
  { onInterrupt }: Pick<Session, "onInterrupt">,
  body: ReadableStream<Uint8Array>,
  path: string,
): Promise<number> {
  const part = `${path}.${Deno.pid}.part`;
  const removePart = () => {
    try {
      Deno.removeSync(part);
    } catch { /* it was not made */ }
  };
  using _interrupt = onInterrupt(removePart);
  try {
    const file = await Deno.open(part, { write: true, createNew: true });
    await body.pipeTo(file.writable);
    const { size } = await Deno.stat(part);
    await Deno.rename(part, path);
    return size;
  } catch (error) {
    await body.cancel().catch(() => {});
    removePart();
    if (error instanceof Failure) throw error;
    throw new Failure("failed", `Cannot write ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Why it runs or waits, now or after event `at`. */
export async function why({ api, out, isJson }: Session, id: number, { at }: { at?: number }): Promise<ExitCode> {
  const answer = await api.json<Why>(`/api/tasks/${id}/why`, { query: { at } });
  if (isJson) {
    out.printJson(answer);
    return exitCodes.done;
  }
  const { reason, claim, dependencies } = answer;
  out.print(plain(reason));
  if (claim) {
    const before = claim.candidates.map((other) => `#${other}`).join(", ");
    out.print(
      `Run ${claim.run} (attempt ${claim.attempt}) at ${claim.at}: rank ${claim.rank} of ${claim.count}, ` +
        plural(claim.free_slots, "free slot") + (before === "" ? "" : `, in the order ${before}`),
    );
  }
  for (const { id, status, completed_at } of dependencies) {
    out.print(`After #${id}: ${status.replace("_", " ")}${completed_at ? ` at ${completed_at}` : ""}`);
  }
  return exitCodes.done;
}

const openers: Partial<Record<typeof Deno.build.os, string>> = { darwin: "open", linux: "xdg-open" };

/** Opens the page of a task, or the board, in the browser; where there is none it prints the address. */
export async function open({ api, out, isJson }: Session, id: number | undefined): Promise<ExitCode> {
  const url = id === undefined ? `${api.url}/` : pageOf(api.url, id);
  if (isJson) out.printJson({ url });
  else out.print(url);
  const program = openers[Deno.build.os];
  if (isJson || !out.isTerminal || program === undefined) return exitCodes.done;
  try {
    await new Deno.Command(program, { args: [url], stdin: "null", stdout: "null", stderr: "null" }).output();
  } catch { /* no browser here: the address is printed */ }
  return exitCodes.done;
}
