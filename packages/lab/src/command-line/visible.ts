/** Characters that move the cursor, end the line, or turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of colours
const colours = /(\u001b\[[0-9;]*m)/;

const written = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;

/** A text whose control characters are written out: names from files could else tell a terminal what to do. Colours stay. */
export const visible = (text: string): string =>
  text
    .split(colours)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(controls, written)))
    .join('');
