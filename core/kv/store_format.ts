// The version of what a store holds and how: a program that does not know it must not touch it.

import { DomainError } from "../domain/error.ts";

/** What this program writes, and the newest it reads. A store that says nothing is of format 1. */
export const storeFormat = 1;

/** Throws `DomainError("unavailable")` with one line when a store was written by a newer program. */
export function requireKnownFormat(found: number | null): void {
  if ((found ?? 1) <= storeFormat) return;
  throw new DomainError(
    "unavailable",
    `This store is of format ${found}, and this program knows formats up to ${storeFormat}: use the Personal Coder that ` +
      "wrote it, or a newer one",
  );
}
