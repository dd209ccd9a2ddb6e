import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { searchLog } from "../../../core/engine/service/log_search.ts";
import { LogTimes } from "../../../core/process/log_times.ts";
import { tempDir } from "../../support/temp.ts";

async function found(path: string, q: string, limit = 100) {
  const hits: { line: number; offset: number; at: string | null; text: string }[] = [];
  let requests = 0;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof searchLog>> = await searchLog(path, { q, cursor, limit });
    hits.push(...page.hits);
    cursor = page.next;
    requests++;
  } while (cursor !== null);
  return { hits, requests, lines: hits.map(({ line }) => line) };
}

Deno.test("lines are found in any case, as they stand or as JSON writes them, the last one without an end too", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "task-1.log");
  await Deno.writeTextFile(path, `one\n${JSON.stringify({ text: 'say "Stop"\nnow' })}\n\nplain "STOP"\nlast stop`);
  assertEquals((await found(path, '"stop"')).lines, [2, 4]);
  const { hits } = await found(path, "stop");
  assertEquals(hits.at(-1), { line: 5, offset: (await Deno.stat(path)).size - 9, at: null, text: "last stop" });
  let now = 1_000;
  const times = new LogTimes(path, () => now);
  times.note(0);
  now = 2_000;
  times.note(30);
  times.close();
  const timed = (await found(path, "stop")).hits.map(({ at }) => at);
  assertEquals(timed, ["1970-01-01T00:00:01.000Z", ...Array(2).fill("1970-01-01T00:00:02.000Z")]);
  assertEquals((await found(path, "stop", 1)).lines, [2, 4, 5]);
  assertEquals((await found(path, "nothing")).hits, []);
  await Deno.writeTextFile(path, "");
  assertEquals((await found(path, "x")).hits, []);
});

Deno.test("a long log is searched in bounded requests, each line once, and a line without end does not stop it", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "task-1.log");
  const line = `${"x".repeat(1_023)}\n`;
  const file = await Deno.open(path, { write: true, create: true });
  const text = new TextEncoder().encode(line.repeat(20_000).replace(/^x{6}/, "needle"));
  await file.write(text);
  await file.write(new TextEncoder().encode(`${"y".repeat(9 * 1024 * 1024)}\n`));
  await file.write(new TextEncoder().encode("Needle\n"));
  file.close();
  const { hits, lines, requests } = await found(path, "needle");
  assertEquals(lines, [1, 20_002]);
  assertEquals(hits[1]!.offset, 20_000 * 1_024 + 9 * 1024 * 1024 + 1);
  assert(requests >= 2 && requests <= 5, `${requests} requests`);
});
