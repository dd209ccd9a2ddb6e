// One item of the transcript. Drawn again only when its events change.

import { Component } from "preact";
import { Icon } from "../parts/icon.tsx";
import { Markdown } from "../parts/markdown.tsx";
import { OutputText } from "../parts/output_text.tsx";
import { Time } from "../parts/time.tsx";
import { RunEnd, RunStart, StepItem } from "./run_items.tsx";
import { ToolCalls } from "./tool_call.tsx";
import { messageName, toldNames } from "../../core/view/transcript/item_words.ts";
import type { TranscriptItem } from "../../core/view/transcript/transcript_items.ts";

/** The same as more of its group is read. */
export function firstOf(item: TranscriptItem): number {
  return item.kind === "tools" && item.whole ? item.whole.first : item.first;
}

function lookOf(item: TranscriptItem): string {
  const { kind, first, last } = item;
  return kind === "tools" ? `${kind} ${first} ${last} ${item.whole?.calls} ${item.isOpen}` : `${kind} ${first} ${last}`;
}

/** Kept as drawn while its events are the same. */
export class Item extends Component<{ item: TranscriptItem }> {
  override shouldComponentUpdate({ item }: { item: TranscriptItem }): boolean {
    return lookOf(item) !== lookOf(this.props.item);
  }

  override render() {
    const { item } = this.props;
    return (
      <article class={`item item-${item.kind}${isOfSubagent(item) ? " of-subagent" : ""}`} data-seq={firstOf(item)}>
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
      return <ToolCalls item={item} draw={(nested) => <Item key={nested.first} item={nested} />} />;
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
