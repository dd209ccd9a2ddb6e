// What is counted since the start: the same tokens and costs as the tasks say, and nothing that other processes wrote.

import { assertEquals } from "@std/assert";
import type { NewEvent, Outcome, Usage } from "../../../core/domain/event.ts";
import { addUsage, noUsage } from "../../../core/domain/usage.ts";
import { counters } from "../../../core/engine/service/counters.ts";
import { buildStore, type Store } from "../../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";
import { creation, openKv } from "../../kv/world.ts";

const why = { free_slots: 1, rank: 1, candidates: [], count: 1 };

function claimed(epoch: number): NewEvent {
  return { type: "run.claimed", run: epoch, data: { worker: "w", epoch, attempt: 1, mark: "m", why } };
}

function tokens(input_tokens: number, output_tokens: number): Usage {
  return { ...noUsage, input_tokens, output_tokens };
}

function used(message_id: string, usage: Usage): NewEvent {
  return { type: "usage.counted", run: 1, data: { message_id, ...usage } };
}

function finished(outcome: Outcome, usage: Usage | null, cost_usd = 0): NewEvent {
  const nothing = { exit_code: 0, signal: null, result: null, duration_ms: 1, error: null, uncommitted: null };
  const data = {
    ...nothing,
    outcome,
    then: "resume" as const,
    usage,
    cost_usd,
    lines_added: null,
    lines_removed: null,
  };
  return { type: "run.finished", run: 1, data };
}

async function write(store: Store, task: number, ...events: NewEvent[]): Promise<void> {
  await store.writer.append({ task, by: "test", priority: "command", decide: () => events });
}

Deno.test("counters() counts the tokens that the tasks have, while they run and when they account for themselves", async () => {
  using kv = await openKv();
  const store = await buildStore(kv, { clock: systemClock, random: systemRandom, shared: false });
  const { counted, close } = counters(store.tail);
  const [one, two] = [(await store.writer.append(creation())).head.id, (await store.writer.append(creation())).head.id];
  const ofTasks = async () => {
    const heads = await Promise.all([one, two].map((id) => store.log.head(id)));
    return heads.map((head) => head!.usage).reduce(addUsage);
  };
  await write(store, one, claimed(1), used("a", tokens(100, 1)), used("b", tokens(10, 1)));
  assertEquals(counted.tokens, tokens(110, 2));
  // The account has more output, and less input than was counted.
  await write(store, one, finished("succeeded", tokens(105, 40), 0.25));
  assertEquals(counted.tokens, tokens(110, 40));
  assertEquals(counted.tokens, await ofTasks());
  await write(store, two, claimed(1), used("c", tokens(5, 5)));
  await write(store, two, finished("cancelled", null));
  // A run that another worker closed leaves nothing behind for the next one.
  await write(store, one, claimed(2), used("d", tokens(1, 1)));
  await write(store, one, claimed(3), finished("succeeded", tokens(30, 3), 0.5));
  assertEquals(counted.tokens, tokens(110 + 5 + 1 + 30, 40 + 5 + 1 + 3));
  assertEquals([counted.runs.succeeded, counted.runs.cancelled, counted.runs.lost], [2, 1, 0]);
  assertEquals(counted.cost_usd, 0.75);
  assertEquals([counted.events.get("run.claimed"), counted.events.get("task.created")], [4, 2]);
  const { commits } = counted;
  close();
  await write(store, one, claimed(4));
  assertEquals(counted.commits, commits);
});

Deno.test("counters() leaves out what other processes write to a shared store", async () => {
  using kv = await openKv();
  const ports = { clock: systemClock, random: systemRandom, shared: true };
  const [ours, others] = [await buildStore(kv, ports), await buildStore(kv, ports)];
  const { counted } = counters(ours.tail);
  const heard: string[] = [];
  ours.tail.subscribe(({ events }) => void heard.push(...events.map(({ event }) => `${event.task}/${event.seq}`)));
  await ours.writer.append(creation());
  await others.writer.append(creation());
  await ours.tail.look();
  await ours.tail.look();
  assertEquals([heard, counted.commits, counted.events.get("task.created")], [["1/1", "2/1"], 1, 1]);
});
