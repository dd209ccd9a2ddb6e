// A lean HTTP/1.1 client on one kept connection, so that what is measured is the service and not `fetch`.

export interface HttpClient extends Disposable {
  /** Sends one request and resolves with status and body when the whole answer is here. */
  send(method: string, path: string, json?: unknown): Promise<{ status: number; body: string }>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export async function httpClient(url: string): Promise<HttpClient> {
  const { hostname, port, host } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay();
  const buffer = new Uint8Array(1024 * 1024);
  return {
    async send(method, path, json) {
      const body = json === undefined ? "" : JSON.stringify(json);
      const type = json === undefined ? "" : "content-type: application/json\r\n";
      const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${type}content-length: ${body.length}\r\n\r\n`;
      await writeAll(connection, encoder.encode(head + body));
      let text = "";
      for (;;) {
        const read = await connection.read(buffer);
        if (read === null) throw new Error(`The connection ended: ${text}`);
        text += decoder.decode(buffer.subarray(0, read), { stream: true });
        const end = text.indexOf("\r\n\r\n");
        if (end < 0) continue;
        const length = /^content-length: (\d+)/im.exec(text.slice(0, end))?.[1];
        if (length === undefined) throw new Error(`No content-length: ${text.slice(0, end)}`);
        const rest = text.slice(end + 4);
        if (encoder.encode(rest).length >= Number(length)) {
          return { status: Number(text.split(" ")[1]), body: rest };
        }
      }
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

export async function writeAll(to: { write(bytes: Uint8Array): Promise<number> }, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}
