// An island: a part of the page that comes to life in the browser. The server draws it inside a marked element; main.tsx
// finds the mark and hydrates the same component with the same state.

import type { ComponentType } from "preact";
import { type Store, StoreContext } from "../state/store.ts";

export interface IslandProps {
  name: string;
  store: Store;
  component: ComponentType;
}

export function Island({ name, store, component: Component }: IslandProps) {
  return (
    <div class="island" data-island={name}>
      <StoreContext.Provider value={store}>
        <Component />
      </StoreContext.Provider>
    </div>
  );
}
