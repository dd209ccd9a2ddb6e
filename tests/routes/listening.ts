// A program for connections_test.ts: a listener alone in its process, whose limit of descriptors can be lowered.

import { Connections } from "../../routes/guard/connections.ts";

const server = new Connections({
  hostname: "127.0.0.1",
  port: 0,
  atMost: 1_000,
  handler: () => new Response("ok"),
  onError: () => new Response("failed", { status: 500 }),
  warn: (message) => console.log(`warned: ${message}`),
});
console.log(`port ${server.port}`);
