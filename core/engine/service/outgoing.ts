// Work that leaves the house: its branch on a remote, and a pull request for it.

import { DomainError } from "../../domain/error.ts";
import type { NewEvent, PullRequestState } from "../../domain/event.ts";
import type { Task, TaskPlace } from "../../domain/task.ts";
import type { OutgoingView } from "../../view/review_view.ts";
import { webLinks } from "../../view/web_links.ts";
import type { EngineContext } from "../context.ts";
import type { WorkPlaces } from "../exchange/work_places.ts";
import { namesOf } from "../land/landing_words.ts";
import { targetOf } from "../land/target_of.ts";
import { wholeOutput } from "../whole_output.ts";
import { aboutField } from "./check_spec.ts";
import type { Commands } from "./commands.ts";
import { requireStanding } from "./landing.ts";
import type { Queries } from "./queries.ts";
import type { Caller, Service } from "./service.ts";

/** The person's own program for pull requests. `repo`: the name of a repository; `head`: a branch that was pushed. */
export interface PullRequests {
  state(): Promise<{ found: boolean; loggedIn: boolean; words: string }>;
  create(
    repo: string,
    request: { head: string; base: string; title: string; body: string; draft: boolean },
  ): Promise<{ url: string; number: number }>;
  look(repo: string, url: string): Promise<{ state: PullRequestState }>;
  /** The branch that it is of; null: one of another repository. */
  head(repo: string, url: string): Promise<string | null>;
}

export type TaskOutgoing = Pick<Service, "outgoing" | "push" | "openPullRequest" | "lookAtPullRequest">;

const pushMs = 120_000;

interface OutgoingParts {
  queries: Queries;
  commands: Commands;
  pullRequests: PullRequests;
  places: WorkPlaces;
}

export function taskOutgoing(
  context: EngineContext,
  { queries, commands, pullRequests, places }: OutgoingParts,
): TaskOutgoing {
  const note = (id: number, event: NewEvent, caller: Caller) =>
    commands.give(id, { type: "note_outgoing", event }, caller);

  async function push(asked: Task, remote: string | null, caller: Caller): Promise<Task> {
    const task = await places.adopt(asked, caller);
    const place = requireStanding(task);
    await requireNoMarkers(context, task, place);
    const { pushed } = task;
    const known = pushed && (remote === null || pushed.remote === remote) ? pushed.commit : null;
    const options = { remote: remote ?? pushed?.remote ?? null, timeoutMs: pushMs };
    const first = () => context.outgoing.push(place, { ...options, expected: known });
    const data = await aboutField("remote", first).catch((stale) => {
      if (known === null || !(stale instanceof DomainError && stale.code === "conflict")) throw stale;
      // It may have been deleted there after its merge; what is there otherwise is left alone.
      return context.outgoing.push(place, { ...options, expected: null }).catch(() => Promise.reject(stale));
    });
    return await note(task.id, { type: "branch.pushed", data }, caller);
  }

  return {
    async outgoing(id) {
      const task = await queries.require(id);
      const { branch } = requireStanding(task);
      return await outgoingOf(context, task, { branch, pullRequests });
    },
    async push(id, { remote }, caller) {
      return queries.summary(await push(await queries.require(id), remote ?? null, caller));
    },
    async openPullRequest(id, { title, body, draft, target, remote }, caller) {
      const before = await queries.require(id);
      const base = target ?? await aboutField("target", () => targetOf(context, before));
      const task = await push(before, remote ?? null, caller);
      const request = {
        ...{ head: task.pushed!.branch, base, title: title ?? task.title, draft: draft ?? false },
        body: body ?? await bodyOf(context, task),
      };
      const { url, number } = await pullRequests.create(task.repo, request);
      if (task.pull_request?.url === url) return queries.summary(task);
      const data = { url, number, title: request.title };
      return queries.summary(await note(id, { type: "pull_request.opened", data }, caller));
    },
    async lookAtPullRequest(id, caller) {
      const task = await queries.require(id);
      const { pull_request } = task;
      if (!pull_request) throw new DomainError("not_found", `Task ${id} has no pull request`);
      const { state } = await pullRequests.look(task.repo, pull_request.url);
      if (state === pull_request.state) return queries.summary(task);
      const data = { url: pull_request.url, state };
      return queries.summary(await note(id, { type: "pull_request.changed", data }, caller));
    },
  };
}

/** Nothing goes out with the markers of a conflict in it. */
async function requireNoMarkers({ worktrees, landings }: EngineContext, task: Task, place: TaskPlace): Promise<void> {
  const { branch } = await worktrees.commits(place);
  if (branch === null) throw new DomainError("conflict", `Branch ${place.branch} is gone`);
  const markers = await landings.conflictMarkers(task.repo, { from: place.base_commit, commit: branch });
  if (markers.length === 0) return;
  throw new DomainError("conflict", `Cannot push task ${task.id}: there are conflict markers in ${namesOf(markers)}`);
}

async function outgoingOf(
  context: EngineContext,
  task: Task,
  { branch, pullRequests }: { branch: string; pullRequests: PullRequests },
): Promise<OutgoingView> {
  const [target, gh] = await Promise.all([
    aboutField("target", () => targetOf(context, task)),
    pullRequests.state(),
  ]);
  const { pushed } = task;
  return {
    ...{ branch, target },
    links: pushed && webLinks(pushed.url, { branch: pushed.branch, target }),
    gh: { found: gh.found, logged_in: gh.loggedIn, words: gh.words },
  };
}

async function bodyOf({ store }: EngineContext, task: Task): Promise<string> {
  const summary = (await wholeOutput(store.log, task)).trim();
  return `${summary === "" ? task.title : summary}\n\nTask-Id: ${task.id}\n`;
}
