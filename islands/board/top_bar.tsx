// The bar over every page: where we are, search, the slots, what is wrong with the service, whether runs are confined, theme,
// new task.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { setFilter, setTheme } from "../state/actions.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import type { Theme } from "../state/page_data.ts";
import { LogOut } from "./log_out.tsx";
import { PauseBanner } from "./pause_banner.tsx";
import { useStore } from "../state/store.ts";
import { dateTime, plural } from "../../core/view/format.ts";
import { choices } from "../../core/view/task_state.ts";
import { unconfinedReason } from "../../core/view/confinement_words.ts";

const slotPanel = lazy("SlotPanel", () => import("../loaded/dialogs.ts"));

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
      <NotConfined />
      <Slots />
      <PageLink href="/insights" kind="insights" icon="chart" name="Insights" />
      <PageLink href="/settings" kind="settings" icon="settings" name="Settings" />
      <ThemeSwitch />
      <LogOut />
      <a
        class="button primary"
        href="/tasks/new"
        onClick={(event) => {
          if (store.asleep.peek() || event.metaKey || event.ctrlKey) return;
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
        maxLength={200}
        onInput={(event) =>
          store.page.kind === "board" && setFilter(store, { ...store.filter.peek(), q: event.currentTarget.value })}
        onKeyDown={(event) => {
          // The browser empties the field by itself, and says so too late: the key has left the field by then.
          if (event.key !== "Escape" || event.currentTarget.value === "") return;
          event.preventDefault();
          event.stopPropagation();
          event.currentTarget.value = "";
          if (store.page.kind === "board") setFilter(store, { ...store.filter.peek(), q: "" });
        }}
      />
      <kbd>/</kbd>
      {store.page.kind === "board" && <FilterButton />}
    </form>
  );
}

/** Shows the choices of the filter, and how many are made. */
function FilterButton() {
  const store = useStore();
  const made = choices(store.filter.value);
  return (
    <button
      type="button"
      class="quiet small filter-button"
      aria-label={made === 0 ? "Filters" : `Filters, ${made} set`}
      title="Filter by status, repository, outcome or label"
      aria-expanded={made > 0 || store.filtering.value}
      aria-controls="filters"
      disabled={store.asleep}
      onClick={() => store.filtering.value = !store.filtering.peek()}
    >
      <Icon name="filter" />
      {made > 0 && <span class="num">{made}</span>}
    </button>
  );
}

/** The one thing about the service that matters most now; nothing when all is well. */
function ServiceState() {
  const store = useStore();
  const { pause, agent, status, notices } = store.health.value;
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
  else if (notices.length > 0) content = chip("need", plural(notices.length, "notice"), notices.join("\n"));
  return <span class="service" role="status">{content}</span>;
}

/** On every page, since every agent can then do what its user can; nothing where runs are confined, or none are. */
function NotConfined() {
  const store = useStore();
  const { sandbox, agent } = store.health.value;
  if (sandbox.level !== "off" || agent.kind === "none") return null;
  return (
    <button
      type="button"
      class="service-state not-confined tone-need"
      title={unconfinedReason(sandbox)}
      onClick={() => store.overlay.value = { kind: "setup" }}
    >
      <Icon name="unlocked" />
      <span>not confined</span>
    </button>
  );
}

/** Of this worker: it opens what changes them, and leads to all workers where it cannot. */
function Slots() {
  const store = useStore();
  const meter = useRef<HTMLAnchorElement>(null);
  const isOpen = useSignal(false);
  const { busy, total } = store.health.value.slots;
  const words = `${busy} of ${total} slots busy`;
  return (
    <>
      <a
        class="slots"
        href="/workers"
        ref={meter}
        title={`Workers: ${words}`}
        aria-haspopup="dialog"
        aria-expanded={isOpen.value}
        aria-current={store.page.kind === "workers" ? "page" : undefined}
        onClick={(event) => {
          if (store.asleep.peek() || event.metaKey || event.ctrlKey) return;
          event.preventDefault();
          isOpen.value = true;
        }}
      >
        {total <= 8 && Array.from({ length: total }, (_, index) => <i key={index} class={index < busy ? "on" : ""} />)}
        <span class="num muted" aria-hidden="true">{busy}/{total}</span>
        <span class="visually-hidden">Workers: {words}</span>
      </a>
      {isOpen.value && <slotPanel.View anchor={() => meter.current} onClose={() => isOpen.value = false} />}
    </>
  );
}

function PageLink({ href, kind, icon, name }: { href: string; kind: string; icon: IconName; name: string }) {
  const { page } = useStore();
  return (
    <a
      class="button quiet icon-only page-link"
      href={href}
      title={name}
      aria-label={name}
      aria-current={page.kind === kind ? "page" : undefined}
    >
      <Icon name={icon} />
    </a>
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
