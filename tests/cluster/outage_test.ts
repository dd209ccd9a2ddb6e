// One worker at a real denokv whose token changes, or to which nothing gets through any more.

import { assert, assertEquals } from "@std/assert";
import { type Server, startServer } from "./denokv.ts";
import { denokv, skipped } from "./denokv_program.ts";
import { startRelay } from "./relay.ts";
import { startService, type TestService } from "../support/service.ts";
import { eventually } from "../support/temp.ts";

const token = "a-token-of-the-tests-1234567890";
const other = "another-token-of-the-tests-0987";

/** The demo agent works on the demo repository. */
function worker(url: string): Promise<TestService> {
  return startService({ env: { CODER_KV: url, DENO_KV_ACCESS_TOKEN: token, DEMO_STEP_MS: "300" } });
}

async function working(service: TestService): Promise<number> {
  const { id } = await service.createTask({ prompt: "Add a note" });
  await service.waitFor(id, (task, { type }) => task.status === "in_progress" && type === "output.text");
  return id;
}

async function assertCompleted(service: TestService, id: number): Promise<void> {
  await readAgain(service, id);
  const task = await service.waitForStatus(id, "completed");
  assertEquals(task.outcome, "succeeded");
  const events = await service.events(id);
  assertEquals(events.map(({ seq }) => seq), events.map((_, at) => at + 1), "no gap, nothing twice");
}

function readAgain(service: TestService, id: number): Promise<unknown> {
  return eventually(async () => {
    const answer = await service.call(`/api/tasks/${id}`);
    await answer.body?.cancel();
    return answer.ok;
  }, { what: "the store is read again", timeoutMs: 40_000 });
}

async function refuseFor(server: Server, service: TestService): Promise<Response> {
  await server.restart(other);
  try {
    return await service.call("/api/tasks", { json: { prompt: "Not now" } });
  } finally {
    await server.restart(token);
  }
}

Deno.test({
  name: `a token that a server refuses for a while strands no run, and a caller is told to try again${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using server = await startServer({ token });
    await using service = await worker(server.url);
    const id = await working(service);
    const answer = await refuseFor(server, service);
    assertEquals([answer.status, answer.headers.get("content-type")], [503, "application/problem+json"]);
    await answer.body?.cancel();
    await assertCompleted(service, id);
    const again = await service.call("/api/tasks", { json: { prompt: "Now" } });
    await again.body?.cancel();
    assertEquals(again.status, 201);
  },
});

Deno.test({
  name: `a connection in which everything vanishes is left for a new one${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using server = await startServer({ token });
    await using relay = startRelay(server.port);
    await using service = await worker(relay.url);
    const id = await working(service);
    relay.swallow();
    const since = performance.now();
    await readAgain(service, id);
    assert(performance.now() - since < 30_000);
    const task = await service.waitFor(id, (task) => ["completed", "pending", "in_progress"].includes(task.status));
    assert(task.status !== "failed");
    await assertCompleted(service, id);
  },
});

Deno.test({
  name:
    `without its store a service says so within a second, is alive and not ready; it starts when the store does${skipped}`,
  ignore: denokv === null,
  async fn() {
    await using server = await startServer({ token });
    await server.kill();
    const starting = worker(server.url);
    await server.restart();
    await using service = await starting;
    const status = async (path: string) => {
      const answer = await service.call(path);
      await answer.body?.cancel();
      return answer.status;
    };
    assertEquals([await status("/livez"), await status("/readyz")], [200, 200]);
    await server.kill();
    await eventually(async () => await status("/readyz") === 503, { what: "it is not ready", timeoutMs: 20_000 });
    const since = performance.now();
    const { status: condition, pause } = await service.health();
    assert(performance.now() - since < 1_000);
    assertEquals([condition, await status("/livez")], ["paused", 200]);
    assert(/^The store has not answered since 20\d\d-/.test(pause!.reason), pause!.reason);
    await server.restart();
    await eventually(async () => await status("/readyz") === 200, { what: "it is ready again", timeoutMs: 40_000 });
  },
});
