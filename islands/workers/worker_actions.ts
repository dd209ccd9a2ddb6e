// What people ask of the workers.

import { complain, readHealth, toast } from "../state/actions.ts";
import type { Store } from "../state/store.ts";
import { api } from "../stream/api.ts";

/** Asks a worker (`self`: the one that answers) to claim nothing more, or to claim again. */
export async function askToDrain(store: Store, id: string, wanted: boolean): Promise<void> {
  try {
    const { name, self } = await api.drain(id, wanted);
    const text = wanted ? `${name} finishes what it runs and claims nothing more` : `${name} claims again`;
    toast(store, { tone: "done", text, task: null });
    if (self) await readHealth(store);
  } catch (error) {
    complain(store, error);
  }
}
