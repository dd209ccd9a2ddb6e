// A repository that an agent makes inside its worktree, on the real service under limited permissions: however the run ends,
// no commit in there is lost.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { startService } from "../support/service.ts";
import { eventually, git, tempDir, tempRepository } from "../support/temp.ts";
import { scriptAgent } from "./script_agent.ts";

Deno.test("what an agent committed in a repository of its own is kept, whether the run fails, is cancelled or times out", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const user = join(folder.path, "gitconfig");
  // The user's own exclusions are in a file that the service may not read; git may.
  await Deno.writeTextFile(join(folder.path, "ignored"), "*.swp\n");
  await Deno.writeTextFile(user, `[core]\n\texcludesFile = ${join(folder.path, "ignored")}\n`);
  const agent = await scriptAgent(
    folder.path,
    `
    git init --quiet nested && cd nested && echo inner > inner.txt && git add -A
    git -c user.name=T -c user.email=t@example.com commit --quiet -m inner
    cd .. && git -c advice.addEmbeddedRepo=false add nested && git commit --quiet -m "Record it"
    echo loose > nested/loose.txt; echo x > nested/x.swp; echo x > y.swp
    git update-index --assume-unchanged README.md; echo hidden > README.md
    echo '*' > "$(git rev-parse --git-common-dir)/info/exclude"; echo work > work.txt
    echo '{"type":"system","subtype":"status","status":"working"}' >&3
    case "$prompt" in *"[wait]"*) sleep 600 ;; esac
  `,
  );
  await using service = await startService({
    ...{ limited: true, repo: repository.path },
    env: { ...agent, GIT_CONFIG_GLOBAL: user, GIT_CONFIG_NOSYSTEM: "1" },
  });
  const endings = ["failed", "cancelled", "timed out"];
  for (const [index, ending] of endings.entries()) {
    const id = index + 1;
    const isWaiting = ending !== "failed";
    // Each task begins with the exclusions of before the first.
    await Deno.writeTextFile(join(repository.path, ".git/info/exclude"), "");
    await service.createTask({
      prompt: isWaiting ? "Do it [wait]" : "Do it [fail]",
      ...(ending === "timed out" && { timeout_seconds: 2 }),
    });
    if (ending === "cancelled") {
      await service.waitFor(id, (_task, event) => event.type === "run.started");
      await untilDone(repository.path, id);
      await service.command(id, "cancel");
    }
    const task = await service.waitForStatus(id, ending === "cancelled" ? "cancelled" : "failed");
    const event = (await service.events(id)).find(({ type }) => type === "worktree.snapshotted");
    const { nested } = event!.data as { nested: { path: string; ref: string }[] };
    assertEquals(nested.map(({ path }) => path), ["nested"], ending);
    const show = (name: string) => git(repository.path, "show", name);
    assertEquals(await show(`${nested[0]!.ref}^:inner.txt`), "inner");
    assertEquals(await git(repository.path, "ls-tree", "--name-only", nested[0]!.ref), "inner.txt\nloose.txt");
    const files = await git(repository.path, "ls-tree", "--name-only", task.snapshot!.ref);
    assertEquals(files, "README.md\nnested\nwork.txt");
    assertEquals(await show(`${task.snapshot!.ref}:README.md`), "hidden");
    assertEquals(task.worktree, null);
    assertStringIncludes(await (await service.call(`/api/tasks/${id}/diff`)).text(), "+hidden");
  }
  await service.stop();
});

/** Until the agent of a task has done everything but wait. */
async function untilDone(repository: string, task: number): Promise<void> {
  await eventually(async () => {
    const worktrees = `${repository}-worktrees`;
    const names = (await Array.fromAsync(Deno.readDir(worktrees))).map(({ name }) => name);
    const name = names.find((name) => name.startsWith(`task-${task}-`));
    return (await Deno.stat(join(worktrees, name!, "work.txt"))).size > 0;
  });
}
