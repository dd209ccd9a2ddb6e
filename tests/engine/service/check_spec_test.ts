import { assert, assertEquals, assertThrows } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import {
  requireBase,
  requireChoices,
  requireNoCycle,
  requireRepository,
  requireTasks,
} from "../../../core/engine/service/check_spec.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import type { EventLog } from "../../../core/kv/event_log.ts";
import type { AgentState } from "../../../core/view/api_view.ts";

/** A log in which each task depends on what is listed for it. */
function logOf(dependencies: Record<number, number[]>): EventLog {
  const head = (id: number) => dependencies[id] ? { id, depends_on: dependencies[id] } : null;
  return {
    head: (id: number) => Promise.resolve(head(id)),
    heads: (ids: number[]) => Promise.resolve(ids.map(head)),
  } as unknown as EventLog;
}

/** The path of the refused field and why; null when it is allowed. */
async function refusal(check: () => Promise<void>): Promise<string[] | null> {
  try {
    await check();
    return null;
  } catch (error) {
    assert(error instanceof DomainError && error.code === "invalid", String(error));
    return error.issues!.flatMap(({ path, message }) => [path, message]);
  }
}

Deno.test("requireNoCycle() shows the way back to the task", async () => {
  const log = logOf({ 1: [], 2: [1], 3: [2], 4: [2, 3], 5: [4] });
  assertEquals(await refusal(() => requireNoCycle(1, [1], log)), [
    "depends_on",
    "These dependencies make a cycle: #1 -> #1",
  ]);
  assertEquals(await refusal(() => requireNoCycle(1, [5], log)), [
    "depends_on",
    "These dependencies make a cycle: #1 -> #5 -> #4 -> #2 -> #1",
  ]);
  // Two ways to one task are no cycle.
  assertEquals(await refusal(() => requireNoCycle(6, [4, 3, 2], log)), null);
  assertEquals(await refusal(() => requireNoCycle(2, [1, 99], log)), null);
});

Deno.test("requireNoCycle() gives up on a graph that is too large, and asks for each task once", async () => {
  const asked: number[] = [];
  const wide = {
    heads(ids: number[]) {
      asked.push(...ids);
      return Promise.resolve(ids.map((id) => ({ id, depends_on: [id * 2, id * 2 + 1] })));
    },
  } as unknown as EventLog;
  assertEquals(await refusal(() => requireNoCycle(1, [2, 3], wide)), [
    "depends_on",
    "The graph of dependencies is too large to check",
  ]);
  assertEquals(asked.length, new Set(asked).size);
  assert(asked.length <= 20_000);
});

Deno.test("requireTasks() names every dependency that does not exist by its place", async () => {
  const log = logOf({ 1: [], 2: [] });
  assertEquals(await refusal(() => requireTasks([1, 7, 2, 8], log)), [
    ...["depends_on.1", "There is no task 7"],
    ...["depends_on.3", "There is no task 8"],
  ]);
  assertEquals(await refusal(() => requireTasks([2, 1], log)), null);
});

/** A context whose repository `shop` knows `main` alone, and is out of reach when asked for `away`. */
function contextOf(log: EventLog) {
  const requireBase = (repo: string, base: string) => {
    if (base === "away") return Promise.reject(new DomainError("unavailable", "git does not answer"));
    if (base === "main") return Promise.resolve("c0ffee");
    return Promise.reject(new DomainError("invalid", `"${base}" is no branch of ${repo}`));
  };
  return { store: { log }, worktrees: { requireBase }, settings: { repos: ["shop"] } } as unknown as EngineContext;
}

Deno.test("requireBase() asks the log for `task:12`, and git for what this worker has", async () => {
  const context = contextOf(logOf({ 12: [] }));
  const refused = (base: string | null | undefined, repo: string | null = "shop") =>
    refusal(() => requireBase(base, { repo, context }));
  for (const base of [null, undefined, "main", "task:12", "away"]) {
    assertEquals(await refused(base), null, String(base));
  }
  assertEquals(await refused("mian"), ["base", '"mian" is no branch of shop']);
  assertEquals([await refused("mian", "elsewhere"), await refused("mian", null)], [null, null]);
  for (const other of ["13", "", "012", "1e1", "12 ", "9".repeat(16)]) {
    assertEquals(await refused(`task:${other}`), ["base", `There is no task "${other}" to start from`]);
  }
});

Deno.test("requireRepository() takes the first for null and refuses what this worker does not have", () => {
  assertEquals([requireRepository(null, ["a", "b"]), requireRepository("b", ["a", "b"])], ["a", "b"]);
  assertThrows(() => requireRepository("c", ["a", "b"]), DomainError, 'no repository "c"; this worker has a, b');
});

Deno.test("requireChoices() goes by what the agent says it knows, and allows all while there is none", () => {
  const agent = { kind: "claude", name: "claude", efforts: ["low"], fallback_model: false } as unknown as AgentState;
  requireChoices({ effort: "low" }, agent);
  assertThrows(() => requireChoices({ effort: "high" }, agent), DomainError, "it knows low");
  assertThrows(
    () => requireChoices({ effort: "high" }, { ...agent, efforts: [] }),
    DomainError,
    "knows no such choice",
  );
  assertThrows(() => requireChoices({ fallback_model: "b" }, agent), DomainError, "cannot fall back");
  requireChoices({ fallback_model: "b" }, { ...agent, fallback_model: true });
  requireChoices({ effort: "high", fallback_model: "b" }, { ...agent, kind: "missing" });
});
