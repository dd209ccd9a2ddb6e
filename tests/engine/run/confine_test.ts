import { assertEquals, assertStringIncludes } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import type { SandboxLevel } from "../../../core/domain/sandbox.ts";
import { runTask } from "../../../core/engine/run/run_task.ts";
import { noSettings } from "../../../core/process/project/project_settings.ts";
import { sandboxesOnceTried } from "../../../core/process/sandbox/sandboxes.ts";
import type { BeginSandbox, Sandboxes, SandboxStart } from "../../../core/process/sandbox/sandbox.ts";
import { quietFolder } from "../../support/no_project.ts";
import { place, runWorld } from "../run_world.ts";
import { eventually } from "../../support/temp.ts";
import { runEnd } from "../../domain/world.ts";

interface Options {
  /** Until it resolves nobody knows what holds. */
  trial?: Promise<void>;
  /** Of the service, and of the repository. */
  level: SandboxLevel;
  asked?: SandboxLevel;
  reason?: string | null;
  open?: (start: SandboxStart) => unknown;
  /** How the sandbox ends, and the agent. */
  end?: () => Promise<void>;
  endAgent?: () => Promise<void>;
  /** Whether it is begun before there is a worktree. */
  isBegun?: boolean;
  /** What the worktree waits for. */
  add?: () => Promise<unknown>;
}

const done = () => Promise.resolve();

const applied = { writable: ["/w"], unreadable: ["/s"], network: "public", domains: [], processes: 9 } as const;

/** A run whose sandboxes only note what they are asked. */
async function confinedWorld(
  { level, asked = "off", reason = null, open = done, end = done, endAgent, isBegun = false, add = done, trial }:
    Options,
) {
  const folders = { worktree: "/w", root: "/", common: "/c", git: "/c/worktrees/w" };
  const order: string[] = [];
  const world = await runWorld({
    worktrees: {
      folders: () => Promise.resolve(folders),
      async add() {
        await add();
        return { ...place, kept: [] };
      },
      restoreFolder() {
        order.push("restore");
        return quietFolder.restoreFolder();
      },
    },
  });
  const warned: string[] = [];
  world.context.warn = (message) => void warned.push(message);
  const gone = Promise.withResolvers<void>();
  const begin: BeginSandbox = (marks) => {
    order.push("begin");
    return {
      open: (rules) => sandboxes.open({ rules, ...marks }),
      [Symbol.asyncDispose]: () => Promise.resolve(void order.push("dispose")),
    };
  };
  const sandboxes: Sandboxes = {
    tried: Promise.resolve(),
    level,
    reason,
    begin: isBegun ? begin : null,
    async open(start) {
      order.push(`open ${start.rules.level}`);
      await open(start);
      return {
        applied: { ...applied, writable: [...applied.writable], unreadable: [...applied.unreadable], domains: [] },
        ...{ folder: "/data/sandbox/1", gone: gone.promise },
        spawn: () => Promise.reject(new Error("The agent of this test is none")),
        async end() {
          order.push("end");
          await end();
        },
      };
    },
  };
  let isAwaited = false;
  const trying = trial ? sandboxesOnceTried(trial.then(() => sandboxes)) : sandboxes;
  const { tried } = trying;
  world.context.sandboxes = Object.defineProperty(trying, "tried", {
    get() {
      isAwaited = true;
      return tried;
    },
  });
  const settings = { ...noSettings, sandbox: { ...noSettings.sandbox, level: asked } };
  world.context.projects = { settings: () => Promise.resolve({ settings, sources: {} }) };
  const run = runTask(world.context, await world.claimed(), {
    agent: async (start) => {
      const agent = await world.agent(start);
      return { ...agent, end: endAgent ?? agent.end };
    },
    room: () => Promise.resolve(),
    isSure: () => true,
  });
  const said = async () =>
    (await world.events(1)).flatMap((event) => event.type === "sandbox.applied" ? [event.data] : []);
  return {
    world,
    run,
    order,
    warned,
    gone,
    said,
    isAwaited: () => isAwaited,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

Deno.test("a run is confined as strictly as service or repository ask, its agent starts inside, and its end comes last", async () => {
  const cases: [SandboxLevel, SandboxLevel, SandboxLevel][] = [
    ["files", "off", "files"],
    ["off", "files", "files"],
    ["files", "full", "full"],
    ["full", "files", "full"],
  ];
  for (const [level, asked, expected] of cases) {
    await using w = await confinedWorld({ level, asked });
    await eventually(() => w.world.start, { what: "the agent is started" });
    assertEquals(typeof w.world.start!.spawn, "function");
    assertEquals(w.run.folders, [w.world.start!.cwd, "/data/sandbox/1"]);
    w.world.exit({ code: 1, signal: null });
    await w.run.done;
    assertEquals(w.order, [`open ${expected}`, "end", "restore"]);
    assertEquals((await w.said()).map(({ level, reason, processes }) => [level, reason, processes]), [[
      expected,
      null,
      9,
    ]]);
  }
});

Deno.test("a run that comes before it is known what holds here waits for that, and is confined then", async () => {
  const trial = Promise.withResolvers<void>();
  await using w = await confinedWorld({ level: "files", trial: trial.promise });
  assertEquals([w.world.context.sandboxes.level, w.world.context.sandboxes.begin], ["off", null]);
  await eventually(() => w.isAwaited() || w.world.start, { what: "it is asked whether the trial is over" });
  assertEquals([w.world.start, w.order], [null, []]);
  trial.resolve();
  await eventually(() => w.world.start, { what: "the agent is started" });
  assertEquals([typeof w.world.start!.spawn, w.order], ["function", ["open files"]]);
  w.world.exit({ code: 1, signal: null });
  await w.run.done;
});

Deno.test("a run that nobody wants confined says nothing of it; one that could not be says why", async () => {
  for (const reason of [null, "bwrap not found"]) {
    await using w = await confinedWorld({ level: "off", reason });
    await eventually(() => w.world.start, { what: "the agent is started" });
    assertEquals(w.world.start!.spawn, undefined);
    w.world.exit({ code: 1, signal: null });
    await w.run.done;
    assertEquals(w.order, ["restore"]);
    assertEquals((await w.said()).map((data) => data.reason), reason === null ? [] : [reason]);
  }
});

Deno.test("what a repository asks for and cannot have fails its run in words, before anything is started", async () => {
  const open = () => {
    throw new DomainError("unavailable", "bwrap not found (apt install bubblewrap)");
  };
  await using w = await confinedWorld({ level: "off", asked: "full", open });
  const { end } = await w.run.done;
  assertEquals([end?.outcome, end?.error], [
    "failed",
    "The run cannot be confined (full): bwrap not found (apt install bubblewrap)",
  ]);
  assertEquals(w.world.start, null);
});

Deno.test("a run whose sandbox ends in the middle fails in these words", async () => {
  await using w = await confinedWorld({ level: "files" });
  await eventually(() => w.world.start, { what: "the agent is started" });
  w.gone.resolve();
  const { end } = await w.run.done;
  assertEquals(end?.outcome, "failed");
  assertStringIncludes(end?.error ?? "", "sandbox has ended");
});

Deno.test("a sandbox that is gone but could not be tidied up is told, and its run ends in the log", async () => {
  const gone = Promise.withResolvers<void>();
  const end = () => {
    gone.resolve();
    return Promise.reject(new Error("Its folder is busy"));
  };
  await using w = await confinedWorld({ level: "files", end });
  gone.promise.then(w.gone.resolve);
  await eventually(() => w.world.start, { what: "the agent is started" });
  w.world.exit({ code: 1, signal: null });
  assertEquals((await w.run.done).end?.outcome, "failed");
  assertEquals(w.order, ["open files", "end", "restore"]);
  assertEquals(w.warned, ["Cannot tidy up the sandbox of task 1"]);
  assertEquals(await finishes(w), ["failed"]);
});

Deno.test("what cannot be ended leaves its run open, but not the sandbox, nor the git folder as it is", async () => {
  const refuse = () => Promise.reject(new Error("It lives on"));
  const cases: Partial<Options>[] = [{ end: refuse }, { endAgent: refuse }, { end: refuse, endAgent: refuse }];
  for (const options of cases) {
    await using w = await confinedWorld({ level: "files", ...options });
    await eventually(() => w.world.start, { what: "the agent is started" });
    w.world.exit({ code: 0, signal: null });
    assertEquals((await w.run.done).end, null);
    assertEquals(w.order, ["open files", "end", "restore"]);
    assertEquals(w.warned, ["Run 1 of task 1 could not be finished"]);
    assertEquals(await finishes(w), []);
  }
});

Deno.test("a sandbox that was begun is disposed of, however its run ends before it is opened", async () => {
  const ends = {
    cancelled: (w: Confined) => w.run.stop("cancelled"),
    shutdown: (w: Confined) => w.run.stop("shutdown"),
    fenced: async (w: Confined) => {
      await w.world.give(1, { type: "finish_run", run: 1, end: runEnd("lost") });
    },
  };
  for (const how of ["cancelled", "shutdown", "fenced"] as const) {
    const [asked, made] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const add = () => {
      asked.resolve();
      return made.promise;
    };
    await using w = await confinedWorld({ level: "files", isBegun: true, add });
    await asked.promise;
    await ends[how](w);
    made.resolve();
    await w.run.done;
    assertEquals(w.order.filter((step) => step !== "restore"), ["begin", "dispose"], how);
    assertEquals(await finishes(w), [how === "fenced" ? "lost" : how], how);
  }
});

Deno.test("a run that is stopped while its sandbox opens ends it, and puts the git folder back", async () => {
  for (const how of ["shutdown", "fenced"] as const) {
    const [asked, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const open = () => {
      asked.resolve();
      return opened.promise;
    };
    await using w = await confinedWorld({ level: "files", isBegun: true, open });
    await asked.promise;
    if (how === "shutdown") w.run.stop("shutdown");
    else await w.world.give(1, { type: "finish_run", run: 1, end: runEnd("lost") });
    opened.resolve();
    await w.run.done;
    assertEquals(w.order, ["begin", "open files", "end", "restore", "dispose"], how);
    assertEquals(await finishes(w), [how === "fenced" ? "lost" : how], how);
    assertEquals(w.world.start, null);
  }
});

type Confined = Awaited<ReturnType<typeof confinedWorld>>;

async function finishes({ world }: Confined): Promise<string[]> {
  return (await world.events(1)).flatMap((event) => event.type === "run.finished" ? [event.data.outcome] : []);
}
