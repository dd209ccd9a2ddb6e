// From review to landed by the page alone: landing, conflicts that the agent solves, what is in the way, what is asked before,
// and a push. On the real service with real git, with a program of the test in claude's place.

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import type { TaskView } from "../../core/view/task_view.ts";
import { scriptAgent } from "../borders/script_agent.ts";
import { launchBrowser, type TestBrowser } from "../support/browser.ts";
import { startService, type TestService } from "../support/service.ts";
import { eventually, git, tempDir, type TempRepository, tempRepository } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";

const commit = `git add -A && git -c user.name=Ada -c user.email=ada@example.com commit --quiet -m "write $file"`;

/** The prompt is \`file text\`; an agent that finds a merge under way takes both sides. "untidy" leaves something behind. */
const writer = `
  line=$(printf '%s' "$prompt" | grep -o '[a-z]*\\.[a-z]* [a-z]*' | head -1); file="\${line%% *}"
  case "$prompt" in
    *"merge waits to be finished"*)
      for one in $(git diff --name-only --diff-filter=U); do sed -i '/^<<<<<<<\\|^=======\\|^>>>>>>>/d' "$one"; done
      file=merge; ${commit} ;;
    *) echo "$line" >> "$file"; ${commit} ;;
  esac
  case "$prompt" in *untidy*) echo more > notes.txt ;; esac`;

/** Answers as gh does for somebody who is logged in and has no pull request yet. */
const ghScript = `
  case "$1 $2" in
    "auth status") echo "Logged in to gitea.example" ;;
    "pr list") echo "[]" ;;
    "pr create") cat > /dev/null; echo https://gitea.example/ada/shop/pull/7 ;;
    "pr view") echo '{"state": "MERGED", "title": "It"}' ;;
    *) echo "gh version 2.0.0" ;;
  esac`;

interface World extends AsyncDisposable {
  /** A bare repository: what the remote `origin`, a name of the web, leads to. */
  bare: string;
  repository: TempRepository;
  service: TestService;
  browser: TestBrowser;
  page: Page;
  finished(prompt: string, options?: { check?: string }): Promise<TaskView>;
  show(path: string): Promise<void>;
}

async function world(): Promise<World> {
  const stack = new AsyncDisposableStack();
  const repository = stack.use(await tempRepository());
  const folder = stack.use(await tempDir());
  await Deno.writeTextFile(join(repository.path, "coder.json"), JSON.stringify({ commit_reminder: false }));
  await Deno.writeTextFile(join(repository.path, "shared.txt"), "top\n");
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "--message=begin");
  const bare = join(folder.path, "shop.git");
  await git(folder.path, "init", "--quiet", "--bare", bare);
  await repository.git("remote", "add", "origin", "git@gitea.example:ada/shop.git");
  const programs = { ssh: `exec git receive-pack '${bare}'`, gh: ghScript };
  for (const [name, script] of Object.entries(programs)) {
    await Deno.writeTextFile(join(folder.path, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const service = stack.use(
    await startService({
      repo: repository.path,
      env: {
        ...await scriptAgent(folder.path, writer),
        GIT_SSH_COMMAND: join(folder.path, "ssh"),
        PATH: `${folder.path}:${Deno.env.get("PATH")}`,
      },
    }),
  );
  const browser = stack.use(await launchBrowser());
  const page = await browser.page({ width: 1440, height: 900 });
  page.setDefaultTimeout(15_000);
  return {
    ...{ repository, bare, service, browser, page },
    async finished(prompt, options = {}) {
      const { id } = await service.createTask({ prompt, ...options });
      return await service.waitForStatus(id, "completed");
    },
    async show(path) {
      await page.goto(`${service.url}${path}`);
      await alive(page);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("what becomes of finished work is said and done on the pages", async (t) => {
  await using w = await world();
  const { page, service, repository } = w;
  const bar = page.getByRole("region", { name: "Review" });
  const dialog = page.getByRole("dialog");
  const button = (name: string) => dialog.getByRole("button", { name, exact: true });
  const openLanding = async (task: TaskView) => {
    await w.show(`/tasks/${task.id}`);
    await bar.getByRole("button", { name: "Land" }).click();
    await dialog.getByText(/^\d+ commits?, main/).waitFor();
  };

  await t.step("it lands as it was chosen: by a merge with a message of the person's own", async () => {
    const task = await w.finished("a.txt one");
    await w.show("/");
    const card = page.locator(`[data-column="review"] [data-card="${task.id}"]`);
    assertMatch(await card.innerText(), /To review/);
    await openLanding(task);
    assertEquals(await axeFindings(page, "the landing dialog"), []);
    await button("Merge").click();
    const message = dialog.getByLabel("Message of the commit");
    await eventually(async () => (await message.inputValue()).startsWith("Merge branch"));
    await message.fill("Take a.txt\n\nAs agreed");
    await button("Land").click();
    await dialog.getByText(/^Landed in main as [0-9a-f]{9} by a merge commit$/).waitFor();
    assertEquals(await repository.git("log", "-1", "--format=%B", "main"), "Take a.txt\n\nAs agreed");
    await button("Done").click();
    await bar.getByText(/^Landed in main/).waitFor();
    assertMatch(await page.locator(".stages .now").innerText(), /Completed[\s\S]*landed/);
    await w.show("/");
    assertMatch(await page.locator(`[data-column="done"] [data-card="${task.id}"]`).innerText(), /Landed/);
  });

  await t.step("a conflict is named, and the agent solves it when it is asked to", async () => {
    const [one, two] = [await w.finished("shared.txt mine"), await w.finished("shared.txt theirs")];
    await service.command(one.id, "land");
    await service.waitFor(one.id, ({ review }) => review === "landed");
    await openLanding(two);
    await dialog.getByRole("list", { name: "Files that conflict" }).getByText("shared.txt").waitFor();
    assertEquals(await button("Land").count(), 0);
    assertEquals(await axeFindings(page, "a landing that conflicts"), []);
    await button("Let the agent solve the conflicts").click();
    await dialog.waitFor({ state: "detached" });
    await page.locator(".item-message", { hasText: "Asked to solve conflicts" }).waitFor();
    await service.waitFor(two.id, ({ status, epoch }) => status === "completed" && epoch === 2);
    await openLanding(two);
    await button("Land").click();
    await dialog.getByText(/^Landed in main/).waitFor();
    assertEquals((await repository.git("show", "main:shared.txt")).split("\n").sort(), [
      "shared.txt mine",
      "shared.txt theirs",
      "top",
    ]);
  });

  await t.step("its two runs are compared from its facts, and two tasks from the palette", async () => {
    await w.show("/tasks/3");
    await page.getByRole("link", { name: "the last two runs" }).first().click();
    await page.waitForURL(/\/compare\?a=3\.1&b=3\.2$/);
    const cells = await page.locator(".compare-facts tr").first().innerText();
    assertMatch(cells, /#3, run 1[\s\S]*#3, run 2/);
    assertEquals(await page.locator(".compare-facts tr", { hasText: "Outcome" }).locator("td").allInnerTexts(), [
      ...["Succeeded", "Succeeded"],
    ]);
    await page.locator(".compare-files summary", { hasText: "shared.txt" }).click();
    await page.getByText("+shared.txt mine").waitFor();
    assertEquals(await axeFindings(page, "two runs compared"), []);
    await w.show("/tasks/1");
    await page.keyboard.press("Control+k");
    await dialog.getByRole("combobox").fill("compare");
    await page.getByRole("option", { name: /^Compare/ }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Task to compare with #1" }).fill("2");
    await page.getByRole("option", { name: /#2 Landed/ }).click();
    await page.waitForURL(/\/compare\?a=1&b=2$/);
    await page.locator(".compare-files summary", { hasText: "shared.txt" }).waitFor();
    for (const query of ["a=1&b=99", "a=3.1&b=3.9", "a=1"]) {
      const answer = await service.call(`/compare?${query}`);
      assertEquals([answer.status, (await answer.text()).includes("There is no such task")], [404, true]);
    }
  });

  await t.step("what is in the way in the person's checkout is named, and is not touched", async () => {
    const task = await w.finished("shared.txt more");
    const path = join(repository.path, "shared.txt");
    const before = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, "mine\n");
    await openLanding(task);
    await dialog.getByRole("list", { name: "Files in the way" }).getByText("shared.txt").waitFor();
    await button("Land").click();
    await dialog.getByText(/^Not landed in main: .*shared\.txt/).waitFor();
    assertEquals(await Deno.readTextFile(path), "mine\n");
    await button("Done").click();
    await bar.getByText("Clear what it names, then land again.").waitFor();
    await w.show("/");
    const card = page.locator(`[data-column="review"] [data-card="${task.id}"]`);
    assertMatch(await card.innerText(), /shared\.txt[\s\S]*Not landed/);
    await Deno.writeTextFile(path, before);
  });

  await t.step("what is not committed is left behind only when that is said", async () => {
    const task = await w.finished("b.txt untidy");
    await openLanding(task);
    await dialog.getByRole("list", { name: "Files not committed" }).getByText("notes.txt").waitFor();
    assertEquals(await button("Land").isDisabled(), true);
    await dialog.getByLabel(/^Leave it behind/).check();
    await button("Land").click();
    await dialog.getByText(/^Landed in main/).waitFor();
  });

  await t.step("while it lands its phase is there, and it can be cancelled and asked for again", async () => {
    const gate = join(w.bare, "..", "gate");
    const check = `test ! -f moved.txt || test -f '${gate}' || exec sleep 60`;
    const task = await w.finished("g.txt seven", { check });
    await Deno.writeTextFile(join(repository.path, "moved.txt"), "moved\n");
    await repository.git("add", "-A");
    await repository.git("commit", "--quiet", "--message=moved");
    await openLanding(task);
    await button("Land").click();
    const phase = dialog.locator("[aria-current=step]", { hasText: "Check of the result" });
    await phase.waitFor();
    await page.locator(".item-step", { hasText: "Check of the landing runs" }).waitFor();
    assertEquals(await axeFindings(page, "a landing under way"), []);
    await button("Cancel the landing").click();
    await dialog.getByText("Not landed in main: It was cancelled").waitFor();
    await Deno.writeTextFile(gate, "");
    await button("Land again").click();
    await button("Land").click();
    await dialog.getByText(/^Landed in main/).waitFor();
    assertEquals(await repository.git("show", "main:g.txt"), "g.txt seven");
  });

  await t.step("discarding asks first, and so does a retry that replaces work", async () => {
    const task = await w.finished("c.txt three");
    await w.show(`/tasks/${task.id}`);
    await bar.getByRole("button", { name: "Discard" }).click();
    await dialog.getByText("What it made is saved under its ref").waitFor();
    assertEquals(await axeFindings(page, "the question before discarding"), []);
    await button("Keep it as it is").click();
    assertEquals((await service.task(task.id)).review, "open");
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await dialog.getByText("stays kept under refs/coder/kept").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await dialog.getByRole("combobox").fill("discard");
    await page.getByRole("option", { name: /^Discard/ }).first().waitFor();
    await page.keyboard.press("Enter");
    await button("Discard it").click();
    await bar.getByText(/^Discarded/).waitFor();
    assertEquals((await service.task(task.id)).review, "discarded");
  });

  await t.step("accepted work says so", async () => {
    const task = await w.finished("d.txt four");
    await w.show(`/tasks/${task.id}`);
    await bar.getByRole("button", { name: "Accept" }).click();
    await bar.getByText("Accepted: the work was taken elsewhere").waitFor();
    assertEquals((await service.task(task.id)).review, "accepted");
  });

  await t.step("a push shows where the branch is on the web, and a pull request is opened and looked at", async () => {
    const task = await w.finished("e.txt five");
    await w.show(`/tasks/${task.id}`);
    await page.getByRole("button", { name: "Elsewhere", exact: true }).click();
    await button("Push").click();
    await dialog.getByRole("link", { name: "Page of the branch" }).waitFor();
    const links = await page.evaluate("[...document.querySelectorAll('.elsewhere .web-link')].map((one) => one.href)");
    assertEquals((links as string[]).map((one) => new URL(one).host), ["gitea.example", "gitea.example"]);
    assertEquals(await git(w.bare, "log", "-1", "--format=%s", task.branch!), "write e.txt");
    assertEquals(await axeFindings(page, "elsewhere"), []);
    const editor = dialog.getByRole("link", { name: /^Open in/ });
    await dialog.getByLabel("Editor").last().selectOption("zed");
    assertEquals(await editor.getAttribute("href"), `zed://file${task.worktree}`);
    await button("Create a pull request").click();
    await dialog.getByLabel("As a draft").check();
    await button("Create it").click();
    await dialog.getByRole("link", { name: "#7" }).waitFor();
    await button("Look again").click();
    await dialog.locator(".state", { hasText: "merged" }).waitFor();
    const patch = await service.call(
      new URL(await dialog.getByRole("link", { name: /patch/ }).getAttribute("href") ?? "", "http://x").pathname,
    );
    assertMatch(await patch.text(), /Subject: \[PATCH\] write e\.txt/);
  });

  await t.step("all of it fits on a narrow screen", async () => {
    const task = await w.finished("shared.txt narrow");
    const narrow = await w.browser.page({ width: 390, height: 844, scheme: "dark" });
    await narrow.goto(`${service.url}/tasks/${task.id}`);
    await alive(narrow);
    for (const name of ["Land", "Elsewhere"]) {
      if (name === "Elsewhere") await narrow.getByRole("button", { name: "Actions" }).click();
      await narrow.getByRole("button", { name, exact: true }).click();
      await narrow.getByRole("dialog").locator("dl, section").first().waitFor();
      await assertFits(narrow, name);
      assertEquals(await axeFindings(narrow, `${name} on a narrow screen`), []);
      await narrow.keyboard.press("Escape");
    }
  });

  assertEquals(w.browser.problems, []);
});
