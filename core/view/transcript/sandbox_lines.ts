// What the transcript says of how a run was confined, and of what was put back after it. Pure.

import type { EventData } from "../../domain/event.ts";
import { plural } from "../format.ts";
import type { LineTone } from "./transcript_words.ts";

interface Line {
  tone: LineTone;
  text: string;
  detail: string | null;
}

const namedAtMost = 10;

/** `Confined to its worktree and 3 domains (full)`, with what of the network is open; each path stands in the event. */
export function sandboxLine(data: EventData["sandbox.applied"]): Line {
  const { level, reason, domains, network, processes } = data;
  if (level === "off") return { tone: "need", text: "Not confined", detail: reason };
  const details = [
    network === "public" && "public network",
    network === "listed" && domains.length > 0 && named(domains),
    processes !== null && `at most ${plural(processes, "process", "processes")}`,
  ];
  const more = network === "listed" ? ` and ${plural(domains.length, "domain")}` : "";
  return {
    tone: "wait",
    text: `Confined to its worktree${more} (${level})`,
    detail: details.filter(Boolean).join("; ") || null,
  };
}

/** What an agent changed of what all worktrees share; its files are kept for a person to look at. */
export function gitFolderLine({ changes, count, ref }: EventData["git_folder.restored"]): Line {
  // First, since paths may be long and the end of a detail is cut.
  const kept = ref === null ? "" : `kept in ${ref}: `;
  return {
    tone: "need",
    text: "Changes in the repository's git folder were undone",
    detail: kept + named(changes.map(({ path, note }) => note === undefined ? path : `${path} (${note})`), count),
  };
}

function named(all: readonly string[], count = all.length): string {
  const more = count - Math.min(all.length, namedAtMost);
  return all.slice(0, namedAtMost).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
