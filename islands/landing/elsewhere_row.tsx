// One of the ways in which work goes elsewhere.

import type { ComponentChildren } from "preact";

export function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <section class="elsewhere-row" aria-label={name}>
      <h3>{name}</h3>
      <div>{children}</div>
    </section>
  );
}
