// What a person waits for on the heaviest pages, in chromium on a processor four times as slow: the first paint, the moment
// from which the page answers, an answer to a key, and how much code is loaded. Each in a new session, so that nothing is cached.

import { join } from "@std/path";
import type { Page } from "playwright-core";
import { scriptAgent } from "../tests/borders/script_agent.ts";
import { launchBrowser, type TestBrowser } from "../tests/support/browser.ts";
import { codeOf } from "../tests/support/page_code.ts";
import { startService, type TestService } from "../tests/support/service.ts";
import { tempDir, tempRepository } from "../tests/support/temp.ts";
import { stayOnly } from "./agent.ts";
import { type Past, writeHistory } from "./history.ts";
import { median, ms, type Row, row } from "./row.ts";

const slowdown = 4;
const rounds = 5;
const codeAtMostKb = 120;
const changesAtMostMs = 1_200;
const changedFiles = 44;

interface Case {
  name: string;
  path: string;
  /** What must be drawn before the page counts as there. */
  shown: string;
  goal?: { atMost: number };
}

interface Seen {
  paintMs: number;
  shownMs: number;
  answerMs: number;
  codeKb: number;
}

export async function page(): Promise<Row[]> {
  await using browser = await launchBrowser();
  const rows: Row[] = [];
  const measure = async (service: TestService, one: Case) => void rows.push(...await rowsOf(browser, service, one));
  {
    await using board = await pastService({ tasks: 200, output: 0, end: null, prompt: stayOnly });
    await measure(board, { name: "board, 200 tasks", path: "/", shown: ".card" });
  }
  {
    await using task = await pastService({ tasks: 1, output: 40_000 - 6, end: "completed" });
    await measure(task, { name: "task, 40,000 events", path: "/tasks/1", shown: "[data-seq]" });
  }
  {
    await using changes = await changesService();
    const goal = { atMost: changesAtMostMs };
    await measure(changes, {
      ...{
        name: `changes, ${changedFiles} files`,
        path: "/tasks/1/changes",
        shown: "td.code",
        goal,
      },
    });
  }
  {
    const spread = { until: Date.now(), days: 90, repos: ["repo", "web", "shop"], models: ["large", "small"] };
    await using insights = await pastService({ tasks: 100_000, output: 0, end: "completed", spread });
    await measure(insights, { name: "insights, 100,000 tasks", path: "/insights?days=90", shown: "figure svg rect" });
  }
  return rows;
}

async function rowsOf(browser: TestBrowser, service: TestService, one: Case): Promise<Row[]> {
  const seen: Seen[] = [];
  // The first one fills what the service keeps in memory.
  for (let round = 0; round <= rounds; round++) {
    const found = await look(browser, `${service.url}${one.path}`, one);
    if (round > 0) seen.push(found);
  }
  const of = (name: keyof Seen) => median(seen.map((found) => found[name]));
  return [
    row({ measure: `${one.name}: first paint`, ours: ms(of("paintMs")) }),
    row({ measure: `${one.name}: drawn and answering`, ours: ms(of("shownMs")), goal: one.goal }),
    row({ measure: `${one.name}: from a key to its paint`, ours: ms(of("answerMs")) }),
    row({
      measure: `${one.name}: code, gzipped`,
      ours: { value: of("codeKb"), unit: "KB" },
      goal: { atMost: codeAtMostKb },
    }),
  ];
}

async function look(browser: TestBrowser, url: string, { shown }: Case): Promise<Seen> {
  const page = await browser.page({ width: 1440, height: 900 });
  const loaded = codeOf(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  // Told once, by a promise: who asks again and again takes the page's time.
  await page.addInitScript(`window.shown = new Promise((resolve) => {
    const look = () => {
      const isThere = document.documentElement?.dataset.alive !== undefined && document.querySelector(${
    JSON.stringify(shown)
  });
      if (isThere) requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
      else requestAnimationFrame(look);
    };
    look();
  });`);
  // Insights of a long past are summed up once, when somebody first looks.
  await page.goto(url, { timeout: 180_000 });
  const shownMs = await page.evaluate("window.shown") as number;
  const paintMs = await page.evaluate(
    "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN",
  ) as number;
  const answerMs = await answer(page);
  // Colours, and what it loads ahead, come after the answer.
  const codeKb = [...(await loaded()).values()].reduce((sum, bytes) => sum + bytes) / 1024;
  await page.context().close();
  return { paintMs, shownMs, answerMs, codeKb };
}

/** From the key for the list of keys until the browser painted it. */
async function answer(page: Page): Promise<number> {
  await page.evaluate(`window.answered = new Promise((resolve) => {
    addEventListener("keydown", () => {
      const began = performance.now();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    }, { capture: true, once: true });
  }); undefined`);
  await page.keyboard.press("?");
  const took = await page.evaluate("window.answered") as number;
  await page.getByRole("dialog").first().waitFor();
  return took;
}

async function pastService(past: Past): Promise<TestService> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir()).path;
  const repository = stack.use(await tempRepository());
  await Deno.mkdir(join(folder, "data"));
  await writeHistory(join(folder, "data", "coder.db"), past);
  const env = { CODER_MAX_CONCURRENT: "0" };
  const service = stack.use(await startService({ repo: repository.path, data: folder, env }));
  const kept = stack.move();
  return { ...service, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** A task that changed many files, each of some hundred lines. */
async function changesService(): Promise<TestService> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir()).path;
  const repository = stack.use(await tempRepository());
  const agent = await scriptAgent(
    folder,
    `for n in $(seq ${changedFiles}); do
      for line in $(seq 120); do echo "export const value_$line = compute($line, $n);"; done > file-$n.ts
    done
    git add -A && git -c user.name=bench -c user.email=bench@example.com commit -qm "Files"`,
  );
  const service = stack.use(await startService({ repo: repository.path, env: agent }));
  const { id } = await service.createTask({ prompt: "Do it" });
  await service.waitForStatus(id, "completed");
  const kept = stack.move();
  return { ...service, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
