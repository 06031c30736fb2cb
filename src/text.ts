/** Characters that a terminal obeys instead of showing (C0 but line ends, DEL, C1), and those that turn the direction of what follows. */
const COMMANDS = String.raw`\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069`;

/** The pattern of a text that shows as it is, for schemas. */
export const SHOWN = new RegExp(`^[^${COMMANDS}]*$`);

/** The text as it can be printed anywhere: each of these characters written out, such as \u001b. */
export function shown(text: string): string {
  return text.replaceAll(new RegExp(`[${COMMANDS}]`, 'g'), (one) => {
    return `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
