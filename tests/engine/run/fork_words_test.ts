import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { firstWords } from "../../../core/engine/run/prompt.ts";
import { forkWords } from "../../../core/engine/run/fork_words.ts";
import { eventLog } from "../../../core/kv/event_log.ts";
import { openKv, writerOn } from "../../kv/world.ts";

Deno.test("who goes on with what was asked for is told all of it, however long it is", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const prompt = `${"Mind each of these rules. ".repeat(400)}And the last: the end counts.`;
  const source = await writer.create({ prompt });
  const told = async (how: "again" | "new") => {
    const id = await writer.create({ prompt, forked_from: { task: source, seq: 1, files: null, told: how } });
    const log = eventLog(kv);
    return (await firstWords((await log.head(id))!, { log, suffix: "", resumed: false })).text;
  };
  for (const how of ["again", "new"] as const) assertStringIncludes(await told(how), prompt, how);
});

Deno.test("what was asked for first is told beyond any number of events, and so is the newest", async () => {
  using kv = await openKv();
  const writer = writerOn(kv);
  const id = await writer.create({ prompt: "Count to the end" });
  for (let n = 0; n < 52; n++) await writer.say(id, ...Array.from({ length: 100 }, (_, i) => `Number ${n * 100 + i}`));
  const words = await forkWords(eventLog(kv), { task: id, seq: 5_201, files: null, told: "new" });
  const [, asked, left, next] = words.split("\n\n");
  assertEquals([asked, left], ["Asked for:\n> Count to the end", "(what came here is left out)"]);
  assertMatch(next!, /The agent said:\n> Number \d+/);
  assert(words.endsWith("> Number 5199"));
  const short = await forkWords(eventLog(kv), { task: id, seq: 3, files: null, told: "new" });
  assertEquals(short.split("\n\n").slice(1), [
    "Asked for:\n> Count to the end",
    "The agent said:\n> Number 0",
    "The agent said:\n> Number 1",
  ]);
});
