// Bytes in, lines out. Lines end with `\n` only (a `\r` or U+2028 inside a JSON string must not cut it), cost linear time
// however long they are, and keep their bytes: decoding is the caller's.
//
// A line of any length up to `maxBytes` (64 MiB) is held until it is whole. A longer one is handed out in pieces marked
// `whole: false`, cut between UTF-8 characters, so that memory has a bound and still nothing is dropped.

import { concat } from "@std/bytes";

/** A line of output, or a piece of one. */
export interface Line {
  /** Without its `\n`. */
  bytes: Uint8Array;
  /** False for every piece of a line longer than `maxBytes`. */
  whole: boolean;
}

/** Splits what comes in chunks into lines. */
export interface LineSplitter {
  /** The lines that end within `chunk`. The chunk is kept, not copied: it must not be written to afterwards. */
  push(chunk: Uint8Array): Line[];
  /** The last line, if it had no newline. */
  end(): Line[];
}

const NEWLINE = 10;

/** A splitter for one stream; `maxBytes` is what a whole line may have. */
export function lineSplitter({ maxBytes = 64 * 1024 * 1024 }: { maxBytes?: number } = {}): LineSplitter {
  let parts: Uint8Array[] = [];
  let size = 0;
  let whole = true;

  function hold(part: Uint8Array): void {
    if (part.length === 0) return;
    parts.push(part);
    size += part.length;
  }

  function take(): Uint8Array {
    const bytes = parts.length === 1 ? parts[0]! : concat(parts);
    parts = [];
    size = 0;
    return bytes;
  }

  return {
    push(chunk) {
      const lines: Line[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        hold(chunk.subarray(start, end));
        lines.push({ bytes: take(), whole });
        whole = true;
        start = end + 1;
      }
      hold(chunk.subarray(start));
      if (size > maxBytes) {
        const bytes = take();
        const cut = lastCharacterStart(bytes);
        whole = false;
        lines.push({ bytes: bytes.subarray(0, cut), whole });
        hold(bytes.slice(cut));
      }
      return lines;
    },
    end() {
      if (size === 0) return [];
      const line = { bytes: take(), whole };
      whole = true;
      return [line];
    },
  };
}

/** Where the last UTF-8 character starts, or the end when the last bytes are no UTF-8. */
function lastCharacterStart(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at > 0 && at >= bytes.length - 4; at--) {
    if ((bytes[at]! & 0b1100_0000) !== 0b1000_0000) return at;
  }
  return bytes.length;
}
