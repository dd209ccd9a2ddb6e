// What was said and done, newest at the end. Live, or up to the moment that the player shows.

import { useComputed } from "@preact/signals";
import { Component } from "preact";
import { basedCost, duration, plural, whole } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { Markdown } from "../parts/markdown.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { OutputText } from "../parts/output_text.tsx";
import { ScrollWindow } from "../parts/scroll_window.tsx";
import { useStore } from "../state/store.ts";
import { outcomeWord, waitsForBackground } from "../state/task_state.ts";
import { Time } from "../parts/time.tsx";
import { ToolCalls } from "./tool_call.tsx";
import { type TranscriptItem, transcriptItems } from "./transcript_items.ts";
import { outcomeTone } from "./transcript_words.ts";

export function Transcript({ open }: { open: OpenTask }) {
  const store = useStore();
  const items = useComputed(() => transcriptItems(open.events.value)).value;
  const { from, to } = open.window.value;
  const limit = open.limit.value;
  return (
    <>
      <ScrollWindow open={open} label="Transcript" class="transcript">
        {from > 1 && (
          <p class="edge">
            <button type="button" class="quiet small" disabled={!store.alive.value} onClick={() => open.showStart()}>
              {plural(from - 1, "earlier event")}. Go to the start
            </button>
          </p>
        )}
        {items.map((item) => <Item key={`${item.kind}${item.first}`} item={item} />)}
        <Tail open={open} />
      </ScrollWindow>
      <JumpToLive open={open} unseen={limit - to} />
      <Announcer open={open} items={items} />
    </>
  );
}

/** Says that more is to come, or that nothing was said yet. */
function Tail({ open }: { open: OpenTask }) {
  const task = open.shown.value;
  if (open.at.value !== null || open.window.value.to < open.limit.value) return null;
  if (task.status === "in_progress") {
    return (
      <p class="tail tone-run" data-seq="tail">
        <Icon name="run" />
        {waitsForBackground(task) ? "Waiting for background work" : "Working"}
      </p>
    );
  }
  if (task.status === "pending" && task.waiting) return <p class="tail muted" data-seq="tail">{task.waiting}</p>;
  return null;
}

function JumpToLive({ open, unseen }: { open: OpenTask; unseen: number }) {
  if (open.stuck.value && unseen <= 0) return null;
  const word = open.at.value !== null ? "Go to this moment" : "Jump to live";
  return (
    <button type="button" class="jump" onClick={() => open.showEnd()}>
      <Icon name="down" />
      {word}
      {unseen > 0 && <span class="num">{unseen} new</span>}
    </button>
  );
}

/** For screen readers: the last thing said, not every line of it. */
function Announcer({ open, items }: { open: OpenTask; items: TranscriptItem[] }) {
  const last = items.at(-1);
  const live = open.at.value === null && open.stuck.value;
  const text = live && last?.kind === "said" ? last.text.slice(0, 200) : live && last?.kind === "line" ? last.text : "";
  return <p class="visually-hidden" aria-live="polite">{text}</p>;
}

/** Kept as drawn while its events are the same. */
class Item extends Component<{ item: TranscriptItem }> {
  override shouldComponentUpdate({ item }: { item: TranscriptItem }): boolean {
    return item.first !== this.props.item.first || item.last !== this.props.item.last ||
      item.kind !== this.props.item.kind;
  }

  override render() {
    const { item } = this.props;
    return (
      <article class={`item item-${item.kind}${isOfSubagent(item) ? " of-subagent" : ""}`} data-seq={item.first}>
        <ItemBody item={item} />
      </article>
    );
  }
}

function isOfSubagent(item: TranscriptItem): boolean {
  return (item.kind === "said" || item.kind === "thought") && item.subagent !== null;
}

/** Which subagent speaks, in the words of the call that started it. */
function SubagentName({ name }: { name: string }) {
  return (
    <p class="item-name">
      Subagent <bdi class="muted">{name}</bdi>
    </p>
  );
}

function ItemBody({ item }: { item: TranscriptItem }) {
  switch (item.kind) {
    case "prompt":
      return <Quoted name="Prompt" at={item.at} text={item.text} />;
    case "message":
      return <Quoted name={messageName(item)} at={item.at} text={item.text} />;
    case "said":
      return (
        <>
          {item.subagent && <SubagentName name={item.subagent} />}
          <Markdown text={item.text} />
        </>
      );
    case "thought":
      return (
        <>
          {item.subagent && <SubagentName name={item.subagent} />}
          <Thought text={item.text} />
        </>
      );
    case "tools":
      return <ToolCalls item={item} />;
    case "plan":
      return (
        <div class="plan">
          <p class="item-name tone-need">
            <Icon name="plan" />Proposed plan <Time at={item.at} />
          </p>
          <Markdown text={item.plan} />
        </div>
      );
    case "run":
      return <RunStart item={item} />;
    case "finished":
      return <RunEnd item={item} />;
    case "line":
      return (
        <p class={`line tone-${item.tone}`}>
          <span class="line-text">{item.text}</span>
          {item.detail && <bdi class="line-detail">{item.detail.slice(0, 400)}</bdi>}
          <Time at={item.at} />
        </p>
      );
    case "step":
      return <StepItem item={item} />;
    case "told":
      return <Quoted name={toldNames[item.because]} at={item.at} text={item.text} />;
    case "terminal":
      return (
        <div class={`terminal tone-${item.tone}`}>
          <p class="item-name">{item.tone === "fail" ? "Error output" : "Raw output"}</p>
          <OutputText text={item.text} label={item.tone === "fail" ? "Error output" : "Raw output"} />
        </div>
      );
    case "unknown":
      return (
        <details class="thought">
          <summary>
            <Icon name="chevron" />
            {item.type}
          </summary>
          <OutputText text={JSON.stringify(item.data, null, 2)} label={item.type} />
        </details>
      );
  }
}

const toldNames = { uncommitted: "Asked to commit", check_failed: "Told that the check failed" };

const aboutNames = { words: "You", comments: "You, with comments", resolve: "Asked to solve conflicts" };

function messageName({ about, sentAt }: Extract<TranscriptItem, { kind: "message" }>): string {
  return sentAt ? aboutNames[about] : `${aboutNames[about]}, not received yet`;
}

const stepNames = { setup: "Setup", check: "Check", cleanup: "Cleanup" };
const stepWords = { passed: "passed", failed: "failed", timed_out: "took too long", stopped: "was stopped" };

/** A command of the repository with what it said; one that went well folds its words away. */
function StepItem({ item }: { item: Extract<TranscriptItem, { kind: "step" }> }) {
  const { end } = item;
  const tone = end === null ? "run" : end.outcome === "passed" ? "done" : end.outcome === "stopped" ? "off" : "fail";
  const name = `${stepNames[item.name]}${item.ofLanding ? " of the landing" : ""}`;
  const facts = end && [
    duration(end.duration_ms),
    end.exit_code !== null && end.exit_code !== 0 && `exit ${end.exit_code}`,
    end.signal,
  ].filter(Boolean).join(", ");
  return (
    <details class="step" open={tone !== "done"}>
      <summary class={`line tone-${tone}`}>
        <span class="line-text">{name} {end === null ? "runs" : stepWords[end.outcome]}</span>
        {facts && <span class="step-fact num">{facts}</span>}
        {item.detail && <span class="step-fact">{item.detail}</span>}
        <bdi class="step-command mono" title={item.command}>{item.command}</bdi>
        <Time at={item.at} />
      </summary>
      {item.text.trim() !== "" && <OutputText text={item.text} label={`Output of the ${item.name}`} from="end" />}
    </details>
  );
}

function Quoted({ name, at, text }: { name: string; at: string; text: string }) {
  return (
    <div class="quoted">
      <p class="item-name">
        <Icon name="message" />
        {name} <Time at={at} />
      </p>
      <OutputText text={text} label={name} />
    </div>
  );
}

function Thought({ text }: { text: string }) {
  const start = text.slice(0, 160).replace(/\s+/g, " ").trim();
  return (
    <details class="thought">
      <summary>
        <Icon name="chevron" />
        <Icon name="thought" />
        <bdi class="thought-start">{start}</bdi>
      </summary>
      <OutputText text={text} label="Thinking" />
    </details>
  );
}

function RunStart({ item }: { item: Extract<TranscriptItem, { kind: "run" }> }) {
  const why = item.claim?.why;
  return (
    <details class="run-start">
      <summary class="line tone-run">
        <span class="line-text">{item.claim ? `Run ${item.run} began` : item.steps[0]?.text ?? `Run ${item.run}`}</span>
        {why && (
          <span class="line-detail">first of {why.count} that could start, {plural(why.free_slots, "free slot")}</span>
        )}
        <Time at={item.at} />
      </summary>
      <ol class="run-steps">
        {why && (
          <li>
            Rank {why.rank} of {why.count}
            {why.candidates.length > 0 && `, before ${why.candidates.map((id) => `#${id}`).join(", ")}`}
          </li>
        )}
        {(item.claim ? item.steps : item.steps.slice(1)).map((step, index) => (
          <li key={index}>
            {step.text} <Time at={step.at} />
          </li>
        ))}
      </ol>
    </details>
  );
}

function RunEnd({ item }: { item: Extract<TranscriptItem, { kind: "finished" }> }) {
  const { locale } = useStore();
  const { data } = item;
  const facts = [
    duration(data.duration_ms),
    basedCost(data.cost_usd, data.cost_basis ?? "reported"),
    data.usage && `${whole(data.usage.output_tokens, locale)} tokens out`,
    data.exit_code !== null && data.exit_code !== 0 && `exit ${data.exit_code}`,
    data.signal,
    data.uncommitted ? `${plural(data.uncommitted, "file")} not committed` : null,
  ].filter(Boolean).join(", ");
  return (
    <>
      <p class={`line tone-${outcomeTone(data.outcome)}`}>
        <span class="line-text">Run {item.run} ended: {outcomeWord(data.outcome).toLowerCase()}</span>
        <span class="line-detail num">{facts}</span>
        <Time at={item.at} />
      </p>
      {data.error && <OutputText text={data.error} label="Error" />}
    </>
  );
}
