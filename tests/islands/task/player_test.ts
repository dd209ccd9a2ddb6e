import { assertEquals } from "@std/assert";
import { signal } from "@preact/signals";
import { OpenTask } from "../../../islands/state/open_task.ts";
import type { Store } from "../../../islands/state/store.ts";
import { Player } from "../../../islands/task/player.ts";
import { begun, history, viewOf } from "../sample_events.ts";

Deno.test("a frame that comes after a pause moves nothing", () => {
  const events = history(...begun, ["run.finished"], ["task.completed"]);
  const task = viewOf(events);
  const open = new OpenTask(
    { task, past: null, at: 1, tab: "transcript", file: null, events, related: [], diff: null, log: null },
    signal(Date.parse(task.updated_at)),
  );
  const player = new Player({ open: signal(open) } as unknown as Store, open);
  assertEquals(player.advance(60_000), false);
  assertEquals(open.at.peek(), 1);
});
