// What an earlier life of this worker left: closed as lost, but for what cannot be ended, which holds back its own task alone.

import { assertEquals } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import { Recovery } from "../../../core/engine/dispatch/recover.ts";
import { workerMark } from "../../../core/engine/marks.ts";
import { why } from "../../domain/world.ts";
import { schedulerWorld } from "../scheduler_world.ts";

Deno.test("recovery holds back the task whose processes cannot be ended, closes the others, and tries again", async () => {
  await using world = await schedulerWorld();
  const { context, board, scheduler, warnings } = world;
  const [stuck, other] = [await world.create(), await world.create()];
  await world.give(stuck, { type: "claim", worker: "worker-1", mark: "stuck", why });
  await world.give(other, { type: "claim", worker: "worker-1", mark: "other", why });
  let isGone = false;
  // The worker's own mark is on whatever its runs started.
  const unending = new Set(["stuck", workerMark(context)]);
  const endSurvivors = (mark: string) => {
    if (isGone || !unending.has(mark)) return Promise.resolve(0);
    return Promise.reject(new DomainError("unavailable", `Cannot end run ${mark}: still alive are 7`));
  };
  const recovery = new Recovery(context, { board, endSurvivors });

  assertEquals(await recovery.start(), 1);
  const words = [
    `Task ${stuck} waits until the processes of its last run are gone: Cannot end run stuck: still alive are 7`,
    `Processes of earlier runs are still alive: Cannot end run ${workerMark(context)}: still alive are 7`,
  ];
  const said = words.map((one) => `${one}: null`);
  assertEquals([recovery.notices, warnings], [words, said]);
  await scheduler.tick();
  await world.nextRun();
  assertEquals(world.claims.map(({ task }) => task).slice(2), [other]);

  await recovery.retry();
  assertEquals([recovery.notices, warnings], [words, said], "nothing is said twice");
  isGone = true;
  await recovery.retry();
  assertEquals(recovery.notices, []);
  await scheduler.tick();
  await world.nextRun();
  assertEquals(world.claims.map(({ task }) => task).slice(2), [other, stuck]);
});
