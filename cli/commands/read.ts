// The commands that hand out what the service has of a task: diff, logs, export, why, open.

import { plural } from "../../core/view/format.ts";
import type { Why } from "../../core/view/why.ts";
import { type ExitCode, exitCodes, Failure } from "../failure.ts";
import type { Session } from "../session.ts";
import { pageOf } from "../task_words.ts";
import type { Style } from "../terminal/output.ts";
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

/** A file of the API as it is: the raw log, the history. `output`: a path to write it to, which must not be there yet. */
export async function download(
  { api, out, note }: Session,
  path: string,
  { output }: { output?: string } = {},
): Promise<ExitCode> {
  // It may be gigabytes: it takes as long as it takes.
  const { body } = await api.call(path, { signal: new AbortController().signal });
  if (!body) return exitCodes.done;
  if (output !== undefined) {
    const file = await createFile(output).catch(async (error) => {
      await body.cancel();
      throw error;
    });
    await body.pipeTo(file.writable);
    note(`Written to ${output}`);
  } else if (out.isTerminal) {
    for await (const text of body.pipeThrough(new TextDecoderStream())) out.write(plain(text));
  } else await out.copy(body);
  return exitCodes.done;
}

async function createFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw new Failure("failed", `${path} is there already`);
    throw new Failure("failed", `Cannot write ${path}: ${error instanceof Error ? error.message : error}`);
  }
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
