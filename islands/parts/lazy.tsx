// A part of a page whose code is loaded when it is first needed. The server loads all of them before it draws anything, and a
// page those that it shows before it comes to life: what was drawn and what is hydrated are the same.

import { Component, type FunctionComponent, type JSX } from "preact";

export interface LazyPart<Props> {
  /** Draws nothing until it is loaded. */
  View: FunctionComponent<Props>;
  /** The component itself, once its code has run. */
  component(): FunctionComponent<Props> | undefined;
  /** Loads its code, once. Rejects when the service is away; asked again, it tries again. */
  load(): Promise<void>;
}

/** Told of a part whose code did not come. */
export const notLoaded = "This part of the page could not be loaded. Load the page again.";

type PropsOf<Component> = Component extends FunctionComponent<infer Props> ? Props : never;

/** The components whose code has run, by their names. */
const arrived = new Map<string, unknown>();

/** Says what the code of a part brings: a page that came with it draws it without waiting for an import. */
export function arrive(components: Record<string, unknown>): void {
  for (const [name, component] of Object.entries(components)) arrived.set(name, component);
}

const parts: LazyPart<never>[] = [];

/** `find`: imports the module that brings the component of this name. */
export function lazy<Name extends keyof Module & string, Module>(
  name: Name,
  find: () => Promise<Module>,
): LazyPart<PropsOf<Module[Name]>> {
  type Props = PropsOf<Module[Name]>;
  let loading: Promise<void> | null = null;
  const component = () => arrived.get(name) as FunctionComponent<Props> | undefined;
  const load = () =>
    loading ??= find().then((module) => void arrived.set(name, module[name])).catch((error) => {
      loading = null;
      throw error;
    });
  class View extends Component<Props, { failed: boolean }> {
    override state = { failed: false };

    override componentDidMount(): void {
      if (!component()) load().then(() => this.forceUpdate(), () => this.setState({ failed: true }));
    }

    override render(): JSX.Element | null {
      const Part = component();
      if (Part) return <Part {...this.props} />;
      return this.state.failed ? <p class="panel-note" role="status">{notLoaded}</p> : null;
    }
  }
  const part = { View: View as unknown as FunctionComponent<Props>, component, load };
  parts.push(part as unknown as LazyPart<never>);
  return part;
}

/** A part that comes with every page. */
export function present<Props>(View: FunctionComponent<Props>): LazyPart<Props> {
  return { View, component: () => View, load: () => Promise.resolve() };
}

/** For the server, and for tests that draw as it does. */
export async function loadAllParts(): Promise<void> {
  await Promise.all(parts.map(({ load }) => load()));
}
