// When a cron expression is due, in a time zone: croner's answers in the words of the log.

import { Cron } from "croner";
import { DomainError } from "../../domain/error.ts";

/** More times than these that were missed are not counted. */
const missedAtMost = 1_000;

export interface CronTimes {
  /** The first `count` times after `after` (ms since 1970), as ISO 8601. */
  next(after: number, count: number): string[];
  /** How many times there are after `due` (ISO 8601) and until `now`, 1,000 at most. */
  missed(due: string, now: number): number;
}

/**
 * The times of five fields (minute, hour, day, month, weekday) or of a name such as `@daily`. On a day whose clock goes forward
 * what is due in the hour that is left out comes right after it, once; an hour that comes twice is taken once. What comes
 * every hour follows the hours as they pass: it takes none that is left out, and both of one that comes twice.
 * @throws `DomainError("invalid")` about `cron` or `timezone`, also when no time ever comes
 */
export function cronTimes(cron: string, timezone: string): CronTimes {
  requireZone(timezone);
  const times = parse(cron, timezone);
  return {
    next: (after, count) => times.nextRuns(count, new Date(after)).map((at) => at.toISOString()),
    missed(due, now) {
      let count = -1;
      for (let at: Date | null = new Date(due); at && at.getTime() <= now && count < missedAtMost; count++) {
        at = times.nextRun(at);
      }
      return count;
    },
  };
}

function parse(cron: string, timezone: string): Cron {
  const words = 'five fields such as "0 9 * * 1-5" (minute, hour, day, month, weekday), or @hourly, @daily, @weekly';
  // It would also take a date, and second and year.
  if (!/^(@[a-z]+|\S+( +\S+){4})$/i.test(cron)) throw invalid("cron", `It must be ${words}`);
  let times: Cron;
  try {
    const options = { timezone, mode: "5-part", paused: true } as const;
    const pattern = new Cron(cron, options).getPattern() ?? cron;
    times = new Cron(withoutSteps(pattern), { ...options, fixedTimeRule: "no-wildcard" });
  } catch {
    throw invalid("cron", `"${cron}" is no cron expression: ${words}`);
  }
  if (times.nextRun() === null) throw invalid("cron", `"${cron}" names no time that ever comes`);
  return times;
}

/**
 * The same times, with minutes and hours as numbers: croner moves those out of an hour that is left out, but not what stands
 * there as a step or a star. Every hour stays one.
 * @param pattern five fields that croner takes
 */
function withoutSteps(pattern: string): string {
  const [minute = "", hour = "", ...days] = pattern.trim().split(/ +/);
  const hours = numbersOf(hour, 24);
  if (hours.size === 24) return [minute, "*", ...days].join(" ");
  return [[...numbersOf(minute, 60)].join(","), [...hours].join(","), ...days].join(" ");
}

function numbersOf(field: string, size: number): Set<number> {
  return new Set(
    field.split(",").flatMap((part) => {
      const [range = "", step = 1] = part.split("/");
      const [from, to = from] = /^[*?]$/.test(range) ? [0, size - 1] : range.split("-").map(Number);
      return Array.from(
        { length: Math.floor((to! - from!) / Number(step)) + 1 },
        (_, index) => from! + index * Number(step),
      );
    }),
  );
}

function requireZone(timezone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch {
    throw invalid("timezone", `"${timezone}" is no time zone; use a name such as Europe/Berlin or UTC`);
  }
}

function invalid(path: string, message: string): DomainError {
  return new DomainError("invalid", message, { issues: [{ path, message }] });
}
