// The workers of the store: what each is, does and rests for, read again every few seconds; and the buttons that take one out.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { WorkerView } from "../../core/view/workers_view.ts";
import { ServiceNav } from "../parts/service_nav.tsx";
import { useStore } from "../state/store.ts";
import { api } from "../stream/api.ts";
import { askToDrain } from "./worker_actions.ts";
import { beatWord, labelWords, restWords, slotsWord, stateWord } from "./worker_words.ts";

const lookMs = 3_000;

export function WorkersPage() {
  const { page } = useStore();
  const workers = useSignal(page.workers ?? []);
  const turn = useRef(0);
  const look = async () => {
    const own = ++turn.current;
    try {
      const found = (await api.workers()).workers;
      // One that was asked before a change may be answered after it.
      if (own === turn.current) workers.value = found;
    } catch { /* the connection's state says it */ }
  };
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void look();
    }, lookMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <main id="main" class="workers">
      <ServiceNav />
      <h1>Workers</h1>
      <p class="muted">
        Who takes tasks from this queue. One that is drained finishes what it runs and claims nothing more.
      </p>
      <table>
        <thead>
          <tr>
            {["Worker", "State", "Slots", "Runs", "Repositories", "Labels", "Confined", ""].map((name) => (
              <th key={name} scope="col">{name === "" ? <span class="visually-hidden">Action</span> : name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {workers.value.map((worker) => <Worker key={worker.id} worker={worker} onChange={look} />)}
        </tbody>
      </table>
    </main>
  );
}

function Worker({ worker, onChange }: { worker: WorkerView; onChange: () => Promise<void> }) {
  const { tone, word } = stateWord(worker);
  const beat = beatWord(worker);
  return (
    <tr>
      <th scope="row">
        <bdi>{worker.name}</bdi>
        {worker.self && <span class="worker-self">this one</span>}
        <span class="muted">{worker.version === null ? "version not known" : `version ${worker.version}`}</span>
        {worker.url && <bdi class="muted worker-url">{worker.url}</bdi>}
      </th>
      <Cell name="State">
        <span class={`worker-state tone-${tone}`}>{word}</span>
        {beat && <span class="muted num">{beat}</span>}
        {restWords(worker).map((words) => <span key={words} class="worker-rest">{words}</span>)}
      </Cell>
      <Cell name="Slots">
        <span class="num worker-short">{slotsWord(worker)}</span>
      </Cell>
      <Cell name="Runs">
        {worker.running.map((id) => <a key={id} class="num" href={`/tasks/${id}`}>#{id}</a>)}
        {worker.running.length === 0 && <span class="muted">nothing</span>}
      </Cell>
      <Cell name="Repositories">
        {worker.repositories.map((name) => <bdi key={name}>{name}</bdi>)}
        {worker.repositories.length === 0 && <span class="muted">none</span>}
      </Cell>
      <Cell name="Labels">
        {labelWords(worker).map((label) => <code key={label}>{label}</code>)}
        {Object.keys(worker.labels).length === 0 && <span class="muted">none</span>}
      </Cell>
      <Cell name="Confined">
        <span class={`worker-short${worker.confinement === "off" ? " tone-need" : ""}`}>
          {worker.confinement === "off" ? "not confined" : worker.confinement ?? "not known"}
        </span>
      </Cell>
      <td class="worker-action">
        <DrainButton worker={worker} onChange={onChange} />
      </td>
    </tr>
  );
}

/** On a narrow screen each cell says of what it is. */
function Cell({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <td>
      <span class="worker-cell-name muted narrow-only">{name}</span>
      <div class="worker-cell">{children}</div>
    </td>
  );
}

/** It asks nothing first: a drain harms no run, and is taken back as fast. */
function DrainButton({ worker, onChange }: { worker: WorkerView; onChange: () => Promise<void> }) {
  const store = useStore();
  const busy = useSignal(false);
  const { id, name, draining, state } = worker;
  if (state === "dead" && !draining) return null;
  const ask = async () => {
    busy.value = true;
    await askToDrain(store, id, !draining);
    await onChange();
    busy.value = false;
  };
  return (
    <button
      type="button"
      aria-label={`${draining ? "Resume" : "Drain"} ${name}`}
      disabled={busy.value || store.asleep.value}
      onClick={ask}
    >
      {draining ? "Resume" : "Drain"}
    </button>
  );
}
