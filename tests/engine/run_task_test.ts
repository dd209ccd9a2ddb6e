// A run and those who may have taken it over.

import { assertEquals } from "@std/assert";
import { decide } from "../../core/domain/decide.ts";
import type { Command, RunEnd } from "../../core/domain/command.ts";
import type { EngineContext } from "../../core/engine/context.ts";
import { runTask } from "../../core/engine/run_task.ts";
import { openStore } from "../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../core/system.ts";
import { spec } from "../domain/world.ts";

Deno.test("runTask() touches no worktree when its claim was answered after the run had been taken over", async () => {
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom, share: true });
  const give = async (task: number | "new", command: Command) => {
    const { head } = await store.writer.append({
      task,
      by: "test",
      priority: "command",
      decide: (head, { now }) => decide(command, head, now),
    });
    return head;
  };
  try {
    const { id } = await give("new", { type: "create", spec: spec() });
    const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };
    const claimed = await give(id, { type: "claim", worker: "w", mark: "m", why });
    const end: RunEnd = {
      outcome: "lost",
      exit_code: null,
      signal: null,
      result: null,
      usage: null,
      cost_usd: 0,
      duration_ms: 0,
      error: "Its worker did not beat",
      uncommitted: null,
      lines_added: null,
      lines_removed: null,
    };
    await give(id, { type: "finish_run", run: 1, end });
    const touched: string[] = [];
    const touch = (what: string) => () => {
      touched.push(what);
      return Promise.reject(new Error(`${what} was not expected`));
    };
    const context = {
      store,
      clock: systemClock,
      random: systemRandom,
      worktrees: { add: touch("add"), isWhole: touch("isWhole"), changes: touch("changes") },
      worker: { id: "w", name: "worker" },
      warn() {},
    } as unknown as EngineContext;
    const run = runTask(context, claimed, { agent: touch("agent"), room: () => Promise.resolve(), isSure: () => true });
    assertEquals(await run.done, { end: null, isEarlyFailure: false, pausedUntil: null });
    assertEquals(touched, []);
    assertEquals((await store.log.head(id))!.seq, 3);
  } finally {
    await store.writer.idle();
    store.close();
  }
});
