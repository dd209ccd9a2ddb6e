// The bar over every page: where we are, search, the slots, what is wrong with the service, theme, new task.

import { setFilter, setTheme } from "../state/actions.ts";
import { Icon } from "../parts/icon.tsx";
import type { Theme } from "../state/page_data.ts";
import { PauseBanner } from "./pause_banner.tsx";
import { useStore } from "../state/store.ts";
import { dateTime } from "../parts/format.ts";
import { type BoardFilter, statusWords } from "../state/task_state.ts";
import { statuses } from "../../core/domain/task.ts";

export function TopBar() {
  return (
    <>
      <Bar />
      <PauseBanner />
    </>
  );
}

function Bar() {
  const store = useStore();
  const repos = store.health.value.repos;
  const [repo] = repos;
  return (
    <header class="top">
      <a class="skip" href="#main">Skip to the content</a>
      <a class="brand" href="/">
        <svg class="logo" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M3 3.5 7.5 8 3 12.5M9 12.5h4.5" />
        </svg>
        Personal Coder
      </a>
      {repo && (
        <a
          class="where"
          href="/repositories"
          title="Repositories"
          aria-current={store.page.kind === "repositories" ? "page" : undefined}
        >
          <Icon name="folder" />
          <span class="visually-hidden">Repositories:</span>
          <span class="where-words">
            <bdi>{repos.length > 1 ? `${repos.length} repositories` : repo.name}</bdi>
            {repos.length === 1 && repo.branch && (
              <>
                <Icon name="branch" />
                <bdi>{repo.branch}</bdi>
              </>
            )}
          </span>
        </a>
      )}
      <Search />
      <span class="grow" />
      <ServiceState />
      <Slots />
      <ThemeSwitch />
      <a
        class="button primary"
        href="/tasks/new"
        onClick={(event) => {
          if (!store.alive.peek() || event.metaKey || event.ctrlKey) return;
          event.preventDefault();
          store.overlay.value = { kind: "new", from: null };
        }}
      >
        <Icon name="plus" />
        <span class="button-word">New task</span>
        <kbd>c</kbd>
      </a>
    </header>
  );
}

function Search() {
  const store = useStore();
  const filter = store.filter.value;
  const change = (changes: Partial<BoardFilter>) => setFilter(store, { ...store.filter.peek(), ...changes });
  const repos = store.health.value.repos;
  return (
    <form
      class="search"
      role="search"
      action="/"
      onSubmit={(event) => {
        if (store.page.kind === "board") event.preventDefault();
      }}
    >
      <Icon name="search" />
      <input
        type="search"
        name="q"
        id="search"
        aria-label="Search tasks"
        placeholder="Search tasks"
        autocomplete="off"
        value={filter.q}
        onInput={(event) => store.page.kind === "board" && void change({ q: event.currentTarget.value })}
      />
      <kbd>/</kbd>
      <select
        name="status"
        aria-label="Status"
        value={filter.status ?? ""}
        onChange={(event) => {
          const value = event.currentTarget.value;
          if (store.page.kind === "board") void change({ status: statuses.find((one) => one === value) ?? null });
          else event.currentTarget.form?.submit();
        }}
      >
        <option value="">Any status</option>
        {statuses.map((status) => <option key={status} value={status}>{statusWords[status]}</option>)}
      </select>
      {repos.length > 1 && (
        <select
          name="repo"
          aria-label="Repository"
          value={filter.repo ?? ""}
          onChange={(event) => void change({ repo: event.currentTarget.value || null })}
        >
          <option value="">Any repository</option>
          {repos.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
      )}
    </form>
  );
}

/** The one thing about the service that matters most now; nothing when all is well. */
function ServiceState() {
  const store = useStore();
  const { pause, agent, status } = store.health.value;
  const connection = store.connection.value;
  const showSetup = () => store.overlay.value = { kind: "setup" };
  const chip = (tone: string, word: string, title: string, onClick: () => void = showSetup) => (
    <button
      type="button"
      class={`service-state tone-${tone}`}
      title={title}
      onClick={onClick}
    >
      <Icon name={tone === "wait" ? "wait" : "need"} />
      <span>{word}</span>
    </button>
  );
  let content = null;
  if (connection === "signed_out") content = chip("fail", "Signed out", "Sign in again", () => location.reload());
  else if (connection === "lost") content = chip("fail", "Connection lost", "Trying again by itself");
  else if (status === "stopping") content = chip("need", "Stopping", "The service is shutting down");
  else if (pause) {
    const until = pause.until ? `, until ${dateTime(pause.until, store.locale)}` : "";
    content = chip("need", "Paused", `${pause.reason}${until}`);
  } else if (agent.kind === "missing") content = chip("fail", "No agent", agent.hint ?? "claude was not found");
  else if (agent.kind === "demo") content = chip("need", "Demo agent", agent.hint ?? "This is not the real claude");
  return <span class="service" role="status">{content}</span>;
}

function Slots() {
  const { busy, total } = useStore().health.value.slots;
  const words = `${busy} of ${total} slots busy`;
  return (
    <span class="slots" title={words}>
      {total <= 8 && Array.from({ length: total }, (_, index) => <i key={index} class={index < busy ? "on" : ""} />)}
      <span class="num muted" aria-hidden="true">{busy}/{total}</span>
      <span class="visually-hidden">{words}</span>
    </span>
  );
}

const themes: { theme: Theme | null; icon: "system" | "sun" | "moon"; word: string }[] = [
  { theme: null, icon: "system", word: "as the system" },
  { theme: "light", icon: "sun", word: "light" },
  { theme: "dark", icon: "moon", word: "dark" },
];

function ThemeSwitch() {
  const store = useStore();
  const index = themes.findIndex(({ theme }) => theme === store.theme.value);
  const current = themes[index] ?? themes[0];
  const next = themes[(index + 1) % themes.length];
  if (!current || !next) return null;
  const label = `Theme: ${current.word}. Switch to ${next.word}`;
  return (
    <button
      type="button"
      class="quiet icon-only theme-switch"
      aria-label={label}
      title={label}
      onClick={() => setTheme(store, next.theme)}
    >
      <Icon name={current.icon} />
    </button>
  );
}
