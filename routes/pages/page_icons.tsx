// The icons of the pages, once per page as a sprite; islands/parts/icon.tsx draws one of them. All on a 16 px grid.

import type { ComponentChildren } from "preact";
import type { IconName } from "../../islands/parts/icon.tsx";

const paths: Record<IconName, ComponentChildren> = {
  need: <path d="M8 2.8v6M8 12.2v.6" stroke-width="2" />,
  run: <path d="M13.2 8a5.2 5.2 0 1 1-5.2-5.2" stroke-width="2" />,
  wait: <path d="M8 13.2A5.2 5.2 0 1 0 8 2.8a5.2 5.2 0 0 0 0 10.4ZM8 5.2V8l1.8 1.4" />,
  done: <path d="m3.4 8.4 3 3 6.2-6.8" stroke-width="2" />,
  fail: <path d="m4 4 8 8M12 4l-8 8" stroke-width="2" />,
  off: <path d="M8 13.2A5.2 5.2 0 1 0 8 2.8a5.2 5.2 0 0 0 0 10.4ZM4.4 11.6l7.2-7.2" />,
  search: <path d="M7 11.4A4.4 4.4 0 1 0 7 2.6a4.4 4.4 0 0 0 0 8.8ZM10.2 10.2l3.2 3.2" />,
  plus: <path d="M8 3.2v9.6M3.2 8h9.6" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  expand: <path d="M9.4 3h3.6v3.6M6.6 13H3V9.4M12.6 3.4 9 7M3.4 12.6 7 9" />,
  copy: <path d="M5.8 5.8h7.4v7.4H5.8zM10.2 5.8V2.8H2.8v7.4h3" />,
  chevron: <path d="m6 4 4 4-4 4" />,
  play: <path d="M5 3.2v9.6L12.6 8z" fill="currentColor" />,
  pause: <path d="M5.4 3.4v9.2M10.6 3.4v9.2" stroke-width="2.4" />,
  back: <path d="M10 4 6 8l4 4" />,
  forward: <path d="m6 4 4 4-4 4" />,
  previous: <path d="M11.6 4 7.6 8l4 4M4.6 4v8" />,
  next: <path d="m4.4 4 4 4-4 4M11.4 4v8" />,
  sun: (
    <path d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.6v1M8 13.4v1M1.6 8h1M13.4 8h1M3.5 3.5l.7.7M11.8 11.8l.7.7M12.5 3.5l-.7.7M4.2 11.8l-.7.7" />
  ),
  moon: <path d="M13 9.4A5.4 5.4 0 0 1 6.6 3 5.4 5.4 0 1 0 13 9.4Z" />,
  system: <path d="M2.4 3.2h11.2v7.6H2.4zM6 13.2h4" />,
  branch: (
    <path d="M4.8 5.6v4.8M11.2 6.4c0 3-6.4 1.4-6.4 4M4.8 5.2a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8ZM11.2 6a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8ZM4.8 13.6a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8Z" />
  ),
  thought: <path d="M6.2 12.4h3.6M6.8 14h2.4M6.2 10.6c0-1.4-1.8-2-1.8-4.4a3.6 3.6 0 0 1 7.2 0c0 2.4-1.8 3-1.8 4.4z" />,
  message: <path d="M2.6 3.4h10.8v7.2H7.2L4.4 13v-2.4H2.6z" />,
  plan: <path d="M6.2 4h7M6.2 8h7M6.2 12h7M2.8 4h.4M2.8 8h.4M2.8 12h.4" />,
  file: <path d="M4 2.4h5L12 5.4v8.2H4zM9 2.4v3h3" />,
  folder: <path d="M2.4 4h4l1.4 1.6h5.8v6.8H2.4z" />,
  down: <path d="M8 3v9M4.4 8.6 8 12.2l3.6-3.6" />,
  link: (
    <path d="M6.6 9.4 9.4 6.6M7 4.6l1.4-1.4a2.9 2.9 0 0 1 4.2 4.2L11 8.8M9 11.4l-1.4 1.4a2.9 2.9 0 0 1-4.2-4.2L5 7.2" />
  ),
  retry: <path d="M12.8 8a4.8 4.8 0 1 1-1.6-3.6M12.8 2.6v2.8H10" />,
  unlocked: <path d="M3.6 7.4h8.8v5.8H3.6zM5.6 7.4V5a2.4 2.4 0 0 1 4.6-.9" />,
  more: <path d="M3.4 8h.01M8 8h.01M12.6 8h.01" stroke-width="2.2" />,
  filter: <path d="M2.6 4h10.8M4.8 8h6.4M6.8 12h2.4" />,
  top: <path d="M3.4 2.8h9.2M8 13.2V6M4.8 9.2 8 6l3.2 3.2" />,
  up: <path d="M8 13V3.4M4.4 7 8 3.4 11.6 7" />,
  priority: <path d="M3.4 12.8v-3M8 12.8V6.4M12.6 12.8V3" stroke-width="2" />,
  check: <path d="M2.8 2.8h10.4v10.4H2.8zM5.2 8.2l2 2 3.6-4.2" />,
  tag: <path d="M3 3h4.8l5.2 5.2-4.8 4.8L3 7.8zM5.4 5.4h.01" />,
  minus: <path d="M3.2 8h9.6" />,
  leave: <path d="M9.4 3.2H3.2v9.6h6.2M6.8 8h6.4M10.8 5.6 13.2 8l-2.4 2.4" />,
  open: <path d="M8 13.2A5.2 5.2 0 1 0 8 2.8a5.2 5.2 0 0 0 0 10.4Z" />,
  chart: <path d="M2.6 2.6v10.8h10.8M5.8 10.6V7.4M8.6 10.6V4.6M11.4 10.6V6" />,
  settings: (
    <path d="M2.6 4.6h6M12 4.6h1.4M2.6 11.4h1.4M7.4 11.4h6M10.2 6.2a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2ZM5.8 13a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2Z" />
  ),
  edit: <path d="m3 13 .6-2.8 6.8-6.8 2.2 2.2-6.8 6.8z" />,
};

export function IconSprite() {
  return (
    <svg class="sprite" width="0" height="0" aria-hidden="true">
      {Object.entries(paths).map(([name, content]) => (
        <symbol
          key={name}
          id={`i-${name}`}
          viewBox="0 0 16 16"
          fill="none"
          stroke="currentColor"
          stroke-width="1.5"
          stroke-linecap="round"
          stroke-linejoin="round"
        >
          {content}
        </symbol>
      ))}
    </svg>
  );
}
