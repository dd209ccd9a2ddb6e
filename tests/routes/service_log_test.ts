// The service's own log, task 0: what it says of a start and a soft stop.

import { assertEquals } from "@std/assert";
import { routesWorld } from "./world.ts";

Deno.test("a start and a soft stop are facts of the service's own log, in that order", async () => {
  await using world = await routesWorld({ agent: false });
  const read = async () => (await world.store.log.read(0, { after: 0, limit: 10 })).map(({ event }) => event);
  await world.create();
  const started = (await read())[0]!;
  assertEquals([started.type, started.data], ["service.started", {
    worker: (started.data as { worker: string }).worker,
    name: "test",
    version: "0",
    agent: (started.data as { agent: string }).agent,
    pid: 1,
  }]);
  await world.engine.stop();
  const stopped = (await read()).at(-1)!;
  assertEquals([stopped.type, (stopped.data as { reason: string }).reason], ["service.stopped", "shutdown"]);
});
