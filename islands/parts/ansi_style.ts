// How letters of a terminal look. Pure. The page keeps each colour's lightness to what can be read in its scheme: no output can
// be made invisible.

export interface AnsiStyle {
  /** `red`, `bright-black`, `rgb-ff8000` ...; null for the default colour. */
  colour: string | null;
  /** The same of the ground. */
  ground: string | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
}

export const plainStyle: AnsiStyle = {
  colour: null,
  ground: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
};

const marks = ["bold", "dim", "italic", "underline", "strike", "inverse"] as const;
type MarkName = typeof marks[number];

const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const switches: Record<number, [MarkName[], boolean]> = {
  1: [["bold"], true],
  2: [["dim"], true],
  3: [["italic"], true],
  4: [["underline"], true],
  7: [["inverse"], true],
  9: [["strike"], true],
  21: [["underline"], true],
  22: [["bold", "dim"], false],
  23: [["italic"], false],
  24: [["underline"], false],
  27: [["inverse"], false],
  29: [["strike"], false],
};

/** Names for the style sheet; empty for plain text. */
export function ansiClass(style: AnsiStyle): string {
  if (style === plainStyle) return "";
  // What is inverse has its colours the other way round, where it has any.
  const isTurned = style.inverse && (style.colour ?? style.ground) !== null;
  const [colour, ground] = isTurned ? [style.ground, style.colour] : [style.colour, style.ground];
  const looks = marks.filter((name) => style[name] && !(name === "inverse" && isTurned));
  const names = [colour, ground && `on-${ground}`, ...looks];
  return names.filter((name) => name !== null).map((name) => `ansi-${name}`).join(" ");
}

/** The style after the codes of one `m` sequence, such as `1;38;5;196`. */
export function styled(codes: string, before: AnsiStyle): AnsiStyle {
  let style = { ...before };
  // `38:2::r:g:b` names a colour space, which nobody uses.
  const numbers = codes.replace(/([34]8:2):\d*:(\d+:\d+:\d+)/g, "$1:$2").split(/[;:]/).map(Number);
  for (let index = 0; index < numbers.length; index++) {
    const code = numbers[index] ?? 0;
    const [names, isOn] = switches[code] ?? [[], false];
    for (const name of names) style[name] = isOn;
    const low = code % 10;
    if (code === 0) style = { ...plainStyle };
    else if (code >= 30 && code <= 37) style.colour = colours[low]!;
    else if (code >= 40 && code <= 47) style.ground = colours[low]!;
    else if (code >= 90 && code <= 97) style.colour = `bright-${colours[low]}`;
    else if (code >= 100 && code <= 107) style.ground = `bright-${colours[low]}`;
    else if (code === 39) style.colour = null;
    else if (code === 49) style.ground = null;
    else if (code === 38 || code === 48) {
      const isIndexed = numbers[index + 1] === 5;
      const colour = isIndexed ? indexed(numbers[index + 2] ?? 0) : ofRgb(numbers.slice(index + 2, index + 5));
      if (code === 38) style.colour = colour;
      else style.ground = colour;
      index += isIndexed ? 2 : 4;
    }
  }
  return style;
}

/** One of 256: the sixteen, a cube of 6 by 6 by 6, and 24 greys. */
function indexed(number: number): string | null {
  if (number < 8) return colours[number] ?? null;
  if (number < 16) return `bright-${colours[number - 8]}`;
  if (number >= 232) return ofRgb(Array(3).fill(8 + (number - 232) * 10));
  const level = (step: number) => step === 0 ? 0 : 55 + step * 40;
  const place = number - 16;
  return ofRgb([level(Math.floor(place / 36)), level(Math.floor(place / 6) % 6), level(place % 6)]);
}

function ofRgb(parts: number[]): string {
  const digits = [0, 1, 2].map((at) => Math.min(255, parts[at] || 0).toString(16).padStart(2, "0"));
  return `rgb-${digits.join("")}`;
}

/** The colours that have no name, as the style sheet takes them. */
export function exactColours(classes: string): { colour: string | null; ground: string | null } {
  const [, colour] = /(?:^| )ansi-rgb-(\w{6})/.exec(classes) ?? [];
  const [, ground] = /(?:^| )ansi-on-rgb-(\w{6})/.exec(classes) ?? [];
  return { colour: colour ? `#${colour}` : null, ground: ground ? `#${ground}` : null };
}
