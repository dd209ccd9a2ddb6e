// How long things took, in buckets whose bounds grow by a factor: bounded in size however many there are, added up without
// loss, and with quantiles that are right within that factor.

/** How many lie in each bucket, by its number; empty ones are absent. */
export type Histogram = Record<number, number>;

/** Each bound is this many times the one before it. */
const factor = 2 ** 0.25;
const firstBoundMs = 1_000;
/** Three weeks and more are one. */
const lastBucket = 84;

/** Adds a duration in ms to `into`. */
export function observe(into: Histogram, durationMs: number): void {
  const exact = Math.log(Math.max(durationMs, 1) / firstBoundMs) / Math.log(factor);
  // What is right at a bound belongs beneath it, whatever the logarithm's last digit says.
  const bucket = Math.min(lastBucket, Math.max(0, Math.ceil(exact - 1e-9)));
  into[bucket] = (into[bucket] ?? 0) + 1;
}

/** Adds all of `other` to `into`. */
export function addHistogram(into: Histogram, other: Histogram): void {
  for (const [bucket, count] of Object.entries(other)) {
    into[Number(bucket)] = (into[Number(bucket)] ?? 0) + count;
  }
}

/** The duration in ms beneath which `share` (0..1) of all lie, by the upper bound of its bucket; null for none. */
export function quantileOf(histogram: Histogram, share: number): number | null {
  const counts = Object.entries(histogram).map(([bucket, count]) => [Number(bucket), count] as const)
    .sort(([a], [b]) => a - b);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of counts) {
    seen += count;
    if (seen >= total * share) return boundMs(bucket);
  }
  return null;
}

/** The upper bound of a bucket in ms. */
export function boundMs(bucket: number): number {
  return Math.round(firstBoundMs * factor ** bucket);
}
