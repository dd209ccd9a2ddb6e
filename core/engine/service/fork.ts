// A new task that goes on from a moment of another one: with its files of then, and told what was said until then.

import { DomainError } from "../../domain/error.ts";
import type { Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";
import type { WorkPlaces } from "../exchange/work_places.ts";
import { invalid } from "./check_spec.ts";
import { filesAt, type MomentFiles } from "./moment_files.ts";
import type { ForkChoice, NewTask } from "./service.ts";

/** What the new task is. Throws `DomainError`: `invalid` for a moment that is not, `conflict` when its files were not kept. */
export async function forkOf(
  context: EngineContext,
  source: Task,
  { choice: { at, prompt, title, priority }, places }: { choice: ForkChoice; places: WorkPlaces },
): Promise<NewTask> {
  const then = at <= source.seq ? await context.store.log.headAt(source.id, at) : null;
  if (then === null) throw invalid("at", `Task ${source.id} has events 1 to ${source.seq}`);
  if (source.trial) throw new DomainError("conflict", `Task ${source.id} only tried setup and check`);
  const files = then.place?.base_commit ? await filesOf(context, source, { at, places }) : null;
  const { repo, model, effort, fallback_model, mode, max_attempts, timeout_seconds, silence_seconds } = then;
  const { max_budget_usd, check, commit_reminder, land, labels, tags } = then;
  return {
    title: title ?? source.title,
    prompt: prompt ?? await wholePrompt(context, then),
    priority: priority ?? then.priority,
    depends_on: [],
    base: files?.commit ?? then.base,
    ...{ repo, model, effort, fallback_model, mode, max_attempts, timeout_seconds, max_budget_usd },
    ...(silence_seconds !== undefined && { silence_seconds }),
    ...(check !== undefined && { check }),
    ...(commit_reminder !== undefined && { commit_reminder }),
    ...(land !== undefined && { land }),
    ...(labels !== undefined && { labels }),
    ...(tags !== undefined && { tags }),
    forked_from: {
      task: source.id,
      seq: at,
      files: files?.after ?? null,
      told: prompt === undefined ? "again" : "new",
    },
  };
}

async function filesOf(
  context: EngineContext,
  source: Task,
  { at, places }: { at: number; places: WorkPlaces },
): Promise<MomentFiles> {
  const files = await filesAt(context, source, at);
  // What the files were on the way is on the disk of the worker that had the run.
  await places.look(source);
  return files;
}

async function wholePrompt({ store }: EngineContext, { id, prompt }: Task): Promise<string> {
  if (prompt.whole) return prompt.text;
  const event = await store.log.event(id, prompt.seq);
  return (event?.type === "task.created" || event?.type === "task.edited" ? event.data.prompt : null) ?? prompt.text;
}
