// What went into a tool, field by field: words as words, all else as JSON.

import { CodeBlock } from "../code/code_block.tsx";
import { OutputText } from "../parts/output_text.tsx";
import { fieldsOf } from "../../core/view/transcript/tool_calls.ts";

const fieldsMax = 50;

export function ToolFields({ input }: { input: unknown }) {
  const fields = Object.entries(fieldsOf(input));
  if (fields.length === 0) return typeof input === "string" ? <OutputText text={input} label="Input" /> : null;
  return (
    <dl class="tool-fields">
      {fields.slice(0, fieldsMax).map(([name, value]) => (
        <div key={name}>
          <dt class="muted">{name.replaceAll("_", " ")}</dt>
          <dd>
            <FieldValue name={name} value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function FieldValue({ name, value }: { name: string; value: unknown }) {
  if (typeof value === "string") {
    return value.length <= 200 && !value.includes("\n")
      ? <bdi class="mono">{value}</bdi>
      : <OutputText text={value} label={name} />;
  }
  if (typeof value !== "object" || value === null) return <span class="mono">{String(value)}</span>;
  return <CodeBlock text={JSON.stringify(value, null, 2)} name="json" language="json" />;
}
