// Text in a task's raw log, line by line. A request looks at a bounded part of the file and says where the next one goes on.

import { DomainError } from "../../domain/error.ts";
import { excerptAround } from "../../domain/search.ts";
import { readLogTimes } from "../../process/log_times.ts";
import type { LogHits } from "../../view/api_view.ts";

const chunkBytes = 256 * 1024;
/** Bytes that one request looks at, about. */
const searchedBytes = 16 * 1024 * 1024;
/** A line that is longer is looked at in pieces. */
const lineAtMost = 4 * 1024 * 1024;

/** Where a request goes on: the byte at which line `line` (from 1) begins. */
interface LogPlace {
  offset: number;
  line: number;
}

/**
 * The lines of the file at `path` in which `q` is, in any case, as it stands or as JSON writes it. `cursor`: the `next` of the
 * request before, else null. Throws what `Deno.open` does.
 */
export async function searchLog(
  path: string,
  { q, cursor, limit }: { q: string; cursor: string | null; limit: number },
): Promise<LogHits> {
  const wanted = [...new Set([q.toLowerCase(), JSON.stringify(q).slice(1, -1).toLowerCase()])];
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const timeAt = await readLogTimes(path);
  let { offset, line } = placeOf(cursor);
  await file.seek(offset, Deno.SeekMode.Start);
  const hits: LogHits["hits"] = [];
  const last = Math.min(size, offset + searchedBytes);
  let rest = new Uint8Array();
  for (;;) {
    const read = await readChunk(file);
    const bytes = joined(rest, read);
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(lineEnd, from);
      // The last line may have no end; one that is too long is cut.
      const isCut = end < 0 && (read.length === 0 || bytes.length - from > lineAtMost);
      if (end < 0 && !isCut) break;
      const to = end < 0 ? bytes.length : end;
      const text = decoder.decode(bytes.subarray(from, to));
      const small = text.toLowerCase();
      if (to > from && wanted.some((one) => small.includes(one))) {
        hits.push({ line, offset, at: timeAt(offset), text: excerptAround(text, wanted) ?? "" });
      }
      offset += to - from + (end < 0 ? 0 : 1);
      from = to + (end < 0 ? 0 : 1);
      if (end >= 0) line++;
      if (hits.length === limit || isCut) break;
    }
    rest = bytes.slice(from);
    const isFull = hits.length === limit;
    if (read.length === 0 && !isFull) return { hits, searched: offset, size, next: null };
    if (isFull || offset >= last) {
      return { hits, searched: offset, size, next: offset < size ? `${offset}:${line}` : null };
    }
  }
}

const decoder = new TextDecoder();
const lineEnd = 10;

function placeOf(cursor: string | null): LogPlace {
  if (cursor === null) return { offset: 0, line: 1 };
  const [offset, line] = cursor.split(":").map(Number);
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(line)) throw new DomainError("invalid", "It is no cursor");
  return { offset: offset!, line: line! };
}

/** Empty at the end. */
async function readChunk(file: Deno.FsFile): Promise<Uint8Array> {
  const chunk = new Uint8Array(chunkBytes);
  const count = await file.read(chunk);
  return chunk.subarray(0, count ?? 0);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
