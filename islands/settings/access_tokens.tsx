// The tokens with a scope: what there is, one that is made, which is shown this once, and one that is revoked.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Scope, scopes } from "../../core/domain/access_token.ts";
import type { AccessTokenView, NewAccessToken } from "../../core/view/access_token_view.ts";
import { Time } from "../parts/time.tsx";
import { copy } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { Problem } from "../stream/api.ts";
import { makeToken, readTokens, revokeToken } from "./settings_actions.ts";

const scopeWords: Record<Scope, string> = {
  read: "reads everything",
  submit: "reads, and submits tasks",
  operate: "does all but make tokens",
};

export function AccessTokens() {
  const store = useStore();
  const tokens = useSignal<AccessTokenView[]>([]);
  const made = useSignal<NewAccessToken | null>(null);
  const look = async () => {
    tokens.value = await readTokens(store) ?? tokens.value;
  };
  useEffect(() => void look(), []);
  const show = async (token: NewAccessToken) => {
    made.value = token;
    await look();
  };
  const forget = async (name: string) => {
    if (made.value?.name === name) made.value = null;
    await look();
  };
  return (
    <>
      <p class="muted">For programs and people who are to have a part of the API. Each is named in the log.</p>
      {made.value && (
        <p class="rule-secret" role="status">
          The token <bdi>{made.value.name}</bdi>, which is shown this once: <code>{made.value.token}</code>{" "}
          <button type="button" class="small" onClick={() => copy(store, made.value!.token)}>Copy</button>
        </p>
      )}
      {tokens.value.length > 0 && (
        <ul class="settings-list">
          {tokens.value.map((token) => <Token key={token.name} token={token} onRevoked={() => forget(token.name)} />)}
        </ul>
      )}
      <MakeToken onMade={show} />
    </>
  );
}

function Token({ token, onRevoked }: { token: AccessTokenView; onRevoked: () => Promise<void> }) {
  const store = useStore();
  const { name, scope, created_at, created_by } = token;
  const revoke = async () => {
    const isGone = await revokeToken(store, name);
    if (isGone) await onRevoked();
    return isGone;
  };
  const question = {
    ...{ title: `Revoke ${name}?`, text: "Who has it can do nothing more with it from then on.", action: "Revoke" },
    run: revoke,
  };
  return (
    <li>
      <bdi class="mono settings-token">{name}</bdi>
      <span class="settings-wide">
        <code>{scope}</code> <span class="muted">{scopeWords[scope]}</span>
      </span>
      <span class="muted">
        since <Time at={created_at} />, by {created_by}
      </span>
      <button
        type="button"
        disabled={store.asleep}
        onClick={() => void (store.overlay.value = { kind: "ask", ...question })}
      >
        Revoke <span class="visually-hidden">{name}</span>
      </button>
    </li>
  );
}

function MakeToken({ onMade }: { onMade: (token: NewAccessToken) => Promise<void> }) {
  const store = useStore();
  const name = useSignal("");
  const scope = useSignal<Scope>("read");
  const error = useSignal<string | null>(null);
  const busy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await onMade(await makeToken({ name: name.value.trim(), scope: scope.value }));
      name.value = "";
      error.value = null;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      error.value = problem.message;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="settings-add" onSubmit={submit}>
      <label class="field">
        <span>Name of a new token</span>
        <input
          required
          autocomplete="off"
          spellcheck={false}
          placeholder="ci"
          maxLength={32}
          value={name.value}
          aria-invalid={error.value === null ? undefined : "true"}
          aria-describedby={error.value === null ? undefined : "settings-token-error"}
          onInput={(event) => name.value = event.currentTarget.value}
        />
      </label>
      <label class="field">
        <span>What it may do</span>
        <select value={scope.value} onChange={(event) => scope.value = event.currentTarget.value as Scope}>
          {scopes.map((one) => <option key={one} value={one}>{one}: {scopeWords[one]}</option>)}
        </select>
      </label>
      <button type="submit" disabled={busy.value || store.asleep.value}>Make token</button>
      {error.value !== null && <p id="settings-token-error" class="field-error" role="alert">{error.value}</p>}
    </form>
  );
}
