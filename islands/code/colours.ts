// The colours of code, and which scope of the highlighter has which. Pure.

export const colours = ["comment", "keyword", "string", "number", "name", "type"] as const;
export type Colour = (typeof colours)[number];

/** How many UTF-16 units have which colour; null: that of the text. */
export type ColouredPart = [length: number, colour: Colour | null];

const scopes: Record<string, Colour> = {
  comment: "comment",
  quote: "comment",
  doctag: "comment",
  keyword: "keyword",
  operator: "keyword",
  literal: "keyword",
  meta: "keyword",
  tag: "keyword",
  section: "keyword",
  "selector-tag": "keyword",
  "variable.language": "keyword",
  string: "string",
  regexp: "string",
  link: "string",
  code: "string",
  "char.escape": "string",
  number: "number",
  symbol: "number",
  bullet: "number",
  "title.function": "name",
  "title.function.invoke": "name",
  "title.class": "type",
  "title.class.inherited": "type",
  title: "name",
  attr: "name",
  attribute: "name",
  name: "name",
  property: "name",
  "selector-class": "name",
  "selector-id": "name",
  type: "type",
  built_in: "type",
  // Of a diff: the green and the red of these colours.
  addition: "type",
  deletion: "keyword",
};

export function colourOf(scope: string): Colour | null {
  return Object.hasOwn(scopes, scope) ? scopes[scope] ?? null : null;
}
