// HTTP as bytes on a socket, for what `fetch` will not send. To loopback only, each exchange with a deadline.

import { deadline } from "@std/async";

export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  status: number;
  headers: Headers;
  body: string;
}

/** Sends `request` on a connection of its own and reads until the answer's end, or the end of the connection. */
export async function raw(
  url: string,
  request: string | Uint8Array[],
  { withinMs = 10_000 }: { withinMs?: number } = {},
): Promise<RawAnswer> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const parts = typeof request === "string" ? [new TextEncoder().encode(request)] : request;
  // The other side may answer, and close, before it took everything.
  const sending = (async () => {
    for (const part of parts) await writeAll(connection, part);
  })().catch(() => {});
  const answer = await deadline(readAnswer(connection), withinMs);
  try {
    connection.close();
  } catch { /* closed by the other side */ }
  await sending;
  return answer;
}

/** Head lines joined, with the empty line at the end. */
export function head(...lines: string[]): string {
  return `${lines.join("\r\n")}\r\n\r\n`;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function readAnswer(connection: Deno.Conn): Promise<RawAnswer> {
  const decoder = new TextDecoder("latin1");
  const buffer = new Uint8Array(65_536);
  let text = "";
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) break;
    text += decoder.decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const { headers } = parseHead(text.slice(0, end));
    const body = text.slice(end + 4);
    const expected = headers.get("content-length");
    if (expected !== null && body.length >= Number(expected)) break;
    if (headers.get("transfer-encoding") === "chunked" && body.endsWith("0\r\n\r\n")) break;
  }
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return { status: 0, headers: new Headers(), body: text };
  return { ...parseHead(text.slice(0, end)), body: text.slice(end + 4) };
}

function parseHead(text: string): { status: number; headers: Headers } {
  const [first = "", ...lines] = text.split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(first.split(" ")[1] ?? 0), headers };
}
