// The connection of a page in a browser that has no worker for it.

import "./shared.ts";

export { StreamHub } from "../stream/stream_hub.ts";
