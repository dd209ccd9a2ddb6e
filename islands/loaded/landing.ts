// Dialogs of one task, of which most pages show none.

import "./shared.ts";
import { arrive } from "../parts/lazy.tsx";
import { Elsewhere } from "../landing/elsewhere.tsx";
import { ForkDialog } from "../task/fork_dialog.tsx";
import { LandingDialog } from "../landing/landing_dialog.tsx";

arrive({ Elsewhere, ForkDialog, LandingDialog });

export { Elsewhere, ForkDialog, LandingDialog };
