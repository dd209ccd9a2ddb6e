import { assertEquals } from "@std/assert";
import type { EventType } from "../../../core/domain/event.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { Deliveries } from "../../../core/engine/deliver/deliveries.ts";
import { handleCommand } from "../../../core/engine/handle_command.ts";
import { systemRandom } from "../../../core/host/system.ts";
import { newPlace } from "../../../core/kv/outbox.ts";
import { buildStore } from "../../../core/kv/store.ts";
import { handClock, openKv } from "../../kv/world.ts";

Deno.test("a worker that may not call a host any more leaves the line that it had to the others", async () => {
  const clock = handClock();
  const store = await buildStore(await openKv(), { clock, random: systemRandom, shared: true });
  const warn = (message: string, error: unknown) => {
    throw new Error(message, { cause: error });
  };
  const context = {
    ...{ store, clock, random: systemRandom, warn, settings: {}, worker: { id: "one", name: "one" } },
    poster: { obstacle: () => "Its host is not named" },
  } as unknown as EngineContext;
  const { outbox } = store;
  await outbox.keepSecret("s", { url: "https://chat.example/x", secret: "" });
  const webhook = { name: "Chat", format: "slack" as const, origin: "https://chat.example", secret: "s", after: "" };
  const events: EventType[] = ["task.created"];
  await handleCommand(context, 0, { type: "create_webhook", webhook: { ...webhook, events } }, { by: "api" });
  for (const holder of ["two", "one"]) {
    const known = await outbox.place("webhook-1");
    const place = { ...newPlace(""), worker: holder, waiting: 3, due_at: 7 };
    await outbox.move("webhook-1", place, { from: known?.versionstamp ?? null });
    const stop = new AbortController();
    const deliveries = new Deliveries(context, { lease: { known: new Map(), hasLooked: true } });
    const running = deliveries.run(stop.signal);
    for (let n = 0; n < 20; n++) await new Promise((resolve) => setTimeout(resolve));
    stop.abort();
    await running;
    const left = { ...place, worker: holder === "one" ? null : holder };
    assertEquals((await outbox.place("webhook-1"))!.place, left);
  }
  store.close();
});
