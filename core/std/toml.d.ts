/** The document as an object. Throws `SyntaxError`. */
export function parse(text: string): Record<string, unknown>;
