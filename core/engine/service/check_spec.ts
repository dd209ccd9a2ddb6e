// What a task asks for, checked against what only this worker and its store know. Each refusal is `DomainError("invalid")`
// with the path of the field.

import { DomainError, type Issue } from "../../domain/error.ts";
import type { TaskSpec } from "../../domain/task_spec.ts";
import type { EventLog } from "../../kv/event_log.ts";
import type { EngineContext } from "../context.ts";
import type { AgentState } from "../../view/api_view.ts";

/** Tasks looked at for one cycle check at most. */
const cycleBound = 10_000;

/** The name of a repository that this worker has; the first one for null. */
export function requireRepository(name: string | null, repos: string[]): string {
  if (name === null) return repos[0]!;
  if (repos.includes(name)) return name;
  throw invalid("repo", `There is no repository "${name}"; this worker has ${repos.join(", ")}`);
}

/** Refuses what the agent here does not know. Of one that is not there nothing is known. */
export function requireChoices({ effort, fallback_model }: Partial<TaskSpec>, agent: AgentState): void {
  const { kind, name, efforts, fallback_model: knowsFallback } = agent;
  if (kind === "missing" || kind === "none") return;
  if (effort && !efforts.includes(effort)) {
    const known = efforts.length === 0 ? "it knows no such choice" : `it knows ${efforts.join(", ")}`;
    throw invalid("effort", `${name} cannot work with effort "${effort}": ${known}`);
  }
  if (fallback_model && !knowsFallback) {
    throw invalid("fallback_model", `${name} cannot fall back to another model: it knows no such choice`);
  }
}

/** Refuses dependencies that do not exist, all of them named. */
export async function requireTasks(ids: number[], log: EventLog): Promise<void> {
  const issues: Issue[] = [];
  for (const [index, head] of (await log.heads(ids)).entries()) {
    if (!head) issues.push({ path: `depends_on.${index}`, message: `There is no task ${ids[index]}` });
  }
  if (issues.length > 0) throw new DomainError("invalid", "A dependency does not exist", { issues });
}

/**
 * Refuses a base that names nothing: a task that is not there, or no branch, tag or commit of a repository that this worker
 * has. `repo` is null where it is not known.
 */
export async function requireBase(
  base: string | null | undefined,
  { repo, context: { store, worktrees, settings } }: {
    repo: string | null;
    context: Pick<EngineContext, "store" | "worktrees" | "settings">;
  },
): Promise<void> {
  if (!base) return;
  const other = /^task:(.*)$/.exec(base)?.[1];
  if (other !== undefined) {
    const id = /^[1-9]\d{0,14}$/.test(other) ? Number(other) : null;
    if (id === null || !await store.log.head(id)) throw invalid("base", `There is no task "${other}" to start from`);
    return;
  }
  if (repo === null || !settings.repos.includes(repo)) return;
  try {
    await worktrees.requireBase(repo, base);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // A repository that cannot be read now may be well when the task's turn comes.
    if (error.code === "invalid") throw invalid("base", error.message);
  }
}

/** Refuses dependencies of `id` through which it would wait for itself, with the path back to it. */
export async function requireNoCycle(id: number, dependencies: number[], log: EventLog): Promise<void> {
  const cycle = await findCycle(id, dependencies, log);
  if (!cycle) return;
  const path = cycle.map((one) => `#${one}`).join(" -> ");
  throw invalid("depends_on", `These dependencies make a cycle: ${path}`);
}

/** The path from `id` back to itself that the new dependencies would close, or null. */
async function findCycle(id: number, dependencies: number[], log: EventLog): Promise<number[] | null> {
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

function pathTo(id: number, cameFrom: Map<number, number>): number[] {
  const path = [id];
  for (let at = cameFrom.get(id)!; at !== id; at = cameFrom.get(at)!) path.push(at);
  return [id, ...path.slice(1).reverse(), id];
}

/** A refusal of one field. */
export function invalid(path: string, message: string): DomainError {
  return new DomainError("invalid", message, { issues: [{ path, message }] });
}

/** What `action` finds wrong is wrong with the field at `path`. */
export async function aboutField<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "invalid" && error.issues.length === 0)) throw error;
    throw invalid(path, error.message);
  }
}
