/** Scalar's finished modules, of which these pages use one function. */
declare module "*/standalone.esm.js" {
  export function createApiReference(place: string, configuration: object): unknown;
}
