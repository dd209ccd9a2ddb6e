// Joins the page to the stream: says what it follows, and hands on what arrives.

import { effect } from "@preact/signals";
import { readBoard, readHealth, readOpenTask } from "../state/actions.ts";
import type { Store } from "../state/store.ts";
import { Arrivals } from "./arrivals.ts";
import type { ClientMessage, HubClient, HubMessage } from "./stream_hub.ts";

export function startLive(store: Store): void {
  const arrivals = new Arrivals(store);
  // What the page came with is whole, and the stream goes on from there: nothing is to be read again.
  let isWhole = false;
  const send = connect(store, (message) => {
    if (message.type === "frames") return arrivals.take(message.frames);
    if (message.type === "joined") return void (isWhole = message.whole);
    const before = store.connection.peek();
    store.connection.value = message.status;
    // What changed while nobody listened: events come by their seq, the board is read again.
    if (message.status === "live" && before !== "live") {
      if (!isWhole) readAgain(store);
      isWhole = false;
    }
    const open = store.open.peek();
    if (message.status === "live" && before === "lost" && open && !open.isRecorded) {
      follow([[open.id, open.head.peek()]]);
    }
  });
  const follow = (follow: [task: number, seq: number][]) => send({ type: "follow", follow, since: store.page.cursor });

  effect(() => {
    const open = store.open.value;
    follow(open && !open.isRecorded ? [[open.id, open.head.peek()]] : []);
  });
  // For whoever looks at the page from outside.
  effect(() => void (document.documentElement.dataset.connection = store.connection.value));
  addEventListener("online", () => send({ type: "wake" }));
  addEventListener("focus", () => send({ type: "wake" }));
  addEventListener("pagehide", () => send({ type: "bye" }));
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  setInterval(() => send({ type: "ping" }), 20_000);
}

function readAgain(store: Store): void {
  void readBoard(store);
  void readHealth(store);
  void readOpenTask(store);
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
  // Few browsers have none.
  const loading = import("../loaded/stream.ts").then(({ StreamHub }) => new StreamHub("/api/stream"));
  const client: HubClient = { follow: new Map(), post: receive };
  let added = false;
  return async (message) => {
    const hub = await loading;
    if (message.type === "follow") hub.follow(client, message.follow);
    if (message.type === "wake") hub.wake();
    if (message.type === "bye") hub.remove(client);
    else if (!added) {
      added = true;
      hub.add(client, message.type === "follow" ? message.since : null);
    }
  };
}
