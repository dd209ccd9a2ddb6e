import { assert, assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import { portsPerTask, type TaskPorts, taskPorts } from "../../../core/process/project/task_ports.ts";

/** One that is free at this moment, and the task whose search begins there. */
async function freeBlock(ports: TaskPorts): Promise<{ first: number; task: number }> {
  const first = await ports.reserve({ task: Math.floor(Math.random() * 1_000), wanted: null });
  ports.release(first);
  return { first, task: (first - 20_000) / portsPerTask };
}

Deno.test("reserve() gives the block of the task's number, and the next one to whoever asks at once", async () => {
  const ports = taskPorts({ isFree: () => true });
  assertEquals(await ports.reserve({ task: 12, wanted: null }), 20_120);
  assertEquals(
    await Promise.all([1, 2, 3].map(() => ports.reserve({ task: 12, wanted: null }))),
    [20_130, 20_140, 20_150],
  );
  ports.release(20_130);
  assertEquals(await ports.reserve({ task: 12, wanted: null }), 20_130);
  // The numbers of tasks go on, the ports begin anew.
  assertEquals(await ports.reserve({ task: 1_275, wanted: null }), 32_750);
  assertEquals(await ports.reserve({ task: 1_275, wanted: null }), 20_000);
  assertEquals(await ports.reserve({ task: 12_760_001, wanted: null }), 20_010);
});

for (const hostname of ["127.0.0.1", "::1", "0.0.0.0"]) {
  Deno.test(`reserve() passes a block by in which a port is taken on ${hostname}`, async () => {
    const ports = taskPorts();
    const { first, task } = await freeBlock(ports);
    for (const port of [first, first + 4, first + portsPerTask - 1]) {
      using _taken = Deno.listen({ hostname, port });
      const next = await ports.reserve({ task, wanted: null });
      assert(next !== first, `${port} is taken`);
      ports.release(next);
      const other = await ports.reserve({ task, wanted: first });
      assert(other !== first, `${port} is taken`);
      ports.release(other);
    }
    assertEquals(await ports.reserve({ task, wanted: null }), first);
  });
}

Deno.test("what reserve() gives can be listened at", async () => {
  const first = await taskPorts().reserve({ task: 77, wanted: null });
  for (let port = first; port < first + portsPerTask; port++) {
    for (const hostname of ["127.0.0.1", "::1"]) Deno.listen({ hostname, port }).close();
  }
});

Deno.test("reserve() gives the wanted block again when it is free, and another one when it is not", async () => {
  const ports = taskPorts({ isFree: () => true });
  assertEquals(await ports.reserve({ task: 1, wanted: 25_000 }), 25_000);
  assertEquals(await ports.reserve({ task: 1, wanted: 25_000 }), 20_010);
  ports.release(25_000);
  assertEquals(await ports.reserve({ task: 1, wanted: 25_000 }), 25_000);
  // From a log of another version or hand: no block of ours begins there.
  for (const wanted of [25_005, 19_990, 32_760, 0.5, -10]) {
    const first = await ports.reserve({ task: 1, wanted });
    assert(first % portsPerTask === 0 && first >= 20_020 && first < 21_000, `${wanted} -> ${first}`);
  }
});

Deno.test("reserve() throws when no block is free", async () => {
  const asked = new Set<number>();
  const ports = taskPorts({ isFree: (port) => port % portsPerTask < 9 || !asked.add(port) });
  const error = await assertRejects(() => ports.reserve({ task: 5, wanted: null }), DomainError, "from 20000 to 32759");
  assertEquals(error.code, "unavailable");
  assertEquals([Math.min(...asked), Math.max(...asked), asked.size], [20_009, 32_759, 1_276]);
});
