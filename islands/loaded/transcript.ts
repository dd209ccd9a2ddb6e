// What the tab Transcript shows.

import "./shared.ts";

export { TranscriptTab } from "../transcript/transcript_tab.tsx";
