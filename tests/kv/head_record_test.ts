import { assert, assertEquals } from "@std/assert";
import { emptyTask } from "../../core/domain/task.ts";
import { decodeHead, encodeHead, isHeadOf } from "../../core/kv/head_record.ts";

/** As a program wrote it that knew neither background work nor where a cost comes from. */
function older(task: object): Uint8Array {
  const { cost_basis: _1, strayed: _2, effort: _3, session_total: _4, run, ...rest } = task as Record<string, unknown>;
  const { background: _5, asked: _6, counted: _7, estimated_cost_usd: _8, ...known } = (run ?? {}) as object & {
    [name: string]: unknown;
  };
  return new TextEncoder().encode(JSON.stringify({ ...rest, run: run && known }));
}

const run = {
  ...{
    epoch: 1,
    worker: "w",
    mark: "m",
    attempt: 1,
    claimed_at: "",
    started_at: null,
    pid: null,
    step: null,
    spoke: true,
  },
  ...{ background: [], asked: true, counted: 2, estimated_cost_usd: 0.5 },
};

Deno.test("decodeHead() gives fields that were not known when a head was written the value of a new task", () => {
  const task = { ...emptyTask(3), title: "Old", cost_usd: 2 };
  assertEquals(decodeHead(older(task)), task);
  const running = decodeHead(older({ ...task, run }));
  assertEquals([running.run!.background, running.run!.estimated_cost_usd], [[], null]);
  assertEquals(decodeHead(encodeHead({ ...task, run })), { ...task, run });
});

Deno.test("isHeadOf() compares what an older program wrote by the fields it knew", () => {
  const task = { ...emptyTask(3), title: "Old", cost_usd: 2, run };
  assert(isHeadOf(encodeHead(task), task));
  assert(isHeadOf(older(task), task));
  assert(!isHeadOf(older({ ...task, title: "Other" }), task));
  assert(!isHeadOf(older({ ...task, run: { ...run, pid: 4 } }), task));
  assert(!isHeadOf(encodeHead({ ...task, run: null }), task));
});
