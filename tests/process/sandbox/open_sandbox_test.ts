// A sandbox that is begun before its rules are known.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { findTree } from "../../../core/process/process_tree.ts";
import { beginSandboxes } from "../../../core/process/sandbox/open_sandbox.ts";
import { eventually, tempDir } from "../../support/temp.ts";

Deno.test({
  name: "beginSandboxes() leaves nothing of a sandbox that was not opened",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using own = await tempDir();
    const folder = join(own.path, "sandbox");
    const mark = crypto.randomUUID();
    {
      const begin = beginSandboxes({ folder, caches: join(own.path, "caches"), secretPaths: [] });
      await using _begun = begin({ mark, workerMark: mark });
      await eventually(async () => (await findTree({ mark })).length > 0, { what: "its program runs" });
    }
    assertEquals(await findTree({ mark }), []);
    assertEquals([...Deno.readDirSync(folder)], []);
  },
});
