// Between two panels: one of them is made wider or narrower by dragging or by the arrow keys, and folds away by the button or
// a double click. The browser remembers both.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";

interface ResizerProps {
  /** Under which it is remembered. */
  name: string;
  /** What it is for: a neighbour, or what it stands in, at its left edge. That does not fold. */
  of: "previous" | "next" | "parent";
  /** In pixels. */
  min: number;
  max: number;
  label: string;
}

const stepPx = 24;

export function Resizer({ name, of, min, max, label }: ResizerProps) {
  const store = useStore();
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal<number | null>(null);
  const folded = useSignal(false);
  const key = `coder.panel.${name}`;
  const panel = () => panelOf(box.current, of);
  /** Which way is wider. */
  const sign = of === "previous" ? 1 : -1;
  const canFold = of !== "parent";
  const now = () => Math.round(width.value ?? panel()?.offsetWidth ?? min);
  const apply = () => {
    const element = panel();
    if (element && width.value !== null) element.style.width = `${width.value}px`;
  };
  const set = (next: number, isFolded: boolean) => {
    width.value = Math.min(max, Math.max(min, Math.round(next)));
    folded.value = isFolded;
    apply();
    localStorage.setItem(key, `${width.value}${isFolded ? " folded" : ""}`);
  };
  useEffect(() => {
    const [, kept, isFolded] = /^(\d{2,4})( folded)?$/.exec(localStorage.getItem(key) ?? "") ?? [];
    if (kept === undefined) return;
    width.value = Math.min(max, Math.max(min, Number(kept)));
    folded.value = isFolded !== undefined;
    apply();
  }, []);
  const onPointerDown = (event: PointerEvent) => {
    const handle = event.currentTarget as HTMLElement;
    const [startX, start] = [event.clientX, now()];
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const move = (next: PointerEvent) => {
      const by = (next.clientX - startX) * sign;
      set(start + by, canFold && start + by < min / 2);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), {
      once: true,
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? stepPx : event.key === "ArrowLeft" ? -stepPx : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    set(now() + by * sign, false);
  };
  const word = `${folded.value ? "Unfold" : "Fold"}: ${label}`;
  return (
    <div class={`resizer resizer-${of}${folded.value ? " folded" : ""}`} ref={box}>
      <div
        class="resizer-line"
        role="separator"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={label}
        aria-valuemin={min}
        aria-valuemax={max}
        aria-valuenow={folded.value ? min : width.value ?? min}
        onPointerDown={onPointerDown}
        onKeyDown={onKeyDown}
        onDblClick={() => canFold && set(now(), !folded.value)}
      />
      {canFold && (
        <button
          type="button"
          class="quiet icon-only tiny resizer-fold"
          aria-label={word}
          title={word}
          aria-expanded={!folded.value}
          disabled={store.asleep}
          onClick={() => set(now(), !folded.value)}
        >
          <Icon name="chevron" />
        </button>
      )}
    </div>
  );
}

function panelOf(box: HTMLElement | null, of: ResizerProps["of"]): HTMLElement | null {
  const panel = of === "parent"
    ? box?.parentElement
    : of === "next"
    ? box?.nextElementSibling
    : box?.previousElementSibling;
  return panel instanceof HTMLElement ? panel : null;
}
