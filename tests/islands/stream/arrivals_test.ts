// What a page does with what the stream brings. The page's own globals are played; time goes on by being told to.

import { assertEquals } from "@std/assert";
import { effect, signal } from "@preact/signals";
import type { TaskView } from "../../../core/view/task_view.ts";
import { Arrivals } from "../../../islands/stream/arrivals.ts";
import type { StreamMessage } from "../../../islands/stream/stream_message.ts";
import { boardState } from "../../../islands/state/board_state.ts";
import type { Store } from "../../../islands/state/store.ts";
import { history, viewOf } from "../sample_events.ts";

const pending = viewOf(history(["task.created"]));

/** A page with tasks 1 and 2 on its board and task 1 open, and what it did. */
function page({ hidden = false } = {}) {
  const stack = new DisposableStack();
  const did: string[] = [];
  const waits: { ms: number | "frame"; callback: () => void }[] = [];
  const play = (name: string, value: unknown) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    stack.defer(() => {
      if (before) Object.defineProperty(globalThis, name, before);
      else Reflect.deleteProperty(globalThis, name);
    });
  };
  play("document", { hidden });
  play("location", { reload: () => void did.push("reload") });
  play("requestAnimationFrame", (callback: () => void) => waits.push({ ms: "frame", callback }));
  play("setTimeout", (callback: () => void, ms: number) => waits.push({ ms, callback }));
  play("fetch", (path: string) => {
    did.push(path);
    return Promise.reject(new TypeError("Nothing is read"));
  });
  const tasks = [1, 2].map((id) => ({ ...pending, id }));
  const counts = { needs_you: 0, review: 0, running: 0, queue: 2, done: 0 };
  const task = signal(tasks[0]!);
  const open = {
    id: 1,
    task,
    head: signal(1),
    related: signal([]),
    receive: (events: unknown[]) => void (events.length > 0 && did.push(`${events.length} events`)),
    update: (one: TaskView) => void (one.id === 1 && (task.value = one)),
    catchUp: () => Promise.resolve(void did.push("catch up")),
  };
  const store = {
    page: { kind: "board" },
    health: signal(null),
    board: signal(boardState({ needs_you: [], review: [], running: [], queue: tasks, done: [], counts })),
    open: signal(open),
  };
  const arrivals = new Arrivals(store as unknown as Store);
  return {
    take: (...frames: StreamMessage[]) => arrivals.take(frames),
    store,
    did,
    waits: () => waits.map(({ ms }) => ms),
    /** What is waited for comes. */
    elapse(ms: number | "frame") {
      const [due] = waits.splice(waits.findIndex((wait) => wait.ms === ms), 1);
      due!.callback();
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

const summary = (changes: Partial<TaskView>): StreamMessage => ({ event: "task", data: { ...pending, ...changes } });
const said = (seq: number): StreamMessage => ({
  event: "output.text",
  data: { seq, type: "output.text", at: "", task: 1, v: 1, data: { text: "x" } },
});

Deno.test("what arrives before a frame is taken over in one, the last summary of a task only", () => {
  using world = page();
  world.take(said(2), summary({ id: 2, title: "Old", seq: 2 }));
  world.take(said(3), { event: "health", data: { status: "ok" } }, summary({ id: 2, title: "New", seq: 3 }));
  assertEquals([world.waits(), world.did], [["frame"], []]);
  const drawn: unknown[] = [];
  const stop = effect(() => void drawn.push([world.store.board.value.tasks.get(2)?.title, world.store.health.value]));
  world.elapse("frame");
  assertEquals([world.waits(), world.did], [[], ["2 events"]]);
  assertEquals(drawn, [[pending.title, null], ["New", { status: "ok" }]]);
  stop();
  world.take(said(4));
  world.elapse("frame");
  assertEquals(world.did, ["2 events", "1 events"]);
});

Deno.test("a hidden page, which gets no frames, takes over what arrives all the same", () => {
  using world = page({ hidden: true });
  world.take(said(2));
  assertEquals(world.waits(), [200]);
  world.elapse(200);
  assertEquals(world.did, ["1 events"]);
});

Deno.test("the board is read again, once, when a task moved in a way that moves others", () => {
  using world = page();
  world.take(summary({ id: 2, last_step: "Edit", seq: 2 }));
  world.elapse("frame");
  assertEquals(world.waits(), [], "its own card says it all");
  for (const [seq, status] of [[3, "in_progress"], [4, "completed"]] as const) {
    world.take(summary({ id: 2, status, seq }));
    world.elapse("frame");
    assertEquals(world.waits(), [150]);
  }
  world.elapse(150);
  assertEquals(world.did, ["/api/board", "/healthz"]);
});

Deno.test("a summary ahead of the open task's events has them read if they do not follow soon", () => {
  using world = page();
  world.take(summary({ id: 1, seq: 3 }), summary({ id: 2, seq: 9 }));
  world.elapse("frame");
  assertEquals(world.waits(), [2_000]);
  world.take(summary({ id: 1, seq: 4 }));
  world.elapse("frame");
  assertEquals(world.waits(), [2_000]);
  world.elapse(2_000);
  assertEquals(world.did, ["catch up"]);
  world.take(summary({ id: 1, seq: 5 }));
  world.elapse("frame");
  assertEquals(world.waits(), [2_000]);
});

Deno.test("a summary that the open task's events already reached has nothing read", () => {
  using world = page();
  world.take(summary({ id: 1, seq: 1 }));
  world.elapse("frame");
  assertEquals([world.waits(), world.did], [[], []]);
});

Deno.test("a reset reloads the page and takes over nothing more", () => {
  using world = page();
  world.take({ event: "reset", data: null }, said(2));
  world.elapse("frame");
  assertEquals(world.did, ["reload"]);
});
