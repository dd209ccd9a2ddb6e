// What GitHub may ask for, and what is asked of the connection to it.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { githubRepositoriesAtMost } from "../../domain/automation.ts";
import type { Github } from "../../domain/automation_choice.ts";
import { DomainError } from "../../domain/error.ts";
import type { GithubView } from "../../view/automation_view.ts";
import type { EngineContext } from "../context.ts";
import type { Deliveries } from "../deliver/deliveries.ts";
import { githubApi, githubLine } from "../deliver/github_receiver.ts";
import { issueTask } from "../github/issue_task.ts";
import { handleCommand } from "../handle_command.ts";
import { invalid, requireBase, requireRepository } from "./check_spec.ts";
import type { Commands } from "./commands.ts";
import type { PullRequests } from "./outgoing.ts";
import type { Service } from "./service.ts";

const by = "github";
const secretBytes = 32;

export type GithubService = Pick<Service, "github" | "connectGithub" | "disconnectGithub" | "githubDelivery">;

export function githubService(
  context: EngineContext,
  { commands, deliveries: lines, pullRequests }: {
    commands: Pick<Commands, "create">;
    deliveries: Pick<Deliveries, "wakeLine">;
    pullRequests: Pick<PullRequests, "head">;
  },
): GithubService {
  const { store, random, poster, settings: { repos } } = context;
  const { outbox } = store;

  async function current(): Promise<Github | null> {
    return (await store.log.head(0))?.automation?.github ?? null;
  }

  function view({ label, repositories, token }: Github): GithubView {
    return {
      label,
      repositories,
      comments: token !== null,
      obstacle: token === null ? null : poster.obstacle(githubApi),
    };
  }

  async function keep(value: string): Promise<string> {
    const name = random.uuid();
    await outbox.keepSecret(name, value);
    return name;
  }

  async function forget(before: Github | null, kept: Pick<Github, "secret" | "token"> | null): Promise<void> {
    for (const name of [before?.secret, before?.token]) {
      if (name && name !== kept?.secret && name !== kept?.token) await outbox.dropSecret(name);
    }
  }

  /** The branch of a pull request, to begin from; or why that cannot be. */
  async function branchOf(url: string, repo: string): Promise<string | { reason: string }> {
    try {
      const branch = await pullRequests.head(repo, url);
      if (branch === null) return { reason: `${url} is of a branch of another repository, which is not here` };
      await requireBase(branch, { repo, context });
      return branch;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { reason: `The branch of ${url} cannot be begun from: ${error.message}` };
    }
  }

  return {
    async github() {
      const github = await current();
      return github && view(github);
    },
    async connectGithub({ label, repositories, token, new_secret }, { by }) {
      if (Object.keys(repositories).length > githubRepositoriesAtMost) {
        throw invalid("repositories", `At most ${githubRepositoriesAtMost}`);
      }
      for (const name of Object.values(repositories)) requireRepository(name, repos);
      if (token) {
        const obstacle = poster.obstacle(githubApi);
        if (obstacle !== null) throw invalid("token", obstacle);
      }
      const before = await current();
      const beginsToTell = Boolean(token) && !before?.token;
      const secret = !before || new_secret ? newSecret() : null;
      const github: Github = {
        label,
        repositories,
        secret: secret === null ? before!.secret : await keep(secret),
        token: token === undefined ? before?.token ?? null : token === null ? null : await keep(token),
        after: before && !beginsToTell ? before.after : await store.all.last(),
      };
      // What ended while nothing was to be told stays untold.
      if (beginsToTell) await outbox.remove(githubLine);
      await handleCommand(context, 0, { type: "connect_github", github }, { by, until: "answered" });
      if (token) {
        await outbox.hurry(githubLine);
        lines.wakeLine(githubLine);
      }
      await forget(before, github);
      return secret === null ? view(github) : { ...view(github), secret };
    },
    async disconnectGithub({ by }) {
      const before = await current();
      await handleCommand(context, 0, { type: "disconnect_github" }, { by, until: "answered" });
      await forget(before, null);
      await outbox.remove(githubLine);
    },
    async githubDelivery({ delivery, signature, text, read }) {
      const github = await current();
      const secret = github && await outbox.secret<string>(github.secret);
      if (!github || secret === null) throw new DomainError("not_found", "GitHub is not connected to this service");
      if (!isSigned(text, { signature, secret })) return null;
      const asked = issueTask(read(), github);
      if (typeof asked === "string") return { task: null, reason: asked };
      const { pullRequest, ...spec } = asked;
      const base = pullRequest === null ? null : await branchOf(pullRequest, spec.repo);
      if (base !== null && typeof base !== "string") return { task: null, ...base };
      const { head, created } = await commands.create({
        ...{ priority: 0, depends_on: [], base, model: null, mode: "execute", max_attempts: 1 },
        ...{ timeout_seconds: null, max_budget_usd: null },
        ...spec,
      }, { by, idempotencyKey: `github:${delivery}` });
      return { task: head.id, reason: created ? null : "This delivery made it before" };
    },
  };
}

/** The secret of deliveries: GitHub takes any text. */
function newSecret(): string {
  return randomBytes(secretBytes).toString("hex");
}

/** Source: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. */
function isSigned(text: string, { signature, secret }: { signature: string; secret: string }): boolean {
  const expected = new TextEncoder().encode(`sha256=${createHmac("sha256", secret).update(text).digest("hex")}`);
  const given = new TextEncoder().encode(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
