// What the tab Events shows.

import "./output.ts";

export { EventList } from "../task/event_list.tsx";
