// The way out of a browser's session; where no token is asked for there is none.

import { Icon } from "../parts/icon.tsx";
import { useStore } from "../state/store.ts";

/** `withWord`: where there is room for it. */
export function LogOut({ withWord = false }: { withWord?: boolean }) {
  if (!useStore().health.value.token) return null;
  return (
    <form method="post" action="/logout" class="log-out">
      <button type="submit" class={withWord ? "small" : "quiet icon-only"} aria-label="Log out" title="Log out">
        <Icon name="leave" />
        {withWord && "Log out"}
      </button>
    </form>
  );
}

/** Without a button at hand. */
export function logOut(): void {
  document.querySelector<HTMLFormElement>(".log-out")?.requestSubmit();
}
