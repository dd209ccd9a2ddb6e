// Short-lived child programs: start one, feed it, collect what it says. Its environment is the service's own without the
// service's secrets (environment.ts). Long-lived ones (the agent) use `spawn` and read for themselves.

import { concat } from "@std/bytes";
import { DomainError, messageOf } from "../domain/error.ts";
import { childEnvironment } from "./environment.ts";

/** For `run`. */
export interface RunOptions {
  cwd?: string;
  /** Added to the inherited environment. */
  env?: Record<string, string>;
  /** Written to its stdin, which is then closed; without it stdin is empty. */
  stdin?: string | Uint8Array;
  /** Kills the program when it aborts; `run` then throws its reason. */
  signal?: AbortSignal;
  /** For stdout and stderr each; a program that says more is killed. Default 64 MiB. */
  maxOutputBytes?: number;
}

/** How a program ended, and what it said. */
export interface RunResult {
  /** `null` when a signal ended it. */
  code: number | null;
  signal: string | null;
  stdout: Uint8Array;
  stderr: Uint8Array;
}

/**
 * Runs a program to its end. An exit code other than 0 is a result, not an error.
 *
 * Throws `DomainError("unavailable")` when it cannot be started or says more than `maxOutputBytes`, and the signal's
 * reason when that aborts.
 */
export async function run(program: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, env, stdin, signal, maxOutputBytes = 64 * 1024 * 1024 } = options;
  signal?.throwIfAborted();
  const child = await spawn(program, {
    args,
    cwd,
    ...childEnvironment(env),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const stopped = new AbortController();
  const stop = () => {
    stopped.abort();
    child.kill("SIGKILL");
  };
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  const collected = { max: maxOutputBytes, tooMuch: stop, signal: stopped.signal };
  const [status, stdout, stderr] = await Promise.all([
    child.status,
    collect(child.stdout, collected),
    collect(child.stderr, collected),
    stdin === undefined ? undefined : feed(child.stdin, stdin),
  ]).finally(() => signal?.removeEventListener("abort", stop));
  signal?.throwIfAborted();
  if (stdout === null || stderr === null) {
    throw new DomainError("unavailable", `Cannot run ${program}: it says more than ${maxOutputBytes} bytes`);
  }
  return { code: status.signal === null ? status.code : null, signal: status.signal, stdout, stderr };
}

/** `new Deno.Command(...).spawn()` whose errors say what is missing: the program or the folder. */
export async function spawn(program: string, options: Deno.CommandOptions): Promise<Deno.ChildProcess> {
  try {
    return new Deno.Command(program, options).spawn();
  } catch (cause) {
    const reason = await reasonOf(cause, options.cwd);
    throw new DomainError("unavailable", `Cannot run ${program}: ${reason}`, { cause });
  }
}

/**
 * The variable, as `1`, of what this process starts in a session of its own, where that might outlive it (watcher.ts). Its name
 * is this process's alone.
 */
export const ownVariable = `PERSONAL_SERVICE_${crypto.randomUUID().replaceAll("-", "_")}`;

/**
 * `spawn` into a session of its own, so that a Ctrl-C at our terminal does not reach the program.
 *
 * By `setsid` where that may be run: Deno's own way, `detached`, forks this whole process, and everything else stands still
 * for the 5 ms and more that this takes. But `setsid` starts whatever it is told to, and that it cannot would show much
 * later, by its exit code only; so it gets none but a program that is there.
 */
export async function spawnInSession(
  program: string,
  { args = [], ...given }: Deno.CommandOptions,
): Promise<Deno.ChildProcess> {
  const options = { ...given, env: { ...given.env, [ownVariable]: "1" } };
  if (await isExecutable(program)) {
    try {
      return new Deno.Command("setsid", { ...options, args: [program, ...args] }).spawn();
    } catch {
      // There is none, or something else is wrong, and is said by this:
    }
  }
  return await spawn(program, { ...options, args, detached: true });
}

/** Of a path; a name to be found on PATH, and what may not be looked at, count as none. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    const { isFile, mode } = await Deno.stat(path);
    return path.startsWith("/") && isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}

async function reasonOf(cause: unknown, cwd: string | URL | undefined): Promise<string> {
  if (cwd !== undefined && !(await isFolder(cwd))) return `the folder ${cwd} does not exist`;
  if (cause instanceof Deno.errors.NotFound) return "the program was not found";
  // Under limited permissions a name that is nowhere on PATH is no permitted program either.
  if (cause instanceof Deno.errors.NotCapable) return "the program was not found, or may not be run";
  if (cause instanceof Deno.errors.PermissionDenied) return "the file is not executable";
  return messageOf(cause);
}

async function isFolder(path: string | URL): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

/** All bytes of a stream; `null` when they are more than `max` (then `tooMuch` is called) or the signal aborts. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  { max, tooMuch, signal }: { max: number; tooMuch: () => void; signal: AbortSignal },
): Promise<Uint8Array | null> {
  const reader = stream.getReader();
  // A grandchild may hold the pipe open after the program was killed.
  const stop = () => void reader.cancel().catch(() => {});
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (signal.aborted) return null;
    if (done) return concat(chunks);
    size += value.length;
    if (size > max) tooMuch();
    else chunks.push(value);
  }
}

async function feed(stdin: WritableStream<Uint8Array>, input: string | Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await writer.close();
  } catch {
    // It ended without reading all of its input; its exit code says whether that was an error.
    await writer.abort().catch(() => {});
  }
}
