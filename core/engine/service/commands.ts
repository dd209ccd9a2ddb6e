// The commands that come from outside: checked against what only the store knows, decided by domain/decide.ts, appended.

import { createHash } from "node:crypto";
import type { Command } from "../../domain/command.ts";
import type { TaskSpec } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import { StaleGuard } from "../../kv/group_commit.ts";
import type { AgentState } from "../../view/api_view.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import { invalid, requireBase, requireChoices, requireNoCycle, requireRepository, requireTasks } from "./check_spec.ts";
import type { Caller, NewTask } from "./service.ts";

/** Each rejects with a `DomainError`: `invalid` for a field, what the rules refuse, `unavailable` after 20 s. */
export interface Commands {
  /** A new task; with an idempotency key that was used before, the task it made then. */
  create(
    input: NewTask,
    options: Caller & { idempotencyKey: string | null },
  ): Promise<{ head: Task; created: boolean }>;
  /** `seq`: the version the caller saw, or null for "whatever it is". */
  edit(id: number, changes: Partial<NewTask>, options: Caller & { seq: number | null }): Promise<Task>;
  /** Any command on an existing task. */
  give(id: number, command: Command, caller: Caller): Promise<Task>;
}

export function commands(context: EngineContext, { agent }: { agent: () => AgentState }): Commands {
  const { store: { log }, settings: { repos } } = context;
  return {
    async create(input, { by, idempotencyKey }) {
      const spec: TaskSpec = { ...input, repo: requireRepository(input.repo, repos) };
      requireChoices(spec, agent());
      await requireTasks(spec.depends_on, log);
      await requireBase(spec.base, log);
      const idempotency = idempotencyKey === null
        ? undefined
        : { key: idempotencyKey, hash: hashOf(JSON.stringify(spec)) };
      const options = { by, idempotency, until: "answered" } as const;
      const { head, created } = await handleCommand(context, "new", { type: "create", spec }, options);
      return { head, created };
    },
    async edit(id, { repo, ...rest }, { by, seq }) {
      const changes: Partial<TaskSpec> = {
        ...rest,
        ...(repo !== undefined && { repo: requireRepository(repo, repos) }),
      };
      if (changes.depends_on?.includes(id)) throw invalid("depends_on", `Task ${id} cannot depend on itself`);
      requireChoices(changes, agent());
      await requireBase(changes.base, log);
      const command = { type: "edit" as const, changes, seq };
      return changes.depends_on
        ? await editDependencies(context, id, command, { by, dependencies: changes.depends_on })
        : await give(context, id, command, { by });
    },
    give: (id, command, caller) => give(context, id, command, caller),
  };
}

async function give(context: EngineContext, id: number, command: Command, { by }: Caller): Promise<Task> {
  return (await handleCommand(context, id, command, { by, until: "answered" })).head;
}

/** The graph is read, checked, and must not have changed when the edit is written. */
async function editDependencies(
  context: EngineContext,
  id: number,
  command: Command,
  { by, dependencies }: Caller & { dependencies: number[] },
): Promise<Task> {
  const { log, index } = context.store;
  await requireTasks(dependencies, log);
  for (;;) {
    const guard = await index.dependencyGuard();
    await requireNoCycle(id, dependencies, log);
    try {
      return (await handleCommand(context, id, command, { by, guard, until: "answered" })).head;
    } catch (error) {
      if (!(error instanceof StaleGuard)) throw error;
    }
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
