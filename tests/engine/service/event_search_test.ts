import { assert, assertEquals } from "@std/assert";
import type { NewEvent } from "../../../core/domain/event.ts";
import { searchEvents } from "../../../core/engine/service/event_search.ts";
import { openStore } from "../../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";

async function history(events: NewEvent[]) {
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  for (let at = 0; at < events.length; at += 500) {
    await store.writer.append({ task: 5, by: "test", priority: "command", decide: () => events.slice(at, at + 500) });
  }
  const find = (q: string, options: { after?: number; limit?: number; lookMs?: number } = {}) => {
    const { after = 0, limit = 100, lookMs = 0 } = options;
    let now = 0;
    const search = { log: store.log, monotonic: () => now += lookMs };
    return searchEvents(search, 5, { q, after, limit, head: events.length });
  };
  return { find, [Symbol.dispose]: () => store.close() };
}

const said = (text: string): NewEvent => ({ type: "output.text", data: { text } });

Deno.test("a text is found in any case, across escapes and packs, and never in the names of fields alone", async () => {
  using log = await history([
    said("one"),
    said('He said "Stop"\nand stopped'),
    ...Array.from({ length: 30 }, (_, at) => said(`line ${at}`)),
    {
      type: "output.tool_use",
      data: { id: "1", name: "Bash", summary: "ls", input: { deep: [{ command: "LS -la" }] } },
    },
    said("Ünïcode"),
  ]);
  const seqs = async (q: string) => (await log.find(q)).hits.map(({ seq }) => seq);
  assertEquals(await seqs('"stop"\nand'), [2]);
  assertEquals(await seqs("ls -LA"), [33]);
  assertEquals(await seqs("ünÏ"), [34]);
  assertEquals(await seqs("tool_use"), [33]);
  assertEquals(await seqs("summary"), []);
  assertEquals(await seqs("line 7"), [10]);
  assertEquals((await log.find("stop")).hits[0]!.text, 'He said "Stop" and stopped');
});

Deno.test("a request ends with its hits or its time, and the next ones find the rest, each once", async () => {
  const events = Array.from({ length: 3_000 }, (_, at) => said(at % 10 === 0 ? `needle ${at}` : "x".repeat(400)));
  using log = await history(events);
  for (const options of [{ limit: 7 }, { lookMs: 200 }, { limit: 7, lookMs: 200 }, {}]) {
    const found: number[] = [];
    let requests = 0;
    for (let after: number | null = 0; after !== null; requests++) {
      const { hits, next, searched } = await log.find("NEEDLE", { limit: 1_000, ...options, after });
      found.push(...hits.map(({ seq }) => seq));
      assert(searched > after && (next === null ? searched === 3_000 : next === searched));
      after = next;
    }
    assertEquals(found, events.flatMap((_, at) => at % 10 === 0 ? [at + 1] : []));
    if (options.limit || options.lookMs) assert(requests > 3, `${requests} requests`);
  }
});
