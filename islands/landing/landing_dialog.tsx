// Landing: what it would do and the choice before, how far it is meanwhile, and how it ended.

import { useSignal } from "@preact/signals";
import type { LandingView, TaskView } from "../../core/view/task_view.ts";
import { duration } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { LandingForm } from "./landing_form.tsx";
import { resolveConflicts, wordsOf } from "./review_actions.ts";
import { CancelLanding } from "./review_bar.tsx";
import { byMethod, landingEndWords, phaseNames } from "../../core/view/review_words.ts";

export function LandingDialog({ open, onClose }: { open: OpenTask; onClose(): void }) {
  const task = open.task.value;
  // An end that was there before is the bar's to tell.
  const seen = useSignal(task.last_landing?.seq ?? 0);
  if (task.landing) return <Progress open={open} landing={task.landing} />;
  if (task.last_landing && task.last_landing.seq > seen.value) {
    return <End task={task} onClose={onClose} onAgain={() => seen.value = task.last_landing?.seq ?? 0} />;
  }
  return <LandingForm open={open} onClose={onClose} />;
}

const phases = ["waiting", "setup", "check", "moving"] as const;

function Progress({ open, landing }: { open: OpenTask; landing: LandingView }) {
  const store = useStore();
  const now = phases.indexOf(landing.phase);
  return (
    <div class="landing" role="status">
      <p>
        Into <bdi>{landing.target}</bdi> by {byMethod[landing.method]},{" "}
        <span class="num">{duration(store.now.value - Date.parse(landing.at))}</span>
      </p>
      <ol class="landing-phases">
        {phases.map((phase, index) => (
          <li
            key={phase}
            class={index === now ? "tone-run" : "muted"}
            aria-current={index === now ? "step" : undefined}
          >
            <Icon name={index < now ? "done" : index === now ? "run" : "wait"} />
            {phaseNames[phase]}
          </li>
        ))}
      </ol>
      <p class="muted">The transcript shows what setup and check say. This dialog can be closed meanwhile.</p>
      <div class="form-actions">
        <CancelLanding open={open} />
      </div>
    </div>
  );
}

function End({ task, onClose, onAgain }: { task: TaskView; onClose(): void; onAgain(): void }) {
  const store = useStore();
  const error = useSignal<string | null>(null);
  const words = landingEndWords(task);
  const end = task.last_landing;
  if (!words || !end) return null;
  const resolve = async () => {
    try {
      await resolveConflicts(store, task.id, { target: end.target, method: end.method });
      onClose();
    } catch (cause) {
      error.value = wordsOf(cause);
    }
  };
  return (
    <div class="landing" role="status">
      <p class="landing-end">
        <span class={`tone-${words.tone}`}>
          <Icon name={words.tone} />
        </span>
        <bdi>{words.text}</bdi>
      </p>
      {end.outcome === "landed" && end.backup_ref && (
        <p class="muted">
          Where <bdi>{end.target}</bdi> was before is kept under <bdi class="mono">{end.backup_ref}</bdi>
        </p>
      )}
      {words.advice && <p>{words.advice}</p>}
      {error.value && <p class="form-error tone-fail" role="alert">{error.value}</p>}
      <div class="form-actions">
        {end.outcome === "conflict" && (
          <button type="button" onClick={resolve}>Let the agent solve the conflicts</button>
        )}
        {end.outcome !== "landed" && <button type="button" onClick={onAgain}>Land again</button>}
        <button type="button" class="primary" onClick={onClose}>Done</button>
      </div>
    </div>
  );
}
