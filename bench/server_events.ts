// A lean reader of one SSE stream, for benches that must not be bound by their own reader: bytes in, whole frames out.

import { writeAll } from "./http_client.ts";

export interface Frames extends Disposable {
  /** Calls back with each chunk as it arrives, until the server ends the stream or it is disposed. */
  read(onChunk: (chunk: Uint8Array) => void): Promise<void>;
}

/** Opens the stream at `path`; resolves once its headers are here. */
export async function openFrames(url: string, path: string): Promise<Frames> {
  const { hostname, port, host } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay();
  const request = `GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\nconnection: close\r\n\r\n`;
  await writeAll(connection, new TextEncoder().encode(request));
  const buffer = new Uint8Array(64 * 1024);
  const first = await connection.read(buffer);
  const head = new TextDecoder().decode(buffer.subarray(0, first ?? 0));
  if (!head.startsWith("HTTP/1.1 200")) throw new Error(`GET ${path}: ${head}`);
  let early: Uint8Array | null = buffer.slice(head.indexOf("\r\n\r\n") + 4, first ?? 0);
  let isClosed = false;
  return {
    async read(onChunk) {
      if (early) onChunk(early);
      early = null;
      try {
        for (;;) {
          const read = await connection.read(buffer);
          if (read === null) return;
          onChunk(buffer.subarray(0, read));
        }
      } catch (error) {
        if (!isClosed) throw error;
      }
    },
    [Symbol.dispose]() {
      isClosed = true;
      try {
        connection.close();
      } catch { /* the server was first */ }
    },
  };
}

/** Calls back with each whole frame and the time of its arrival, in ms since 1970, until one says that the task ended. */
export async function eachFrame(frames: Frames, onFrame: (frame: string, at: number) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  const ended = Promise.withResolvers<void>();
  const reading = frames.read((chunk) => {
    const now = performance.timeOrigin + performance.now();
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const frame = text.slice(0, end);
      text = text.slice(end + 2);
      onFrame(frame, now);
      if (frame.includes("event: end")) ended.resolve();
    }
  });
  await Promise.race([ended.promise, reading]);
}
