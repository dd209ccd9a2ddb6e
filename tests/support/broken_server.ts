// Servers that do not do what HTTP promises.

export interface BrokenServer extends Disposable {
  url: string;
}

/** Answers every connection with these bytes and closes it; without an answer it only accepts. */
export function brokenServer(answer?: string): BrokenServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  (async () => {
    for await (const connection of listener) {
      open.add(connection);
      if (answer === undefined) continue;
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode(answer));
      open.delete(connection);
      connection.close();
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of open) connection.close();
    },
  };
}

/** The head of an answer of 99 bytes, of which fewer come. */
export function cutShort(type: string, body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: 99\r\n\r\n${body}`;
}
