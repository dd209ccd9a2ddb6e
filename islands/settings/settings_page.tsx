// How this service is set up: its repositories, which people add and remove here, its settings, its token, its disk, its pauses.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { RepositoryPlace, SettingsView } from "../../core/view/settings_view.ts";
import { bytes, dateTime } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { ServiceNav } from "../parts/service_nav.tsx";
import { useStore } from "../state/store.ts";
import { AccessTokens } from "./access_tokens.tsx";
import { AddRepository } from "./add_repository.tsx";
import { endPause, readSettings, removeRepository, setDrain } from "./settings_actions.ts";

export function SettingsPage() {
  const store = useStore();
  const settings = useSignal(store.page.settings);
  if (settings.value === null) return null;
  const look = async () => {
    settings.value = await readSettings(store) ?? settings.value;
  };
  const { repositories, settings: variables, token } = settings.value;
  return (
    <main id="main" class="settings-page">
      <ServiceNav />
      <h1>Settings</h1>
      <Section name="Repositories">
        <Repositories repositories={repositories} onChange={look} />
        <AddRepository onAdded={look} />
      </Section>
      <Section name="Pauses">
        <Pauses />
      </Section>
      <Section name="Disk">
        <Disk isKept={variables.some(({ variable, value }) => variable === "CODER_RETENTION_DAYS" && value === null)} />
      </Section>
      <Section name="Token">
        <p>{token.asked ? "Every call is asked for it." : "Nobody is asked for one."}</p>
        {token.where !== null && (
          <p>
            It is in <code>{token.where}</code>. Its value is shown nowhere.
          </p>
        )}
        <p class="muted">{token.change}.</p>
      </Section>
      <Section name="Tokens with a scope">
        <AccessTokens />
      </Section>
      <Section name="What holds">
        <p class="muted">
          These are environment variables, or lines of a <code>.env</code> file; they count at the next start.
        </p>
        <Variables settings={variables} />
      </Section>
    </main>
  );
}

function Section({ name, children }: { name: string; children: ComponentChildren }) {
  const id = `settings-${name.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section class="settings-section" aria-labelledby={id}>
      <h2 id={id}>{name}</h2>
      {children}
    </section>
  );
}

function Repositories({ repositories, onChange }: { repositories: RepositoryPlace[]; onChange: () => Promise<void> }) {
  return (
    <ul class="settings-list">
      {repositories.map((repository) => (
        <li key={`${repository.name} ${repository.path}`}>
          <a href="/repositories">
            <bdi>{repository.name}</bdi>
          </a>
          <bdi class="mono muted">{repository.path}</bdi>
          <span class="muted">{repository.added ? "added here" : "by CODER_REPO"}</span>
          {repository.unfinished > 0 && <span class="num">{repository.unfinished} unfinished</span>}
          {repository.added && <RemoveButton repository={repository} onChange={onChange} />}
          {repository.reason !== null && (
            <span class="settings-reason tone-need">
              <Icon name="need" /> Not in use: <bdi>{repository.reason}</bdi>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Asked twice: nothing is deleted, but tasks can no more be given to it. */
function RemoveButton({ repository, onChange }: { repository: RepositoryPlace; onChange: () => Promise<void> }) {
  const store = useStore();
  const asked = useSignal(false);
  const busy = useSignal(false);
  const remove = async () => {
    if (!asked.value) return void (asked.value = true);
    busy.value = true;
    await removeRepository(store, repository.name);
    await onChange();
    busy.value = false;
    asked.value = false;
  };
  return (
    <button
      type="button"
      class={asked.value ? "danger" : undefined}
      disabled={busy.value || store.asleep.value}
      onClick={remove}
      onBlur={() => asked.value = false}
    >
      {asked.value ? "Remove it, its files stay" : "Remove"}
      <span class="visually-hidden">{repository.name}</span>
    </button>
  );
}

function Pauses() {
  const store = useStore();
  const { pause, draining, notices } = store.health.value;
  const rows = [
    ...(draining
      ? [{ words: "This worker finishes what it runs and claims nothing more", end: () => setDrain(store, false) }]
      : []),
    ...(pause && !draining
      ? [{
        words: `Dispatch is paused: ${pause.reason}${
          pause.until ? `, until ${dateTime(pause.until, store.locale)}` : ""
        }`,
        end: () => endPause(store),
      }]
      : []),
  ];
  return (
    <>
      {rows.length === 0 && (
        <p>
          Nothing is paused.{" "}
          <button type="button" disabled={store.asleep} onClick={() => setDrain(store, true)}>
            Claim nothing more
          </button>
        </p>
      )}
      {rows.map(({ words, end }) => (
        <p key={words} class="settings-pause">
          <span class="tone-need">
            <Icon name="pause" /> {words}
          </span>{" "}
          <button type="button" disabled={store.asleep} onClick={end}>Resume now</button>
        </p>
      ))}
      {notices.length > 0 && (
        <ul class="settings-notices">
          {notices.map((one) => (
            <li key={one}>
              <bdi>{one}</bdi>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** `isKept`: nothing is ever deleted; what retention would free is told for a time that many choose. */
function Disk({ isKept }: { isKept: boolean }) {
  const store = useStore();
  const { stored } = store.health.value;
  const { days, frees_bytes } = stored.retention;
  const known = (count: number | null) => count === null ? "not known yet" : bytes(count);
  return (
    <dl class="settings-facts">
      <dt>Raw logs</dt>
      <dd class="num">{known(stored.logs_bytes)}</dd>
      <dt>Database</dt>
      <dd class="num">{known(stored.store_bytes)}</dd>
      <dt>Free on that disk</dt>
      <dd class="num">{known(stored.free_bytes)}</dd>
      <dt>Retention</dt>
      <dd>
        {isKept ? "off: nothing is ever deleted" : `${days} days`}
        {frees_bytes !== null && (
          <span class="muted">; {isKept ? `${days} days would free` : "frees"} {bytes(frees_bytes)}</span>
        )}
      </dd>
      {stored.notice !== null && (
        <>
          <dt>Notice</dt>
          <dd class="tone-need">{stored.notice}</dd>
        </>
      )}
    </dl>
  );
}

function Variables({ settings }: { settings: SettingsView["settings"] }) {
  return (
    <div class="settings-scroll" tabIndex={0} role="region" aria-label="Settings and what holds">
      <table>
        <thead>
          <tr>{["Variable", "Value", ""].map((name) => <th key={name} scope="col">{name || "Origin"}</th>)}</tr>
        </thead>
        <tbody>
          {settings.map(({ variable, value, is_default }) => (
            <tr key={variable}>
              <th scope="row" class="mono">{variable}</th>
              <td class={is_default ? "muted" : undefined}>
                <bdi>{value ?? "not set"}</bdi>
              </td>
              <td class="muted">{is_default ? "by default" : "set"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
