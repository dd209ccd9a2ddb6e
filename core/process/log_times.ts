// When the bytes of a raw log came: a file beside it, of pairs of numbers, each 8 bytes: the size of the log, and the time (ms
// since 1970) at which what follows came. Only places on a line of time depend on it: what cannot be written is left out.

/** Between two pairs, ms. */
const gapMs = 250;
const pairBytes = 16;
/** A day and a half of pairs without a gap; what is longer has no times. */
const readAtMost = 8 * 1024 * 1024;

export function logTimesPath(log: string): string {
  return `${log}.times`;
}

/** Writes them while a run prints. */
export class LogTimes {
  readonly #path: string;
  readonly #now: () => number;
  #file: Deno.FsFile | null = null;
  /** When the last pair was noted. */
  #last = -Infinity;

  /** `log`: the path of the raw log. */
  constructor(log: string, now: () => number = Date.now) {
    this.#path = logTimesPath(log);
    this.#now = now;
  }

  /** What comes now begins at this byte of the log. */
  note(size: number): void {
    const now = this.#now();
    // The clock may have been set back.
    if (Math.abs(now - this.#last) < gapMs) return;
    this.#last = now;
    try {
      this.#file ??= opened(this.#path, size);
      const pair = new DataView(new ArrayBuffer(pairBytes));
      pair.setFloat64(0, size);
      pair.setFloat64(8, now);
      // Opened anew, it is without the half of a pair, which would shift all that follow.
      if (this.#file.writeSync(new Uint8Array(pair.buffer)) < pairBytes) this.close();
    } catch {
      this.close();
    }
  }

  /** It is opened again for what is noted after that. */
  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

/** For appending, without half a pair that a full disk left; empty for a log that begins anew. */
function opened(path: string, logSize: number): Deno.FsFile {
  const file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  const { size } = file.statSync();
  const whole = logSize === 0 ? 0 : size - size % pairBytes;
  if (size > whole) file.truncateSync(whole);
  return file;
}

/** The time (ISO 8601) at which a byte of the log came, to a quarter of a second; null where it is not known. */
export async function readLogTimes(log: string): Promise<(offset: number) => string | null> {
  const path = logTimesPath(log);
  const stat = await Deno.lstat(path).catch(() => null);
  const isUsable = stat?.isFile === true && stat.size <= readAtMost;
  const bytes = isUsable ? await Deno.readFile(path).catch(() => new Uint8Array()) : new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length - bytes.length % pairBytes);
  return (offset) => {
    let [low, high] = [0, view.byteLength / pairBytes];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (view.getFloat64(middle * pairBytes) <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    const at = new Date(view.getFloat64((low - 1) * pairBytes + 8));
    return Number.isNaN(at.getTime()) ? null : at.toISOString();
  };
}
