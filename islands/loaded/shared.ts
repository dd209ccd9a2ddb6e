// What comes with every page, as one file: what all of them need, and small things that several of the parts beside this file
// share. Each of these parts imports it first. Without it the bundler would make a file of its own for whatever some parts
// have in common and others have not, and a page would ask for dozens of them.

import "preact";
import "preact/hooks";
import "preact/jsx-runtime";
import "@preact/signals";
import "../../core/view/confinement_words.ts";
import "../board/card_actions.ts";
import "../board/log_out.tsx";
import "../board/queue_actions.ts";
import "../changes/reveal_line.ts";
import "../code/code_lines.tsx";
import "../code/languages.ts";
import "../compare/attempt.ts";
import "../files/file_opener.ts";
import "../form/open_form.ts";
import "../landing/chosen_editor.ts";
import "../landing/places.ts";
import "../landing/review_actions.ts";
import "../landing/review_bar.tsx";
import "../landing/web_link.tsx";
import "../notify/notifications.ts";
import "../parts/ansi.ts";
import "../parts/ansi_style.ts";
import "../parts/copy_button.tsx";
import "../parts/lazy.tsx";
import "../parts/middle_path.tsx";
import "../parts/popover.tsx";
import "../parts/resizer.tsx";
import "../parts/scroll_window.tsx";
import "../parts/state_badge.tsx";
import "../parts/text_part.ts";
import "../parts/time.tsx";
import "../state/actions.ts";
import "../state/board_search.ts";
import "../state/store.ts";
import "../stream/stream_message.ts";
import "../task/allowed.ts";
import "../task/cancel.ts";
import "../task/find_actions.ts";
import "../task/found_row.ts";
import "../workers/worker_actions.ts";
