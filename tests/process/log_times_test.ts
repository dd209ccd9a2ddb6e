import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { LogTimes, logTimesPath, readLogTimes } from "../../core/process/log_times.ts";
import { tempDir } from "../support/temp.ts";

const start = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Notes each size at its time, ms after `start`. */
function noteAll(log: string, pairs: [size: number, ms: number][]): void {
  let now = start;
  const times = new LogTimes(log, () => now);
  for (const [size, ms] of pairs) {
    now = start + ms;
    times.note(size);
  }
  times.close();
}

async function secondsAt(log: string, ...offsets: number[]): Promise<(number | null)[]> {
  const timeAt = await readLogTimes(log);
  return offsets.map((offset) => timeAt(offset)).map((at) => at === null ? null : (Date.parse(at) - start) / 1_000);
}

Deno.test("the time of a byte is that of what was written with it, to a quarter of a second, over several runs", async () => {
  await using folder = await tempDir();
  const log = join(folder.path, "task-1.log");
  noteAll(log, [[100, 0], [150, 100], [200, 300], [900, 5_000]]);
  noteAll(log, [[1_000, 60_000]]);
  assertEquals(await secondsAt(log, 99, 100, 199, 200, 899, 900, 999, 1_000, 9_999), [
    ...[null, 0, 0, 0.3, 0.3, 5, 5, 60, 60],
  ]);
  assertEquals(await secondsAt(join(folder.path, "task-2.log"), 0), [null]);
});

Deno.test("half a pair that a full disk left shifts none that follow", async () => {
  await using folder = await tempDir();
  const log = join(folder.path, "task-1.log");
  noteAll(log, [[0, 0], [10, 1_000]]);
  await Deno.writeFile(logTimesPath(log), new Uint8Array(7), { append: true });
  assertEquals(await secondsAt(log, 10), [1]);
  noteAll(log, [[20, 2_000]]);
  assertEquals(await secondsAt(log, 0, 10, 20), [0, 1, 2]);
});

Deno.test("times go on when the clock is set back, and begin anew with the log", async () => {
  await using folder = await tempDir();
  const log = join(folder.path, "task-1.log");
  noteAll(log, [[0, 9_000], [10, 1_000], [20, 1_100], [30, 2_000]]);
  assertEquals(await secondsAt(log, 0, 10, 25, 30), [9, 1, 1, 2]);
  noteAll(log, [[0, 20_000]]);
  assertEquals(await secondsAt(log, 0, 30), [20, 20]);
});

Deno.test("a log whose times cannot be written has none", async () => {
  await using folder = await tempDir();
  const log = join(folder.path, "task-1.log");
  await Deno.mkdir(logTimesPath(log));
  noteAll(log, [[0, 0], [10, 1_000]]);
  assertEquals(await secondsAt(log, 10), [null]);
  await Deno.remove(logTimesPath(log));
  noteAll(log, [[20, 2_000]]);
  assertEquals(await secondsAt(log, 10, 20), [null, 2]);
});
