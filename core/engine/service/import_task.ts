// A history of another store, as `exportTask` gives it, taken in: under an id of this store, event for event, with its files
// where it brings them. It is there to be read, replayed and forked; nothing works on it here, so no command changes it.

import { join } from "@std/path";
import type { Command } from "../../domain/command.ts";
import { DomainError, messageOf } from "../../domain/error.ts";
import type { EventType, NewEvent, TaskEvent } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import { spool, type Spooled } from "../../process/spool.ts";
import type { EngineContext } from "../context.ts";
import { aboutField, requireRepository } from "./check_spec.ts";
import { handleCommand } from "../handle_command.ts";
import type { ExportHeader, ImportLines } from "./history.ts";
import type { Caller } from "./service.ts";

const bytesAtMost = 4 * 1024 ** 3;
const idleMs = 30_000;
const eventsAtOnce = 200;
const bytesAtOnce = 300_000;

/** What became of the files: `null` where they are here, else why not. */
export interface Imported {
  head: Task;
  created: boolean;
  lacking: string | null;
}

/** How a file is taken in. `repo`: in which repository; null: in the one of its name there. */
interface Taking extends Caller {
  lines: ImportLines;
  repo: string | null;
}

/** Two at once would take twice the disk, and the same file twice is one task. */
const importing = new WeakSet<object>();

/**
 * Takes a file in. The same file again goes on where an import was cut short, or gives the task that it made. Throws
 * `DomainError`: `invalid` for what is no export, or not whole, and `unavailable` while another one is taken in.
 */
export async function importTask(
  context: EngineContext,
  file: ReadableStream<Uint8Array>,
  taking: Taking,
): Promise<Imported> {
  if (taking.repo !== null) requireRepository(taking.repo, context.settings.repos);
  if (importing.has(context)) {
    await file.cancel().catch(() => {});
    throw new DomainError("unavailable", "Another file is being imported: try again when that is done");
  }
  importing.add(context);
  try {
    return await aboutField("file", () => takeIn(context, file, taking));
  } finally {
    importing.delete(context);
  }
}

async function takeIn(
  context: EngineContext,
  file: ReadableStream<Uint8Array>,
  taking: Taking,
): Promise<Imported> {
  const { lines } = taking;
  const folder = join(context.settings.logs, "..", "imports");
  const name = context.random.uuid();
  // What a crash left of an earlier one.
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await using spooled = await spool(file, { folder, atMost: bytesAtMost, idleMs, name });
  const header = await check(spooled, lines);
  const made = await writeEvents(context, spooled, { ...taking, header });
  const lacking = await takeFiles(context, spooled, { ...made, header, lines, path: join(folder, `${name}.bundle`) });
  return { ...made, lacking };
}

/** Reads the whole file once before anything is written. */
async function check(spooled: Spooled, lines: ImportLines): Promise<ExportHeader> {
  let header: ExportHeader | null = null;
  let seq = 0;
  let bundled = 0;
  for await (const line of spooled.lines()) {
    if (header === null) {
      header = lines.header(line);
      if (header.sha256 !== spooled.restSha256) throw notWhole("its SHA-256 is not what its first line says");
      continue;
    }
    const read = lines.line(line);
    if ("bundle" in read) {
      bundled += read.bundle.length;
      continue;
    }
    const { event } = read;
    if (event.seq !== ++seq || event.task !== header.task) throw notWhole(`event ${event.seq} is not event ${seq}`);
    if ((event.type === "task.created") !== (seq === 1)) throw notWhole("it does not begin with its creation");
  }
  if (header === null) throw notWhole("it is empty");
  if (seq !== header.events || seq === 0) throw notWhole(`it has ${seq} of ${header.events} events`);
  if (bundled !== (header.bundle?.bytes ?? 0)) throw notWhole("its files are not all there");
  return header;
}

function notWhole(why: string): DomainError {
  return new DomainError("invalid", `The file cannot be imported: ${why}. Export it again`);
}

async function writeEvents(
  context: EngineContext,
  spooled: Spooled,
  { header, lines, by, repo }: Taking & { header: ExportHeader },
): Promise<{ head: Task; created: boolean }> {
  const { store, task, events, exported_at, sha256 } = header;
  const imported = { store, task, events, exported_at };
  let made: { head: Task; created: boolean } | null = null;
  let chunk: NewEvent[] = [];
  let bytes = 0;
  const write = async () => {
    if (chunk.length === 0) return;
    const command: Command = { type: "import", after: made!.head.seq, events: chunk };
    const options = { by, priority: "output", until: "written" } as const;
    const { head } = await handleCommand(context, made!.head.id, command, options);
    made = { head, created: made!.created };
    chunk = [];
    bytes = 0;
  };
  for await (const line of linesAfterHeader(spooled)) {
    const read = lines.line(line);
    if ("bundle" in read) continue;
    const { event } = read;
    if (made === null) {
      const first = originalOf(event);
      if (first.type !== "task.created") throw notWhole("it does not begin with its creation");
      const there = first.data.repo;
      const here = repo === null || repo === there ? {} : { repo, imported: { ...imported, repo: there } };
      const data = { ...first.data, imported, ...here };
      const command: Command = { type: "import", after: 0, events: [{ ...first, data }] };
      // In another repository it is another task: what a repository is no event changes.
      const idempotency = { key: `import:${sha256}${"repo" in here ? `:${repo}` : ""}`, hash: sha256 };
      made = await handleCommand(context, "new", command, { by, idempotency, until: "answered" });
      continue;
    }
    // An import that was cut short has it already.
    if (event.seq <= made.head.seq) continue;
    chunk.push(inRepository(originalOf(event), repo));
    bytes += line.length;
    if (chunk.length >= eventsAtOnce || bytes >= bytesAtOnce) await write();
  }
  await write();
  return made!;
}

async function* linesAfterHeader(spooled: Spooled): AsyncGenerator<string> {
  let isHeader = true;
  for await (const line of spooled.lines()) {
    if (!isHeader) yield line;
    isHeader = false;
  }
}

function originalOf({ type, data, run, at, by, v }: TaskEvent): NewEvent {
  return { type: type as EventType, data, ...(run !== undefined && { run }), original: { at, by, v } } as NewEvent;
}

/** A task that was edited before its first run may have said another one. */
function inRepository(event: NewEvent, repo: string | null): NewEvent {
  const moves = repo !== null && event.type === "task.edited" && event.data.repo !== undefined;
  return moves ? { ...event, data: { ...event.data, repo } } : event;
}

async function takeFiles(
  { outgoing, settings }: EngineContext,
  spooled: Spooled,
  { head, header, lines, path }: { head: Task; header: ExportHeader; lines: ImportLines; path: string },
): Promise<string | null> {
  if (header.bundle === null || header.bundle === undefined) return "the file holds none: export it with `bundle`";
  if (!settings.repos.includes(head.repo)) return `no repository here is called ${head.repo}: name one with \`repo\``;
  try {
    {
      using file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
      for await (const line of linesAfterHeader(spooled)) {
        // Most lines are events, and were read before.
        if (!line.startsWith('{"bundle"')) continue;
        const read = lines.line(line);
        if (!("bundle" in read)) continue;
        for (let at = 0; at < read.bundle.length;) at += await file.write(read.bundle.subarray(at));
      }
    }
    await outgoing.takeBundle(head.repo, path, { from: header.task, to: head.id });
    return null;
  } catch (error) {
    return `git cannot take them in: ${messageOf(error)}`;
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}
