// What must hold whatever happened. Read from a copy of the database, made while the service writes to it, and from the
// machine: processes, worktrees, branches.

import { join } from "@std/path";
import { isTerminal, type TaskEvent } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask, isOver, type Task } from "../../core/domain/task.ts";
import { backupDatabase } from "../../core/kv/backup.ts";
import { eventLog } from "../../core/kv/event_log.ts";
import { keys } from "../../core/kv/keys.ts";
import { denoKv, type Kv } from "../../core/kv/kv.ts";
import { verify } from "../../core/kv/verify.ts";
import { systemClock } from "../../core/host/system.ts";
import { liveRuns } from "./processes.ts";
import type { ChaosWorld } from "./world.ts";

export interface Snapshot {
  tasks: Task[];
  histories: Map<number, TaskEvent[]>;
  /** All events in the order of their commits. */
  stream: TaskEvent[];
  /** What `verify` found. */
  differences: string[];
}

/** Reads the whole store from a copy, as `deno task backup` makes one. */
export async function readStore({ database, folder }: Pick<ChaosWorld, "database" | "folder">): Promise<Snapshot> {
  const copy = join(folder, `copy-${crypto.randomUUID()}.db`);
  await backupDatabase(database, copy);
  const kv = denoKv(await Deno.openKv(copy), { clock: systemClock });
  try {
    return await snapshotOf(kv);
  } finally {
    kv.close();
    for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(`${copy}${suffix}`).catch(() => {});
  }
}

/** All that is in a store, where nobody writes to it meanwhile. */
export async function snapshotOf(kv: Kv): Promise<Snapshot> {
  const { differences } = await verify(kv);
  const histories = await readHistories(kv);
  return {
    histories,
    tasks: [...histories].filter(([id]) => id > 0).map(([id, events]) => events.reduce(evolve, emptyTask(id))),
    stream: await readStream(kv, histories),
    differences: differences.map(({ task, what }) => `task ${task}: ${what}`),
  };
}

async function readHistories(kv: Kv): Promise<Map<number, TaskEvent[]>> {
  const log = eventLog(kv);
  const histories = new Map<number, TaskEvent[]>();
  const last = (await kv.get<number>(keys.nextId())).value ?? 1;
  for (let id = 0; id < last; id++) {
    const events: TaskEvent[] = [];
    for (;;) {
      const page = await log.read(id, { after: events.length, limit: 1_000 });
      if (page.length === 0) break;
      events.push(...page.map(({ event }) => event));
    }
    histories.set(id, events);
  }
  return histories;
}

async function readStream(kv: Kv, histories: Map<number, TaskEvent[]>): Promise<TaskEvent[]> {
  const stream: TaskEvent[] = [];
  let start: Deno.KvKey | undefined;
  for (;;) {
    const range = { prefix: keys.allEntries(), ...(start && { start }) };
    const page = await kv.page<[number, number, number][]>(range, { limit: 1_000 });
    for (const { value } of start ? page.slice(1) : page) {
      for (const [id, from, to] of value) stream.push(...(histories.get(id) ?? []).slice(from - 1, to));
    }
    if (page.length < 1_000) return stream;
    start = page.at(-1)!.key;
  }
}

/** What is broken in the log itself, at any moment. */
export function brokenInLog(
  { histories, stream, differences, tasks }: Snapshot,
  { acknowledged, cap }: { acknowledged: ReadonlyMap<string, number>; cap: number },
): string[] {
  const broken = [...differences];
  for (const [title, id] of acknowledged) {
    const found = tasks.filter((task) => task.title === title);
    if (found.length !== 1 || found[0]!.id !== id) {
      broken.push(
        `"${title}" was acknowledged as ${id} and is ${found.map((task) => task.id).join(", ") || "nowhere"}`,
      );
    }
  }
  for (const [id, events] of histories) broken.push(...brokenInHistory(id, events));
  if (stream.length !== [...histories.values()].reduce((sum, events) => sum + events.length, 0)) {
    broken.push("the all-stream does not have every event once");
  }
  const open = new Map<string, Set<number>>();
  for (const event of stream) {
    if (event.type === "run.claimed") {
      const runs = open.get(event.data.worker) ?? new Set();
      open.set(event.data.worker, runs.add(event.task));
      if (runs.size > cap) broken.push(`${runs.size} runs at once on ${event.data.worker}: ${[...runs].join(", ")}`);
    }
    if (event.type === "run.finished") { for (const runs of open.values()) runs.delete(event.task); }
  }
  return broken;
}

function brokenInHistory(id: number, events: TaskEvent[]): string[] {
  const broken: string[] = [];
  const say = (event: TaskEvent, what: string) => broken.push(`task ${id}, event ${event.seq} ${event.type}: ${what}`);
  const closed = new Set<number>();
  let newest = 0;
  let head = emptyTask(id);
  events.forEach((event, index) => {
    if (event.seq !== index + 1) say(event, `it should be ${index + 1}`);
    if (event.run !== undefined) {
      if (closed.has(event.run)) say(event, `run ${event.run} was finished`);
      if (event.run < newest) say(event, `run ${event.run} after run ${newest}`);
      newest = Math.max(newest, event.run);
      if (event.type === "run.finished") closed.add(event.run);
    }
    if (event.type === "run.claimed" && head.run) say(event, `run ${head.run.epoch} is still open`);
    if (isTerminal(event.type) && isOver(head.status)) say(event, `it was ${head.status} already`);
    head = evolve(head, event);
  });
  return broken;
}

/** Processes of runs that the log does not explain. Call it when the service has started. */
export async function strayProcesses(world: ChaosWorld): Promise<string[]> {
  const before = liveRuns(world);
  const { tasks } = await readStore(world);
  const open = new Set(tasks.flatMap(({ run }) => run ? [run.mark] : []));
  const after = liveRuns(world);
  return [...before].filter((run) => after.has(run) && !open.has(run)).map((run) => `a process of run ${run} is alive`);
}

/** Worktrees, branches and refs that the log does not explain, and the other way about. Call it when all is at rest. */
export async function brokenInRepository(world: ChaosWorld, { tasks, histories }: Snapshot): Promise<string[]> {
  const broken: string[] = [];
  const { repository } = world;
  const lines = (text: string) => text.split("\n").filter((line) => line !== "");
  const listed = lines(await repository.git("worktree", "list", "--porcelain"))
    .filter((line) => line.startsWith("worktree ")).map((line) => line.slice("worktree ".length));
  const folders = await Array.fromAsync(Deno.readDir(`${repository.path}-worktrees`)).catch(() => []);
  const branches = new Set(lines(await repository.git("branch", "--format=%(refname:short)")));
  const refs = new Set(lines(await repository.git("for-each-ref", "--format=%(refname)", "refs/coder")));
  const present = tasks.flatMap(({ place }) => place?.present ? [place] : []);
  const paths = new Set(present.map(({ path }) => path));
  const names = new Set(present.map(({ branch }) => branch));
  for (const path of listed) {
    if (path !== repository.path && !paths.has(path)) broken.push(`worktree ${path} is not in the log`);
  }
  for (const { name } of folders) {
    if (!names.has(name)) broken.push(`folder ${name} is not in the log`);
  }
  for (const path of paths) if (!listed.includes(path)) broken.push(`worktree ${path} is in the log and gone`);
  for (const branch of branches) {
    if (branch !== "main" && !names.has(branch)) broken.push(`branch ${branch} is not in the log`);
  }
  const snapshots = new Set<string>();
  for (const event of [...histories.values()].flat()) {
    if (event.type === "worktree.snapshotted") {
      for (const { ref } of [event.data, ...event.data.nested ?? []]) snapshots.add(ref);
    }
    if (event.type === "files.kept") snapshots.add(event.data.ref);
    if (event.type === "work.saved" && event.data.ref !== null) snapshots.add(event.data.ref);
    if (event.type === "worktree.added") { for (const ref of event.data.kept ?? []) snapshots.add(ref); }
  }
  for (const ref of snapshots) if (!refs.has(ref)) broken.push(`${ref} is in the log and gone`);
  for (const ref of refs) {
    const claim = /^refs\/coder\/owned\/[^/]+\/(.*)$/.exec(ref)?.[1];
    // A kill came between a save and the event that says so; the next save finds it.
    const isSaved = snapshots.has(ref) || /^refs\/coder\/(kept\/|task-\d+\/(point|steps)-)/.test(ref);
    if (claim !== undefined ? !names.has(claim) : !isSaved) {
      broken.push(`${ref} is not in the log`);
    }
  }
  for (const task of tasks) {
    if (task.status !== "completed" || !task.place?.present) continue;
    const { branch, base_commit } = task.place;
    const count = await repository.git("rev-list", "--count", `${base_commit}..${branch}`).catch(() => "0");
    if (count === "0") broken.push(`completed task ${task.id} "${task.title}" has no commit on ${branch}`);
  }
  return broken;
}

/** Ends that nothing in this world explains. */
export function strangeEnds({ tasks, histories }: Snapshot, { killed }: { killed: ReadonlySet<string> }): string[] {
  return tasks.filter((task) => {
    if (task.status !== "failed") return false;
    const events = histories.get(task.id)!;
    const marks = events.flatMap((event) => event.type === "run.claimed" ? [event.data.mark] : []);
    const lost = events.filter((event) =>
      event.type === "run.finished" && event.data.outcome === "lost" && !event.data.uncounted
    )
      .length;
    return !/^(crash|stubborn)/.test(task.title) && !marks.some((mark) => killed.has(mark)) && lost < 3;
  }).map((task) => `task ${task.id} "${task.title}" failed: ${task.outcome} ${task.error?.text}`);
}
