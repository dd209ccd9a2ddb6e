// What the tab Transcript shows.

import "./output.ts";
import { arrive } from "../parts/lazy.tsx";
import { TranscriptTab } from "../transcript/transcript_tab.tsx";

arrive({ TranscriptTab });

export { TranscriptTab };
