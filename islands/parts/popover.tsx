// A small panel beside what opened it, over everything else; it closes by Escape, by a click elsewhere, and by what is in it.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface PopoverProps {
  /** What it stands beside. */
  anchor: () => HTMLElement | null | undefined;
  label: string;
  role: "dialog" | "menu";
  class: string;
  onClose(): void;
  onKeyDown?(event: KeyboardEvent): void;
  children: ComponentChildren;
}

const gapPx = 4;
const edgePx = 8;

export function Popover({ anchor, label, role, class: name, onClose, onKeyDown, children }: PopoverProps) {
  const panel = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useLayoutEffect(() => {
    const element = panel.current;
    const from = anchor();
    if (!element) return;
    element.showPopover();
    place(element, from?.getBoundingClientRect() ?? new DOMRect());
    element.querySelector<HTMLElement>("button:not(:disabled), a, input")?.focus();
    const onToggle = (event: Event) => (event as ToggleEvent).newState === "closed" && close.current();
    element.addEventListener("toggle", onToggle);
    return () => element.removeEventListener("toggle", onToggle);
  }, []);
  return (
    <div ref={panel} class={`popover ${name}`} popover="auto" role={role} aria-label={label} onKeyDown={onKeyDown}>
      {children}
    </div>
  );
}

/** Whether one is open: the keys are its own then. */
export function isPopoverOpen(): boolean {
  return document.querySelector(":popover-open") !== null;
}

/** Under the anchor, or over it where there is more room; its right edge at the anchor's where that fits. */
function place(element: HTMLElement, box: DOMRect): void {
  const { width, height } = element.getBoundingClientRect();
  const left = Math.max(edgePx, Math.min(box.right - width, innerWidth - width - edgePx));
  const under = box.bottom + gapPx;
  const isOver = under + height > innerHeight - edgePx && box.top - gapPx - height > edgePx;
  const top = isOver ? box.top - gapPx - height : Math.min(under, Math.max(edgePx, innerHeight - height - edgePx));
  Object.assign(element.style, { left: `${left}px`, top: `${top}px` });
}
