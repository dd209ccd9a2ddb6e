// A run as a state: pure. What happens to the run and what its agent says come in; the next state and what is to be done
// come out, and run_control.ts does it.
//
//   preparing   no agent yet: the run's place is being made, or a session is being opened
//   step        a command of the repository works: its setup before the agent, its check after it
//   talking     the agent works on an answer
//   waiting     its turn is over: it waits for its background work, for the turn about work that ended, or it may exit
//   stopping    it was asked to stop; the first reason counts
//   killed      it is ended at once, because the lease could not be kept
//   fenced      somebody else has the run: nothing of it is written any more
//   over        the agent is gone and its end is decided; what comes now is too late

import type { NewEvent } from "../../domain/event.ts";
import type { Mode } from "../../domain/task_spec.ts";
import { backgroundWords } from "../../domain/task.ts";
import type { AgentExit } from "../../process/agent.ts";
import { type AgentFacts, newAgent, nextSession } from "./agent_facts.ts";
import {
  closeInput,
  type Conversation,
  hear,
  type Heard,
  propose,
  type Said,
  type TalkEffect,
} from "./conversation.ts";
import type { RunFacts, Stop, StopReason } from "./run_end.ts";

/** The talk goes on within. */
type Stopped = {
  readonly phase: "stopping" | "killed";
  readonly stop: Stop;
  readonly conversation: Conversation;
};

/** A run that may still write. */
type OpenState = (Conversation | Stopped) & { readonly agent: AgentFacts };

export type RunState =
  | OpenState
  | { readonly phase: "fenced"; readonly agent: AgentFacts }
  | { readonly phase: "over"; readonly agent: AgentFacts };

/** A run that was just claimed. */
export const newRun: RunState = { phase: "preparing", agent: newAgent };

export type RunInput =
  | { type: "started" }
  | { type: "said"; step: Said }
  /** Both its outputs are at their end. */
  | { type: "fell_silent"; mode: Mode }
  /** No turn followed the end of its background work. */
  | { type: "no_turn_came" }
  /** It lives on although nothing more is expected of it. */
  | { type: "did_not_exit" }
  /** `since`: ISO 8601. */
  | { type: "said_nothing"; seconds: number; since: string }
  /** It speaks, or its session is over, `seconds` after its last word. */
  | { type: "silence_over"; seconds: number }
  /** `until`: when what refuses it may be over, in ms since 1970, where that is known. */
  | { type: "refused_by_environment"; reason: string; until: number | null }
  | { type: "stop"; reason: StopReason; error: string | null }
  | { type: "kill" }
  /** The log took no more of the run; `isFenced` when that is because somebody else has it. */
  | { type: "write_refused"; isFenced: boolean }
  /** The session it should resume is not there; another is opened. */
  | { type: "session_refused" }
  /** The agent is gone and did well; what follows is a command of the repository, or another session. */
  | { type: "session_over" }
  | { type: "step_started" }
  | { type: "step_over" }
  | { type: "ended" };

export type Effect =
  | TalkEffect
  /** Ask the agent to stop, and end it if it does not. */
  | { type: "interrupt" }
  /** End its process tree: with a grace, or without when `isCutOff`. */
  | { type: "end" };

export interface Transition {
  readonly state: RunState;
  readonly effects: readonly Effect[];
}

/** What follows from `input`; an input that comes too late changes nothing. */
export function advance(state: RunState, input: RunInput): Transition {
  if (input.type === "ended") return { state: { phase: "over", agent: state.agent }, effects: [] };
  if (state.phase === "over") return { state, effects: [] };
  // An agent may have been on its way when the run was taken over.
  if (state.phase === "fenced") return { state, effects: input.type === "started" ? [{ type: "end" }] : [] };
  const { agent } = state;
  const conversation = conversationOf(state);
  switch (input.type) {
    case "started":
      return started(state);
    case "said":
      return within(state, hear({ conversation, agent }, input.step));
    case "fell_silent":
      if (input.mode !== "plan" || agent.hasPlanned || !agent.result?.ok) break;
      // A stop that came upon a good result does not undo it.
      if (stopOf(state)?.hadGoodResult === false) break;
      return within(state, propose({ conversation, agent }, agent.result.plan));
    case "no_turn_came":
      return within(state, closeInput({ conversation, agent }));
    case "did_not_exit":
      return within(state, { conversation, agent: { ...agent, hasOverstayed: true }, effects: [] }, { type: "end" });
    case "said_nothing":
      return saidNothing(state, input);
    case "silence_over":
      if (!agent.isSilent) break;
      return {
        state: { ...state, agent: { ...agent, isSilent: false } },
        effects: [record({ type: "run.silence_ended", data: { seconds: input.seconds } })],
      };
    case "refused_by_environment": {
      const pausedUntil = input.until ?? agent.pausedUntil;
      return stop({ ...state, agent: { ...agent, pausedUntil } }, { reason: "paused", error: input.reason });
    }
    case "stop":
      return stop(state, input);
    case "kill":
      return kill(state);
    case "write_refused":
      return { state: input.isFenced ? { phase: "fenced", agent } : state, effects: [{ type: "end" }] };
    case "session_refused": {
      const anew = { ...agent, result: null, living: [], stderr: "", isInputClosed: false };
      return within(state, { conversation: { phase: "preparing" }, agent: anew, effects: [] });
    }
    case "session_over":
      return within(state, { conversation: { phase: "preparing" }, agent: nextSession(agent), effects: [] });
    case "step_started":
      return stepStarted(state);
    case "step_over":
      return within(state, { conversation: { phase: "preparing" }, agent, effects: [] });
  }
  return { state, effects: [] };
}

function started(state: OpenState): Transition {
  const heard: Heard = { conversation: { phase: "talking", isUnsettled: false }, agent: state.agent, effects: [] };
  // A stop that came while it was being started had nobody to speak to.
  if (state.phase === "killed") return within(state, heard, { type: "end" });
  return state.phase === "stopping" ? within(state, heard, { type: "interrupt" }) : within(state, heard);
}

/** A stop that came while it was being started had nobody to speak to. */
function stepStarted(state: OpenState): Transition {
  const heard: Heard = { conversation: { phase: "step" }, agent: state.agent, effects: [] };
  return isStopped(state) ? within(state, heard, { type: "end" }) : within(state, heard);
}

/** No output at all fails the run; silence later is recorded. */
function saidNothing(state: OpenState, { seconds, since }: { seconds: number; since: string }): Transition {
  const { agent } = state;
  const { hasSpoken, isSilent, living } = agent;
  if (!hasSpoken) {
    return stop(state, { reason: "stalled", error: `The agent said nothing for ${seconds} s after its start` });
  }
  if (isSilent) return { state, effects: [] };
  const background = living.length > 0 ? backgroundWords(living) : null;
  return {
    state: { ...state, agent: { ...agent, isSilent: true } },
    effects: [record({ type: "run.silent", data: { since, background } })],
  };
}

function record(event: NewEvent): Effect {
  return { type: "record", events: [event], bytes: 0 };
}

/** Softly; the first stop counts. */
function stop(state: OpenState, { reason, error }: Pick<Stop, "reason" | "error">): Transition {
  if (isStopped(state)) return { state, effects: [] };
  const { agent } = state;
  const conversation = conversationOf(state);
  return {
    state: { phase: "stopping", stop: stopNow(state, { reason, error }), conversation, agent },
    effects: stopEffects(conversation),
  };
}

/** What works is asked to stop. */
function stopEffects({ phase }: Conversation): Effect[] {
  if (phase === "preparing") return [];
  return [{ type: phase === "step" ? "end" : "interrupt" }];
}

function kill(state: OpenState): Transition {
  const first = stopOf(state) ?? stopNow(state, { reason: "lost", error: "The lease could not be kept" });
  const { agent } = state;
  const conversation = conversationOf(state);
  const effects: Effect[] = conversation.phase === "preparing" ? [] : [{ type: "end" }];
  return { state: { phase: "killed", stop: first, conversation, agent }, effects };
}

/** A stop with what it came upon: an agent that is told to stop takes its background work from its list. */
function stopNow({ phase, agent }: OpenState, { reason, error }: Pick<Stop, "reason" | "error">): Stop {
  const isAtRest = phase === "waiting" && agent.living.length === 0;
  return { reason, error, hadGoodResult: isAtRest && (agent.result?.ok ?? false), living: agent.living };
}

/** A stopped run stays stopped, whatever its agent says. */
function within(state: OpenState, { conversation, agent, effects }: Heard, ...more: Effect[]): Transition {
  const next = isStopped(state) ? { ...state, conversation, agent } : { ...conversation, agent };
  return { state: next, effects: [...effects, ...more] };
}

function conversationOf(state: OpenState): Conversation {
  if (isStopped(state)) return state.conversation;
  return state.phase === "talking" ? { phase: "talking", isUnsettled: state.isUnsettled } : { phase: state.phase };
}

function isStopped(state: RunState): state is Stopped & { readonly agent: AgentFacts } {
  return state.phase === "stopping" || state.phase === "killed";
}

/** The first stop of ours, if any. */
export function stopOf(state: RunState): Stop | null {
  return isStopped(state) ? state.stop : null;
}

/** Whether the agent gets no grace when it is ended: somebody else may soon work on its task. */
export function isCutOff({ phase }: RunState): boolean {
  return phase === "killed" || phase === "fenced";
}

/** Whether the agent could not go on in the session it should resume, so that another must be opened. */
export function isSessionRefused({ phase, agent }: RunState, exit: AgentExit): boolean {
  if (phase !== "talking" && phase !== "waiting") return false;
  return !agent.hasSpoken && !agent.hasPlanned && exit.code !== 0;
}

/** What `verdictOf` judges by, once the agent is gone. */
export function factsOf(state: RunState, exit: AgentExit): RunFacts {
  const { hasPlanned, hasOverstayed, result, stderr, living } = state.agent;
  return {
    planned: hasPlanned,
    stop: stopOf(state),
    result,
    exit,
    overstayed: hasOverstayed,
    stderr,
    living,
    isTurnOpen: state.phase === "talking",
  };
}
