// Reading what an agent did: code in its colours, tools in their forms, images, subagents, the agent's own list, the files
// beside it, and the log in words. The run is recorded; the service, its worktree and the browser are real.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "../support/browser.ts";
import { startService, type TestService } from "../support/service.ts";
import { git, tempDir, tempRepository } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";
import { answered, answeredImage, ofSubagent, recordedAgent, said, usedTool } from "./recorded_agent.ts";

/** One pixel. */
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const lines = Array.from({ length: 400 }, (_, index) => `export const line${index + 1} = ${index + 1};`);
const todo = (content: string, status: string) => ({ content, status, activeForm: content });

/** Every third line of the long file is changed, line 350 is not. */
const work = 'awk \'NR % 3 == 1 { sub("line", "row") } 1\' src/long.ts > new && mv new src/long.ts';

const messages = [
  usedTool("t1", "TodoWrite", { todos: [todo("Read it", "in_progress"), todo("Change it", "pending")] }),
  answered("t1", "Todos have been modified successfully"),
  said("It is `src/long.ts:350`, see:\n\n```ts\nconst answer: number = 42; // why\n```"),
  usedTool("r1", "Read", { file_path: "src/long.ts" }),
  answered("r1", "   349→export const line349 = 349;\n   350→export const line350 = 350;"),
  usedTool("g1", "Grep", { pattern: "line7" }),
  answered("g1", "src/long.ts:7:export const line7 = 7;"),
  usedTool("m1", "mcp__shop__find_orders", { shop_id: 7, tags: ["new"] }),
  answered("m1", '{"orders":[1]}'),
  said("Now somebody else."),
  usedTool("a1", "Agent", { description: "Look around", prompt: "Look **around**" }),
  ofSubagent("a1", said("I look around.")),
  ofSubagent("a1", usedTool("a1r", "Read", { file_path: "README.md" })),
  ofSubagent("a1", answered("a1r", "     1→# A repository for tests")),
  answered("a1", "Looked around."),
  usedTool("s1", "mcp__browser__screenshot", {}),
  answeredImage("s1", png),
  usedTool("b1", "Bash", { command: "printf fail", description: "Fails" }),
  answered("b1", "10%\r100%\x1b[K\n\x1b[38;5;196mnot ok\x1b[0m at README.md:1", true),
  usedTool("t2", "TodoWrite", { todos: [todo("Read it", "completed"), todo("Change it", "in_progress")] }),
  answered("t2", "Todos have been modified successfully"),
];

interface World extends AsyncDisposable {
  service: TestService;
  browser: TestBrowser;
  id: number;
  open(path: string, size?: { width?: number; scheme?: "light" | "dark" }): Promise<Page>;
}

async function world(): Promise<World> {
  await using building = new AsyncDisposableStack();
  const folder = building.use(await tempDir());
  const repository = building.use(await tempRepository());
  await Deno.mkdir(join(repository.path, "src"));
  await Deno.writeTextFile(join(repository.path, "src/long.ts"), `${lines.join("\n")}\n`);
  await repository.git("add", "-A");
  await repository.git("commit", "-qm", "A long file");
  const program = await recordedAgent(folder.path, messages, { work });
  const env = { CODER_CLAUDE: program, CODER_REPO: repository.path, IS_SANDBOX: "1" };
  const service = building.use(await startService({ env }));
  const browser = building.use(await launchBrowser());
  const { id } = await service.createTask({ prompt: "Read and change it", commit_reminder: false });
  await service.waitForStatus(id, "completed");
  const stack = building.move();
  return {
    service,
    browser,
    id,
    async open(path, { width = 1440, scheme = "light" } = {}) {
      const page = await browser.page({ width, height: 1_000, scheme });
      await page.goto(`${service.url}/tasks/${id}${path}`);
      await alive(page);
      return page;
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** Opens every group of calls, and the call of that name. */
async function openCall(page: Page, name: string): Promise<void> {
  await page.evaluate("document.querySelectorAll('details.tools').forEach((one) => one.open = true)");
  await page.locator("button.call", { has: page.locator(".call-name", { hasText: name }) }).first().click();
}

Deno.test("the transcript: coloured code, tools in their forms, a subagent within its call, an image, and a list that stays", async () => {
  await using w = await world();
  const page = await w.open("");
  const block = page.locator(".markdown .code-block");
  await block.locator(".code-keyword", { hasText: "const" }).waitFor();
  assertEquals(await block.locator(".code-title").innerText(), "ts");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await block.getByRole("button", { name: "Copy the code" }).click();
  await page.getByText("Copied").waitFor();
  assertEquals(await page.evaluate("navigator.clipboard.readText()"), "const answer: number = 42; // why");

  await openCall(page, "Read");
  const read = page.locator("li", { has: page.locator(".call-name", { hasText: /^Read$/ }) }).first();
  assertEquals(await read.locator(".call-size").innerText(), "2 lines");
  assertEquals(await read.locator(".code-line").first().getAttribute("data-line"), "349");
  await openCall(page, "Grep");
  assertEquals(await page.locator(".found-path").innerText(), "src/long.ts");
  await openCall(page, "shop: find_orders");
  assertMatch(await page.locator(".tool-fields").last().innerText(), /shop id\s+7/);

  const agent = page.locator("li", { has: page.locator(".call-name", { hasText: "Agent" }) }).first();
  await agent.getByRole("button", { name: "Subagent, 1 tool call" }).click();
  await agent.getByText("I look around.").waitFor();
  assertEquals(await page.locator(".scroll-content > article", { hasText: "I look around." }).count(), 1);

  await openCall(page, "browser: screenshot");
  const image = page.locator(".result-images img");
  await image.scrollIntoViewIfNeeded();
  await page.waitForFunction("document.querySelector('.result-images img')?.naturalWidth === 1");
  assertEquals(
    [await image.getAttribute("loading"), new URL((await image.getAttribute("src"))!, w.service.url).origin],
    [
      "lazy",
      w.service.url,
    ],
  );

  // A failed call stands open, its progress bar at its end and its colours kept.
  const failed = page.locator("li.failed .output pre");
  assertEquals(await failed.innerText(), "100%\nnot ok at README.md:1");
  const red = failed.locator(".ansi-rgb-ff0000");
  assertEquals(await red.innerText(), "not ok");
  const colourOf = (one: Element) => getComputedStyle(one).color;
  assertMatch(await red.evaluate(colourOf), /^(oklch|color)\(/);
  assert(await red.evaluate(colourOf) !== await failed.evaluate(colourOf));
  await page.locator("li.failed").getByRole("button", { name: "Copy: Output of Bash" }).click();
  await page.waitForFunction("navigator.clipboard.readText().then((text) => text.startsWith('100%\\nnot ok at'))");

  const list = page.locator(".todos");
  assertEquals(await list.locator("summary").innerText(), "1 of 2 done");
  await page.locator(".scroll-window").evaluate((box: { scrollTop: number; scrollHeight: number }) => {
    box.scrollTop = -box.scrollHeight;
  });
  assert(await list.getByText("Change it").isVisible());
  await list.locator("summary").click();
  await page.reload();
  await alive(page);
  await list.locator("summary", { hasText: "Change it" }).waitFor();
  assertEquals([...await axeFindings(page, "transcript"), ...w.browser.problems], []);
});

Deno.test("a search opens the call, or the subagent and its call, that holds what was found", async () => {
  await using w = await world();
  const page = await w.open("");
  page.setDefaultTimeout(15_000);
  const found = page.locator(".transcript li[data-found]");
  const search = async (text: string) => {
    await page.locator("#find").fill(text);
    await page.locator(".find-count", { hasText: "found" }).waitFor();
    await page.keyboard.press("Enter");
  };
  await page.keyboard.press("f");
  await search("line350 = 350");
  await found.locator(".code-line", { hasText: "line350 = 350" }).waitFor();
  // Of a subagent, from another tab.
  await page.locator(".tabs").getByText("Files").click();
  await page.locator(".folder-tree").waitFor();
  await search("1→# A repository");
  await found.locator(".code-line", { hasText: "# A repository for tests" }).waitFor();
  assertEquals(await found.locator(".call-name").first().innerText(), "Read");
  assertEquals(w.browser.problems, []);
});

Deno.test("a place in a file opens the changes at its line, else the file beside the transcript; the panel keeps its width", async () => {
  await using w = await world();
  const page = await w.open("");
  await page.locator(".failed a.place", { hasText: "README.md:1" }).click();
  const side = page.locator(".side");
  assertEquals((await side.locator(".code-line.marked").innerText()).trim(), "# A repository for tests");
  assert(await side.locator(".code-line.marked").isVisible());
  await page.locator(".transcript").waitFor();

  const before = (await side.boundingBox())!.width;
  await page.getByRole("separator", { name: "Width of the side panel" }).focus();
  for (let count = 0; count < 5; count++) await page.keyboard.press("ArrowLeft");
  const after = (await side.boundingBox())!.width;
  assertEquals(after - before, 120);
  await page.reload();
  await alive(page);
  await page.waitForFunction(`document.querySelector(".side").offsetWidth === ${Math.round(after)}`);
  await page.getByRole("button", { name: "Fold: Width of the side panel" }).click();
  assert(!await side.isVisible());
  await page.reload();
  await alive(page);
  await page.getByRole("button", { name: "Unfold: Width of the side panel" }).click();
  await side.waitFor();

  // In a diff of which most is not drawn.
  await page.locator(".markdown a.place", { hasText: "src/long.ts:350" }).click();
  const row = page.locator("tr.pointed-at");
  await row.waitFor();
  assertMatch(await row.innerText(), /350\s+export const line350 = 350;/);
  assertMatch(page.url(), /\/changes$/);
  assertEquals([...await axeFindings(page, "changes"), ...w.browser.problems], []);
  await page.goBack();
  await page.locator(".transcript").waitFor();
  assertMatch(page.url(), /\/tasks\/\d+$/);
});

Deno.test("the tab Files reads folders and files of the worktree, and of what was saved when that is gone", async () => {
  await using w = await world();
  const page = await w.open("/files?file=src/long.ts&line=3");
  assertEquals((await page.locator(".code-line.marked").innerText()).trim(), lines[2]);
  await page.locator(".code-keyword").first().waitFor();
  const editor = await page.locator(".file-view-head a").getAttribute("href");
  const { worktree, seq } = await (await w.service.call(`/api/tasks/${w.id}`)).json();
  assertEquals(editor, `vscode://file${worktree}/src/long.ts:3`);
  await page.getByRole("link", { name: /README.md/ }).click();
  await page.getByText("# A repository for tests").waitFor();
  assertMatch(page.url(), /file=README.md$/);
  await page.goBack();
  await page.locator(".file-view[aria-label='src/long.ts']").waitFor();
  for (const width of [1440, 390]) {
    const narrow = await w.open("/files?file=src/long.ts", { width, scheme: "dark" });
    await narrow.locator(".code-line").first().waitFor();
    await assertFits(narrow, `files at ${width}`);
    assertEquals(await axeFindings(narrow, `files at ${width}`), []);
  }
  await git(worktree, "rm", "-q", "README.md");
  await Deno.writeTextFile(join(worktree, "new.txt"), "saved with the rest");
  await (await w.service.call(`/api/tasks/${w.id}/discard`, { method: "POST" })).body?.cancel();
  await w.service.waitFor(w.id, ({ place }) => place?.present === false);
  await page.reload();
  await alive(page);
  await page.getByRole("link", { name: /new.txt/ }).click();
  await page.getByText("saved with the rest").waitFor();
  assertEquals(await page.getByRole("link", { name: /README.md/ }).count(), 0);
  const past = await w.open(`/files?at=${seq}`);
  await past.getByText(`The files as they were at event ${seq}`).waitFor();
  await past.getByRole("link", { name: /README.md/ }).waitFor();
  assertEquals(await past.getByRole("link", { name: /new.txt/ }).count(), 0);
  await past.getByRole("button", { name: "End", exact: true }).click();
  await past.getByRole("link", { name: /new.txt/ }).waitFor();
  assertEquals(await past.getByRole("link", { name: /README.md/ }).count(), 0);
  // The first page may have read its folders while the worktree was being put away.
  assertEquals(w.browser.problems.filter((one) => !one.includes("404")), []);
});

Deno.test("the log reads from its start in words, opens to what was said, and is raw when asked", async () => {
  await using w = await world();
  const page = await w.open("/log");
  const line = (number: number) => page.locator(".log-line").nth(number - 1);
  await page.locator(".log-line", { hasText: "result success" }).waitFor();
  assertMatch(await line(1).innerText(), /^1\s+system init\s+recorded/);
  assertMatch(await line(6).innerText(), /^6\s+answer\s+349→export/);
  await line(6).getByRole("button").first().click();
  await line(6).locator(".code-lines", { hasText: '"tool_use_id": "r1"' }).waitFor();
  await page.getByRole("button", { name: "Raw" }).click();
  assertMatch(await page.locator(".raw-log pre.plain").innerText(), /^\{"type":"system"/);
  await page.reload();
  await alive(page);
  await page.locator(".raw-log pre.plain").waitFor();
  assertEquals([...await axeFindings(page, "log"), ...w.browser.problems], []);
});
