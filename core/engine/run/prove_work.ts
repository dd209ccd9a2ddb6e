// After the agent's word that it is done: what it left uncommitted is asked for once, then the repository's check judges
// what is committed, and what it finds goes back to the agent, in the same session, for some rounds.

import { DomainError } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import type { TaskPlace } from "../../domain/task.ts";
import type { AgentExit } from "../../process/agent.ts";
import type { Aside, Changes } from "../../process/git/worktrees.ts";
import { workerMark } from "../marks.ts";
import { performStep, type StepReport, stepWords } from "./perform_step.ts";
import { type RunVerdict, verdictOf } from "./run_end.ts";
import type { RunScope } from "./run_scope.ts";
import { followUp, hasBudget } from "./run_session.ts";
import { factsOf, stopOf } from "./run_state.ts";
import type { Workplace } from "./set_up.ts";

const succeeded: RunVerdict = { outcome: "succeeded", error: null };

/** How the last agent ended, and what that means; a verdict of null is the agent's own (`verdictOf`). */
export interface Proven {
  exit: AgentExit;
  verdict: RunVerdict | null;
  /** How far the place is from its base, where that was asked for and nothing came after. */
  changes?: Changes | null;
}

/**
 * Proves what an agent that ended with `exit` has done. Rejects when the log refuses the run, or a command or an agent cannot
 * be started.
 */
export async function proveWork(scope: RunScope, workplace: Workplace, exit: AgentExit): Promise<Proven> {
  const { task, control, recorder } = scope;
  const { settings } = workplace;
  if (task.mode === "plan") return { exit, verdict: null };
  const check = checkOf(scope, workplace);
  let mayRemind = task.commit_reminder ?? settings.commitReminder;
  let isReminded = false;
  for (let round = 1;;) {
    await recorder.flush();
    const stop = stopOf(control.state);
    // As things are now: a stop that comes later, when all is over, makes nothing of it better.
    const verdict = verdictOf(factsOf(control.state, exit));
    const didWell = verdict.outcome === "succeeded";
    // It had done well before it was reminded: that stands, whatever became of the reminder.
    if (!didWell && (stop || !isReminded)) return { exit, verdict };
    if (!didWell && check === null) return { exit, verdict: succeeded };
    isReminded = false;
    // A good result that was still to be checked when the run was stopped is none yet.
    if (stop) return { exit, verdict: check === null ? null : { outcome: stop.reason, error: stop.error } };
    // Nothing of this is looked for where nobody wants to know.
    mayRemind &&= hasBudget(scope);
    const { worktrees } = scope.context;
    // A place that cannot be looked at has nothing to be reminded of; a check finds out for itself.
    const isAsked = mayRemind || check !== null;
    const changes = isAsked ? await worktrees.changes(workplace.place).catch(() => null) : null;
    if (mayRemind && changes !== null && changes.uncommitted > 0) {
      const left = await worktrees.uncommitted(workplace.place);
      exit = await followUp(scope, workplace, { because: "uncommitted", text: reminderWords(left) });
      mayRemind = false;
      isReminded = true;
      continue;
    }
    if (check === null) return { exit, verdict: null, changes };
    control.tell({ type: "session_over" });
    const isClean = changes?.uncommitted === 0;
    const report = await runCheck(scope, workplace, { command: check, round, isClean });
    const stopped = stopOf(control.state);
    // Also one that came while nothing of the check worked yet: the agent's good result alone is no proof.
    if (stopped) return { exit, verdict: { outcome: stopped.reason, error: stopped.error } };
    // What a green check leaves lying about is not the agent's.
    if (report.outcome === "passed") return { exit, verdict: succeeded, changes: isClean ? changes : null };
    const words = stepWords("The check", report, settings.checkTimeoutSeconds);
    if (round > settings.checkRounds) return { exit, verdict: { outcome: "check_failed", error: words } };
    round++;
    exit = await followUp(scope, workplace, { because: "check_failed", text: failureWords(check, words, report) });
  }
}

/** The command line that judges this task; null: none. */
export function checkOf({ task }: Pick<RunScope, "task">, { settings }: Pick<Workplace, "settings">): string | null {
  return task.check === undefined ? settings.check : task.check;
}

/** Without an agent: whether the check is green on the base. */
export async function tryCheck(scope: RunScope, workplace: Workplace): Promise<RunVerdict | null> {
  const check = checkOf(scope, workplace);
  if (check === null) return succeeded;
  const report = await runCheck(scope, workplace, { command: check, round: 1, isClean: false });
  if (stopOf(scope.control.state)) return null;
  if (report.outcome === "passed") return succeeded;
  return { outcome: "check_failed", error: stepWords("The check", report, workplace.settings.checkTimeoutSeconds) };
}

/** What to say to an agent that left something uncommitted. */
function reminderWords({ count, files }: { count: number; files: string[] }): string {
  const more = count > files.length ? `\n(and ${count - files.length} more)` : "";
  return "You left changes that are not committed:\n\n" + files.map((file) => `- ${file}`).join("\n") + more +
    "\n\nCommit what belongs to the task; remove or ignore what does not. Nobody else will commit it.";
}

function failureWords(command: string, words: string, { tail }: StepReport): string {
  return `Your work was checked with \`${command}\`. ${words}.\n\nThe end of its output:\n\n${tail.trim()}\n\n` +
    "Mend it and commit. The check will be run again.";
}

/** One round of the check, on what is committed: the rest is set aside meanwhile. `isClean`: there is none. */
async function runCheck(
  scope: RunScope,
  workplace: Workplace,
  { command, round, isClean }: { command: string; round: number; isClean: boolean },
): Promise<StepReport> {
  const { context: { worktrees }, task, control, log } = scope;
  const { place, settings } = workplace;
  const { head: commit, branch } = await worktrees.commits(place);
  const found = commit !== branch
    ? { obstacle: elsewhereWords(place, { commit, branch }) }
    : isClean
    ? { aside: null }
    : await asideOf(scope, place);
  const aside = "aside" in found ? found.aside : null;
  try {
    await log.record({
      type: "check.started",
      data: {
        ...{ command, timeout_seconds: settings.checkTimeoutSeconds, round, commit, uncommitted: aside?.count ?? 0 },
        ...(aside && { files: aside.files, aside: { ref: aside.ref, commit: aside.commit } }),
      },
    });
    const report = "obstacle" in found
      ? await refuse(scope, found.obstacle)
      : await performCheck(scope, workplace, command);
    // Nothing of the check may write any more when what was set aside comes back.
    await control.endStep();
    control.forgetStep();
    if (aside) await worktrees.bringBack(place, aside, { task: task.id });
    const { tail: _, ...end } = report;
    await log.record({ type: "check.finished", data: { ...end, round, commit } });
    return report;
  } catch (error) {
    await control.endStep();
    // What cannot be brought back now is when the task goes on, or is put away: the log knows of it.
    if (aside) await worktrees.bringBack(place, aside, { task: task.id }).catch(() => {});
    throw error;
  } finally {
    control.tell({ type: "step_over" });
  }
}

async function performCheck(
  { context, run, control, recorder }: RunScope,
  { place, settings, env, spawn }: Workplace,
  command: string,
): Promise<StepReport> {
  const start = { command, cwd: place.path, env, spawn, mark: run.mark, workerMark: workerMark(context) };
  return await performStep(context, start, {
    timeoutSeconds: settings.checkTimeoutSeconds,
    onStart: (process) => control.attachStep(process, { outlives: false }),
    onOutput: (text, bytes) => recorder.append([outputEvent(text)], bytes),
    isStopped() {
      control.requireLease();
      return control.state.phase !== "step";
    },
  });
}

/** What is not committed, out of the way; or why it cannot be. */
async function asideOf(
  { context: { worktrees }, task, run }: RunScope,
  place: TaskPlace,
): Promise<{ aside: Aside | null } | { obstacle: string }> {
  try {
    return { aside: await worktrees.setAside(place, { task: task.id, run: run.epoch }) };
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "conflict")) throw error;
    return { obstacle: `${error.message}.\n` };
  }
}

/** Commits that are not on the task's branch are no result of it, and a green check of them would be no proof. */
function elsewhereWords(
  { branch: name }: TaskPlace,
  { commit, branch }: { commit: string; branch: string | null },
): string {
  const at = branch === null ? "is gone" : `is at ${branch.slice(0, 10)}`;
  return `The worktree is at ${commit.slice(0, 10)}, and its branch ${name} ${at}. ` +
    `Only what is on ${name} counts: switch to it and bring the work there.\n`;
}

/** A check that could only be of something else is not run, and not passed. */
async function refuse({ recorder }: RunScope, text: string): Promise<StepReport> {
  await recorder.append([outputEvent(text)], text.length);
  return { outcome: "failed", exit_code: null, signal: null, duration_ms: 0, tail: text };
}

function outputEvent(text: string): NewEvent {
  return { type: "check.output", data: { text } };
}
