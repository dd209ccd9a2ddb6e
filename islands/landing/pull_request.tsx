// The pull request of a task: its state, or what it is opened with by the person's own gh.

import { type Signal, useSignal } from "@preact/signals";
import type { OutgoingView } from "../../core/view/review_view.ts";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { Row } from "./elsewhere_row.tsx";
import { post, wordsOf } from "./review_actions.ts";
import type { NewPullRequest } from "./review_api.ts";
import { WebLink } from "./web_link.tsx";

interface PullRequestProps {
  open: OpenTask;
  outgoing: OutgoingView | null;
  error: Signal<string | null>;
}

const tones = { open: "run", merged: "done", closed: "off" } as const;

export function PullRequest({ open, outgoing, error }: PullRequestProps) {
  const store = useStore();
  const writing = useSignal(false);
  const busy = useSignal(false);
  const { pull_request } = open.task.value;
  const act = async (path: "pull-request" | "pull-request/refresh", body?: NewPullRequest) => {
    busy.value = true;
    error.value = null;
    try {
      await post(store, open.id, path, body);
      writing.value = false;
    } catch (cause) {
      error.value = wordsOf(cause);
    }
    busy.value = false;
  };
  const disabled = busy.value || store.asleep.value;
  if (pull_request) {
    return (
      <Row name="Pull request">
        <span class={`state tone-${tones[pull_request.state]}`}>
          <Icon name={pull_request.state === "merged" ? "done" : pull_request.state === "open" ? "branch" : "off"} />
          {pull_request.state}
        </span>
        <WebLink href={pull_request.url}>#{pull_request.number} {pull_request.title}</WebLink>
        <button type="button" class="small" disabled={disabled} onClick={() => act("pull-request/refresh")}>
          <Icon name="retry" />Look again
        </button>
      </Row>
    );
  }
  if (!outgoing) return null;
  if (!outgoing.gh.logged_in) {
    return (
      <Row name="Pull request">
        <span class="muted">
          <bdi>{outgoing.gh.words}</bdi>
        </span>
      </Row>
    );
  }
  return (
    <Row name="Pull request">
      {writing.value
        ? (
          <PullRequestForm
            title={open.task.value.title}
            disabled={busy.value}
            onSend={(body) => act("pull-request", body)}
          />
        )
        : (
          <>
            <button type="button" disabled={disabled} onClick={() => writing.value = true}>
              <Icon name="plus" />Create a pull request
            </button>
            <span class="muted">
              into <bdi>{outgoing.target}</bdi>, by gh; the branch is pushed first
            </span>
          </>
        )}
    </Row>
  );
}

function PullRequestForm({ title: initial, disabled, onSend }: {
  title: string;
  disabled: boolean;
  onSend(body: NewPullRequest): void;
}) {
  const title = useSignal(initial);
  const body = useSignal("");
  const draft = useSignal(false);
  return (
    <form
      class="task-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({
          draft: draft.peek(),
          ...(title.peek().trim() !== "" && { title: title.peek() }),
          ...(body.peek().trim() !== "" && { body: body.peek() }),
        });
      }}
    >
      <div class="field">
        <label for="pull-title">Title</label>
        <input id="pull-title" value={title.value} onInput={(event) => title.value = event.currentTarget.value} />
      </div>
      <div class="field">
        <label for="pull-body">
          Text <span class="muted">by default what the agent said last</span>
        </label>
        <textarea
          id="pull-body"
          rows={4}
          value={body.value}
          onInput={(event) => body.value = event.currentTarget.value}
        />
      </div>
      <div class="form-actions">
        <label class="landing-leave">
          <input
            type="checkbox"
            checked={draft.value}
            onChange={(event) => draft.value = event.currentTarget.checked}
          />
          As a draft
        </label>
        <span class="grow" />
        <button type="submit" class="primary" disabled={disabled}>Create it</button>
      </div>
    </form>
  );
}
