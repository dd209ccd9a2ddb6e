// A little room that is the service's own: given back when a disk is full to the last byte, so that the end of the run that filled
// it can be written.

const bytes = 2 * 1024 * 1024;

export interface DiskReserve {
  /** Takes the room, unless it has it. Never rejects: without room to take, there is none. */
  keep(): Promise<void>;
  /** Gives it back. Never rejects. */
  release(): Promise<void>;
}

/** The room that a file at `path` takes up. */
export function diskReserve(path: string): DiskReserve {
  return {
    async keep() {
      if ((await Deno.stat(path).catch(() => null))?.size === bytes) return;
      // Zeros could be a hole.
      const room = crypto.getRandomValues(new Uint8Array(65_536));
      try {
        using file = await Deno.open(path, { create: true, write: true, truncate: true, mode: 0o600 });
        for (let written = 0; written < bytes;) written += await file.write(room);
      } catch {
        await Deno.remove(path).catch(() => {});
      }
    },
    async release() {
      await Deno.remove(path).catch(() => {});
    },
  };
}
