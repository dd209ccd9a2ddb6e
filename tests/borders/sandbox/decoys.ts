// What listens on this machine's loopback and is nobody's business in a sandbox: it answers everybody, and counts them.

import { createSocket } from "node:dgram";
import { once } from "node:events";

export interface Decoys extends AsyncDisposable {
  /** HTTP, on 127.0.0.1 and ::1. */
  port: number;
  /** UDP and TCP, on 127.0.0.1. */
  namePort: number;
  /** Where `/redirect` leads to; nowhere at first. */
  redirect: { to: string };
  /** Connections to the HTTP servers and to the socket so far. */
  reached(): number;
  /** Connections and questions to the name server so far. */
  asked(): number;
}

/** `socket` is the path of the UNIX socket that it makes. */
export async function decoys(socket: string): Promise<Decoys> {
  const redirect = { to: "" };
  let reached = 0;
  let asked = 0;
  const listeners: Deno.Listener[] = [];
  function answer(listener: Deno.Listener, count: () => void): void {
    listeners.push(listener);
    void (async () => {
      for await (const connection of listener) {
        count();
        void respond(connection, redirect.to).catch(() => {/* it has hung up */}).finally(() => connection.close());
      }
    })();
  }
  const first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = first.addr;
  const names = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const namePort = names.addr.port;
  for (
    const listener of [first, Deno.listen({ hostname: "::1", port }), Deno.listen({ transport: "unix", path: socket })]
  ) {
    answer(listener, () => reached++);
  }
  answer(names, () => asked++);
  const datagrams = createSocket("udp4");
  datagrams.on("message", (question, from) => {
    asked++;
    datagrams.send(question, from.port, from.address);
  });
  datagrams.bind(namePort, "127.0.0.1");
  await once(datagrams, "listening");
  return {
    port,
    namePort,
    redirect,
    reached: () => reached,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      for (const listener of listeners) listener.close();
      await new Promise<void>((resolve) => datagrams.close(() => resolve()));
    },
  };
}

async function respond(connection: Deno.Conn, location: string): Promise<void> {
  const bytes = new Uint8Array(4_096);
  const asked = new TextDecoder().decode(bytes.slice(0, await connection.read(bytes) ?? 0));
  const [status, header] = asked.includes("/redirect ") ? ["302 Found", `Location: ${location}\r\n`] : ["200 OK", ""];
  const answer = `HTTP/1.1 ${status}\r\n${header}Connection: close\r\nContent-Length: 5\r\n\r\ndecoy`;
  await connection.write(new TextEncoder().encode(answer));
}
