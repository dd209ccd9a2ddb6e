// Terminal output as text with a few styles. Pure. Colours and bold are kept, every other control sequence is dropped:
// what an agent's tool prints can neither move a cursor nor hide text here.

export interface AnsiSegment {
  text: string;
  /** `red`, `bright-black` ...; null for the default colour. */
  colour: string | null;
  bold: boolean;
}

const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// CSI sequences, OSC strings (closed by BEL or ST), and two-character escapes.
// deno-lint-ignore no-control-regex
const escapes = /\x1b\[([0-9;:?<=>]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?|\x9b/g;
// deno-lint-ignore no-control-regex
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

export function ansiSegments(text: string): AnsiSegment[] {
  const segments: AnsiSegment[] = [];
  let colour: string | null = null;
  let bold = false;
  let from = 0;
  const add = (end: number) => {
    const plain = overwritten(text.slice(from, end)).replace(controls, "");
    if (plain === "") return;
    const last = segments.at(-1);
    if (last && last.colour === colour && last.bold === bold) last.text += plain;
    else segments.push({ text: plain, colour, bold });
  };
  for (const match of text.matchAll(escapes)) {
    add(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") ({ colour, bold } = styled(match[1] ?? "", { colour, bold }));
  }
  add(text.length);
  return segments;
}

/** Without any control sequence. */
export function plainText(text: string): string {
  return ansiSegments(text).map((segment) => segment.text).join("");
}

/** A carriage return starts the line again, as in a terminal's progress bar. */
function overwritten(text: string): string {
  if (!text.includes("\r")) return text;
  return text.replaceAll("\r\n", "\n").split("\n").map((line) => line.slice(line.lastIndexOf("\r") + 1)).join("\n");
}

function styled(codes: string, style: { colour: string | null; bold: boolean }) {
  let { colour, bold } = style;
  const numbers = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < numbers.length; index++) {
    const code = numbers[index] ?? 0;
    if (code === 0) [colour, bold] = [null, false];
    else if (code === 1) bold = true;
    else if (code === 22) bold = false;
    else if (code >= 30 && code <= 37) colour = colours[code - 30] ?? null;
    else if (code >= 90 && code <= 97) colour = `bright-${colours[code - 90]}`;
    else if (code === 39) colour = null;
    else if (code === 38 || code === 48) index += numbers[index + 1] === 5 ? 2 : 4;
  }
  return { colour, bold };
}
