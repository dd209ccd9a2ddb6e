// The agent that tries everything, and what came of it.

import { fromFileUrl, join } from "@std/path";
import type { SandboxLevel } from "../../../core/domain/sandbox.ts";
import { tempDir } from "../../support/temp.ts";
import type { Group, Outcome, Targets } from "./attempts.ts";
import { decoys } from "./decoys.ts";
import { sandboxWorld } from "./world.ts";

/** The agent that tries a group of attempts, once everything is in place. */
const hostileAgent = `
if [ -f "$FOLDER/targets.json" ]; then
  "$DENO" run --quiet --no-config -A --unstable-net '${
  fromFileUrl(new URL("./attempts.ts", import.meta.url))
}' "$FOLDER/targets.json" "$GROUP"
fi
`;

/** What came of each attempt of a group, and how often the decoys were reached by all of them. */
export interface Attempted {
  outcomes: Record<string, Outcome>;
  reached: number;
  asked: number;
}

/** The group is tried by the agent of a second task; the worktree of the first one is what it must not touch. */
export async function attempted(level: SandboxLevel, group: Group): Promise<Attempted> {
  await using stack = new AsyncDisposableStack();
  const secret = stack.use(await tempDir()).path;
  const decoy = stack.use(await decoys(join(secret, "socket")));
  const gateway = group === "gateway" ? `http://127.0.0.1:${decoy.port}` : undefined;
  const world = stack.use(
    await sandboxWorld({ level, agent: hostileAgent, env: { GROUP: group, ANTHROPIC_BASE_URL: gateway } }),
  );
  const { service, repository, folder, home } = world;
  const first = await service.createTask({ prompt: "Be there" });
  const other = await service.waitForStatus(first.id, "completed");
  decoy.redirect.to = `${service.url}/healthz`;
  const bystander = stack.use(new Deno.Command("sleep", { args: ["600"] }).spawn());
  await Deno.writeTextFile(join(service.data, "token"), "planted-secret", { mode: 0o600 });
  const targets: Targets = {
    ...{ home, data: service.data, pid: service.pid, bystander: bystander.pid },
    ipc: await Deno.readLink("/proc/self/ns/ipc"),
    apiPort: Number(new URL(service.url).port),
    ...{ decoyPort: decoy.port, namePort: decoy.namePort, socket: join(secret, "socket") },
    ...{ checkout: repository.path, otherWorktree: other.worktree!, otherEntry: await entryOf(other.worktree!) },
    addresses: Deno.networkInterfaces().map(({ address }) => address),
    hostname: Deno.hostname(),
  };
  await Deno.writeTextFile(join(folder, "targets.json"), JSON.stringify(targets));
  const { id } = await service.createTask({ prompt: "Try it" });
  const task = await service.waitForStatus(id, "completed");
  const outcomes = JSON.parse(await Deno.readTextFile(join(task.worktree!, "report.json")));
  return { outcomes, reached: decoy.reached(), asked: decoy.asked() };
}

/** The worktree's folder within the git folder that it shares. */
async function entryOf(worktree: string): Promise<string> {
  return (await Deno.readTextFile(join(worktree, ".git"))).replace(/^gitdir: /, "").trim();
}
