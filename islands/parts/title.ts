// The tab's title and icon tell how many tasks need you.

import { effect } from "@preact/signals";
import type { Store } from "../state/store.ts";

export function startTitle(store: Store): void {
  const plain = document.title.replace(/^\(\d+\) /, "");
  effect(() => {
    const { tasks } = store.health.value;
    const count = store.board.value?.counts.needs_you ?? tasks.awaiting_approval + tasks.failed;
    const open = store.open.value;
    const name = open && (open.isRecorded ? "Sample" : `#${open.id}`);
    const title = open ? `${name} ${open.task.value.title} · Personal Coder` : plain;
    document.title = count > 0 ? `(${count}) ${title}` : title;
    drawIcon(count);
  });
}

let drawn = -1;

function drawIcon(count: number): void {
  if (count === drawn) return;
  drawn = count;
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (!link) return;
  const href = `data:image/svg+xml,${encodeURIComponent(iconSvg(count))}`;
  // The page may have come with it.
  if (link.href !== href) link.href = href;
}

/** A prompt sign, with the count in a disc. */
export function iconSvg(count: number): string {
  const badge = count === 0
    ? ""
    : `<circle cx="22" cy="10" r="10" fill="#b45309"/><text x="22" y="15" font-family="sans-serif" font-size="14" ` +
      `font-weight="700" fill="#fff" text-anchor="middle">${count > 9 ? "9+" : count}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2853c7"/>` +
    `<path d="M8 9l7 7-7 7M17 23h8" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" ` +
    `stroke-linejoin="round"/>${badge}</svg>`;
}
