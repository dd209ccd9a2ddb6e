// What stays of tasks that are over must not make the next one dearer: completed tasks keep their worktrees, so every
// repository comes to have thousands. A task of an agent that does nothing but commit, and of one that fails, from POST to its
// end, in repositories with 0, 500 and 2,000 of them in turns.

import { basename, join } from "@std/path";
import { commitOnly, failOnly } from "./agent.ts";
import { type HttpClient, httpClient } from "./http_client.ts";
import { inTurns } from "./in_turns.ts";
import { ms, type Row, row } from "./row.ts";
import { eachFrame, openFrames } from "./server_events.ts";
import { bareGit, type BenchWorld, benchWorld } from "./world.ts";

const sizes = [0, 500, 2_000] as const;
const goal = { atMost: 1.3 };

export async function growth(): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const ends: Record<string, () => Promise<number>> = {};
  for (const size of sizes) {
    const world = stack.use(await benchWorld());
    const client = stack.use(await httpClient(world.service.url));
    await untilOver(world, client, commitOnly);
    await standMore(world.repository, size);
    ends[`good ${size}`] = () => untilOver(world, client, commitOnly);
    ends[`bad ${size}`] = () => untilOver(world, client, failOnly);
  }
  const times = await inTurns(ends);
  const rows = (end: "good" | "bad", words: string) =>
    sizes.slice(1).map((size) =>
      row({
        measure: `POST to the end of a task that ${words}, ${size.toLocaleString("en-US")} standing worktrees`,
        ours: ms(times[`${end} ${size}`]!),
        rival: { ...ms(times[`${end} 0`]!), name: "none standing" },
        goal,
      })
    );
  return [...rows("good", "commits"), ...rows("bad", "fails")];
}

/** How long a task takes until it is over, in ms. */
async function untilOver({ service }: BenchWorld, client: HttpClient, prompt: string): Promise<number> {
  const startedAt = performance.now();
  const { body } = await client.send("POST", "/api/tasks", { prompt, title: "Grow", max_attempts: 1 });
  const { id } = JSON.parse(body);
  const end = prompt === failOnly ? "task.failed" : "task.completed";
  using frames = await openFrames(service.url, `/api/tasks/${id}/stream`);
  let tookMs: number | null = null;
  await eachFrame(frames, (frame) => {
    if (frame.includes(`event: ${end}`)) tookMs = performance.now() - startedAt;
  });
  if (tookMs === null) throw new Error(`Task ${id} did not end with ${end}`);
  return tookMs;
}

/**
 * Copies the worktree of a completed task until there are `count` more, with branch, claim and mark, as so many more tasks would
 * have left them; by files, since git takes longer for each.
 */
export async function standMore(repository: string, count: number): Promise<void> {
  if (count === 0) return;
  const records = join(repository, ".git", "worktrees");
  const first = [...Deno.readDirSync(records)][0]!.name;
  const record = join(records, first);
  const worktree = join(Deno.readTextFileSync(join(record, "gitdir")).trim(), "..");
  const { store } = JSON.parse(Deno.readTextFileSync(join(record, "personal-coder")));
  const commit = await bareGit(worktree, "rev-parse", "HEAD");
  const refs: string[] = [];
  for (let n = 0; n < count; n++) {
    const name = `coder-${100_000 + n}-standing`;
    const to = join(records, name);
    const path = join(worktree, "..", name);
    copyFolder(record, to);
    copyFolder(worktree, path);
    Deno.writeTextFileSync(join(to, "gitdir"), `${join(path, ".git")}\n`);
    Deno.writeTextFileSync(join(to, "HEAD"), `ref: refs/heads/${name}\n`);
    Deno.writeTextFileSync(join(to, "personal-coder"), JSON.stringify({ store, task: 100_000 + n }));
    Deno.writeTextFileSync(join(path, ".git"), `gitdir: ${to}\n`);
    for (
      const ref of [
        `refs/heads/${name}`,
        `refs/coder/owned/${store}/${name}`,
        `refs/coder/task-${100_000 + n}/point-run-1`,
      ]
    ) {
      refs.push(ref);
    }
  }
  for (const ref of refs) {
    const file = join(repository, ".git", ref);
    Deno.mkdirSync(join(file, ".."), { recursive: true });
    Deno.writeTextFileSync(file, `${commit}\n`);
  }
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(join(from, name), join(to, name));
    else Deno.copyFileSync(join(from, name), join(to, basename(name)));
  }
}
