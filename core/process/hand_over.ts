// What the launcher passes on to the service by its stdin: first one line of JSON, then nothing as long as the launcher lives.
// A pipe leaves no trace; an environment and arguments can be read by every program of the same user, for as long as the
// process lives, whatever it forgets.

/** Settings that are secrets: they are passed on by the pipe and stand in no environment. */
export const secretNames = ["CODER_TOKEN", "DENO_KV_ACCESS_TOKEN"] as const;

/** What is passed on. */
export interface HandOver {
  /** By the name of the setting. */
  secrets: Record<string, string>;
  /** The limit of open descriptors, which the service may not read itself; null: not known. */
  descriptors: number | null;
  /** The hosts that a KV Connect server handed out so far, for the launcher when it launches again. */
  kvHosts: string[];
}

const lineAtMost = 65_536;

/** What stands in the pipe. */
export function handOverLine(what: HandOver): string {
  return `${JSON.stringify(what)}\n`;
}

/** Reads the line; `released` resolves when the launcher is gone. Throws when it is gone before. */
export async function takeOver(pipe: ReadableStream<Uint8Array>): Promise<HandOver & { released: Promise<void> }> {
  const reader = pipe.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done || text.length > lineAtMost) throw new Error("The launcher ended before it passed anything on");
    text += value;
  }
  const released = (async () => {
    while (!(await reader.read()).done);
  })().catch(() => {});
  return { ...JSON.parse(text) as HandOver, released };
}

/** The secrets of an environment. */
export function secretsOf(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(secretNames.flatMap((name) => env[name] ? [[name, env[name]]] : []));
}

/** An environment without them. */
export function withoutSecrets(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !(secretNames as readonly string[]).includes(name)));
}
