// Joins the page to the stream: says what it follows, and puts what arrives into the store, once per frame.

import { batch, effect } from "@preact/signals";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { Health } from "../../core/view/api_view.ts";
import { readBoard, readHealth, readOpenTask, takeTasks } from "../state/actions.ts";
import { movesOthers } from "../state/board_state.ts";
import type { Store } from "../state/store.ts";
import { type ClientMessage, eventPlace, type HubClient, type HubMessage, StreamHub } from "./stream_hub.ts";
import type { StreamMessage } from "./stream_hub.ts";

export function startLive(store: Store): void {
  const send = connect(store, (message) => {
    if (message.type === "frames") return take(message.frames);
    const before = store.connection.peek();
    store.connection.value = message.status;
    // What changed while nobody listened: events come by their seq, the board is read again.
    if (message.status === "live" && before !== "live") {
      void readBoard(store);
      void readHealth(store);
      void readOpenTask(store);
    }
    const open = store.open.peek();
    if (message.status === "live" && before === "lost" && open && !open.isRecorded) {
      send({ type: "follow", follow: [[open.id, open.head.peek()]] });
    }
  });

  effect(() => {
    const open = store.open.value;
    send({ type: "follow", follow: open && !open.isRecorded ? [[open.id, open.head.peek()]] : [] });
  });
  addEventListener("online", () => send({ type: "wake" }));
  addEventListener("focus", () => send({ type: "wake" }));
  addEventListener("pagehide", () => send({ type: "bye" }));
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  setInterval(() => send({ type: "ping" }), 20_000);

  let waiting: StreamMessage[] = [];
  let scheduled = false;
  let boardTimer: ReturnType<typeof setTimeout> | undefined;
  let lateTimer: ReturnType<typeof setTimeout> | undefined;

  function take(frames: StreamMessage[]): void {
    waiting.push(...frames);
    if (scheduled) return;
    scheduled = true;
    // A hidden page gets no animation frames.
    if (document.hidden) setTimeout(apply, 200);
    else requestAnimationFrame(apply);
  }

  function apply(): void {
    scheduled = false;
    const frames = waiting;
    waiting = [];
    batch(() => {
      const tasks = new Map<number, TaskView>();
      const events: TaskEvent[] = [];
      for (const frame of frames) {
        if (frame.event === "reset") return location.reload();
        if (frame.event === "health") store.health.value = frame.data as Health;
        else if (frame.event === "task") tasks.set((frame.data as TaskView).id, frame.data as TaskView);
        else if (eventPlace(frame)) events.push(frame.data as TaskEvent);
      }
      store.open.peek()?.receive(events);
      if (tasks.size > 0) takeSummaries([...tasks.values()]);
    });
  }

  function takeSummaries(tasks: TaskView[]): void {
    const known = store.board.peek()?.tasks;
    const open = store.open.peek()?.task.peek();
    const moved = tasks.some((task) =>
      movesOthers(known?.get(task.id) ?? (open?.id === task.id ? open : undefined), task)
    );
    takeTasks(store, tasks);
    // Its events follow at once; if they do not, they are read.
    const { id, head } = store.open.peek() ?? {};
    if (tasks.some((task) => task.id === id && task.seq > (head?.peek() ?? 0))) {
      lateTimer ??= setTimeout(() => {
        lateTimer = undefined;
        void store.open.peek()?.catchUp().catch(() => {});
      }, 2_000);
    }
    if (!moved || boardTimer !== undefined) return;
    boardTimer = setTimeout(() => {
      boardTimer = undefined;
      void readBoard(store);
      void readHealth(store);
    }, 150);
  }
}

/** Through the SharedWorker where there is one. */
function connect(store: Store, receive: (message: HubMessage) => void): (message: ClientMessage) => void {
  if (typeof SharedWorker !== "undefined") {
    try {
      const worker = new SharedWorker(store.page.streamWorker, { name: "personal-coder" });
      worker.port.onmessage = ({ data }: MessageEvent<HubMessage>) => receive(data);
      worker.port.start();
      return (message) => worker.port.postMessage(message);
    } catch { /* not allowed here: one connection for this tab */ }
  }
  const hub = new StreamHub("/api/stream");
  const client: HubClient = { follow: new Map(), post: receive };
  let added = false;
  return (message) => {
    if (message.type === "follow") hub.follow(client, message.follow);
    if (message.type === "wake") hub.wake();
    if (message.type === "bye") hub.remove(client);
    else if (!added) {
      added = true;
      hub.add(client);
    }
  };
}
