import { assertEquals } from "@std/assert";
import { hasLabels, type Labels, labelsText, readLabels } from "../../core/domain/labels.ts";
import { canRun, type KnownWorker, type WorkerAbout } from "../../core/domain/worker.ts";

Deno.test("readLabels() reads what labelsText() writes, and nothing that is no label", () => {
  const some: Labels[] = [{}, { gpu: "1" }, { "a.b-c_d": "X.y-1_2", constructor: "1" }];
  for (const labels of some) {
    assertEquals(readLabels(labelsText(labels)), labels);
  }
  assertEquals(readLabels(" , gpu = 1 ,, "), { gpu: "1" });
  for (const wrong of ["gpu", "=1", "gpu=", "g pu=1", "gpu=1;2", "gpu=1,gpu=1", "__proto__=1", ".a=1"]) {
    assertEquals(readLabels(wrong), null, wrong);
  }
});

Deno.test("hasLabels() takes nothing for a label that every object has", () => {
  assertEquals([hasLabels({}, {}), hasLabels({}, { constructor: "1" }), hasLabels({ a: "1" }, { a: "1" })], [
    true,
    false,
    true,
  ]);
});

Deno.test("canRun() is true of a worker that lives, has agents, the repository and the labels", () => {
  const about = { repos: ["shop"], labels: { gpu: "1" }, slots: 1 } as unknown as WorkerAbout;
  const known: KnownWorker = { name: "mill", state: "silent", stillMs: 0, about };
  const task = { repo: "shop", labels: { gpu: "1" } };
  assertEquals([canRun(known, task), canRun(known, { repo: "shop" })], [true, true]);
  const not: [KnownWorker, { repo: string; labels?: Record<string, string> }][] = [
    [{ ...known, state: "dead" }, task],
    [{ ...known, about: null }, task],
    [{ ...known, about: { ...about, slots: 0 } }, task],
    [known, { repo: "web" }],
    [known, { repo: "shop", labels: { gpu: "2" } }],
  ];
  for (const [worker, wanted] of not) assertEquals(canRun(worker, wanted), false);
});
