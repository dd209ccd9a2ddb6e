// A link to a page of another site, as a remote's URL or a program gave it; nothing where it is none.

import type { ComponentChildren } from "preact";
import { Icon } from "../parts/icon.tsx";

export function WebLink({ href, children }: { href: string | null | undefined; children: ComponentChildren }) {
  if (!href || !/^https?:\/\//.test(href)) return null;
  return (
    <a class="web-link" href={href} target="_blank" rel="noreferrer">
      <Icon name="link" />
      {children}
    </a>
  );
}
