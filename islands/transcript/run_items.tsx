// How a run began and ended, and what the repository's own commands said meanwhile.

import { plural } from "../../core/view/format.ts";
import { OutputText } from "../parts/output_text.tsx";
import { Time } from "../parts/time.tsx";
import { runEndFacts, runEndTitle, stepFacts, stepTitle, stepTone } from "../../core/view/transcript/item_words.ts";
import type { TranscriptItem } from "../../core/view/transcript/transcript_items.ts";
import { outcomeTone } from "../../core/view/transcript/transcript_words.ts";

/** A command of the repository with what it said; one that went well folds its words away. */
export function StepItem({ item }: { item: Extract<TranscriptItem, { kind: "step" }> }) {
  const tone = stepTone(item);
  const facts = stepFacts(item);
  return (
    <details class="step" open={tone !== "done"}>
      <summary class={`line tone-${tone}`}>
        <span class="line-text">{stepTitle(item)}</span>
        {facts && <span class="step-fact num">{facts}</span>}
        {item.detail && <span class="step-fact">{item.detail}</span>}
        <bdi class="step-command mono" title={item.command}>{item.command}</bdi>
        <Time at={item.at} />
      </summary>
      {item.text.trim() !== "" && <OutputText text={item.text} label={`Output of the ${item.name}`} from="end" />}
    </details>
  );
}

export function RunStart({ item }: { item: Extract<TranscriptItem, { kind: "run" }> }) {
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

export function RunEnd({ item }: { item: Extract<TranscriptItem, { kind: "finished" }> }) {
  const { data } = item;
  return (
    <>
      <p class={`line tone-${outcomeTone(data.outcome)}`}>
        <span class="line-text">{runEndTitle(item)}</span>
        <span class="line-detail num">{runEndFacts(data)}</span>
        <Time at={item.at} />
      </p>
      {data.error && <OutputText text={data.error} label="Error" />}
    </>
  );
}
