// What the tab Log shows.

import "./output.ts";
import { arrive } from "../parts/lazy.tsx";
import { RawLog } from "../task/raw_log.tsx";

arrive({ RawLog });

export { RawLog };
