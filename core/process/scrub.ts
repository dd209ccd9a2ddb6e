// Secrets in what other programs say: credentials in URLs, and tokens of the hosts of repositories.

const tokens = /\b(?:gh[a-z]_[A-Za-z0-9_]{10,}|github_pat_[A-Za-z0-9_]{10,}|gl[a-z]{2,6}-[A-Za-z0-9_.-]{10,})/g;

/** The text without the user and password of any URL in it, and without tokens. */
export function scrubbed(text: string): string {
  // The last `@` before the path: a password may hold others.
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s'"]*@/gi, "$1").replace(tokens, "***");
}

/** A remote's URL without user and password, also in the form `user@host:path`. */
export function withoutUser(url: string): string {
  return scrubbed(url).replace(/^[^/:@]+@(?=[^/]*:)/, "");
}
