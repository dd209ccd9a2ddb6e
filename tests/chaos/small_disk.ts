// A disk of a few hundred MiB that a test can fill. It needs the right to mount.

import { join } from "@std/path";
import { tempDir } from "../support/temp.ts";

export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Takes room until about `mebibytes` are left. */
  leave(mebibytes: number): Promise<void>;
  /** What is left, in MiB. */
  left(): Promise<number>;
}

const mebibyte = 1024 * 1024;

async function mount(...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(args[0]!, { args: args.slice(1), stdin: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Why there can be none here, or null. */
export async function noSmallDisk(): Promise<string | null> {
  if (Deno.build.os !== "linux") return "a tmpfs needs Linux";
  if (Deno.uid() !== 0) return "mounting a tmpfs needs root";
  await using folder = await tempDir();
  if (!await mount("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path)) return "mounts are forbidden here";
  await mount("umount", folder.path);
  return null;
}

export async function smallDisk({ mebibytes }: { mebibytes: number }): Promise<SmallDisk> {
  const folder = await tempDir();
  const { path } = folder;
  if (!await mount("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", path)) {
    throw new Error(`Cannot mount a tmpfs at ${path}`);
  }
  const ballast = join(path, "ballast");

  async function free(): Promise<number> {
    const { statfs } = await import("node:fs/promises");
    const { bavail, bsize } = await statfs(path);
    return Number(bavail) * Number(bsize);
  }

  return {
    path,
    left: async () => await free() / mebibyte,
    async leave(wanted) {
      using file = await Deno.open(ballast, { create: true, write: true });
      const { size } = await file.stat();
      const missing = await free() - wanted * mebibyte;
      if (missing < 0) return await file.truncate(Math.max(0, size + missing));
      await file.seek(0, Deno.SeekMode.End);
      const chunk = new Uint8Array(mebibyte);
      try {
        for (let left = missing; left > 0;) left -= await file.write(chunk.subarray(0, Math.min(left, mebibyte)));
      } catch (error) {
        // Others wrote meanwhile: full is full.
        if ((error as { code?: string }).code !== "ENOSPC") throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await mount("umount", "-l", path);
      await folder[Symbol.asyncDispose]();
    },
  };
}
