// A thousand SSE followers of one task against a bare Deno.serve that writes the same bytes, encoded once, at the same pace.
// What counts is the server's CPU time per delivery, so that the bench's own thousand connections do not matter.

import { join } from "@std/path";
import { promptOf } from "./agent.ts";
import { type Row, row } from "./row.ts";
import { type Frames, openFrames } from "./server_events.ts";
import { type BenchWorld, benchWorld, cpuSecondsOf, residentMbOf } from "./world.ts";

const followers = 1_000;
const lines = 80;
const rate = 20;
/** Until the first line: time for all to connect. */
const restMs = 6_000;

export async function followTask(): Promise<Row[]> {
  await using world = await benchWorld();
  const { service } = world;
  const { id } = await service.createTask({ prompt: promptOf({ lines, chars: 200, rate, restMs }) });
  const started = await service.waitFor(id, (task) => task.agent && task.run?.started_at);
  const ours = await measure(service.url, `/api/tasks/${id}/stream?after=${started.seq}`, service.pid);
  const theirs = await bare(world, ours.text);
  return [
    row({
      measure: `deliveries per CPU second, ${followers.toLocaleString("en-US")} SSE followers of one task`,
      ours: { value: ours.perCpuSecond, unit: "/cpu s" },
      rival: { value: theirs.perCpuSecond, unit: "/cpu s", name: "bare Deno.serve, encoded once" },
      goal: { atLeast: 0.7 },
    }),
    row({
      measure: "memory per SSE follower",
      ours: { value: ours.kbEach, unit: "KB" },
      goal: { atMost: 100 },
      note: `the bare server takes ${theirs.kbEach.toFixed(0)} KB`,
    }),
  ];
}

interface Measured {
  perCpuSecond: number;
  kbEach: number;
  /** What one of them received. */
  text: string;
}

async function measure(url: string, path: string, pid: number): Promise<Measured> {
  // One, so that everything is loaded before memory is looked at.
  (await openFrames(url, path))[Symbol.dispose]();
  const before = residentMbOf(pid);
  const all: Frames[] = [];
  while (all.length < followers) {
    all.push(...await Promise.all(Array.from({ length: 50 }, () => openFrames(url, path))));
  }
  const kbEach = ((residentMbOf(pid) - before) * 1024) / followers;
  const decoder = new TextDecoder();
  let text = "";
  let deliveries = 0;
  let begun: number | null = null;
  let open = followers;
  let cpu = NaN;
  const readers = all.map(async (frames, index) => {
    let tail = "";
    await frames.read((chunk) => {
      const part = decoder.decode(chunk);
      if (index === 0) text += part;
      const seen = tail + part;
      const count = seen.split("event: output.text\n").length - 1;
      if (count > 0) begun ??= cpuSecondsOf(pid);
      deliveries += count;
      tail = seen.slice(seen.lastIndexOf("\n") + 1);
    });
    if (--open === 0) cpu = cpuSecondsOf(pid) - begun!;
  });
  await Promise.all(readers);
  if (deliveries !== followers * lines) throw new Error(`${deliveries} of ${followers * lines} frames came`);
  return { perCpuSecond: deliveries / cpu, kbEach, text };
}

/** Serves the frames of `text` to all who are connected, one at a time at our pace. */
async function bare({ folder }: BenchWorld, text: string): Promise<Measured> {
  const file = join(folder, "frames.txt");
  await Deno.writeTextFile(file, text.slice(text.indexOf("id: ")));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-config",
      "--no-lock",
      import.meta.filename!.replace(/[^/]*$/, "bare_server.ts"),
    ],
    env: { FRAMES: file, RATE: String(rate), REST_MS: String(restMs) },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  try {
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    const url = new TextDecoder().decode(value).trim();
    const measured = await measure(url, "/", child.pid);
    await reader.cancel();
    return measured;
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}
