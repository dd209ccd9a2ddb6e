// What programs printed and what is named in it, which several parts show.

import "./shared.ts";

import "../code/code_block.tsx";
import "../parts/output_text.tsx";
