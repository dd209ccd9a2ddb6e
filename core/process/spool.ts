// A stream that is larger than memory, kept in a file of its own until it was read: as often as needed, line by line.

import { createHash } from "node:crypto";
import { join } from "@std/path";
import { DomainError } from "../domain/error.ts";

/** A line may have a body of megabytes. */
const lineAtMost = 64 * 1_048_576;

export interface Spooled extends AsyncDisposable {
  /** The lines, without their ends. Rejects with `invalid` at one that is too long or no UTF-8. */
  lines(): AsyncGenerator<string>;
  /** SHA-256, as hex, of all that comes after the first line. */
  readonly restSha256: string;
}

/**
 * Takes a stream to its end. Rejects with `DomainError("invalid")` when it is larger than `atMost` bytes, and `unavailable` when
 * nothing comes for `idleMs`. The file is in `folder`, readable by its owner only, and goes when this is disposed of.
 */
export async function spool(
  stream: ReadableStream<Uint8Array>,
  { folder, atMost, idleMs, name }: { folder: string; atMost: number; idleMs: number; name: string },
): Promise<Spooled> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  const remove = () => Deno.remove(path).catch(() => {});
  try {
    const restSha256 = await write(stream, { path, atMost, idleMs });
    return { restSha256, lines: () => linesOf(path), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function write(
  stream: ReadableStream<Uint8Array>,
  { path, atMost, idleMs }: { path: string; atMost: number; idleMs: number },
): Promise<string> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const reader = stream.getReader();
  const hash = createHash("sha256");
  let size = 0;
  let isInRest = false;
  try {
    for (;;) {
      const { value, done }: ReadableStreamReadResult<Uint8Array> = await readWithin(reader, idleMs);
      if (done) return hash.digest("hex");
      size += value.length;
      if (size > atMost) throw new DomainError("invalid", `The file is larger than ${atMost} bytes`);
      const end: number = isInRest ? -1 : value.indexOf(10);
      if (isInRest) hash.update(value);
      else if (end >= 0) hash.update(value.subarray(end + 1));
      isInRest ||= end >= 0;
      for (let at = 0; at < value.length;) at += await file.write(value.subarray(at));
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function readWithin(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  ms: number,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new DomainError("unavailable", `Nothing of the file came for ${ms / 1_000} s`)),
    ms,
  );
  try {
    return await Promise.race([reader.read(), late.promise]);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError("invalid", "The file ended before it was whole", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await Deno.open(path);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  try {
    for await (
      const text of file.readable.pipeThrough(
        new TransformStream<Uint8Array, string>({
          transform: (bytes, controller) => controller.enqueue(decoder.decode(bytes, { stream: true })),
          flush: () => void decoder.decode(),
        }),
      )
    ) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      if (rest.length > lineAtMost) throw new DomainError("invalid", "A line of the file is too long");
      yield* parts;
    }
  } catch (error) {
    if (error instanceof TypeError) throw new DomainError("invalid", "The file is not UTF-8", { cause: error });
    throw error;
  }
  if (rest !== "") yield rest;
}
