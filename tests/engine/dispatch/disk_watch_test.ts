import { assertEquals } from "@std/assert";
import type { Clock } from "../../../core/domain/ports.ts";
import { alwaysThere } from "../../../core/kv/store.ts";
import { type DiskWatch, diskWatch } from "../../../core/engine/dispatch/disk_watch.ts";

const mebibyte = 1024 * 1024;

/** A watch that has looked at a disk with `free` MiB; `look` looks again. */
async function watching(free: number) {
  let mebibytes = free;
  let next = () => {};
  let looked = Promise.withResolvers<void>();
  const pauses: number[] = [];
  const clock = {
    sleep(ms: number) {
      pauses.push(ms);
      looked.resolve();
      return new Promise<void>((resolve) => next = resolve);
    },
  } as unknown as Clock;
  const said: (string | null)[] = [];
  const tense: number[] = [];
  const disk = diskWatch({
    clock,
    presence: alwaysThere,
    freeBytes: () => Promise.resolve(mebibytes * mebibyte),
    onChange: (shortage) => said.push(shortage),
    onTense: (bytes) => Promise.resolve(void tense.push(bytes / mebibyte)),
  });
  const stopped = new AbortController();
  const running = disk.run(stopped.signal);
  await looked.promise;
  return {
    disk,
    said,
    tense,
    pauses,
    async look(now: number) {
      mebibytes = now;
      looked = Promise.withResolvers();
      next();
      await looked.promise;
    },
    async stop() {
      stopped.abort();
      next();
      await running;
    },
  };
}

/** Whether a wait for room is over, all that could be due being done. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false;
  void waiting.then(() => over = true);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return over;
}

const never = new AbortController().signal;

Deno.test("room() waits below 64 MiB until there is room again", async () => {
  const { disk, look, stop } = await watching(63);
  const waiting = disk.room(never);
  assertEquals(await isOver(waiting), false);
  await look(63);
  assertEquals(await isOver(waiting), false);
  await look(64);
  assertEquals(await isOver(waiting), true);
  assertEquals(await isOver(disk.room(never)), true);
  await stop();
});

Deno.test("room() waits no longer than for its agent, and lets nobody else go with it", async () => {
  const { disk, stop }: { disk: DiskWatch; stop: () => Promise<void> } = await watching(10);
  const gone = new AbortController();
  const [held, other] = [disk.room(gone.signal), disk.room(never)];
  assertEquals(await isOver(held), false);
  gone.abort();
  assertEquals([await isOver(held), await isOver(other)], [true, false]);
  // Whatever it still says.
  assertEquals(await isOver(disk.room(gone.signal)), true);
  await stop();
  assertEquals(await isOver(other), true);
});

Deno.test("shortage() holds claims back below 256 MiB, and each change is said once", async () => {
  const { disk, said, look, stop } = await watching(256);
  assertEquals(disk.shortage(), null);
  await look(255);
  assertEquals(disk.shortage()?.includes("255 MiB free; 256 are needed"), true);
  await look(30);
  await look(300);
  assertEquals([disk.shortage(), said.length, said.at(-1)], [null, 2, null]);
  await stop();
});

Deno.test("while there is hardly any room, each look is told; not before and not after", async () => {
  const { tense, look, stop } = await watching(64);
  assertEquals(tense, []);
  await look(63);
  await look(1);
  await look(64);
  await look(500);
  assertEquals(tense, [63, 1]);
  await stop();
});

Deno.test("the next look comes before a disk can have filled", async () => {
  const { pauses, look, stop } = await watching(24 * 1024);
  await look(24 * 1024 - 1);
  await look(255);
  await stop();
  assertEquals(pauses, [10_000, 5_000, 1_000]);
});
