// The side of a task: outcome, cost, place, dependencies both ways. In the drawer it folds away.

import type { ComponentChildren } from "preact";
import type { TaskView } from "../../core/view/task_view.ts";
import { copy, openTask } from "../state/actions.ts";
import { cost, duration, taskCost, whole } from "../../core/view/format.ts";
import { backgroundWords } from "../../core/domain/task.ts";
import { lastRunsUrl } from "../compare/attempt.ts";
import { labelsText } from "../../core/domain/labels.ts";
import { landWords } from "../../core/view/review_words.ts";
import { WebLink } from "../landing/web_link.tsx";
import { MiddlePath } from "../parts/middle_path.tsx";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import type { RelatedTask } from "../state/page_data.ts";
import { useStore } from "../state/store.ts";
import { runTimeMs } from "./run_time.ts";
import { elapsedMs, outcomeWord, statusWords } from "../../core/view/task_state.ts";
import { Silence, Time } from "../parts/time.tsx";
import { SidePanel } from "./side_panel.tsx";
import { useWhy } from "./why.ts";

export function TaskFacts({ open, drawer }: { open: OpenTask; drawer: boolean }) {
  const task = open.shown.value;
  const why = useWhy(open);
  return (
    <>
      {!drawer && (
        <SidePanel open={open}>
          <Facts open={open} task={task} why={why} />
        </SidePanel>
      )}
      <details class={`facts folded${drawer ? "" : " narrow-only"}`}>
        <summary>
          <Icon name="chevron" />
          <Summary open={open} task={task} />
        </summary>
        <Facts open={open} task={task} why={why} />
      </details>
    </>
  );
}

function Summary({ open, task }: { open: OpenTask; task: TaskView }) {
  const { locale } = useStore();
  return (
    <span class="facts-summary num">
      <span>Details</span>
      <Elapsed open={open} />
      <span>{taskCost(task)}</span>
      <span>{whole(tokensIn(task) + task.output_tokens, locale)} tokens</span>
      {task.branch && <span class="mono">{task.branch}</span>}
    </span>
  );
}

function Elapsed({ open }: { open: OpenTask }) {
  const task = open.shown.value;
  const now = open.clock.value;
  const ms = runTimeMs(task, { events: open.stageEvents.value, now }) ?? elapsedMs(task, now);
  return ms === null ? null : <span class="num">{duration(ms)}</span>;
}

function tokensIn(task: TaskView): number {
  return task.input_tokens + task.cache_read_tokens + task.cache_write_tokens;
}

function Facts({ open, task, why }: { open: OpenTask; task: TaskView; why: string | null }) {
  const { locale } = useStore();
  const related = new Map(open.related.value.map((one) => [one.id, one]));
  return (
    <div class="facts-groups">
      {why !== null && <p class="why">{why}</p>}
      <Group title={task.completed_at ? "Outcome" : "So far"}>
        {task.outcome && <Fact name="Last run">{outcomeWord(task.outcome)}</Fact>}
        <Fact name={task.runs > 1 ? "Time in runs" : "Elapsed"}>
          <Elapsed open={open} />
          {task.started_at === null && "not started"}
        </Fact>
        <Fact name="Cost">
          {taskCost(task)}
          {task.max_budget_usd !== null && <span class="muted">of {cost(task.max_budget_usd)}</span>}
        </Fact>
        {task.last_setup && <Fact name="Setup">{stepWords(task.last_setup)}</Fact>}
        {(task.last_check || task.status === "completed") && !task.trial && (
          <Fact name="Check">{task.last_check ? stepWords(task.last_check) : "not checked"}</Fact>
        )}
        {task.silent_since && (
          <Fact name="Agent">
            <Silence since={task.silent_since} />
          </Fact>
        )}
        {task.background.length > 0 && <Fact name="In the background">{backgroundWords(task.background)}</Fact>}
        <Fact name="Tokens in">{whole(tokensIn(task), locale)}</Fact>
        {task.cache_read_tokens > 0 && <Fact name="from cache">{whole(task.cache_read_tokens, locale)}</Fact>}
        <Fact name="Tokens out">{whole(task.output_tokens, locale)}</Fact>
        <Fact name="Attempt">{task.attempts} of {Math.max(task.max_attempts, task.attempts)}</Fact>
        {task.runs > task.attempts && <Fact name="Runs">{task.runs}</Fact>}
        {lastRunsUrl(task) && (
          <Fact name="Compare">
            <a class="web-link" href={lastRunsUrl(task)!}>the last two runs</a>
          </Fact>
        )}
      </Group>
      <Group title="How">
        <Fact name="Agent">{task.agent ?? "not started"}</Fact>
        <Fact name="Model">{task.model ?? modelOf(open) ?? "the agent's default"}</Fact>
        {task.effort && <Fact name="Effort">{task.effort}</Fact>}
        {task.fallback_model && <Fact name="Falls back to">{task.fallback_model}</Fact>}
        <Fact name="Mode">{task.mode === "plan" ? "Plan first" : "Execute"}</Fact>
        <Fact name="Priority">{task.priority}</Fact>
        {task.tags.length > 0 && <Fact name="Tags">{task.tags.join(", ")}</Fact>}
        {!task.trial && <Fact name="Lands">{landWords(task)}</Fact>}
        {task.timeout_seconds !== null && <Fact name="Time limit">{duration(task.timeout_seconds * 1000)}</Fact>}
        {task.silence_seconds !== null && <Fact name="May be silent">{duration(task.silence_seconds * 1000)}</Fact>}
        {task.session_id && <Fact name="Session" copied={task.session_id}>{task.session_id}</Fact>}
      </Group>
      <Group title="Where">
        <Fact name="Repository">{task.repo}</Fact>
        {task.imported && (
          <Fact name="Imported">task {task.imported.task} of another instance: to be read and forked</Fact>
        )}
        {task.forked_from && !task.imported && (
          <Fact name="Goes on from">
            <a class="web-link" href={`/tasks/${task.forked_from.task}?at=${task.forked_from.seq}`}>
              #{task.forked_from.task}, event {task.forked_from.seq}
            </a>
          </Fact>
        )}
        {task.labels && Object.keys(task.labels).length > 0 && (
          <Fact name="Needs a worker with">{labelsText(task.labels)}</Fact>
        )}
        {task.worker && <Fact name="Worker">{task.worker.name}</Fact>}
        <Fact name="Base">
          {task.base ?? "HEAD"}
          {task.base_commit && <span class="mono muted">{task.base_commit.slice(0, 8)}</span>}
        </Fact>
        {task.branch
          ? <Fact name="Branch" copied={task.branch}>{task.branch}</Fact>
          : <Fact name="Branch">{task.runs > 0 ? "removed" : "made when it starts"}</Fact>}
        {task.port !== null && <Fact name="Ports">{task.port} to {task.port + 9}</Fact>}
        {task.worktree && (
          <Fact name="Worktree" copied={task.worktree}>
            <MiddlePath path={task.worktree} />
          </Fact>
        )}
        {task.pushed && <Fact name="Pushed to">{task.pushed.remote}, {task.pushed.branch}</Fact>}
        {task.pull_request && (
          <Fact name="Pull request">
            <WebLink href={task.pull_request.url}>#{task.pull_request.number}</WebLink> {task.pull_request.state}
          </Fact>
        )}
        {task.snapshot && <Fact name="Saved as" copied={task.snapshot.ref}>{task.snapshot.ref}</Fact>}
      </Group>
      <Related title="Depends on" ids={task.depends_on} related={related} none="Nothing" />
      <Related title="Waiting for it" ids={open.task.value.dependants} related={related} none="Nothing" />
      <Group title="When">
        <Fact name="Created">
          <Time at={task.created_at} />
        </Fact>
        {task.origin?.kind === "schedule" && (
          <Fact name="By schedule">
            <a class="web-link" href="/schedules">{task.origin.name}</a>
          </Fact>
        )}
        {task.origin?.kind === "github" && (
          <Fact name="By issue">
            <WebLink href={task.origin.url}>{task.origin.repository}#{task.origin.issue}</WebLink>
          </Fact>
        )}
        {task.started_at && (
          <Fact name="Started">
            <Time at={task.started_at} />
          </Fact>
        )}
        {task.completed_at && (
          <Fact name="Ended">
            <Time at={task.completed_at} />
          </Fact>
        )}
      </Group>
    </div>
  );
}

/** `passed in 3 s`. */
function stepWords({ outcome, duration_ms }: NonNullable<TaskView["last_setup"]>): string {
  const words = {
    passed: "passed in",
    failed: "failed after",
    timed_out: "took longer than",
    stopped: "stopped after",
  };
  return `${words[outcome]} ${duration(duration_ms)}`;
}

/** The model that the agent chose by itself. */
function modelOf(open: OpenTask): string | null {
  const ready = open.stageEvents.value.findLast((event) =>
    event.type === "agent.ready" && event.seq <= open.limit.value
  );
  return ready?.type === "agent.ready" ? ready.data.model : null;
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="facts-group" role="group" aria-label={title}>
      <p class="group-title">{title}</p>
      <dl>{children}</dl>
    </div>
  );
}

function Fact({ name, copied, children }: { name: string; copied?: string; children: ComponentChildren }) {
  const store = useStore();
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num">
        {copied ? <span class="mono copied">{children}</span> : children}
        {copied && (
          <button
            type="button"
            class="quiet icon-only tiny"
            aria-label={`Copy ${name.toLowerCase()}`}
            title={`Copy ${name.toLowerCase()}`}
            disabled={store.asleep}
            onClick={() => copy(store, copied)}
          >
            <Icon name="copy" />
          </button>
        )}
      </dd>
    </div>
  );
}

interface RelatedProps {
  title: string;
  ids: number[];
  related: Map<number, RelatedTask>;
  none: string;
}

function Related({ title, ids, related, none }: RelatedProps) {
  const store = useStore();
  return (
    <div class="facts-group" role="group" aria-label={title}>
      <p class="group-title">{title}</p>
      {ids.length === 0 ? <p class="muted">{none}</p> : (
        <ul class="related">
          {ids.slice(0, 40).map((id) => {
            const one = related.get(id);
            const board = store.page.kind === "board";
            return (
              <li key={id}>
                <a
                  href={board ? `/?task=${id}` : `/tasks/${id}`}
                  onClick={(event) => {
                    if (!board || event.metaKey || event.ctrlKey) return;
                    event.preventDefault();
                    void openTask(store, id);
                  }}
                >
                  <span class="muted num">#{id}</span> <bdi>{one?.title ?? ""}</bdi>
                </a>
                {one && <span class={`status-word status-${one.status}`}>{statusWords[one.status]}</span>}
              </li>
            );
          })}
          {ids.length > 40 && <li class="muted">and {ids.length - 40} more</li>}
        </ul>
      )}
    </div>
  );
}
