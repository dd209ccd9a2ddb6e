import { assertEquals } from "@std/assert";
import { diskHog } from "../../../core/engine/dispatch/disk_hog.ts";
import type { LiveRun } from "../../../core/engine/run/run_task.ts";

const mebibyte = 1024 * 1024;

/** Runs by the folder that each has; `sizes` says what is in it, in MiB. */
function running(sizes: Record<string, number>) {
  const stopped: string[] = [];
  const runs = Object.keys(sizes).map((folder, task) => ({
    task,
    folders: [folder, `${folder}-tmp`],
    stop: (reason: string, error?: string) => void stopped.push(`${folder} ${reason}: ${error}`),
  } as unknown as LiveRun));
  const look = diskHog({
    runs: () => runs,
    folderBytes: (path) => path in sizes ? Promise.resolve(sizes[path]! * mebibyte) : Promise.reject(new Error("gone")),
  });
  return { stopped, look: (free: number) => look(free * mebibyte) };
}

Deno.test("diskHog() stops the run whose files grew most, and says by how much", async () => {
  const sizes: Record<string, number> = { large: 900, growing: 10, building: 10 };
  const { stopped, look } = running(sizes);
  await look(60);
  assertEquals(stopped, [], "one look says nothing of growth");
  Object.assign(sizes, { growing: 410, building: 40 });
  await look(20);
  assertEquals(stopped, [
    "growing failed: The disk is full (20 MiB free), and this run's files grew by 400 MiB to 410 MiB: it was stopped",
  ]);
});

Deno.test("diskHog() stops the one that takes up most when nothing can grow any more", async () => {
  const { stopped, look } = running({ small: 3, large: 900 });
  await look(0);
  await look(0);
  assertEquals(stopped, [
    "large failed: The disk is full (0 MiB free), and this run's files take up 900 MiB: it was stopped",
  ]);
});

Deno.test("diskHog() stops nobody who has written next to nothing: something else fills the disk", async () => {
  const { stopped, look } = running({ one: 1, two: 15 });
  for (let time = 0; time < 3; time++) await look(0);
  assertEquals(stopped, []);
});
