// The temporary worlds of the tests: folders, git repositories, and ways to wait for things that happen outside this
// process. Everything made here is removed when its `await using` ends, and every wait has a deadline.

import { deadline, delay } from "@std/async";
import { join } from "@std/path";
import { createParser } from "eventsource-parser";

/** Identity for commits of the tests; passed explicitly, so that no configuration of the machine is needed or used. */
export const identity = { name: "Test", email: "test@example.com" };

export interface TempDir extends AsyncDisposable {
  /** Absolute, with symlinks resolved. */
  readonly path: string;
}

/** An empty folder of its own. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "coder-test-" }));
  return { path, [Symbol.asyncDispose]: () => removeTree(path) };
}

/** A process that was just killed may still be writing, and then a recursive remove meets a folder that is not empty. */
async function removeTree(path: string): Promise<void> {
  await eventually(async () => {
    try {
      await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return true;
  }, { what: `${path} is removed` });
}

export interface TempRepository extends AsyncDisposable {
  /** The repository. Its parent folder is ours too, so `{path}-worktrees` goes away with it. */
  readonly path: string;
  /** Runs git in the repository and returns its trimmed stdout; throws with its stderr when it fails. */
  git(...args: string[]): Promise<string>;
}

/** A repository with one commit (README.md) on `main`, and an identity in its own configuration. */
export async function tempRepository(): Promise<TempRepository> {
  const root = await tempDir();
  const path = join(root.path, "repo");
  try {
    await git(root.path, "init", "--quiet", "--initial-branch=main", path);
    await git(path, "config", "user.name", identity.name);
    await git(path, "config", "user.email", identity.email);
    await Deno.writeTextFile(join(path, "README.md"), "# A repository for tests\n");
    await git(path, "add", "README.md");
    await git(path, "commit", "--quiet", "--message=First commit");
  } catch (error) {
    await root[Symbol.asyncDispose]();
    throw error;
  }
  return { path, git: (...args) => git(path, ...args), [Symbol.asyncDispose]: () => root[Symbol.asyncDispose]() };
}

/** Runs git in `cwd`, without the machine's configuration; returns its trimmed stdout, throws with its stderr. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const output = await new Deno.Command("git", {
    args,
    cwd,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (!output.success) throw new Error(`git ${args.join(" ")}: exit ${output.code}: ${text.decode(output.stderr)}`);
  return text.decode(output.stdout).trim();
}

/**
 * Waits for something outside this process: asks `check` every few milliseconds until it answers with something truthy,
 * and returns that answer. A `check` that throws has not succeeded yet; its last error is the cause of the timeout.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 10_000, what = "the condition" }: { timeoutMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const endsAt = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await check();
      if (answer) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= endsAt) throw new Error(`Not true after ${timeoutMs} ms: ${what}`, { cause });
    await delay(10);
  }
}

/** One event of a `text/event-stream`. `id` is the last id seen so far, as a browser's `lastEventId` is. */
export interface SseFrame {
  id: string;
  event: string;
  data: string;
}

export interface SseReader extends AsyncIterableIterator<SseFrame>, AsyncDisposable {
  /** Ends the connection; a pending `next()` is done. Leaving a `for await` by `break` closes it too. */
  close(): Promise<void>;
}

/**
 * Reads the events of `response` one by one as they arrive (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * `next()` throws when no event came within `timeoutMs`, so that a test cannot hang; comments do not count as events.
 */
export function sseReader(response: Response, { timeoutMs = 30_000 }: { timeoutMs?: number } = {}): SseReader {
  if (!response.body) throw new Error(`Cannot read events: the ${response.status} response has no body`);
  const body = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const frames = readFrames(body);
  const close = async () => {
    await body.cancel();
    await frames.return(undefined);
  };
  return {
    async next() {
      try {
        return await deadline(frames.next(), timeoutMs);
      } catch (error) {
        await close();
        throw error;
      }
    },
    async return() {
      await close();
      return { done: true, value: undefined };
    },
    close,
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: close,
  };
}

async function* readFrames(body: ReadableStreamDefaultReader<string>): AsyncGenerator<SseFrame, undefined> {
  let id = "";
  let frames: SseFrame[] = [];
  const parser = createParser({
    onId(last) {
      id = last;
    },
    onEvent({ event, data }) {
      frames.push({ id, event: event || "message", data });
    },
  });
  for (;;) {
    const { done, value } = await body.read();
    if (done) return;
    frames = [];
    parser.feed(value);
    yield* frames;
  }
}
