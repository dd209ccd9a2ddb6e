// The simulated KV against the real one: the same calls, drawn at random, must have the same answers, errors included.
// Versionstamps are compared by the commit they stand for.

import { assert, assertEquals } from "@std/assert";
import { denoKv, type Kv, type KvCommit, type KvKey, type KvRange } from "../../core/kv/kv.ts";
import { systemClock } from "../../core/host/system.ts";
import { kvLink } from "./kv_link.ts";
import { type SeededRandom, seededRandom } from "./seeded_random.ts";
import { SimulatedKv } from "./simulated_kv.ts";

/** One of the two stores, with the commits its versionstamps stand for. */
class Side {
  readonly #commits = new Map<string, number>();
  #last = "";

  constructor(readonly kv: Kv) {}

  /** What a call led to, in words that both sides share. */
  async answer(call: (kv: Kv) => Promise<unknown>): Promise<unknown> {
    try {
      return this.#normal(await call(this.kv));
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  }

  async commit(commit: KvCommit, number: number): Promise<unknown> {
    const answer = await this.answer(async (kv) => {
      const versionstamp = await kv.commit(commit);
      if (versionstamp === null) return null;
      assert(versionstamp > this.#last, "versionstamps grow");
      this.#last = versionstamp;
      this.#commits.set(versionstamp, number);
      return "committed";
    });
    return answer;
  }

  #normal(value: unknown): unknown {
    if (typeof value === "string") return this.#commits.has(value) ? `commit ${this.#commits.get(value)}` : value;
    if (Array.isArray(value)) return value.map((one) => this.#normal(one));
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.#normal(one)]));
  }
}

async function openSides(): Promise<{ sides: Side[]; [Symbol.dispose](): void }> {
  const real = await Deno.openKv(":memory:");
  const simulated = kvLink(new SimulatedKv(() => 2), {
    transport: ({ apply }) => Promise.resolve().then(apply),
    hints: () => () => {},
  });
  const sides = [real, simulated].map((kv) => new Side(denoKv(kv, { clock: systemClock })));
  return { sides, [Symbol.dispose]: () => real.close() };
}

const parts = ["", "a", "ab", "b", "é", "\u{1f600}", "\uffff", "x\0y", -3, -0.5, 0, 1, 2, 10, 1e15];

function drawKey(random: SeededRandom): KvKey {
  return Array.from({ length: random.integer(1, 3) }, () => random.pick(parts));
}

function drawValue(random: SeededRandom): unknown {
  switch (random.integer(0, 4)) {
    case 0:
      return random.integer(0, 1_000_000);
    case 1:
      return { start: random.uuid(), count: random.integer(1, 9), list: [[1, 2], ["é"]] };
    case 2:
      return "text".repeat(random.integer(0, 20));
    case 3:
      return random.chance(0.5);
    default:
      return new Uint8Array(random.chance(0.05) ? random.integer(65_534, 65_538) : random.integer(0, 40))
        .fill(random.integer(0, 255));
  }
}

function drawRange(random: SeededRandom): KvRange {
  const prefix = drawKey(random).slice(0, random.integer(1, 2));
  // Most bounds are inside of the prefix; the others are refused by both.
  const bound = () => random.chance(0.9) ? [...prefix, ...drawKey(random)] : drawKey(random);
  return { prefix, ...(random.chance(0.4) && { start: bound() }), ...(random.chance(0.4) && { end: bound() }) };
}

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`SimulatedKv answers as Deno KV does, seed ${seed}`, async () => {
    const random = seededRandom(seed);
    using opened = await openSides();
    const { sides } = opened;
    for (let step = 0; step < 600; step++) {
      const answers = await Promise.all((await drawStep(random, sides, step)).map((call) => call()));
      assertEquals(answers[1], answers[0], `seed ${seed}, step ${step}`);
    }
  });
}

/** One call, for each side. */
async function drawStep(random: SeededRandom, sides: Side[], step: number): Promise<(() => Promise<unknown>)[]> {
  const kind = random.integer(0, 9);
  if (kind === 0) {
    const key = drawKey(random);
    return sides.map((side) => () => side.answer((kv) => kv.get(key)));
  }
  if (kind === 1) {
    const keys = Array.from({ length: random.integer(0, 11) }, () => drawKey(random));
    return sides.map((side) => () => side.answer((kv) => kv.getMany(keys)));
  }
  if (kind <= 4) {
    const range = drawRange(random);
    const options = { limit: random.integer(1, 30), reverse: random.chance(0.4) };
    return sides.map((side) => () => side.answer((kv) => kv.page(range, options)));
  }
  const sets = Array.from({ length: random.integer(0, 6) }, () => ({ key: drawKey(random), value: drawValue(random) }));
  const deletes = Array.from({ length: random.integer(0, 3) }, () => drawKey(random));
  const checked = Array.from(
    { length: random.integer(0, 2) },
    () => ({ key: drawKey(random), fails: random.chance(0.2) }),
  );
  const isStamped = random.chance(0.3);
  return await Promise.all(sides.map(async (side) => {
    const checks: KvCommit["checks"] = [];
    for (const { key, fails } of checked) {
      const { versionstamp } = await side.kv.get(key);
      checks.push({ key, versionstamp: fails ? "00000000000000000000" : versionstamp });
    }
    const stamped = isStamped ? [{ key: ["a", side.kv.commitVersionstamp()], value: step }] : [];
    return () => side.commit({ checks, sets: [...sets, ...stamped], deletes }, step);
  }));
}

const ofLength = (length: number) => ["k".repeat(length)];
const bytes = (length: number) => new Uint8Array(length);
const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));

const limitCases: Record<string, (count: number) => Partial<KvCommit>> = {
  "a key of n bytes": (n) => ({ sets: [{ key: ofLength(n), value: 1 }] }),
  "a deleted key of n bytes": (n) => ({ deletes: [ofLength(n)] }),
  "a value of n bytes": (n) => ({ sets: [{ key: ["v"], value: bytes(n) }] }),
  "a text of n characters": (n) => ({ sets: [{ key: ["v"], value: "a".repeat(n) }] }),
  "n checks": (n) => ({ checks: many(n, (one) => ({ key: ["c", one], versionstamp: null })) }),
  "n mutations": (n) => ({ sets: many(n, (one) => ({ key: ["m", one], value: 1 })) }),
  "n large values": (n) => ({ sets: many(n, (one) => ({ key: ["l", one], value: bytes(65_000) })) }),
  "n large keys": (n) => ({ sets: many(n, (one) => ({ key: [...ofLength(1_000), one], value: 1 })) }),
  "n large deleted keys": (n) => ({ deletes: many(n, (one) => [...ofLength(1_000), one]) }),
  "no key": () => ({ sets: [{ key: [], value: 1 }] }),
};
const limitCounts: Record<string, number[]> = {
  "a key of n bytes": [2_045, 2_046, 2_047],
  "a deleted key of n bytes": [2_046, 2_047],
  "a value of n bytes": [65_536, 65_537],
  "a text of n characters": [65_530, 65_531],
  "n checks": [100, 101],
  "n mutations": [1_000, 1_001],
  "n large values": [12, 13],
  "n large keys": [80, 81, 82],
  "n large deleted keys": [80, 82, 400],
  "no key": [0],
};

Deno.test("SimulatedKv has the limits of Deno KV, and a refused commit leaves nothing behind", async () => {
  using opened = await openSides();
  const { sides } = opened;
  let number = 0;
  for (const [name, make] of Object.entries(limitCases)) {
    for (const count of limitCounts[name]!) {
      const commit = { checks: [], sets: [], deletes: [], ...make(count) };
      const probe = { key: ["probe", name, count], value: 1 };
      const changed = { ...commit, sets: [probe, ...commit.sets] };
      // The probe would be one mutation too many where they are counted.
      const whole = name === "n mutations" ? commit : changed;
      const [real, simulated] = await Promise.all(sides.map((side) => side.commit(whole, number)));
      number++;
      assertEquals(simulated, real, `${name}, n = ${count}`);
      const [there, here] = await Promise.all(sides.map((side) => side.answer((kv) => kv.get(probe.key))));
      assertEquals(here, there, `${name}, n = ${count}: what is left`);
    }
  }
});
