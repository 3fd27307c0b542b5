/** The address of the page that a frame shows. */

/** The parameters of the page that a site may set, beside `a_<question id>`. */
export const PARAMETERS = ["name", "email", "phone", "notes", "tz", "lang", "date"] as const;
export const ANSWER = "a_";

export interface Options {
  /** `username/slug`, or the whole address of a page of this LinkTime. */
  link: string;
  /** Values of the form's fields by their names in the address. */
  prefill?: Record<string, string>;
  /** The label of a floating button. */
  text?: string;
}

/** Raises Error if the link leads elsewhere. */
export function addressOf(base: string, { link, prefill = {} }: Options): string {
  const address = new URL(link, `${base}/`);
  if (address.origin !== base) throw new Error(`LinkTime: the link must lead to ${base}, not to ${address.origin}`);
  for (const [name, value] of Object.entries(prefill)) {
    if (isParameter(name) && value) address.searchParams.set(name, value);
  }
  return address.href;
}

export function isParameter(name: string): boolean {
  return name.startsWith(ANSWER) || (PARAMETERS as readonly string[]).includes(name);
}
