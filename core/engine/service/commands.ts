// The commands that come from outside: checked against what only the store knows, decided by domain/decide.ts, appended.

import { createHash } from "node:crypto";
import type { Command } from "../../domain/command.ts";
import { DomainError, type Issue } from "../../domain/error.ts";
import type { TaskSpec } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import { StaleGuard } from "../../kv/group_commit.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import type { AgentState } from "../../view/api_view.ts";
import type { Caller, NewTask } from "./service.ts";

export interface Commands {
  create(
    input: NewTask,
    options: Caller & { idempotencyKey: string | null },
  ): Promise<{ head: Task; created: boolean }>;
  edit(id: number, changes: Partial<NewTask>, options: Caller & { seq: number | null }): Promise<Task>;
  /** Any command on an existing task. */
  give(id: number, command: Command, caller: Caller): Promise<Task>;
}

/** Tasks looked at for one cycle check at most. */
const cycleBound = 10_000;

export function commands(
  context: EngineContext,
  { agent }: { agent: () => AgentState },
): Commands {
  const { store, settings } = context;
  const { log } = store;

  function specOf(input: NewTask): TaskSpec {
    return { ...input, repo: repoOf(input.repo) };
  }

  function repoOf(name: string | null): string {
    if (name === null) return settings.repos[0]!;
    if (settings.repos.includes(name)) return name;
    throw invalid("repo", `There is no repository "${name}"; this worker has ${settings.repos.join(", ")}`);
  }

  /** What the agent here does not know is refused. Of one that is not there yet nothing is known. */
  function requireChoices({ effort, fallback_model }: Partial<NewTask>): void {
    const { kind, name, efforts, fallback_model: knowsFallback } = agent();
    if (kind === "missing") return;
    if (effort && !efforts.includes(effort)) {
      const known = efforts.length === 0 ? "it knows no such choice" : `it knows ${efforts.join(", ")}`;
      throw invalid("effort", `${name} cannot work with effort "${effort}": ${known}`);
    }
    if (fallback_model && !knowsFallback) {
      throw invalid("fallback_model", `${name} cannot fall back to another model: it knows no such choice`);
    }
  }

  async function requireTasks(ids: number[]): Promise<void> {
    const issues: Issue[] = [];
    (await log.heads(ids)).forEach((head, index) => {
      if (!head) issues.push({ path: `depends_on.${index}`, message: `There is no task ${ids[index]}` });
    });
    if (issues.length > 0) throw new DomainError("invalid", "A dependency does not exist", { issues });
  }

  async function requireBase(base: string | null | undefined): Promise<void> {
    const other = /^task:(.*)$/.exec(base ?? "")?.[1];
    if (other === undefined) return;
    const id = /^[1-9]\d{0,14}$/.test(other) ? Number(other) : null;
    if (id === null || !await log.head(id)) throw invalid("base", `There is no task "${other}" to start from`);
  }

  async function give(id: number, command: Command, { by }: Caller): Promise<Task> {
    return (await handleCommand(context, id, command, { by, until: "answered" })).head;
  }

  /** Editing dependencies: the graph is read, checked, and must not have changed when the edit is written. */
  async function editDependencies(
    id: number,
    command: Extract<Command, { type: "edit" }>,
    { by }: Caller,
  ): Promise<Task> {
    const dependencies = command.changes.depends_on!;
    await requireTasks(dependencies);
    for (;;) {
      const guard = await store.index.dependencyGuard();
      const cycle = await findCycle(id, dependencies);
      if (cycle) {
        const path = cycle.map((one) => `#${one}`).join(" -> ");
        throw invalid("depends_on", `These dependencies make a cycle: ${path}`);
      }
      try {
        return (await handleCommand(context, id, command, { by, guard, until: "answered" })).head;
      } catch (error) {
        if (!(error instanceof StaleGuard)) throw error;
      }
    }
  }

  /** The path from `id` back to itself that the new dependencies would close, or null. */
  async function findCycle(id: number, dependencies: number[]): Promise<number[] | null> {
    const cameFrom = new Map<number, number>();
    let edge = [...new Set(dependencies)];
    for (const dependency of edge) cameFrom.set(dependency, id);
    while (edge.length > 0) {
      if (cameFrom.has(id)) return pathTo(id, cameFrom);
      if (cameFrom.size > cycleBound) throw invalid("depends_on", "The graph of dependencies is too large to check");
      const next: number[] = [];
      for (const head of await log.heads(edge)) {
        for (const dependency of head?.depends_on ?? []) {
          if (cameFrom.has(dependency)) continue;
          cameFrom.set(dependency, head!.id);
          next.push(dependency);
        }
      }
      edge = next;
    }
    return null;
  }

  return {
    async create(input, { by, idempotencyKey }) {
      const spec = specOf(input);
      requireChoices(spec);
      await requireTasks(spec.depends_on);
      await requireBase(spec.base);
      const idempotency = idempotencyKey === null
        ? undefined
        : { key: idempotencyKey, hash: hashOf(JSON.stringify(spec)) };
      const options = { by, idempotency, until: "answered" } as const;
      const { head, created } = await handleCommand(context, "new", { type: "create", spec }, options);
      return { head, created };
    },
    async edit(id, { repo, ...rest }, { by, seq }) {
      const changes: Partial<TaskSpec> = { ...rest, ...(repo !== undefined && { repo: repoOf(repo) }) };
      if (changes.depends_on?.includes(id)) throw invalid("depends_on", `Task ${id} cannot depend on itself`);
      requireChoices(changes);
      await requireBase(changes.base);
      const command = { type: "edit" as const, changes, seq };
      return changes.depends_on ? await editDependencies(id, command, { by }) : await give(id, command, { by });
    },
    give,
  };
}

function pathTo(id: number, cameFrom: Map<number, number>): number[] {
  const path = [id];
  for (let at = cameFrom.get(id)!; at !== id; at = cameFrom.get(at)!) path.push(at);
  return [id, ...path.slice(1).reverse(), id];
}

function invalid(path: string, message: string): DomainError {
  return new DomainError("invalid", message, { issues: [{ path, message }] });
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
