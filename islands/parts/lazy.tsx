// A part of a page whose code is loaded when it is first needed. The server loads all of them before it draws anything, and a
// page those that it shows before it comes to life: what was drawn and what is hydrated are the same.

import { Component, type ComponentType, type JSX } from "preact";

export interface LazyPart<Props> {
  /** Draws nothing until it is loaded. */
  View: ComponentType<Props>;
  /** Loads its code, once. Rejects when the service is away; asked again, it tries again. */
  load(): Promise<void>;
}

const parts: LazyPart<never>[] = [];

/** `find`: imports the module and gives the component. */
export function lazy<Props>(find: () => Promise<ComponentType<Props>>): LazyPart<Props> {
  let Found: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;
  const load = () =>
    loading ??= find().then((found) => void (Found = found)).catch((error) => {
      loading = null;
      throw error;
    });
  class View extends Component<Props, { failed: boolean }> {
    override state = { failed: false };

    override componentDidMount(): void {
      if (!Found) load().then(() => this.forceUpdate(), () => this.setState({ failed: true }));
    }

    override render(): JSX.Element | null {
      if (Found) {
        const Part = Found as ComponentType<object>;
        return <Part {...this.props as object} />;
      }
      return this.state.failed
        ? <p class="panel-note" role="status">This part of the page could not be loaded. Load the page again.</p>
        : null;
    }
  }
  const part = { View: View as unknown as ComponentType<Props>, load };
  parts.push(part as unknown as LazyPart<never>);
  return part;
}

/** For the server, and for tests that draw as it does. */
export async function loadAllParts(): Promise<void> {
  await Promise.all(parts.map(({ load }) => load()));
}
