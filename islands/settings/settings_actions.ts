// What people change on the settings page. Each change is an event of the service's log.

import type { Scope } from "../../core/domain/access_token.ts";
import type { AccessTokenView, NewAccessToken } from "../../core/view/access_token_view.ts";
import type { SettingsView } from "../../core/view/settings_view.ts";
import { complain, readHealth, toast } from "../state/actions.ts";
import type { Store } from "../state/store.ts";
import { api, call, json } from "../stream/api.ts";

/** The settings as they are now; null where that could not be asked, which the page then says. */
export async function readSettings(store: Store): Promise<SettingsView | null> {
  try {
    return await api.settings();
  } catch (error) {
    complain(store, error);
    return null;
  }
}

/** Throws `Problem` with what is wrong with it. */
export async function addRepository(store: Store, { path, name }: { path: string; name: string }): Promise<void> {
  const added = await api.addRepository({ path, ...(name !== "" && { name }) });
  const text = added.reason === null ? `${added.name} can be given tasks` : `${added.name} is added: ${added.reason}`;
  toast(store, { tone: "done", text, task: null });
  await readHealth(store);
}

export async function removeRepository(store: Store, name: string): Promise<void> {
  try {
    await api.removeRepository(name);
    toast(store, { tone: "done", text: `${name} is removed; its files are as they were`, task: null });
    await readHealth(store);
  } catch (error) {
    complain(store, error);
  }
}

/** The tokens with a scope; null where that could not be asked, which the page then says. */
export async function readTokens(store: Store): Promise<AccessTokenView[] | null> {
  try {
    return (await json<{ tokens: AccessTokenView[] }>("/api/tokens")).tokens;
  } catch (error) {
    complain(store, error);
    return null;
  }
}

/** Throws `Problem` with what is wrong with it. */
export async function makeToken(token: { name: string; scope: Scope }): Promise<NewAccessToken> {
  return await json<NewAccessToken>("/api/tokens", { method: "POST", body: token });
}

/** Whether it is gone. */
export async function revokeToken(store: Store, name: string): Promise<boolean> {
  try {
    await call(`/api/tokens/${encodeURIComponent(name)}`, { method: "DELETE" });
    toast(store, { tone: "done", text: `${name} opens nothing any more`, task: null });
    return true;
  } catch (error) {
    complain(store, error);
    return false;
  }
}

/** Lets this worker claim nothing more, or claim again. */
export async function setDrain(store: Store, wanted: boolean): Promise<void> {
  try {
    await api.drain("self", wanted);
    await readHealth(store);
  } catch (error) {
    complain(store, error);
  }
}

export async function endPause(store: Store): Promise<void> {
  try {
    store.health.value = await api.resume();
  } catch (error) {
    complain(store, error);
  }
}
