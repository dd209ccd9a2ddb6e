// What it costs to confine a run: the same start and the same work with CODER_SANDBOX `files` and `full` as with `off`, in turns;
// and what of a sandbox is in memory while it is open, and after it.

import { inTurns } from "./in_turns.ts";
import { httpClient } from "./http_client.ts";
import { ms, type Row, row } from "./row.ts";
import {
  type Confined,
  confined,
  enterMs,
  levels,
  openMs,
  printMs,
  remains,
  residentMb,
  statusMs,
} from "./sandbox_place.ts";
import { startOurs } from "./start.ts";
import { agentRate } from "./throughput.ts";
import { benchWorld } from "./world.ts";

const script = { lines: 20_000, chars: 1_000, rate: 0 };

export async function sandbox(): Promise<Row[]> {
  await using place = await confined({ files: 10_000 });
  return [...await runs(place), ...await work(place), ...await memory(place)];
}

/** Through the whole service. */
async function runs(place: Confined): Promise<Row[]> {
  await using off = await benchWorld({ files: 100 });
  await using files = await benchWorld({ files: 100, env: { CODER_SANDBOX: "files" } });
  await using full = await benchWorld({ files: 100, env: { CODER_SANDBOX: "full" } });
  const worlds = { off, files, full };
  using clients = new DisposableStack();
  const began = async (level: keyof typeof worlds) => {
    const client = clients.use(await httpClient(worlds[level].service.url));
    return async () => (await startOurs(worlds[level], client)).beganMs;
  };
  const starts = await inTurns({ off: await began("off"), files: await began("files"), full: await began("full") });
  const printed = (level: keyof typeof worlds) => async () =>
    1_000 * script.lines / await agentRate(worlds[level], { agents: 1, script, since: "line" });
  const prints = await inTurns({ off: printed("off"), files: printed("files"), full: printed("full") }, { rounds: 5 });
  const parts = await inTurns({
    files: () => openMs(place, "files"),
    full: () => openMs(place, "full"),
    enter: () => enterMs(place, "files"),
    spawn: () => enterMs(place, "off"),
  });
  return [
    ...levels.map((level) =>
      row({
        measure: `POST to agent started in \`${level}\`, over one that is not confined`,
        ours: ms(starts[level] - starts.off),
        goal: { atMost: 400 },
        note:
          `${starts.off.toFixed(0)} ms without, ${starts[level].toFixed(0)} ms with; ${
            parts[level].toFixed(0)
          } ms to ` +
          "open the sandbox",
      })
    ),
    row({
      measure: "a program that does nothing, started in an open sandbox",
      ours: ms(parts.enter),
      rival: { ...ms(parts.spawn), name: "not confined" },
    }),
    ...levels.map((level) =>
      row({
        measure: `a 20,000-line agent (1 KB each), from its first to its last line, in \`${level}\``,
        ours: ms(prints[level]),
        rival: { ...ms(prints.off), name: "not confined" },
        goal: { atMost: 1.1 },
      })
    ),
  ];
}

/** By programs of their own. */
async function work(place: Confined): Promise<Row[]> {
  const status = await inTurns({
    off: () => statusMs(place, "off"),
    files: () => statusMs(place, "files"),
    full: () => statusMs(place, "full"),
  });
  const print = await inTurns({
    off: () => printMs(place, "off"),
    files: () => printMs(place, "files"),
    full: () => printMs(place, "full"),
  });
  return levels.flatMap((level) => [
    row({
      measure: `git status in a worktree of 10,000 files, in \`${level}\``,
      ours: ms(status[level]),
      rival: { ...ms(status.off), name: "not confined" },
      goal: { atMost: 1.1 },
    }),
    row({
      measure: `50 MB through stdout, in \`${level}\``,
      ours: ms(print[level]),
      rival: { ...ms(print.off), name: "not confined" },
    }),
  ]);
}

async function memory(place: Confined): Promise<Row[]> {
  const { mb, proportionalMb, names } = await residentMb(place, "files");
  const left = await remains(place);
  return [
    row({
      measure: "resident memory around one sandbox",
      ours: { value: mb, unit: "MB" },
      note: `${names}; ${proportionalMb.toFixed(1)} MB when what they share counts once`,
    }),
    row({
      measure: "processes and files of a sandbox that has ended",
      ours: { value: left, unit: "" },
      goal: { atMost: 0 },
    }),
  ];
}
