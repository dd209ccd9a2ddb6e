import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { sandboxesFor } from "../../../core/process/sandbox/sandboxes.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { tempDir } from "../../support/temp.ts";

sandboxTest(
  "sandboxesFor() takes auto to files where a sandbox holds, and leaves nothing of what it tried",
  async () => {
    await using root = await tempDir();
    const options = { folder: join(root.path, "sandbox"), caches: join(root.path, "caches"), secretPaths: [root.path] };
    for (const [asked, level] of [["auto", "files"], ["files", "files"], ["full", "full"], ["off", "off"]] as const) {
      const sandboxes = await sandboxesFor(asked, options);
      assertEquals([sandboxes.level, sandboxes.reason], [level, null], asked);
    }
    const left = await Array.fromAsync(Deno.readDir(options.folder)).catch(() => []);
    assertEquals(left.map(({ name }) => name), []);
  },
);

sandboxTest("sandboxesFor() where none can be made: auto is off with the reason, who insists is refused", async () => {
  await using root = await tempDir();
  const caches = join(root.path, "caches");
  await Deno.writeTextFile(caches, "no folder");
  const options = { folder: join(root.path, "sandbox"), caches, secretPaths: [root.path] };
  const { level, reason } = await sandboxesFor("auto", options);
  assertEquals([level, reason !== null], ["off", true]);
  await assertRejects(() => sandboxesFor("full", options), DomainError, "CODER_SANDBOX=full is not possible on this");
});
