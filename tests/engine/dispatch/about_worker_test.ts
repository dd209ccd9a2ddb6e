import { assert, assertEquals } from "@std/assert";
import type { EngineContext } from "../../../core/engine/context.ts";
import { aboutWorker } from "../../../core/engine/dispatch/about_worker.ts";

function about({ repos = ["shop"], ids = [3], reason = null, obstacle = null, shortage = null, isDraining = false }: {
  repos?: string[];
  ids?: number[];
  reason?: string | null;
  obstacle?: string | null;
  shortage?: string | null;
  isDraining?: boolean;
}) {
  const context = {
    worker: { id: "1", name: "mill" },
    settings: { repos, labels: { gpu: "1" }, url: "http://mill:8000" },
    sandboxes: { level: "files" },
  } as unknown as EngineContext;
  return aboutWorker(context, {
    version: "1.2.3",
    pause: { current: () => reason === null ? null : { reason, until: null } },
    disk: { shortage: () => shortage },
    drains: { isDraining },
    slots: { total: 4 },
    runs: { ids: () => ids },
    scheduler: { view: () => ({ free_slots: 3 } as never), obstacle: () => shortage ?? obstacle },
  });
}

Deno.test("a worker tells what it is, what it does, and what holds it back", () => {
  const told = {
    name: "mill",
    version: "1.2.3",
    repos: ["shop"],
    labels: { gpu: "1" },
    slots: 4,
    free: 3,
    running: [3],
    paused: null,
    draining: false,
    disk: null,
    confinement: "files" as const,
    url: "http://mill:8000",
  };
  assertEquals(about({}), told);
  assertEquals(about({ obstacle: "No claude" }), { ...told, paused: "No claude" });
  assertEquals(about({ obstacle: "No claude", reason: "No login" }), { ...told, paused: "No login" });
  assertEquals(about({ isDraining: true }), { ...told, draining: true });
  assertEquals(about({ shortage: "Full" }), { ...told, disk: "Full" }, "a disk is not said twice");
});

Deno.test("what a worker tells has a bound, whatever it has", () => {
  const many = Array.from({ length: 1_000 }, (_, index) => index);
  const told = about({ repos: many.map((index) => `repository-${index}`), ids: many, reason: "x".repeat(100_000) });
  assertEquals([told.repos.length, told.running.length], [100, 50]);
  assert(JSON.stringify(told).length < 4_000);
});
