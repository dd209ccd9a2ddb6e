// A command line of a project (setup, check, cleanup) as a process.
//
// Promises: stdout and stderr come in the order in which they were written, since both are one pipe; no character is split, and
// what is no UTF-8 is replaced; memory is bounded (256 KiB of chunks), and beyond that the command is held back by its pipe; of
// a command that prints without end the first `maxOutputBytes` are kept, and it goes on; the output ends, also when a
// grandchild keeps the pipe open; `end` ends all that the command has started, and nothing else of the run.

import { messageOf } from "../../domain/error.ts";
import type { AgentExit } from "../agent.ts";
import { type BoundedQueue, boundedQueue } from "../bounded_queue.ts";
import { childTree } from "../child_tree.ts";
import { isHeld, type Spawn, spawnContained } from "../containment.ts";
import { readPipe } from "../pipe_reader.ts";
import { markVariable } from "../process_table.ts";

/** A command, as it is started. */
export interface StepStart {
  /** For `sh -eu -c`. */
  command: string;
  /** The worktree. */
  cwd: string;
  /** Added to the service's own environment. */
  env: Record<string, string>;
  /** The run's: as for its agent, each process of the tree carries `PERSONAL_RUN_{mark with _ for -}=1`. */
  mark: string;
  workerMark: string;
  /** Starts it in the run's sandbox; without it, in none. */
  spawn?: Spawn;
}

/** A piece of what a command prints. */
export interface StepOutput {
  /** At most 16,384 characters; whole ones. */
  text: string;
  /** What it was on the wire. */
  bytes: number;
}

/** A running command. */
export interface StepProcess {
  readonly pid: number;
  /** Everything it prints, in order. Not pulling holds the process back by its pipe. */
  readonly output: AsyncIterable<StepOutput>;
  /** Resolves when the shell itself has ended (its tree may live on; see `end`). */
  readonly exited: Promise<AgentExit>;
  /** How many processes of it are alive: more than none after `exited`, and it has left something running. */
  living(): Promise<number>;
  /**
   * TERM, then after `graceMs` KILL, to all that the command has started and that still lives; resolves when nothing does.
   * Idempotent, and to be called after `exited` too: a command may leave a server running. Throws
   * `DomainError("unavailable")` when something outlives KILL by 10 s.
   */
  end(options: { graceMs: number }): Promise<void>;
}

/** Starts a command, or throws `DomainError("unavailable")` with one line that says what is missing. */
export type StepRunner = (start: StepStart) => Promise<StepProcess>;

const queuedBytes = 256 * 1024;
const chunkCharacters = 16 * 1024;
/** Read at once, at most: no byte becomes more than one UTF-16 unit, and those of a character that is not whole are added. */
const pieceBytes = chunkCharacters - 4;

// The outer shell only joins the two outputs: the inner one is given the command as it stands, so that the lines in its messages
// are the command's own.
const joined = 'exec sh -eu -c "$1" 2>&1';

/** Runs commands; of what one prints `maxOutputBytes` at most are handed on, 10 MiB by default. */
export function stepRunner({ maxOutputBytes = 10 * 1024 * 1024 }: { maxOutputBytes?: number } = {}): StepRunner {
  return async ({ command, cwd, env, mark, workerMark, spawn = spawnContained }) => {
    // Its own besides the run's: an agent of the same run may be waiting for what a check says, and must outlive it.
    const ownMark = crypto.randomUUID();
    const marks = Object.fromEntries([mark, workerMark, ownMark].map((one) => [markVariable(one), "1"]));
    const child = await spawn("sh", {
      args: ["-c", joined, "sh", command],
      cwd,
      env: { ...env, ...marks },
      stdin: "null",
    });
    const tree = childTree(child, { mark: ownMark, isHeld: isHeld(child) });
    const output = boundedQueue({ maxBytes: queuedBytes, sizeOf: ({ bytes }: StepOutput) => bytes, join });
    const drained = readOutput(child, { output, exited: tree.exited, maxOutputBytes });
    return {
      pid: child.pid,
      output,
      exited: tree.exited,
      living: tree.living,
      async end(options) {
        await tree.end(options);
        if (!output.isPulled) output.abandon();
        if (output.abandoned.aborted) await drained;
      },
    };
  };
}

function join(last: StepOutput, next: StepOutput): boolean {
  if (last.text.length + next.text.length > chunkCharacters) return false;
  last.text += next.text;
  last.bytes += next.bytes;
  return true;
}

interface Reading {
  output: BoundedQueue<StepOutput>;
  exited: Promise<unknown>;
  maxOutputBytes: number;
}

/** Reads until the pipes end. Never rejects. */
async function readOutput(child: Deno.ChildProcess, { output, exited, maxOutputBytes }: Reading): Promise<void> {
  let left = maxOutputBytes;
  let isFull = false;

  /** As many of these bytes as there is room for; says once that there is none. */
  function kept(bytes: Uint8Array): Uint8Array {
    if (isFull) return bytes.subarray(0, 0);
    isFull = bytes.length > left;
    if (!isFull) left -= bytes.length;
    return isFull ? bytes.subarray(0, left) : bytes;
  }

  async function read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const push = decoder(output.push);
    await readPipe(stream, {
      exited,
      signal: output.abandoned,
      room: () => output.room(),
      onChunk(chunk) {
        const wasFull = isFull;
        push(kept(chunk), { isLast: false });
        if (isFull && !wasFull) say(`more than ${maxOutputBytes} bytes of output; what follows is not kept`, output);
      },
    });
    if (!isFull) push(new Uint8Array(), { isLast: true });
  }

  // Of the second nothing is to be expected but what kept the shell from starting.
  const pumps = await Promise.allSettled([read(child.stdout), read(child.stderr)]);
  for (const pump of pumps) {
    if (pump.status === "rejected") say(`its output cannot be read: ${messageOf(pump.reason)}`, output);
  }
  output.end();
}

/** Hands bytes on as text in pieces; the bytes of a character that is not whole yet wait for the rest of it. */
function decoder(push: (output: StepOutput) => void): (bytes: Uint8Array, options: { isLast: boolean }) => void {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  let waiting = 0;
  return (bytes, { isLast }) => {
    for (let start = 0; start < bytes.length || (isLast && start === 0); start += pieceBytes) {
      const piece = bytes.subarray(start, start + pieceBytes);
      const text = utf8.decode(piece, { stream: !isLast });
      waiting += piece.length;
      if (text === "") continue;
      push({ text, bytes: waiting });
      waiting = 0;
    }
  };
}

function say(words: string, output: BoundedQueue<StepOutput>): void {
  output.push({ text: `\n[Personal Coder: ${words}]\n`, bytes: 0 });
}
