// What the tab Events shows.

import "./output.ts";
import { arrive } from "../parts/lazy.tsx";
import { EventList } from "../task/event_list.tsx";

arrive({ EventList });

export { EventList };
