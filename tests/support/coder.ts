// The command line in a process of its own, as people and scripts run it.

import { fromFileUrl } from "@std/path";

export interface CoderOptions {
  /** Added to this process's environment, which is passed on without its `CODER_*`. */
  env?: Record<string, string>;
  cwd?: string;
  /** What is piped in; nothing: there is no input. */
  stdin?: string;
}

export interface CoderEnd {
  code: number;
  out: string;
  err: string;
}

const program = fromFileUrl(new URL("../../cli/coder.ts", import.meta.url));

/** Starts it. The caller waits for its end. */
export function startCoder(args: string[], { env = {}, cwd, stdin }: CoderOptions = {}): Deno.ChildProcess {
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("CODER_"));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", program, ...args],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(own), NO_COLOR: "1", ...env },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs it to its end. */
export async function coder(args: string[], options: CoderOptions = {}): Promise<CoderEnd> {
  const child = startCoder(args, options);
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** The lines of an output, as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
