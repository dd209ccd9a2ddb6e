// The version of what a store holds and how: a program that does not know it must not touch it.

import denoJson from "../../deno.json" with { type: "json" };
import { DomainError } from "../domain/error.ts";

/**
 * What this program writes, and the newest it reads. A store that says nothing is of format 1. 2: events of one append may be
 * packed in one value (event_record.ts). 3: what counts across tasks is written with its event (milestone_record.ts).
 */
export const storeFormat = 3;

/** Throws `DomainError("conflict")` with one line when a store was written by a newer program. */
export function requireKnownFormat(found: number | null): void {
  if ((found ?? 1) <= storeFormat) return;
  throw new DomainError(
    "conflict",
    `This store is of format ${found}, and Personal Coder ${denoJson.version} knows formats up to ${storeFormat}: use the ` +
      "version that wrote it, or a newer one",
  );
}
