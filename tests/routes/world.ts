// The routes on a real engine, a store in memory and a real repository; only the agent is played, by the test itself.

import { deadline } from "@std/async";
import { join } from "@std/path";
import type { NewEvent } from "../../core/domain/event.ts";
import type { AgentState, Health } from "../../core/view/api_view.ts";
import type { Service } from "../../core/engine/service/service.ts";
import { DomainError } from "../../core/domain/error.ts";
import type { Task } from "../../core/domain/task.ts";
import { noUsage } from "../../core/domain/usage.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type Engine, engine } from "../../core/engine/engine.ts";
import { openStore, type Store } from "../../core/kv/store.ts";
import type { Agent, AgentExit, AgentProcess, AgentStart, AgentStep } from "../../core/process/agent.ts";
import { inspectRepository } from "../../core/process/git/git.ts";
import { readAtCommit } from "../../core/process/git/git_objects.ts";
import { gitWorktrees } from "../../core/process/git/git_worktrees.ts";
import { gitLandings } from "../../core/process/git/landing/git_landings.ts";
import { Sites } from "../../core/process/git/sites.ts";
import { readWebhookHosts } from "../../core/domain/webhook_hosts.ts";
import { poster } from "../../core/process/post.ts";
import { pullRequests } from "../../core/process/gh.ts";
import { projects } from "../../core/process/project/project_settings.ts";
import { addedRepositories } from "../../core/host/added_repositories.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { type App, makeApp } from "../../routes/app.ts";
import { guardOptions } from "../../routes/guard/guard.ts";
import { tempDir, type TempRepository, tempRepository } from "../support/temp.ts";
import { noProject, notSetUp, notStored } from "../support/no_project.ts";

export type Call = (path: string, options?: CallOptions) => Promise<Response>;

export interface CallOptions {
  /** By default GET, or POST with a body. */
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is; its content type is for `headers`. */
  body?: BodyInit;
}

export interface RoutesWorld extends AsyncDisposable {
  /** What the routes ask. */
  service: Service;
  /** `app.request()` as a client on this machine would send it, with `Host: localhost:8000`. */
  call: Call;
  /** A call whose answer must have that status; its JSON. */
  // deno-lint-ignore no-explicit-any -- the JSON of an answer, of which each test reads a few fields
  json(status: number, path: string, options?: CallOptions): Promise<any>;
  create(task?: Record<string, unknown>): Promise<TaskView>;
  /** Resolves with the head as soon as it fits; asked after each commit. */
  until(id: number, fits: (task: Task) => unknown): Promise<Task>;
  /** The next run that is started. */
  nextRun(): Promise<PlayedRun>;
  app: App;
  engine: Engine;
  store: Store;
  repository: TempRepository;
  /** The data folder. */
  data: string;
  /** The folder for the operator's files. */
  operatorFolder: string;
  /** What was reported to the service's log. */
  warnings: string[];
}

/** An agent at work, played by the test. */
export interface PlayedRun {
  start: AgentStart;
  /** The messages it got after its prompt. */
  received: string[];
  say(...events: NewEvent[]): void;
  /** A step of any kind. */
  push(step: AgentStep): void;
  /** Says that text as its result, good or bad. */
  result(options?: { ok?: boolean; text?: string }): void;
  /** The same, and exits. */
  finish(options?: { ok?: boolean; text?: string }): void;
  propose(plan: string): void;
}

export const ready: NewEvent = {
  type: "agent.ready",
  data: { model: "played", session_id: "00000000-0000-4000-8000-000000000000", version: "1" },
};

export function text(words: string): NewEvent {
  return { type: "output.text", data: { text: words } };
}

const notAsked: Health["sandbox"] = { asked: "off", level: "off", reason: null };

export async function routesWorld(
  {
    token = null,
    publicUrl = null,
    host = "127.0.0.1",
    agent = true,
    maxConcurrent = 3,
    sandbox = notAsked,
    labels,
    webhookHosts,
    gh = "/nowhere/gh",
  }: {
    token?: string | null;
    publicUrl?: string | null;
    host?: string;
    /** False: there is no agent, so tasks stay pending. */
    agent?: boolean;
    maxConcurrent?: number;
    sandbox?: Health["sandbox"];
    /** What its worker is. */
    labels?: Record<string, string>;
    /** Where messages may go. */
    webhookHosts?: string;
    /** The program for pull requests. */
    gh?: string;
  } = {},
): Promise<RoutesWorld> {
  const stack = new AsyncDisposableStack();
  const repository = stack.use(await tempRepository());
  const data = stack.use(await tempDir());
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  stack.defer(() => store.close());
  const warnings: string[] = [];
  const warn = (message: string, error: unknown) => void warnings.push(`${message}: ${error}`);
  const runs: PlayedRun[] = [];
  let announce = Promise.withResolvers<void>();
  const player = playedAgent((run) => {
    runs.push(run);
    announce.resolve();
  });
  const repos = [{ name: "repo", path: repository.path, branch: "main", head: "" }];
  const repoPaths = new Map([["repo", repository.path]]);
  const names = ["repo"];
  const sites = new Sites({
    repos: repoPaths,
    root: (name) => `${repoPaths.get(name)}-worktrees`,
    store: store.id,
  });
  stack.use(sites);
  const worktrees = gitWorktrees(sites);
  const coder = engine({
    store,
    clock: systemClock,
    random: systemRandom,
    worktrees,
    agent: () => agent ? Promise.resolve(player) : Promise.reject(new DomainError("unavailable", "claude not found")),
    worker: { id: crypto.randomUUID(), name: "test" },
    settings: {
      maxConcurrent,
      labels,
      repos: names,
      promptSuffix: "",
      stallMs: 60_000,
      logs: join(data.path, "logs"),
    },
    ...noProject,
    landings: gitLandings(sites),
    outgoing: worktrees,
    poster: poster(readWebhookHosts(webhookHosts ?? "")!),
    freeBytes: () => Promise.resolve(null),
    warn,
  }, {
    endSurvivors: () => Promise.resolve(0),
    watcher: null,
    pid: 1,
    surroundings: () => ({
      version: "0",
      agent: { ...playedState, kind: agent ? "claude" : "missing" },
      git: "2",
      repos,
      root: false,
      containment: { kind: "none", reason: null },
      sandbox,
      token: token !== null,
      stored: notStored,
    }),
    pullRequests: pullRequests(repoPaths, { program: gh }),
    repositories: {
      inspect: inspectRepository,
      projects: projects({
        readAtCommit: (name, commit, path) => readAtCommit(repoPaths.get(name)!, { commit, path }),
        folder: join(data.path, "repositories"),
      }),
      added: addedRepositories({
        found: { repos, repoPaths, agentState: () => playedState },
        ...{ names, data: data.path, warn },
        worktreeRoot: (_, path) => `${path}-worktrees`,
      }),
    },
    setUp: notSetUp,
  });
  const app = makeApp({
    service: coder.service,
    guard: guardOptions({ host, hostname: "machine", publicUrl, workerUrl: null, token }),
    version: "0",
    pages: [],
    warn,
  });
  await coder.start();
  stack.defer(() => coder.stop());
  stack.defer(() => app.streams.closeAll());

  const call: Call = async (path, { json, body, headers = {}, method } = {}) => {
    const sent = new Headers({ host: "localhost:8000", ...headers });
    if (json !== undefined && !sent.has("content-type")) sent.set("content-type", "application/json");
    const content = json === undefined ? body : JSON.stringify(json);
    return await app.request(`http://localhost:8000${path}`, {
      method: method ?? (content === undefined ? "GET" : "POST"),
      headers: sent,
      body: content,
    });
  };

  const world: RoutesWorld = {
    service: coder.service,
    call,
    async json(status, path, options) {
      const response = await call(path, options);
      const answer = await response.text();
      if (response.status !== status) throw new Error(`${path}: ${response.status}, not ${status}: ${answer}`);
      return JSON.parse(answer);
    },
    create: (task = {}) => world.json(201, "/api/tasks", { json: { prompt: "Do it", ...task } }),
    async until(id, fits) {
      const found = Promise.withResolvers<Task>();
      const look = (head: Task | null | undefined) => void (head && fits(head) && found.resolve(head));
      const unsubscribe = store.tail.subscribe(({ heads }) => look(heads.find((head) => head.id === id)));
      try {
        look(await store.log.head(id));
        return await deadline(found.promise, 10_000);
      } finally {
        unsubscribe();
      }
    },
    async nextRun() {
      while (runs.length === 0) {
        await deadline(announce.promise, 10_000);
        announce = Promise.withResolvers<void>();
      }
      return runs.shift()!;
    },
    app,
    engine: coder,
    store,
    repository,
    data: data.path,
    operatorFolder: join(data.path, "repositories"),
    warnings,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  return world;
}

const playedState: AgentState = {
  kind: "claude",
  name: "played",
  hint: null,
  version: "1",
  tested: { oldest: "1", newest: "1" },
  notice: null,
  efforts: ["low", "high"],
  fallback_model: true,
};

function playedAgent(started: (run: PlayedRun) => void): Agent {
  return (start) => {
    const steps: AgentStep[] = [];
    const exit = Promise.withResolvers<AgentExit>();
    const received: string[] = [];
    let wake = Promise.withResolvers<void>();
    let hasEnded = false;

    function push(step: AgentStep): void {
      steps.push(step);
      wake.resolve();
    }

    function end(code: number): void {
      hasEnded = true;
      wake.resolve();
      exit.resolve({ code, signal: null });
    }

    const run: PlayedRun = {
      start,
      received,
      say: (...events) => push({ type: "events", events, bytes: JSON.stringify(events).length }),
      propose: (plan) => push({ type: "plan", plan }),
      push,
      result({ ok = true, text = "Done" } = {}) {
        const subtype = ok ? "success" : "error_during_execution";
        push({
          type: "result",
          result: {
            ok,
            subtype,
            text,
            plan: text,
            apiErrorStatus: null,
            limitResetsAt: null,
            usage: noUsage,
            costUsd: 0.5,
            sessionTotal: null,
          },
        });
      },
      finish(result = {}) {
        run.result(result);
        end(result.ok === false ? 1 : 0);
      },
    };
    const process: AgentProcess = {
      pid: 4_000_000,
      name: "played",
      args: [],
      steps: (async function* () {
        for (;;) {
          const step = steps.shift();
          if (step) yield step;
          else if (hasEnded) return;
          else {
            await wake.promise;
            wake = Promise.withResolvers<void>();
          }
        }
      })(),
      exited: exit.promise,
      send(words) {
        received.push(words);
        return Promise.resolve(!hasEnded);
      },
      closeInput: () => Promise.resolve(),
      interrupt: () => Promise.resolve(hasEnded ? undefined : run.finish({ ok: false, text: "Interrupted" })),
      end: () => Promise.resolve(hasEnded ? undefined : end(1)),
    };
    started(run);
    return Promise.resolve(process);
  };
}
