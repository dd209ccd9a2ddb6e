// How well the slots are used: agents that do nothing but wait a second, many more of them than slots, against the time that
// the agents alone would take. What is more lies between one task's end and the next one's start.

import { secondOnly } from "./agent.ts";
import { ms, type Row, row } from "./row.ts";
import { benchWorld } from "./world.ts";

const tasks = 50;
const slots = 3;
const agentMs = 1_000;

export async function fullSlots(): Promise<Row[]> {
  await using world = await benchWorld({ files: 100, env: { CODER_MAX_CONCURRENT: String(slots) } });
  const { service } = world;
  const made = await Promise.all(Array.from({ length: tasks }, () => service.createTask({ prompt: secondOnly })));
  let first = Infinity;
  let last = -Infinity;
  for (const { id } of made) {
    // By the log's own times: when this loop comes by a task does not count.
    const events = await ended(() => service.events(id));
    first = Math.min(first, Date.parse(events[0]!.at));
    last = Math.max(last, Date.parse(events.at(-1)!.at));
  }
  return [row({
    measure: `${tasks} tasks of one second, ${slots} at once`,
    ours: ms(last - first),
    rival: { ...ms(Math.ceil(tasks / slots) * agentMs), name: "their seconds alone" },
    goal: { atMost: 1.08 },
  })];
}

/** The log of a task once it is completed. */
async function ended<T extends { type: string }>(log: () => Promise<T[]>): Promise<T[]> {
  for (;;) {
    const events = await log();
    if (events.some(({ type }) => type === "task.completed")) return events;
    if (events.some(({ type }) => type === "task.failed")) throw new Error("A task failed");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
