// What the tab Log shows.

import "./shared.ts";

export { RawLog } from "../task/raw_log.tsx";
