// What a flood of large bodies does to everybody else: 64 clients that send bodies of 1.8 MB one after the other, each on a
// connection of its own, as fast as they are taken, while somebody asks how the service is. Ours alone: a limit, no race.

import { delay } from "@std/async";
import { httpClient, writeAll } from "./http_client.ts";
import { median, ms, type Row, row, timed } from "./row.ts";
import { benchWorld, residentMbOf } from "./world.ts";

const clients = 64;
const floodMs = 10_000;
const askEveryMs = 20;
const encoder = new TextEncoder();

export async function flood(): Promise<Row[]> {
  await using world = await benchWorld();
  const { url, pid } = world.service;
  const rest = median(await askHealth(url, 1_000));
  let taken = 0;
  const until = performance.now() + floodMs;
  const [times] = await Promise.all([
    askHealth(url, floodMs),
    ...Array.from({ length: clients }, async () => {
      while (performance.now() < until) if (await sendLarge(url)) taken++;
    }),
  ]);
  return [
    row({
      measure: `GET /healthz while ${clients} clients send bodies of 1.8 MB, p50`,
      ours: ms(median(times)),
      goal: { atMost: 50 },
      note: `${rest.toFixed(1)} ms at rest; ${taken} bodies taken in ${floodMs / 1_000} s`,
    }),
    row({
      measure: "resident memory then, at most",
      ours: { value: residentMbOf(pid, "VmHWM"), unit: "MB" },
      goal: { atMost: 256 },
    }),
  ];
}

/** How long each answer took, in ms; asked at a rhythm, so that quick ones do not count more often. */
async function askHealth(url: string, forMs: number): Promise<number[]> {
  using client = await httpClient(url);
  const times: number[] = [];
  for (const until = performance.now() + forMs; performance.now() < until;) {
    times.push(await timed(() => client.send("GET", "/healthz")));
    await delay(askEveryMs);
  }
  return times;
}

/** False when it was told to come again, or the connection was closed before all was sent. */
async function sendLarge(url: string): Promise<boolean> {
  const { hostname, port, host } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  // Read whole and then refused for the field that is unknown, so that no task is left behind.
  const body = JSON.stringify({ prompt: "x".repeat(90_000), padding: "y".repeat(1_700_000) });
  const answered = (async () => {
    const buffer = new Uint8Array(4_096);
    const length = await connection.read(buffer).catch(() => null);
    return length !== null && new TextDecoder().decode(buffer.subarray(0, length)).startsWith("HTTP/1.1 422");
  })();
  const head = `POST /api/tasks HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
    `content-length: ${body.length}\r\n\r\n`;
  await writeAll(connection, encoder.encode(head + body)).catch(() => {});
  return await answered;
}
