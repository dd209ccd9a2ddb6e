// The Prometheus text format: one family after the other, and nothing in a label that could end it early.

import { assertEquals } from "@std/assert";
import { prometheusText, samplesBy } from "../../../routes/api/prometheus.ts";

const family = { name: "a_total", type: "counter" as const, help: "What it is." };

Deno.test("prometheusText() writes HELP, TYPE and the samples of each family, with a line feed after every line", () => {
  const text = prometheusText([
    { ...family, samples: [{ value: 3 }] },
    { name: "b", type: "gauge", help: "Another.", samples: samplesBy("kind", [["x", 1], ["y", 0.25]]) },
    { name: "c", type: "gauge", help: "Two labels.", samples: [{ labels: { one: "1", two: "2" }, value: -1 }] },
  ]);
  assertEquals(
    text,
    `# HELP a_total What it is.
# TYPE a_total counter
a_total 3
# HELP b Another.
# TYPE b gauge
b{kind="x"} 1
b{kind="y"} 0.25
# HELP c Two labels.
# TYPE c gauge
c{one="1",two="2"} -1
`,
  );
});

Deno.test("prometheusText() leaves a family without samples out", () => {
  assertEquals(prometheusText([{ ...family, samples: [] }]), "");
  assertEquals(prometheusText([]), "");
});

Deno.test("prometheusText() escapes backslash, line feed and quote in a label value, and no quote in a help text", () => {
  const text = prometheusText([
    { ...family, help: 'A "quote",\na \\ and \\n', samples: [{ labels: { of: 'a "b"\n\\n\\' }, value: 1 }] },
  ]);
  assertEquals(text.split("\n"), [
    String.raw`# HELP a_total A "quote",\na \\ and \\n`,
    "# TYPE a_total counter",
    String.raw`a_total{of="a \"b\"\n\\n\\"} 1`,
    "",
  ]);
});

Deno.test("prometheusText() writes numbers as Go reads them", () => {
  const values = [0, 1.5, 1e21, 1e-7, 2 ** 53, Infinity, -Infinity, NaN];
  const lines = prometheusText([{ ...family, samples: values.map((value) => ({ value })) }]).trimEnd().split("\n");
  assertEquals(lines.slice(2).map((line) => line.split(" ")[1]), [
    ...["0", "1.5", "1e+21", "1e-7", "9007199254740992", "+Inf", "-Inf", "NaN"],
  ]);
});
