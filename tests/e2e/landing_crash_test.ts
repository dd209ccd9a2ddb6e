// kill -9 of the service at the moments of a landing, and what others do to its target meanwhile: then the target is before or
// after it, the log says which, and nothing of the landing stays behind.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { eventually, tempDir } from "../support/temp.ts";
import { type LandingWorld, landingWorld } from "./landing_world.ts";
import { exists, ofType } from "./world.ts";

/** A git in the service's PATH that can be held up. */
interface HeldGit extends AsyncDisposable {
  env: Record<string, string>;
  /**
   * Every command whose arguments hold `at` waits before it begins; with `inside`, only when it writes a file with the
   * attribute `filter=held`.
   */
  hold(at: string, options?: { inside?: boolean }): Promise<void>;
  /** Resolves when one waits. */
  reached(): Promise<void>;
  letGo(): Promise<void>;
}

async function heldGit(): Promise<HeldGit> {
  const folder = await tempDir();
  const path = (name: string) => join(folder.path, name);
  const wait = `touch '${path("reached")}'; while [ -e '${path("at")}' ]; do sleep 0.02; done`;
  for (const name of ["bin", "config/git"]) await Deno.mkdir(path(name), { recursive: true });
  await Deno.writeTextFile(
    path("bin/git"),
    `#!/bin/sh
at=$(cat '${path("at")}' 2>/dev/null)
[ -z "$at" ] || case "$*" in *"$at"*) if [ -e '${path("inside")}' ]; then export HELD=1; else ${wait}; fi ;; esac
PATH="\${PATH#*:}" exec git "$@"
`,
    { mode: 0o755 },
  );
  await Deno.writeTextFile(path("smudge"), `#!/bin/sh\n[ -z "$HELD" ] || { ${wait}; }\ncat\n`, { mode: 0o755 });
  await Deno.writeTextFile(
    path("config/git/config"),
    `[filter "held"]\n\tsmudge = ${path("smudge")}\n\tclean = cat\n`,
  );
  const letGo = () => Deno.remove(path("at")).catch(() => {});
  return {
    env: { PATH: `${path("bin")}:${Deno.env.get("PATH")}`, XDG_CONFIG_HOME: path("config") },
    async hold(at, { inside = false } = {}) {
      await Deno.remove(path("reached")).catch(() => {});
      if (inside) await Deno.writeTextFile(path("inside"), "");
      await Deno.writeTextFile(path("at"), at);
    },
    reached: () => eventually(() => exists(path("reached")), { timeoutMs: 30_000, what: "git waits" }).then(() => {}),
    letGo,
    async [Symbol.asyncDispose]() {
      await letGo();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The log and the target agree, nothing of a landing stays behind, and the next one works. */
async function assertWell(w: LandingWorld, id: number): Promise<"landed" | "not landed"> {
  const { last_landing, landing } = await w.service.task(id);
  assertEquals(landing, null);
  const subjects = await w.subjects();
  const times = subjects.filter((subject) => subject === "a.txt one").length;
  assertEquals(times, last_landing!.outcome === "landed" ? 1 : 0, `${last_landing!.outcome}: ${subjects}`);
  const folders = await Array.fromAsync(Deno.readDir(`${w.repository.path}-worktrees`), ({ name }) => name);
  assertEquals(folders.filter((name) => name.startsWith("landing")), []);
  await eventually(async () => (await w.service.descendants()).filter(isStep).length === 0, {
    what: "no step is left",
  });
  assertEquals((await w.service.health()).notices, []);
  const next = await w.finished("next.txt two");
  await w.post(`/api/tasks/${next.id}/land`, { method: "squash" });
  const after = await w.landed(next.id);
  assertEquals([after.last_landing!.outcome, after.last_landing!.error], ["landed", null]);
  assertEquals(await w.repository.git("status", "--porcelain"), "");
  // The service may be putting away what the landing needed, with its own lock.
  await eventually(async () => (await locksIn(w.repository.path)) === "", { what: "no lock is left" });
  return times === 1 ? "landed" : "not landed";
}

async function locksIn(repository: string): Promise<string> {
  const args = [join(repository, ".git"), "-name", "*.lock", "-size", "+0"];
  return new TextDecoder().decode((await new Deno.Command("find", { args }).output()).stdout);
}

/** A command of the repository. */
function isStep(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("sleep\x00600");
  } catch {
    return false;
  }
}

/** The target moves on, as by a person in the repository's own folder. */
async function moveOn(w: LandingWorld, file = "main.txt"): Promise<void> {
  await Deno.writeTextFile(join(w.repository.path, file), "moved\n");
  await w.repository.git("add", "-A");
  await w.repository.git("commit", "--quiet", "--message=moved");
}

const land = { method: "squash" } as const;

for (const limited of [false, true]) {
  const how = limited ? ", under limited permissions" : "";

  Deno.test(`killed while the check of the result runs, a landing begins again${how}`, async () => {
    await using gates = await tempDir();
    const go = join(gates.path, "go");
    const check = `test ! -f a.txt -o ! -f main.txt -o -e '${go}' || exec sleep 600`;
    await using w = await landingWorld({ file: { check }, limited });
    const { id } = await w.finished("a.txt one");
    await moveOn(w);
    await w.post(`/api/tasks/${id}/land`, land);
    await w.until(id, ({ landing }) => landing?.phase === "check");
    assertEquals((await w.service.health()).notices, []);
    await w.kill();
    await Deno.writeTextFile(go, "");
    await w.start();
    assertEquals((await w.landed(id)).last_landing!.outcome, "landed");
    assertEquals(await assertWell(w, id), "landed");
    const checks = ofType(await w.service.events(id), "check.started").filter(({ data }) => data.of === "landing");
    assertEquals(checks.length, 2);
  });

  Deno.test(`killed between what it became and the move, a landing is told apart from one that moved${how}`, async () => {
    await using held = await heldGit();
    await using w = await landingWorld({ limited, env: held.env });
    const { id } = await w.finished("a.txt one");
    await held.hold("--ff-only");
    await w.post(`/api/tasks/${id}/land`, land);
    await held.reached();
    assert(ofType(await w.service.events(id), "landing.integrated").length === 1);
    await w.kill();
    // Its git outlives it, and moves the target while the next start looks at it.
    const started = w.start();
    await held.letGo();
    await started;
    await w.landed(id);
    assertEquals(await assertWell(w, id), "landed");
  });

  Deno.test(`killed in the middle of the move of a checked-out target, its git goes on and the log says so${how}`, async () => {
    await using held = await heldGit();
    await using w = await landingWorld({ limited, env: held.env, files: { ".gitattributes": "a.txt filter=held\n" } });
    const { id } = await w.finished("a.txt one");
    await held.hold("--ff-only", { inside: true });
    await w.post(`/api/tasks/${id}/land`, land);
    await held.reached();
    await w.kill();
    await w.start();
    // As long as it is being moved nothing may be said of it, and the rest goes on.
    await w.finished("other.new two");
    assertEquals((await w.service.task(id)).last_landing, null);
    await held.letGo();
    await w.landed(id);
    assertEquals(await assertWell(w, id), "landed");
  });
}

Deno.test("killed while its check runs, a landing that then conflicts leaves no folder", async () => {
  const check = "test ! -f a.txt -o ! -f main.txt || exec sleep 600";
  await using w = await landingWorld({ file: { check } });
  const { id } = await w.finished("a.txt one");
  await moveOn(w);
  await w.post(`/api/tasks/${id}/land`, land);
  await w.until(id, ({ landing }) => landing?.phase === "check");
  await w.kill();
  await moveOn(w, "a.txt");
  await w.start();
  assertEquals((await w.landed(id)).last_landing!.outcome, "conflict");
  await w.repository.git("rm", "--quiet", "main.txt");
  await w.repository.git("commit", "--quiet", "--message=calm");
  assertEquals(await assertWell(w, id), "not landed");
});

for (const moment of ["landing.finished", "worktree.snapshotted"] as const) {
  Deno.test(`killed after ${moment}, what landed is put away by the next start`, async () => {
    await using w = await landingWorld();
    const { id } = await w.finished("a.txt one");
    await w.post(`/api/tasks/${id}/land`, land);
    await w.service.waitFor(id, (_task, { type }) => type === moment);
    await w.kill();
    await w.start();
    await w.until(id, ({ worktree }) => worktree === null);
    assertEquals((await w.repository.git("branch", "--list", "task-*")).trim(), "");
    assertEquals(await assertWell(w, id), "landed");
  });
}

Deno.test("a person who moves the target in the middle wins, and the landing follows", async () => {
  await using held = await heldGit();
  await using w = await landingWorld({ env: held.env });
  const { id } = await w.finished("a.txt one");
  await held.hold("--ff-only");
  await w.post(`/api/tasks/${id}/land`, land);
  await held.reached();
  await moveOn(w);
  await held.letGo();
  assertEquals((await w.landed(id)).last_landing!.outcome, "landed");
  assertEquals((await w.subjects()).slice(0, 2), ["a.txt one", "moved"]);
  assertEquals(await assertWell(w, id), "landed");
});

Deno.test("a target that is deleted in the middle is not made again", async () => {
  await using held = await heldGit();
  await using w = await landingWorld({ env: held.env });
  const { id } = await w.finished("a.txt one");
  await w.repository.git("branch", "dev");
  await held.hold("update-ref -m");
  await w.post(`/api/tasks/${id}/land`, { ...land, target: "dev" });
  await held.reached();
  await w.repository.git("branch", "--delete", "--force", "dev");
  await held.letGo();
  const { last_landing, review } = await w.landed(id);
  assertEquals([last_landing!.outcome, review], ["refused", "open"]);
  assertMatch(last_landing!.error!, /no branch dev/);
  assertEquals((await w.repository.git("branch", "--list", "dev")).trim(), "");
  assertEquals(await assertWell(w, id), "not landed");
});

Deno.test("two landings at once come one after the other", async () => {
  await using w = await landingWorld({ file: { check: "true" } });
  const tasks = await Promise.all([w.finished("a.txt one"), w.finished("b.txt two")]);
  await Promise.all(tasks.map(({ id }) => w.post(`/api/tasks/${id}/land`, land)));
  for (const { id } of tasks) assertEquals((await w.landed(id)).last_landing!.outcome, "landed");
  assertEquals((await w.subjects()).slice(0, 2).sort(), ["a.txt one", "b.txt two"]);
  assertEquals(await assertWell(w, tasks[0]!.id), "landed");
});
