// The raw history: every event, windowed like the transcript; a line opens to its JSON.

import { useSignal } from "@preact/signals";
import { Component } from "preact";
import type { TaskEvent } from "../../core/domain/event.ts";
import { plainText } from "../parts/ansi.ts";
import { plural } from "../../core/view/format.ts";
import type { OpenTask } from "../state/open_task.ts";
import { OutputText } from "../parts/output_text.tsx";
import { ScrollWindow } from "../parts/scroll_window.tsx";
import { useStore } from "../state/store.ts";
import { Time } from "../parts/time.tsx";

export function EventList({ open }: { open: OpenTask }) {
  const store = useStore();
  const { from } = open.window.value;
  return (
    <ScrollWindow open={open} label="Events" class="event-list">
      {from > 1 && (
        <p class="edge">
          <button type="button" class="quiet small" disabled={store.asleep} onClick={() => open.showStart()}>
            {plural(from - 1, "earlier event")}. Go to the start
          </button>
        </p>
      )}
      {open.events.value.map((event) => <EventRow key={event.seq} event={event} />)}
    </ScrollWindow>
  );
}

class EventRow extends Component<{ event: TaskEvent }> {
  override shouldComponentUpdate({ event }: { event: TaskEvent }): boolean {
    return event.seq !== this.props.event.seq;
  }

  override render() {
    return <Row event={this.props.event} />;
  }
}

function Row({ event }: { event: TaskEvent }) {
  const open = useSignal(false);
  return (
    <div class="event" data-seq={event.seq}>
      <button type="button" aria-expanded={open.value} onClick={() => open.value = !open.peek()}>
        <span class="num muted event-seq">{event.seq}</span>
        <Time at={event.at} />
        <span class="mono event-type">{event.type}</span>
        <bdi class="mono muted event-data">{plainText(JSON.stringify(event.data).slice(0, 240))}</bdi>
        <span class="muted event-by">{event.by ?? ""}</span>
      </button>
      {open.value && <OutputText text={JSON.stringify(event, null, 2)} label={`Event ${event.seq}`} />}
    </div>
  );
}
