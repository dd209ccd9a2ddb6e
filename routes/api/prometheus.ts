// Numbers as the Prometheus text exposition format 0.0.4.
//
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

/** All samples of one name. */
export interface Family {
  name: string;
  /** A counter only grows, until the process starts anew. */
  type: "counter" | "gauge";
  help: string;
  samples: Sample[];
}

/** A sample for every entry, told apart by `label`. */
export function samplesBy(label: string, values: Iterable<[string, number]>): Sample[] {
  return [...values].map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** The families as text; one without samples is left out. */
export function prometheusText(families: Family[]): string {
  return families.filter(({ samples }) => samples.length > 0).map(({ name, type, help, samples }) =>
    [
      `# HELP ${name} ${escaped(help)}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${numberText(value)}`),
      "",
    ].join("\n")
  ).join("");
}

function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (Math.abs(value) === Infinity) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
