// How letters of a terminal look. Pure. Of a colour its hue is kept, and the page gives it the lightness that can be read in
// its scheme: no output can be made invisible.

export interface AnsiStyle {
  /** `red`, `bright-black`, `hue-3` ...; null for the default colour. */
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
  const names = [style.colour, style.ground && `on-${style.ground}`, ...marks.filter((name) => style[name])];
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

/** One of twelve hues, `hue-0` (red) to `hue-11`; a grey is muted, and what is nearly black or white is as all text is. */
function ofRgb([red = 0, green = 0, blue = 0]: number[]): string | null {
  const most = Math.max(red, green, blue);
  const span = most - Math.min(red, green, blue);
  if (span < 32) return most > 64 && most < 208 ? "bright-black" : null;
  const sixth = most === red
    ? (green - blue) / span
    : most === green
    ? 2 + (blue - red) / span
    : 4 + (red - green) / span;
  return `hue-${(Math.round(sixth * 2) + 12) % 12}`;
}
