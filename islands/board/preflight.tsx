// What a first task needs, checked; and a sample task in one click.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { complain, createTask, openTask } from "../state/actions.ts";
import { dateTime } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { LogOut } from "./log_out.tsx";
import { confinementWords } from "../../core/view/confinement_words.ts";
import { useStore } from "../state/store.ts";

export const samplePrompt =
  "Look around this repository, then add a file NOTES.md that says in five sentences what it is, " +
  "how it is built and where to start reading. Commit it.";

const way = [
  ["1. Say what", "a task, in your words"],
  ["2. Watch, or not", "every step is live and kept"],
  ["3. Look at it", "comment on lines, send it back"],
  ["4. Get the work", "landed, pushed, as pull request or patch"],
] as const;

export function Preflight() {
  return (
    <section class="preflight" aria-labelledby="preflight">
      <h2 id="preflight">Ready for the first task</h2>
      <p class="muted">
        Describe a piece of work. It runs in its own git worktree and branch, and every step is kept so that you can
        watch it live and play it again later.
      </p>
      <ol class="way">
        {way.map(([name, words]) => (
          <li key={name}>
            <strong>{name}</strong>
            <span class="muted">{words}</span>
          </li>
        ))}
      </ol>
      <Checks />
      <StartSample />
    </section>
  );
}

const agentTones = { claude: "done", demo: "need", missing: "fail", none: "done" } as const;

/** Each thing the service needs, with what to do about it. */
export function Checks() {
  const { locale, health } = useStore();
  const { agent, git, repos, root, containment, sandbox, token, slots, pause, worker, version } = health.value;
  // That one stands beside the agent.
  const notices = health.value.notices.filter((one) => one !== agent.notice);
  return (
    <ul class="checks">
      <Check good={agentTones[agent.kind]} name="Agent">
        {agent.name}
        {agent.hint && <span class="muted">{agent.hint}</span>}
        {agent.notice && <span class="muted">{agent.notice}</span>}
      </Check>
      <Check good={git ? "done" : "fail"} name="Git">{git || "git was not found; install it and start again"}</Check>
      {repos.map((repo) => (
        <Check key={repo.name} good="done" name={repos.length > 1 ? `Repository ${repo.name}` : "Repository"}>
          <span class="mono">{repo.path}</span>
          <span class="muted">{repo.branch ?? "no branch"} at {repo.head.slice(0, 8)}</span>
        </Check>
      ))}
      {repos.length === 0 && (
        <Check good="fail" name="Repository">
          none yet <a class="button small" href="/settings">Add a repository</a>
        </Check>
      )}
      <Check good={root ? "need" : "done"} name="User">
        {root ? "root; agents have all rights on this machine. Better start it as another user" : "not root"}
      </Check>
      <Check good={containment.kind === "none" ? "need" : "done"} name="Processes">
        {containment.kind === "none"
          ? `one that hides from its run may outlive it: ${containment.reason}`
          : `of a run end with it, held together by a ${containment.kind}`}
      </Check>
      <Check good={sandbox.level === "off" ? "need" : "done"} name="Confinement">{confinementWords(sandbox)}</Check>
      <Check good="done" name="Access">
        {token ? "a token is asked for" : "this machine only; set CODER_TOKEN before opening it to others"}
        <LogOut withWord />
      </Check>
      <Check good={pause ? "need" : "done"} name="Slots">
        {pause
          ? `paused: ${pause.reason}${pause.until ? `, until ${dateTime(pause.until, locale)}` : ""}`
          : `${slots.busy} of ${slots.total} busy; CODER_MAX_CONCURRENT sets how many`}
      </Check>
      <Check good="done" name="Worker">
        {worker.name} <span class="muted">version {version}</span>
      </Check>
      {notices.map((notice) => <Check key={notice} good="need" name="Notice">{notice}</Check>)}
    </ul>
  );
}

function Check(
  { good, name, children }: { good: "done" | "need" | "fail"; name: string; children: ComponentChildren },
) {
  const words = { done: "Fine", need: "Look at this", fail: "Missing" };
  return (
    <li>
      <span class={`tone-${good}`}>
        <Icon name={good} />
        <span class="visually-hidden">{words[good]}:</span>
      </span>
      <span class="check-name">{name}</span>
      <span class="check-value">{children}</span>
    </li>
  );
}

function StartSample() {
  const store = useStore();
  const busy = useSignal(false);
  const hasRepository = store.health.value.repos.length > 0;
  const start = async () => {
    busy.value = true;
    try {
      const task = await createTask(
        store,
        { title: "Sample: describe this repository", prompt: samplePrompt },
        crypto.randomUUID(),
      );
      await openTask(store, task.id);
    } catch (error) {
      complain(store, error);
    }
    busy.value = false;
  };
  return (
    <p class="preflight-actions">
      <button
        type="button"
        class="primary"
        disabled={busy.value || !hasRepository || store.asleep.value}
        onClick={start}
      >
        <Icon name="play" />Start a sample task
      </button>
      <a
        class="button"
        href="/tasks/new"
        onClick={(event) => {
          if (store.asleep.peek()) return;
          event.preventDefault();
          store.overlay.value = { kind: "new", from: null };
        }}
      >
        Write your own
      </a>
      <a class="button quiet" href="/sample">Watch a recorded task</a>
    </p>
  );
}
