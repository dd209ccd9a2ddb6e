// What the tab Log shows.

import "./output.ts";

export { RawLog } from "../task/raw_log.tsx";
