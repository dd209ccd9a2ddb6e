// Ports of this machine's loopback that lead to the same ports inside a sandbox, for a person's browser.

import { DomainError, messageOf } from "../../domain/error.ts";
import type { Spawn } from "../containment.ts";

/** Connections at once, for all of its ports: each is a program inside. */
const maxConnections = 64;

/** Node's servers listen where `localhost` leads first. */
const connect = "socat - TCP4:127.0.0.1:$1 2> /dev/null || exec socat - TCP6:[::1]:$1";

/**
 * Opens them until what it returns is called; `spawn` starts programs inside, in the folder `cwd`. Throws
 * `DomainError("unavailable")` when a port is taken.
 */
export function servePorts(ports: number[], { spawn, cwd }: { spawn: Spawn; cwd: string }): () => void {
  const listeners: Deno.TcpListener[] = [];
  let connections = 0;

  async function accept(listener: Deno.TcpListener, port: number): Promise<void> {
    for await (const connection of listener) {
      if (connections >= maxConnections) {
        connection.close();
        continue;
      }
      connections++;
      void pass(connection, port).catch(() => {/* one of the two has gone */}).finally(() => {
        connections--;
        try {
          connection.close();
        } catch { /* it is closed */ }
      });
    }
  }

  async function pass(connection: Deno.TcpConn, port: number): Promise<void> {
    const inside = await spawn("sh", { args: ["-c", connect, "sh", String(port)], cwd, env: {}, stdin: "piped" });
    await Promise.all([
      connection.readable.pipeTo(inside.stdin),
      inside.stdout.pipeTo(connection.writable),
      inside.stderr.cancel(),
    ]);
  }

  const close = () => listeners.forEach((listener) => listener.close());
  for (const port of ports) {
    try {
      const listener = Deno.listen({ hostname: "127.0.0.1", port });
      listeners.push(listener);
      accept(listener, port).catch(() => {/* it is closed */});
    } catch (error) {
      close();
      throw new DomainError("unavailable", `Port ${port} cannot be opened: ${messageOf(error)}`, { cause: error });
    }
  }
  return close;
}
