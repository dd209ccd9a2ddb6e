// What a repository's own commands and files add to a run: an empty setup and check over none, and a thousand files of
// `.worktreeinclude` against `cp` of the same ones. From POST to the task's end, the cases in turns.

import { basename, join } from "@std/path";
import { beginOnly } from "./agent.ts";
import { type HttpClient, httpClient } from "./http_client.ts";
import { inTurns } from "./in_turns.ts";
import { ms, type Row, row } from "./row.ts";
import { eachFrame, openFrames } from "./server_events.ts";
import { bareGit, type BenchWorld, benchWorld } from "./world.ts";

const includedFiles = 1_000;

export async function project(): Promise<Row[]> {
  await using world = await benchWorld({ files: 100 });
  using client = await httpClient(world.service.url);
  return [await emptyCommands(world, client), await include(world, client)];
}

async function emptyCommands(world: BenchWorld, client: HttpClient): Promise<Row> {
  const folder = join(world.service.data, "repositories");
  await Deno.mkdir(folder, { recursive: true });
  const file = join(folder, `${basename(world.repository)}.json`);
  const times = await inTurns({
    async none() {
      await Deno.remove(file).catch(() => {});
      return await runMs(world, client);
    },
    async empty() {
      await Deno.writeTextFile(file, '{"setup": "true", "check": "true"}');
      return await runMs(world, client);
    },
  });
  await Deno.remove(file).catch(() => {});
  return row({
    measure: "an empty setup and check, over a run without",
    ours: ms(times.empty - times.none),
    goal: { atMost: 20 },
    note: `${times.none.toFixed(1)} ms without, ${times.empty.toFixed(1)} ms with`,
  });
}

async function include(world: BenchWorld, client: HttpClient): Promise<Row> {
  const { repository, folder } = world;
  await Deno.writeTextFile(join(repository, ".gitignore"), "local/\n");
  await bareGit(repository, "add", ".gitignore");
  await bareGit(repository, "-c", "user.name=B", "-c", "user.email=b@example.com", "commit", "-qm", "Ignore");
  await Deno.mkdir(join(repository, "local"));
  for (let index = 0; index < includedFiles; index++) {
    Deno.writeTextFileSync(join(repository, "local", `file-${index}`), "local\n".repeat(200));
  }
  const patterns = join(repository, ".worktreeinclude");
  let copies = 0;
  const times = await inTurns({
    async none() {
      await Deno.remove(patterns).catch(() => {});
      return await runMs(world, client);
    },
    async included() {
      await Deno.writeTextFile(patterns, "local/\n");
      return await runMs(world, client);
    },
    async copied() {
      const since = performance.now();
      const to = join(folder, `copy-${copies++}`);
      await new Deno.Command("cp", { args: ["-r", join(repository, "local"), to] }).output();
      return performance.now() - since;
    },
  });
  return row({
    measure: ".worktreeinclude of 1,000 files, over a run without",
    ours: ms(times.included - times.none),
    rival: { ...ms(times.copied), name: "cp -r of the same files" },
  });
}

/** From POST to `task.completed` at an SSE client. */
async function runMs({ service }: BenchWorld, client: HttpClient): Promise<number> {
  const since = performance.timeOrigin + performance.now();
  const { body } = await client.send("POST", "/api/tasks", { prompt: beginOnly, title: "Begin" });
  const { id } = JSON.parse(body);
  using frames = await openFrames(service.url, `/api/tasks/${id}/stream`);
  let completedMs = NaN;
  await eachFrame(frames, (frame, now) => {
    if (frame.includes("event: task.completed")) completedMs = now - since;
  });
  if (!Number.isFinite(completedMs)) throw new Error(`Task ${id} did not complete`);
  return completedMs;
}
