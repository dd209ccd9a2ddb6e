// The connection to GitHub: by which label issues become tasks, and of which repository here.

import { useSignal } from "@preact/signals";
import type { GithubAnswer } from "../../core/view/automation_view.ts";
import { complain } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { call, json, Problem } from "../stream/api.ts";
import { readPairs } from "./github_pairs.ts";

export function GithubPart() {
  const store = useStore();
  const { repos } = store.health.value;
  const github = useSignal<GithubAnswer | null>(store.page.github);
  const busy = useSignal(false);
  const wrong = useSignal<string | null>(null);
  const label = useSignal(github.value?.label ?? "coder");
  const pairs = useSignal(
    Object.entries(github.value?.repositories ?? {}).map(([there, here]) => `${there}=${here}`).join("\n"),
  );
  const token = useSignal("");
  const act = async (action: () => Promise<void>): Promise<boolean> => {
    busy.value = true;
    wrong.value = null;
    try {
      await action();
      return true;
    } catch (error) {
      if (error instanceof Problem) wrong.value = error.message;
      else complain(store, error);
      return false;
    } finally {
      busy.value = false;
    }
  };
  const save = (event: Event) => {
    event.preventDefault();
    void act(async () => {
      const repositories = readPairs(pairs.value, repos[0]?.name ?? "");
      const body = { label: label.value, repositories, ...(token.value !== "" && { token: token.value }) };
      github.value = await json<GithubAnswer>("/api/github", { method: "PUT", body });
      token.value = "";
    });
  };
  const disconnect = () =>
    act(async () => {
      await call("/api/github", { method: "DELETE" });
      github.value = null;
    });
  const question = {
    title: "Disconnect GitHub?",
    text: "Its deliveries are refused from then on, and no comment goes back.",
    action: "Disconnect",
    run: disconnect,
  };
  return (
    <>
      <h2 id="github">GitHub</h2>
      <p class="muted">
        An issue that gets the label becomes a task, and so does a comment that begins with it as a command, such as
        {" "}
        <code>/{label.value}</code>. {github.value === null
          ? "It is not connected."
          : github.value.comments
          ? "The answer goes back as a comment."
          : "No answer goes back: there is no token."}
      </p>
      {github.value?.obstacle && <p class="tone-need">{github.value.obstacle}</p>}
      {github.value?.secret && (
        <p class="rule-secret" role="status">
          Add a webhook there for issues and issue comments, as application/json, to <code>/api/github/deliveries</code>
          {" "}
          of this service. Its secret, which is shown this once: <code>{github.value.secret}</code>
        </p>
      )}
      <details>
        <summary class="button">{github.value ? "Change the connection" : "Connect"}</summary>
        <form class="rule-form" onSubmit={save} aria-labelledby="github">
          <div class="field-row">
            <div class="field">
              <label for="github-label">Label</label>
              <input
                id="github-label"
                required
                value={label.value}
                onInput={(event) => label.value = event.currentTarget.value}
              />
            </div>
            <div class="field">
              <label for="github-token">
                Token for comments{" "}
                <span class="muted">{github.value?.comments ? "kept as it is" : "none: no comments"}</span>
              </label>
              <input
                id="github-token"
                type="password"
                autocomplete="off"
                value={token.value}
                onInput={(event) => token.value = event.currentTarget.value}
              />
            </div>
          </div>
          <div class="field">
            <label for="github-pairs">
              Repositories <span class="muted">owner/name=name here, one a line</span>
            </label>
            <textarea
              id="github-pairs"
              class="mono"
              required
              rows={3}
              placeholder={`octo/shop=${repos[0]?.name ?? "shop"}`}
              value={pairs.value}
              onInput={(event) => pairs.value = event.currentTarget.value}
            />
          </div>
          {wrong.value !== null && <p class="form-error tone-fail" role="alert">{wrong.value}</p>}
          <div class="form-actions">
            {github.value && (
              <button
                type="button"
                class="danger"
                disabled={busy.value}
                onClick={() => store.overlay.value = { kind: "ask", ...question }}
              >
                Disconnect
              </button>
            )}
            <button type="submit" class="primary" disabled={busy.value || store.asleep.value}>
              {github.value ? "Save" : "Connect GitHub"}
            </button>
          </div>
        </form>
      </details>
    </>
  );
}
