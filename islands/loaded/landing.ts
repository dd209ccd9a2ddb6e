// Dialogs of one task, of which most pages show none.

import "./shared.ts";

export { Elsewhere } from "../landing/elsewhere.tsx";
export { ForkDialog } from "../task/fork_dialog.tsx";
export { LandingDialog } from "../landing/landing_dialog.tsx";
