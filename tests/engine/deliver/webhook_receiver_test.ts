import { assertEquals } from "@std/assert";
import type { Webhook } from "../../../core/domain/automation.ts";
import type { TaskEvent } from "../../../core/domain/event.ts";
import { emptyTask, type Task } from "../../../core/domain/task.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { webhookReceiver } from "../../../core/engine/deliver/webhook_receiver.ts";

const at = "2026-11-30T09:00:00.000Z";
const failed = { type: "task.failed", task: 12, seq: 9, at, v: 1, by: "w/1", data: { error: "No" } } as TaskEvent;
const delivery = { message: "m", at: 0 };

function receiver(task: Partial<Task>) {
  const context = {
    store: { log: { head: () => Promise.resolve({ ...emptyTask(12), title: "Prices", ...task }) } },
    settings: { url: "https://coder.example" },
  } as unknown as EngineContext;
  const webhook = { id: 1, after: "", events: ["task.failed"], format: "slack" } as unknown as Webhook;
  return webhookReceiver(context, webhook, { url: "https://chat.example/x", secret: "whsec_c2VjcmV0" });
}

Deno.test("a webhook is told of its events, and of none of a task that was imported", async () => {
  assertEquals((await receiver({}).request(failed, delivery))?.url, "https://chat.example/x");
  const imported = { store: "s", task: 3, events: 9, exported_at: at };
  assertEquals(await receiver({ imported }).request(failed, delivery), null);
});
