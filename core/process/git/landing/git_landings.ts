// The Landings port with real git: each method finds its repository, and hands over.
//
//   preview.ts           what a landing would do
//   integrate.ts         the commit that the target would become; replay.ts replays commits for a rebase
//   move.ts              the target's move; target_checkouts.ts says where it is checked out
//   merge_into.ts        the other way about: the target merged into a task's worktree
//   checkouts.ts         worktrees for a look at the result
//
// What changes refs or worktrees takes the repository's turn (turns.ts).

import type { Landings } from "../landings.ts";
import { type Sites, sitesOf, type SitesOptions } from "../sites.ts";
import { addCheckout, removeCheckout } from "./checkouts.ts";
import { conflictMarkers } from "./conflict_markers.ts";
import { integrate } from "./integrate.ts";
import { mergeInto } from "./merge_into.ts";
import { move, outcomeOf } from "./move.ts";
import { preview } from "./preview.ts";
import { isSameContent } from "./raw_commits.ts";
import { defaultTarget } from "./target.ts";

/** Landings in real repositories. Errors are those that the port names. */
export function gitLandings(at: SitesOptions | Sites): Landings {
  const sites = sitesOf(at);
  return {
    async defaultTarget(repo, base) {
      return await defaultTarget(await sites.of(repo), base);
    },
    async preview(repo, options) {
      return await preview(await sites.of(repo), options);
    },
    async integrate(repo, options) {
      return await integrate(await sites.of(repo), options);
    },
    async move(repo, options) {
      return await move(await sites.of(repo), options);
    },
    async outcomeOf(repo, options) {
      return await outcomeOf(await sites.of(repo), options);
    },
    async isSameContent(repo, one, other) {
      return one === other || await isSameContent((await sites.of(repo)).repo, one, other);
    },
    async conflictMarkers(repo, options) {
      return await conflictMarkers((await sites.of(repo)).repo, options);
    },
    async mergeInto(place, options) {
      return await mergeInto(await sites.locate(place), options);
    },
    async addCheckout(repo, options) {
      return await addCheckout(await sites.of(repo), options);
    },
    async removeCheckout(repo, options) {
      await removeCheckout(await sites.of(repo), options);
    },
  };
}
