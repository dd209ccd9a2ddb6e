// A run that fills the disk which data and worktrees share: it is stopped in words, and the service goes on.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { startService } from "../../support/service.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { tempDir, tempRepository } from "../../support/temp.ts";
import { scriptAgent } from "../script_agent.ts";
import { stepWith } from "./world.ts";

const sizeMebibytes = 400;

/** A small file system at `path`; null: this user cannot make one. */
async function smallDisk(path: string): Promise<AsyncDisposable | null> {
  const options = { stdin: "null", stdout: "null", stderr: "null" } as const;
  const args = ["-t", "tmpfs", "-o", `size=${sizeMebibytes}m`, "none", path];
  const { success } = await new Deno.Command("mount", { ...options, args }).output();
  if (!success) return null;
  return {
    async [Symbol.asyncDispose]() {
      await new Deno.Command("umount", { ...options, args: ["--lazy", path] }).output();
    },
  };
}

sandboxTest("a run that fills the disk is stopped, and the service lives", async (context) => {
  await using folder = await tempDir();
  await using stack = new AsyncDisposableStack();
  const disk = await smallDisk(folder.path);
  if (disk) stack.use(disk);
  await stepWith(context, {
    name: "its files, on a small file system",
    lacks: disk === null ? "this user mounts nothing" : null,
    async fn() {
      await using elsewhere = await tempDir();
      await using repository = await tempRepository();
      // What it wrote stays open and in place as long as it may.
      const agent = `dd if=/dev/zero of=big bs=1M 2> /dev/null; sleep 600`;
      await using service = await startService({
        repo: repository.path,
        data: folder.path,
        env: {
          ...await scriptAgent(elsewhere.path, agent),
          ...{ CODER_SANDBOX: "files", CODER_WORKTREES: join(folder.path, "worktrees") },
        },
      });
      const { id } = await service.createTask({ prompt: "Write much", max_attempts: 1 });
      await service.waitFor(id, (_, { type }) => type === "run.finished");
      const finished = (await service.events(id)).findLast((event) => event.type === "run.finished");
      assertMatch(finished!.data.error!, /disk is full .* it was stopped/);
      assert((await service.health()).status !== "stopping");
      assertEquals(await service.descendants(), []);
    },
  });
});
