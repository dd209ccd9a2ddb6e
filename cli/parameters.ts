// What stands on the command line: ids and numbers, read and refused in words.

import { InvalidArgumentError } from "commander";

/** `12` or `#12`. */
export function taskId(text: string): number {
  const digits = /^#?([1-9]\d{0,14})$/.exec(text)?.[1];
  if (digits === undefined) throw new InvalidArgumentError("It must be a task's number, such as 12.");
  return Number(digits);
}

/** Several, given one by one. */
export function taskIds(text: string, before: number[] = []): number[] {
  return [...before, taskId(text)];
}

/** Several, also with commas between them. */
export function taskList(text: string, before: number[] = []): number[] {
  return [...before, ...text.split(",").map((one) => taskId(one.trim()))];
}

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

export function dollars(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) === 0) {
    throw new InvalidArgumentError("It must be US dollars, such as 2.50.");
  }
  return Number(text);
}

/** `gpu=1`, given one by one or with commas. */
export function labels(text: string, before: Record<string, string> = {}): Record<string, string> {
  const pairs = text.split(",").map((pair) => {
    const [, key, value] = /^([^=]+)=(.+)$/.exec(pair.trim()) ?? [];
    if (key === undefined) throw new InvalidArgumentError("It must be a name and a value, such as gpu=1.");
    return [key, value!] as const;
  });
  return { ...before, ...Object.fromEntries(pairs) };
}
