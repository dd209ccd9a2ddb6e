// What a reader chose about pages, in cookies: the server draws the next page in it from the start.

/** In days: a year. */
const keptDays = 365;

/** `value` has letters, digits, `.`, `_`, `/`, `-` and `+` only; an empty one ends the choice. */
export function rememberChoice(name: "theme" | "zone" | "folded", value: string): void {
  const maxAge = value === "" ? 0 : keptDays * 86_400;
  document.cookie = `coder_${name}=${value}; path=/; max-age=${maxAge}; samesite=strict`;
}
