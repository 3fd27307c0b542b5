/** What is typed or pasted, as the API accepts it: what a field does not show is not sent. */

// Control characters, bidirectional embeddings, overrides and isolates, and lone surrogates.
const HIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/** Line breaks and tabs stay. */
export const severalLines = (text: string): string => text.replace(HIDDEN, "").trim();

/** A field of one line shows a tab as a blank, and a line break as nothing; words stay apart. */
export const oneLine = (text: string): string => severalLines(text.replace(/[\t\n\r\u2028\u2029]+/g, " "));
