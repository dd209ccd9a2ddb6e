// One icon of the sprite that every page carries (routes/pages/page_icons.tsx). Decoration only: a word always stands beside it,
// or the control has a label.

export const iconNames = [
  "need",
  "run",
  "wait",
  "done",
  "fail",
  "off",
  "search",
  "plus",
  "close",
  "expand",
  "copy",
  "chevron",
  "play",
  "pause",
  "back",
  "forward",
  "previous",
  "next",
  "sun",
  "moon",
  "system",
  "branch",
  "thought",
  "message",
  "plan",
  "file",
  "folder",
  "down",
  "link",
  "retry",
  "edit",
  "unlocked",
  "more",
  "filter",
  "top",
  "up",
  "priority",
  "check",
  "minus",
  "tag",
  "leave",
  "open",
  "chart",
  "settings",
] as const;

export type IconName = (typeof iconNames)[number];

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
}
