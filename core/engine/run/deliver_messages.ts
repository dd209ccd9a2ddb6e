// Follow-ups to an agent that runs: each is sent at most once, and one that does not reach it waits for the task's next run.

import { DomainError } from "../../domain/error.ts";
import type { About } from "../../domain/ports.ts";
import type { AgentProcess } from "../../process/agent.ts";
import type { EngineContext } from "../context.ts";
import { messageText } from "./prompt.ts";
import type { RunControl } from "./run_control.ts";
import type { RunLog } from "./run_log.ts";

export interface MessageDelivery {
  /** Sends the messages of the `message.added` events `seqs` that were not sent yet, oldest first. Never rejects. */
  deliver(process: AgentProcess, seqs: readonly number[]): Promise<void>;
  /** The agent has message `seq` from its first words. */
  markSent(seq: number): void;
}

/** Of one run of task `task`; what is sent is recorded in `log`. */
export function messageDelivery(
  { store, worktrees, warn }: Pick<EngineContext, "store" | "worktrees" | "warn">,
  { task, about, control, log }: { task: number; about: About; control: RunControl; log: RunLog },
): MessageDelivery {
  let sent = 0;

  /** So that what follows can be looked at alone; a message waits for nothing else. */
  async function savePoint(seq: number): Promise<void> {
    const name = `message-${seq}`;
    try {
      const place = (await store.log.head(task))?.place;
      if (!place?.present) return;
      const { ref, commit } = await worktrees.savePoint(place, { task, name });
      await log.record({ type: "work.saved", data: { name, ref, commit } });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === "fenced") throw error;
      warn(`Cannot save the files of task ${task} before message ${seq}`, error, about);
    }
  }

  return {
    async deliver(process, seqs) {
      for (const seq of seqs) {
        if (seq <= sent) continue;
        const before = sent;
        sent = seq;
        try {
          const text = await messageText(task, seq, store.log);
          await savePoint(seq);
          if (await process.send(text)) await log.record({ type: "message.sent", data: { message: seq } });
          // Another agent of this run may hear it.
          else sent = before;
        } catch (error) {
          if (control.state.phase !== "fenced") warn(`Cannot deliver a message to task ${task}`, error, about);
        }
      }
    },
    markSent(seq) {
      sent = Math.max(sent, seq);
    },
  };
}
