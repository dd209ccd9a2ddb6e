// What the tab Transcript shows.

import "./output.ts";

export { TranscriptTab } from "../transcript/transcript_tab.tsx";
