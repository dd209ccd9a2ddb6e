// What must hold of the store once everything is at rest: the log, read back by the program's own reader, is what was
// written; indexes follow from heads; the all-stream has every event once.

import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask } from "../../core/domain/task.ts";
import { decodeHead } from "../../core/kv/head_record.ts";
import { indexEntries } from "../../core/kv/head_index.ts";
import type { Client } from "./client.ts";
import type { Oracle } from "./oracle.ts";
import { type SimulatedKv, type StoredEntry } from "./simulated_kv.ts";
import type { World } from "./world.ts";

// deno-lint-ignore require-await -- the signature of a last step
export async function checkStore(world: World, { kv, oracle, client }: {
  world?: never;
  kv: SimulatedKv;
  oracle: Oracle;
  client: Client;
}): Promise<void> {
  const all = (...prefix: Deno.KvKeyPart[]) => everything(kv, prefix);
  const wanted = new Set<string>();
  for (const [id, { lines, events, task }] of oracle.histories) {
    const stored = all("event", id).flatMap(({ value }) => oracle.decode(value as Uint8Array));
    if (JSON.stringify(stored) !== `[${lines.join(",")}]`) world.violation(`the log of task ${id} has changed`);
    const head = kv.get(["task", id]);
    if (JSON.stringify(head && decodeHead(head.value as Uint8Array)) !== JSON.stringify(task)) {
      world.violation(`the head of task ${id} is not the fold of its log`);
    }
    for (const { key, value } of all("fold", id)) {
      const folded = events.slice(0, key[2] as number).reduce(evolve, emptyTask(id));
      if (JSON.stringify(decodeHead(value as Uint8Array)) !== JSON.stringify(folded)) {
        world.violation(`fold ${key} is not the fold of the log`);
      }
    }
    for (const { key, value } of indexEntries(task)) wanted.add(JSON.stringify([key, value]));
  }
  for (const { key, value } of [...all("active"), ...all("finished"), ...all("dependants")]) {
    if (!wanted.delete(JSON.stringify([key, value]))) world.violation(`the index entry ${key} follows from no head`);
  }
  for (const missing of wanted) world.violation(`the index entry ${missing} is missing`);
  checkAllStream(world, all("all"), oracle);
  for (const machine of new Set(oracle.agents.map((agent) => agent.machine))) {
    for (const agent of machine.agents) world.violation(`${agent.name} was left running`);
  }
  for (const [key, id] of client.created) {
    if (oracle.histories.get(id)?.task.title !== key) world.violation(`${key} was answered with task ${id}`);
  }
  const titles = [...oracle.histories.values()].map(({ task }) => task.title).filter((title) => title !== "");
  if (new Set(titles).size !== titles.length) world.violation(`a create was done twice: ${titles.join(", ")}`);
}

function checkAllStream(world: World, entries: StoredEntry[], oracle: Oracle): void {
  const last = new Map<number, number>();
  for (const { key, value, versionstamp } of entries) {
    if (key[1] !== versionstamp) world.violation(`the all-stream's ${key} has versionstamp ${versionstamp}`);
    for (const [task, from, to] of value as [number, number, number][]) {
      if (from !== (last.get(task) ?? 0) + 1) world.violation(`the all-stream goes from ${last.get(task)} to ${from}`);
      last.set(task, to);
    }
  }
  for (const [id, { task }] of oracle.histories) {
    if (last.get(id) !== task.seq) world.violation(`the all-stream ends at ${last.get(id)} of task ${id}`);
  }
}

function everything(kv: SimulatedKv, prefix: Deno.KvKey): StoredEntry[] {
  const entries: StoredEntry[] = [];
  for (;;) {
    const last = entries.at(-1)?.key;
    const page = kv.list({ prefix, ...(last && { start: last }) }, { limit: 1_000, reverse: false });
    entries.push(...page.slice(last ? 1 : 0));
    if (page.length < 1_000) return entries;
  }
}
