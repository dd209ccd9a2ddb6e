// What each repository says about how work is done in it, and what came of it last.

import { useSignal } from "@preact/signals";
import type { RepositoryView, StepRecord } from "../../core/view/api_view.ts";
import { duration } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { ServiceNav } from "../parts/service_nav.tsx";
import { Ago } from "../parts/time.tsx";
import { copy, tryRepository } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { type SettingRow, settingRows } from "./setting_rows.ts";

export function RepositoriesPage() {
  const { page } = useStore();
  const repositories = page.repositories ?? [];
  return (
    <main id="main" class="repositories">
      <ServiceNav />
      <h1>Repositories</h1>
      <p class="muted">
        What is in force for work that starts at HEAD: what <code>coder.json</code>{" "}
        says there, and what the operator's file in the data folder says instead.
      </p>
      {repositories.map((repository) => <Repository key={repository.name} repository={repository} />)}
      {repositories.length === 0 && (
        <p>
          There is none yet. <a class="button" href="/settings">Add a repository</a>
        </p>
      )}
    </main>
  );
}

function Repository({ repository }: { repository: RepositoryView }) {
  const { name, path, branch, head, error, settings, last_setup, last_check } = repository;
  const id = `repository-${name}`;
  const { set, defaults } = settingRows(repository);
  const saysNothing = settings !== null && !set.some(({ source }) => source === "coder.json");
  return (
    <section class="repository" aria-labelledby={id}>
      <header>
        <h2 id={id}>
          <bdi>{name}</bdi>
        </h2>
        <span class="repository-head muted">
          <Icon name="branch" />
          <bdi>{branch ?? (head === null ? "not known" : "no branch")}</bdi>
          {head !== null && <span class="mono">{head.slice(0, 8)}</span>}
        </span>
        <span class="repository-path mono muted">
          <bdi>{path}</bdi>
          <CopyButton what="path" text={path} />
        </span>
      </header>
      {error !== null && (
        <p class="repository-error">
          <span class="tone-fail">
            <Icon name="fail" /> Nothing is in force:
          </span>{" "}
          <bdi>{error}</bdi>
        </p>
      )}
      {set.length > 0 && <Settings caption="Set" rows={set} />}
      {saysNothing && <Help name={name} />}
      {defaults.length > 0 && (
        <details>
          <summary>
            <Icon name="chevron" /> {set.length > 0 ? `${defaults.length} more by default` : "All by default"}
          </summary>
          <Settings caption="By default" rows={defaults} />
        </details>
      )}
      {settings !== null && (
        <div class="repository-last">
          <dl>
            <LastStep name="Last setup" step={last_setup} />
            <LastStep name="Last check" step={last_check} />
          </dl>
          {(settings.setup !== null || settings.check !== null) && <TryButton name={name} />}
        </div>
      )}
    </section>
  );
}

/** Setup and check on the base, in a worktree that goes afterwards; its page shows them live. */
function TryButton({ name }: { name: string }) {
  const store = useStore();
  const busy = useSignal(false);
  const tryIt = async () => {
    busy.value = true;
    const id = await tryRepository(store, name);
    if (id === null) busy.value = false;
    else location.assign(`/tasks/${id}`);
  };
  return (
    <button type="button" disabled={busy.value || store.asleep.value} onClick={tryIt}>
      Try it
    </button>
  );
}

function Settings({ caption, rows }: { caption: string; rows: SettingRow[] }) {
  return (
    <table class="settings">
      <caption class="visually-hidden">{caption}</caption>
      <thead class="visually-hidden">
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Value</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.field}>
            <th scope="row" class="mono">{row.field}</th>
            <td class={row.source === null ? "muted" : undefined}>
              {[row.value].flat().map((part) =>
                row.isCode ? <code key={part}>{part}</code> : <span key={part}>{part}</span>
              )}
            </td>
            <td class="setting-source">{row.source === null ? "" : row.source}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function LastStep({ name, step }: { name: string; step: StepRecord | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num">
        {step === null ? <span class="muted">not yet</span> : (
          <>
            <span class={`state tone-${step.outcome === "passed" ? "done" : "fail"}`}>
              <Icon name={step.outcome === "passed" ? "done" : "fail"} />
              {step.outcome.replaceAll("_", " ")}
            </span>
            <span>{duration(step.duration_ms)}</span>
            <a href={`/tasks/${step.task}?at=${step.seq}`}>#{step.task}</a>
            <Ago at={step.at} />
          </>
        )}
      </dd>
    </div>
  );
}

const example = `{
  "setup": "npm ci",
  "check": "npm test",
  "env": { "NODE_ENV": "test" }
}
`;

function Help({ name }: { name: string }) {
  return (
    <div class="repository-help">
      <p>
        <strong>No coder.json yet.</strong> Commit one at the top of the repository: <code>setup</code>{" "}
        makes each new worktree ready, and with a <code>check</code>{" "}
        work counts as done only when that exits with 0. What only this machine should know goes into{" "}
        <code>repositories/{name}.json</code> in the data folder, with the same fields.
      </p>
      <div class="repository-example">
        <pre class="plain" aria-label="An example of coder.json">{example}</pre>
        <CopyButton what="example" text={example} />
      </div>
      <p class="muted">
        Every field is in the <a href="/api/coder.schema.json">JSON Schema</a>, which editors understand.
      </p>
    </div>
  );
}

function CopyButton({ what, text }: { what: string; text: string }) {
  const store = useStore();
  return (
    <button
      type="button"
      class="quiet icon-only tiny"
      aria-label={`Copy the ${what}`}
      title={`Copy the ${what}`}
      disabled={store.asleep}
      onClick={() => copy(store, text)}
    >
      <Icon name="copy" />
    </button>
  );
}
