// Where work goes besides landing: an editor, a shell, a patch, a remote, a pull request.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { OutgoingView } from "../../core/view/review_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { Icon } from "../parts/icon.tsx";
import { Ago } from "../parts/time.tsx";
import { copy } from "../state/actions.ts";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { Row } from "./elsewhere_row.tsx";
import { chooseEditor, chosenEditor } from "./chosen_editor.ts";
import { type Editor, editorNames, editorOf, editors, editorUrl, isLoopbackHost, shellCommands } from "./places.ts";
import { PullRequest } from "./pull_request.tsx";
import { post, wordsOf } from "./review_actions.ts";
import { reviewApi } from "./review_api.ts";
import { WebLink } from "./web_link.tsx";

export function Elsewhere({ open }: { open: OpenTask }) {
  const task = open.task.value;
  const outgoing = useSignal<OutgoingView | null>(null);
  const error = useSignal<string | null>(null);
  const stands = task.worktree !== null;
  useEffect(() => {
    if (!stands) return;
    const stop = new AbortController();
    reviewApi.outgoing(open.id, stop.signal).then(
      (value) => outgoing.value = value,
      (cause) => {
        if (!stop.signal.aborted) error.value = wordsOf(cause);
      },
    );
    return () => stop.abort();
  }, [open, task.pushed?.at, stands]);
  return (
    <div class="elsewhere">
      {error.value && <p class="form-error tone-fail" role="alert">{error.value}</p>}
      {stands && <Push open={open} outgoing={outgoing.value} error={error} />}
      {(stands || task.pull_request) && <PullRequest open={open} outgoing={outgoing.value} error={error} />}
      {task.worktree !== null && isLoopbackHost(location.hostname) && <OpenInEditor worktree={task.worktree} />}
      {stands && <Shell task={task} />}
      <Row name="Patch">
        <a class="button" href={`/api/tasks/${task.id}/patch`} download>
          <Icon name="down" />Download the patch
        </a>
        <span class="muted">its commits, for git am</span>
      </Row>
    </div>
  );
}

interface PushProps {
  open: OpenTask;
  outgoing: OutgoingView | null;
  error: Signal<string | null>;
}

function Push({ open, outgoing, error }: PushProps) {
  const store = useStore();
  const busy = useSignal(false);
  const { pushed, pull_request } = open.task.value;
  const push = async () => {
    busy.value = true;
    error.value = null;
    try {
      await post(store, open.id, "push", {});
    } catch (cause) {
      error.value = wordsOf(cause);
    }
    busy.value = false;
  };
  return (
    <Row name="Remote">
      <button type="button" disabled={busy.value || store.asleep.value} onClick={push}>
        <Icon name="branch" />
        {busy.value ? "Pushing" : pushed ? "Push again" : "Push"}
      </button>
      {pushed === null ? <span class="muted">not pushed yet</span> : (
        <span>
          <bdi class="mono">{pushed.branch}</bdi> on <bdi>{pushed.remote}</bdi> at{" "}
          <span class="mono">{pushed.commit.slice(0, 9)}</span>, <Ago at={pushed.at} />
        </span>
      )}
      <WebLink href={outgoing?.links?.branch}>Page of the branch</WebLink>
      <WebLink href={pull_request ? null : outgoing?.links?.pull_request}>Open a pull request there</WebLink>
    </Row>
  );
}

function OpenInEditor({ worktree }: { worktree: string }) {
  const editor = useSignal<Editor>(chosenEditor());
  return (
    <Row name="Editor">
      <a class="button" href={editorUrl(editor.value, worktree)}>
        <Icon name="expand" />Open in {editorNames[editor.value]}
      </a>
      <select
        aria-label="Editor"
        value={editor.value}
        onChange={(event) => {
          editor.value = editorOf(event.currentTarget.value);
          chooseEditor(editor.value);
        }}
      >
        {editors.map((one) => <option key={one} value={one}>{editorNames[one]}</option>)}
      </select>
    </Row>
  );
}

function Shell({ task }: { task: TaskView }) {
  const { worktree, repository } = shellCommands(task);
  return (
    <Row name="Shell">
      {worktree && <Command text={worktree} what="into the worktree" />}
      {repository && <Command text={repository} what="in the repository" />}
    </Row>
  );
}

function Command({ text, what }: { text: string; what: string }) {
  const store = useStore();
  return (
    <span class="shell-command">
      <code>{text}</code>
      <button
        type="button"
        class="quiet icon-only tiny"
        aria-label={`Copy the command ${what}`}
        title={`Copy the command ${what}`}
        onClick={() => copy(store, text)}
      >
        <Icon name="copy" />
      </button>
      <span class="muted">{what}</span>
    </span>
  );
}
