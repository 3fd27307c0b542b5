/** Keys by which a write that is sent again is known. */

/** A new Idempotency-Key. `crypto.randomUUID` exists only on HTTPS and the local machine. */
export const newKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
