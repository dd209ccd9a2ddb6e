// Randomness that a seed repeats: every choice of a simulation comes from here.

import type { Random } from "../../core/domain/ports.ts";

export interface SeededRandom extends Random {
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** A whole number from low to high, both included. */
  integer(low: number, high: number): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** The generator is sfc32: small, fast, and good enough to draw faults from. */
export function seededRandom(seed: number): SeededRandom {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];

  function bits(): number {
    const sum = (a + b + d++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  }

  for (let warm = 0; warm < 15; warm++) bits();
  const float = () => bits() / 2 ** 32;
  const between = (low: number, high: number) => low + float() * (high - low);
  const integer = (low: number, high: number) => low + Math.floor(float() * (high - low + 1));
  return {
    float,
    between,
    integer,
    chance: (p) => float() < p,
    pick: (from) => from[integer(0, from.length - 1)]!,
    uuid() {
      const hex = () => bits().toString(16).padStart(8, "0");
      const [one, two, three, four] = [hex(), hex(), hex(), hex()];
      return `${one}-${two.slice(0, 4)}-4${two.slice(5)}-8${three.slice(1, 4)}-${three.slice(4)}${four}`;
    },
  };
}
