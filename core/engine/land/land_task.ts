// One landing, from its request to its end. The target moves last, by compare-and-swap, when what it is to become has been made,
// checked and written into the log: after a crash the log and the target say how far it came.

import type { LandingResult } from "../../domain/command.ts";
import { DomainError, isFenced, messageOf } from "../../domain/error.ts";
import type { MergeWanted } from "../../domain/event.ts";
import type { OpenLanding } from "../../domain/task.ts";
import type { Integration } from "../../process/git/landings.ts";
import type { EngineContext } from "../context.ts";
import { giveResting } from "../exchange/give_work.ts";
import { handleCommand } from "../handle_command.ts";
import { wholeOutput } from "../whole_output.ts";
import { checkIntegrated } from "./check_integrated.ts";
import type { LandingScope } from "./landing_scope.ts";
import { conflictWords, filesWord, landingMessage, namesOf } from "./landing_words.ts";

/** How often a target that moves meanwhile is followed. */
const rounds = 5;
/** How often in a row an agent is told to solve conflicts without anybody having asked. */
const solvedAtMost = 2;

/**
 * Lands task `id`, which asked for it, or goes on where a crash cut that short. Resolves when the end is in the log, or when the
 * landing was cancelled or cut short by `signal`. `mayWait`: what the machine cannot do now is thrown, to be tried again; else
 * it ends the landing as whatever else is in the way does.
 */
export async function landTask(
  context: EngineContext,
  id: number,
  { signal, mayWait }: { signal: AbortSignal; mayWait: boolean },
): Promise<void> {
  const { store, worker } = context;
  const task = await store.log.head(id);
  const { landing, place } = task ?? {};
  if (!task || !landing || !place) return;
  const options = { by: worker.name, until: "written" } as const;
  const own = { landing: landing.seq, holder: place.worker };
  const scope: LandingScope = {
    ...{ context, task, place, landing, signal },
    write: async (events) => {
      await handleCommand(context, id, { type: "record_landing", ...own, events }, options);
    },
  };
  const finish = ({ end, resolve }: Attempted) =>
    handleCommand(context, id, { type: "finish_landing", ...own, end, resolve }, options);
  try {
    await finish(await attempt(scope));
    await giveLanded(context, id);
  } catch (error) {
    // Cancelled, or to be gone on with after the next start.
    if (signal.aborted || isFenced(error)) return;
    if (!(error instanceof DomainError) || (error.code === "unavailable" && mayWait)) throw error;
    const end = await endedBy(scope, error);
    await finish({ end }).catch((failed) => {
      if (!isFenced(failed)) throw failed;
    });
  }
}

/** What the landing kept, and where the branch is now, goes to the exchange. */
async function giveLanded(context: EngineContext, id: number): Promise<void> {
  const task = await context.store.log.head(id);
  if (task && !task.run) await giveResting(context, task, { tells: true });
}

/** What an error means for a landing: the target did not move, or the log said before that it would. */
async function endedBy({ context, task, landing }: LandingScope, { message }: DomainError): Promise<LandingResult> {
  const head = await context.store.log.head(task.id);
  const integrated = head?.landing?.seq === landing.seq ? head.landing.integrated : null;
  if (integrated) {
    const { target_commit: from, commit: to } = integrated;
    const outcome = await context.landings.outcomeOf(task.repo, { target: landing.target, from, to });
    if (outcome === "moved") {
      return { outcome: "landed", target_commit: from, commit: to, backup_ref: null, error: null };
    }
  }
  return ended("refused", message, {});
}

interface Attempted {
  end: LandingResult;
  /** What the agent is to solve. */
  resolve?: { text: string; merge: MergeWanted };
}

async function attempt(scope: LandingScope): Promise<Attempted> {
  const { landing } = scope;
  if (landing.integrated) {
    const known = await becameOf(scope, landing.integrated);
    if (known) return { end: known };
  }
  for (let round = 1;; round++) {
    const attempted = await once(scope);
    if (attempted.end.outcome !== "moved" || round === rounds) return attempted;
  }
}

/** After a crash, when the target may have moved: how it ended; null when it did not move, and can. */
async function becameOf(
  { context: { landings }, task, landing: { target } }: LandingScope,
  { target_commit, commit }: NonNullable<OpenLanding["integrated"]>,
): Promise<LandingResult | null> {
  const outcome = await landings.outcomeOf(task.repo, { target, from: target_commit, to: commit });
  if (outcome === "not_moved") return null;
  if (outcome === "moved") return { outcome: "landed", target_commit, commit, backup_ref: null, error: null };
  return ended("moved", `${target} went elsewhere while the service was away; land it again`, { target_commit });
}

async function once(scope: LandingScope): Promise<Attempted> {
  const { context: { landings }, task, landing: { target, method } } = scope;
  const made = await join(scope);
  if ("refused" in made) return { end: ended("refused", made.refused, {}) };
  const { integration, commit: work } = made;
  const { target_commit } = integration;
  switch (integration.kind) {
    case "refused":
      return { end: ended("refused", integration.reason, { target_commit }) };
    case "already":
      if (work === scope.place.base_commit) {
        return { end: ended("refused", "Nothing of the work is committed", { target_commit }) };
      }
      return { end: { outcome: "landed", target_commit, commit: target_commit, backup_ref: null, error: null } };
    case "conflict":
      return conflict(scope, integration);
  }
  const { commit } = integration;
  const red = await checkIntegrated(scope, { target_commit, commit, work });
  if (red !== null) return { end: ended("check_failed", red, { target_commit, commit }) };
  scope.signal.throwIfAborted();
  await scope.write([{ type: "landing.integrated", data: { method, target, target_commit, commit } }]);
  const moved = await landings.move(task.repo, {
    ...{ target, from: target_commit, to: commit, task: task.id },
    message: `task ${task.id}: landed by ${method}`,
  });
  switch (moved.kind) {
    case "moved":
      return { end: { outcome: "landed", target_commit, commit, backup_ref: moved.backup_ref, error: null } };
    case "lost_race":
      return { end: ended("moved", moved.reason, { target_commit }) };
    case "refused":
      return { end: ended("refused", moved.reason, { target_commit }) };
  }
}

/** What work and target make together, or why that is not tried. */
async function join(
  { context: { worktrees, landings, store }, task, place, landing }: LandingScope,
): Promise<{ integration: Integration; commit: string } | { refused: string }> {
  const { method, target } = landing;
  try {
    const [{ head, branch }, left] = await Promise.all([
      worktrees.commits(place),
      landing.leave_uncommitted ? { count: 0, files: [] } : worktrees.uncommitted(place),
    ]);
    if (branch === null || head !== branch) {
      return { refused: `The worktree is not on its branch ${place.branch}: only what is on that can land` };
    }
    if (left.count > 0) {
      const what = `${filesWord(left.count)} of the work ${left.count === 1 ? "is" : "are"} not committed`;
      return { refused: `${what}: ${namesOf(left.files, left.count)}; commit or remove them, or land without them` };
    }
    const requested = await store.log.event(task.id, landing.seq);
    const given = requested?.type === "landing.requested" ? requested.data.message : null;
    const summary = await wholeOutput(store.log, task);
    const message = given ?? landingMessage(task, { method, branch: place.branch, target, summary });
    const [markers, integration] = await Promise.all([
      landings.conflictMarkers(task.repo, { from: place.base_commit, commit: branch }),
      landings.integrate(task.repo, { target, commit: branch, method, message }),
    ]);
    if (markers.length === 0) return { integration, commit: branch };
    return { refused: `There are conflict markers in ${namesOf(markers)}` };
  } catch (error) {
    // A target that is not there, say.
    if (error instanceof DomainError && error.code !== "unavailable") return { refused: messageOf(error) };
    throw error;
  }
}

function conflict(
  { task, landing: { target, method, auto } }: LandingScope,
  { target_commit, conflicts, at }: Extract<Integration, { kind: "conflict" }>,
): Attempted {
  const where = at === undefined ? "" : ` at commit ${at.slice(0, 12)}`;
  const words = `${filesWord(conflicts.length)} ${
    conflicts.length === 1 ? "conflicts" : "conflict"
  } with ${target}${where}`;
  const end = {
    ...ended("conflict", `${words}: ${namesOf(conflicts)}`, { target_commit }),
    conflicts: conflicts.slice(0, 200),
  };
  const hasBudget = task.max_budget_usd === null || task.cost_usd < task.max_budget_usd;
  if (!auto || task.solved >= solvedAtMost || !hasBudget) return { end };
  const merge = { target, commit: target_commit, method };
  return { end, resolve: { text: conflictWords(merge, conflicts), merge } };
}

function ended(
  outcome: LandingResult["outcome"],
  error: string,
  { target_commit = null, commit = null }: { target_commit?: string | null; commit?: string | null },
): LandingResult {
  return { outcome, target_commit, commit, backup_ref: null, error };
}
