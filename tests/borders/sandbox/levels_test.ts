// Which level holds: the strictest of what the service, the repository and its operator ask for; and what is said where none is
// possible.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { TaskEvent } from "../../../core/domain/event.ts";
import type { SandboxLevel } from "../../../core/domain/sandbox.ts";
import { failToStart, type TestService } from "../../support/service.ts";
import { tempDir } from "../../support/temp.ts";
import { scriptAgent } from "../script_agent.ts";
import { sandboxTest } from "../../support/sandbox.ts";
import { sandboxWorld, type SandboxWorldOptions } from "./world.ts";

const readsHome = `cat "$HOME/.ssh/id_ed25519" > got || true`;

/** What a run was confined to, and whether it could read the planted key. */
async function tried(options: Omit<SandboxWorldOptions, "agent">) {
  await using world = await sandboxWorld({ ...options, agent: readsHome });
  const { id } = await world.service.createTask({ prompt: "Read it" });
  const task = await world.service.waitForStatus(id, "completed");
  const got = await Deno.readTextFile(join(task.worktree!, "got"));
  return { applied: appliedOf(await world.service.events(id)), hasRead: got !== "" };
}

function appliedOf(events: TaskEvent[]) {
  return events.find((event) => event.type === "sandbox.applied")?.data ?? null;
}

/** The same programs but for some. */
async function pathWithout(folder: string, missing: string[]): Promise<string> {
  await Deno.mkdir(folder);
  for (const path of (Deno.env.get("PATH") ?? "").split(":")) {
    for await (const { name } of entriesOf(path)) {
      if (missing.includes(name)) continue;
      await Deno.symlink(join(path, name), join(folder, name)).catch(() => {/* an earlier folder has it */});
    }
  }
  return folder;
}

async function* entriesOf(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch { /* there is no such folder */ }
}

sandboxTest("a repository is confined as it asks for, also where the service confines nothing", async () => {
  const { applied, hasRead } = await tried({ level: "off", project: { sandbox: "files" } });
  assertEquals([applied?.level, applied?.reason, hasRead], ["files", null, false]);
});

sandboxTest("nobody is confined less than the service says: neither by coder.json nor by the operator", async () => {
  const { applied, hasRead } = await tried({
    level: "files",
    project: { sandbox: "off" },
    operator: { sandbox: "off" },
  });
  assertEquals([applied?.level, hasRead], ["files", false]);
});

sandboxTest("what loosens is not the repository's to say: domains and push count of the operator alone", async () => {
  const wish = { sandbox: { level: "full", allowed_domains: ["example.com"], push: true } };
  const own = await tried({ level: "files", project: wish });
  assertEquals([own.applied?.level, own.applied?.domains.includes("example.com"), own.hasRead], ["full", false, false]);
  const granted = await tried({ level: "files", operator: wish });
  assertEquals([granted.applied?.level, granted.applied?.domains.includes("example.com"), granted.hasRead], [
    "full",
    true,
    true,
  ]);
});

sandboxTest("off says nothing of sandboxes in a task's log", async () => {
  assertEquals(await tried({ level: "off" }), { applied: null, hasRead: true });
});

for (const missing of ["bwrap", "socat", "rg"]) {
  sandboxTest(
    `without ${missing} a service that was told to confine does not start, and says what is missing`,
    async () => {
      await using folder = await tempDir();
      const PATH = await pathWithout(join(folder.path, "bin"), [missing]);
      const env = { ...await scriptAgent(folder.path, ":"), CODER_SANDBOX: "files" satisfies SandboxLevel, PATH };
      const { code, output } = await failToStart({ env });
      assert(code !== 0);
      assertMatch(output, /CODER_SANDBOX=files is not possible on this machine/);
      assertMatch(output, /apt install bubblewrap socat ripgrep/);
    },
  );
}

sandboxTest(
  "auto without bubblewrap: nothing is confined, /healthz and each log say why; who insists fails in words",
  async () => {
    await using folder = await tempDir();
    const PATH = await pathWithout(join(folder.path, "bin"), ["bwrap"]);
    const env = { PATH, CODER_SANDBOX: "auto" };
    {
      await using world = await sandboxWorld({ level: "off", agent: readsHome, env });
      const { sandbox } = await world.service.health();
      assertEquals([sandbox.asked, sandbox.level], ["auto", "off"]);
      assertMatch(sandbox.reason!, /bwrap|bubblewrap.*apt install bubblewrap socat ripgrep/s);
      const { id } = await world.service.createTask({ prompt: "Read it" });
      await world.service.waitForStatus(id, "completed");
      const applied = appliedOf(await world.service.events(id));
      assertEquals([applied?.level, applied?.reason, applied?.network], ["off", sandbox.reason, "all"]);
    }
    await using world = await sandboxWorld({ level: "off", agent: readsHome, env, project: { sandbox: "files" } });
    assertMatch(await failureOf(world.service), /^The run cannot be confined \(files\): .*apt install bubblewrap/);
  },
);

async function failureOf(service: TestService): Promise<string> {
  const { id } = await service.createTask({ prompt: "Read it" });
  return (await service.waitForStatus(id, "failed")).error!;
}
