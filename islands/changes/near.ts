// What is near the view is drawn; of the rest only the height stands in the page.

import { createContext } from "preact";
import type { RefObject } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { type Signal, useSignal } from "@preact/signals";

/** How far out of the view things are drawn, in pixels. */
const marginPx = 400;

/** Watches what comes near the view of a scrolling box. */
export class Nearness {
  readonly #box: RefObject<HTMLElement | null>;
  readonly #told = new Map<Element, (isNear: boolean) => void>();
  #observer: IntersectionObserver | null = null;

  constructor(box: RefObject<HTMLElement | null>) {
    this.#box = box;
  }

  /** Calls `tell` soon and at every change, until the returned function is called. */
  observe(element: Element, tell: (isNear: boolean) => void): () => void {
    this.#observer ??= new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.#told.get(target)?.(isIntersecting);
    }, { root: this.#box.current, rootMargin: `${marginPx}px 0px` });
    this.#told.set(element, tell);
    this.#observer.observe(element);
    return () => {
      this.#told.delete(element);
      this.#observer?.unobserve(element);
    };
  }
}

export const NearnessContext = createContext<Nearness | null>(null);

/**
 * Whether the element of `ref` is to be drawn. While it is not, it is as high as it was last, at first `heightPx`. What holds
 * the focus stays.
 */
export function useNear<E extends HTMLElement>(
  initially: boolean,
  heightPx: number,
): { ref: RefObject<E | null>; near: Signal<boolean> } {
  const nearness = useContext(NearnessContext);
  const ref = useRef<E>(null);
  const near = useSignal(initially);
  const last = useRef<number | null>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element || !nearness) return;
    return nearness.observe(element, (isNear) => {
      if (isNear === near.peek() || (!isNear && element.contains(document.activeElement))) return;
      if (!isNear) last.current = element.offsetHeight;
      near.value = isNear;
    });
  }, [nearness]);
  useLayoutEffect(() => {
    if (ref.current) ref.current.style.height = near.value ? "" : `${last.current ?? heightPx}px`;
  });
  return { ref, near };
}
