// A whole page as HTML: drawn on the server with the islands' own components, readable without JavaScript.

import type { ComponentChildren, ComponentType } from "preact";
import { renderToString } from "preact-render-to-string";
import { Island } from "../../islands/parts/island.tsx";
import { islands } from "../../islands/islands.ts";
import type { PageData, Tab } from "../../islands/state/page_data.ts";
import { createStore, type Store } from "../../islands/state/store.ts";
import { sampleId } from "../../islands/state/location.ts";
import { iconSvg } from "../../islands/parts/title.ts";
import type { Assets } from "./assets.ts";
import { IconSprite } from "./page_icons.tsx";

const bodies: Record<PageData["kind"], string | null> = {
  board: "task_board",
  task: "task_page",
  new: "new_task",
  repositories: "repositories",
  workers: "workers",
  schedules: "schedules",
  webhooks: "webhooks",
  compare: "compare",
  insights: null,
  settings: "settings",
  missing: null,
  nowhere: null,
};

interface Loading {
  kind: PageData["kind"];
  /** Of the task that is open, if one is. */
  tab: Tab | null;
}

/** The scripts of a page: its parts run before what brings it to life, and so need not be waited for. */
function scriptsOf({ kind, tab }: Loading, { scripts, urls }: Pick<Assets, "scripts" | "urls">) {
  const isOther = ["repositories", "workers", "schedules", "webhooks", "settings", "compare"].includes(kind);
  const parts = [
    ...(kind === "board" ? ["board"] : kind === "new" ? ["dialogs"] : isOther ? ["pages"] : []),
    ...(tab ? ["task", tab] : []),
  ].flatMap((part) => scripts.get(part) ?? []);
  const run = [...parts.map(({ url }) => url), urls.script];
  const imported = new Set([...parts.flatMap(({ imports }) => imports), ...scripts.get("main")?.imports ?? []]);
  return { run, imported: [...imported].filter((url) => !run.includes(url)) };
}

/** What a page of that kind asks for at once, as values of `Link` (RFC 8288), for a browser that has not got the page yet. */
export function loadedBy(page: Loading, assets: Pick<Assets, "urls" | "scripts">): string[] {
  const { run, imported } = scriptsOf(page, assets);
  return [
    `<${assets.urls.style}>; rel=preload; as=style`,
    `<${assets.urls.font}>; rel=preload; as=font; type="font/woff2"; crossorigin=anonymous`,
    ...[...run, ...imported].map((url) => `<${url}>; rel=modulepreload`),
  ];
}

/** `content`: the middle of a page that no island has. */
export function renderPage(
  page: PageData,
  assets: Pick<Assets, "urls" | "scripts">,
  content?: ComponentChildren,
): string {
  const store = createStore(page);
  return `<!doctype html>${renderToString(<Document page={page} store={store} assets={assets}>{content}</Document>)}`;
}

interface DocumentProps {
  page: PageData;
  store: Store;
  assets: Pick<Assets, "urls" | "scripts">;
  children: ComponentChildren;
}

function Document({ page, store, assets, children }: DocumentProps) {
  const { urls } = assets;
  const body = bodies[page.kind];
  const { run, imported } = scriptsOf({ kind: page.kind, tab: page.task?.tab ?? null }, assets);
  return (
    <html lang="en" data-theme={page.theme ?? undefined}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{titleOf(page)}</title>
        <link rel="icon" type="image/svg+xml" href={`data:image/svg+xml,${encodeURIComponent(iconSvg(0))}`} />
        <link rel="apple-touch-icon" href={urls.touchIcon} />
        {/* Where a token is asked for, it is asked for here, too. */}
        <link rel="manifest" href={urls.manifest} crossorigin="use-credentials" />
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#16191d" />
        <link rel="preload" as="font" type="font/woff2" href={urls.font} crossorigin="anonymous" />
        <link rel="stylesheet" href={urls.style} />
        {run.map((url) => <script key={url} type="module" src={url} />)}
        {imported.map((url) => <link key={url} rel="modulepreload" href={url} />)}
      </head>
      <body class={`page-${page.kind}`}>
        <IconSprite />
        <PageIsland name="top_bar" store={store} />
        {body ? <PageIsland name={body} store={store} /> : children ?? <Missing kind={page.kind} />}
        <PageIsland name="overlays" store={store} />
        <DataOf page={page} />
      </body>
    </html>
  );
}

/** The last that is drawn: by then all is written that the islands write again. */
function DataOf({ page }: { page: PageData }) {
  return <script id="page-data" type="application/json" dangerouslySetInnerHTML={{ __html: jsonInHtml(page) }} />;
}

function PageIsland({ name, store }: { name: string; store: Store }) {
  return <Island name={name} store={store} component={islands[name] as ComponentType} />;
}

/** `missing`: what the address names; `nowhere`: it names nothing that there could be. */
function Missing({ kind }: { kind: PageData["kind"] }) {
  return (
    <main id="main" class="form-page">
      <h1>{kind === "nowhere" ? "There is no page at this address" : "There is no such task"}</h1>
      <p class="muted">
        {kind === "nowhere"
          ? "Look whether it is written as it should be."
          : "It may be on another store, or the address is not complete."}
      </p>
      <p>
        <a class="button" href="/">Go to the board</a>
      </p>
    </main>
  );
}

function titleOf(page: PageData): string {
  const count = page.board?.counts.needs_you ?? 0;
  const name = page.task
    ? `${page.task.task.id === sampleId ? "Sample" : `#${page.task.task.id}`} ${page.task.task.title} · Personal Coder`
    : page.kind === "repositories"
    ? "Repositories · Personal Coder"
    : page.kind === "workers"
    ? "Workers · Personal Coder"
    : page.kind === "schedules"
    ? "Schedules · Personal Coder"
    : page.kind === "webhooks"
    ? "Webhooks · Personal Coder"
    : page.kind === "settings"
    ? "Settings · Personal Coder"
    : page.kind === "insights"
    ? "Insights · Personal Coder"
    : page.comparison
    ? `#${page.comparison.a.task} and #${page.comparison.b.task} compared · Personal Coder`
    : "Personal Coder";
  return count > 0 ? `(${count}) ${name}` : name;
}

/** JSON that cannot end its script element, whatever text is in it. */
export function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll(
    "\u2029",
    "\\u2029",
  );
}
