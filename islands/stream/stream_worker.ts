// The SharedWorker: one connection to the service for all tabs of this browser.

import { type ClientMessage, type HubClient, StreamHub } from "./stream_hub.ts";

/** A tab that crashed says no goodbye; a living one pings every 20 s, at least once a minute when it is in the background. */
const silentMs = 180_000;

const hub = new StreamHub("/api/stream");
const seenAt = new Map<HubClient, number>();
const known = new WeakSet<HubClient>();

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (!port) return;
  const client: HubClient = { follow: new Map(), post: (message) => port.postMessage(message) };
  port.onmessage = ({ data }: MessageEvent<ClientMessage>) => {
    if (data.type === "bye") {
      seenAt.delete(client);
      hub.remove(client);
      return;
    }
    if (data.type === "follow") hub.follow(client, data.follow);
    if (data.type === "wake") hub.wake();
    if (!seenAt.has(client)) {
      // A tab that was given up and speaks again has missed something: it asks anew for what it follows.
      if (known.has(client)) client.post({ type: "status", status: "lost" });
      known.add(client);
      hub.add(client, data.type === "follow" ? data.since : null);
    }
    seenAt.set(client, Date.now());
  };
});

setInterval(() => {
  for (const [client, at] of seenAt) {
    if (Date.now() - at < silentMs) continue;
    seenAt.delete(client);
    hub.remove(client);
  }
}, 30_000);
