/** Leaves out of the build what our pages do not need, and adds their icon. */

import { readFileSync } from "node:fs";

import type { Plugin } from "vite";

const HELPER = /vite\/preload-helper/;

/**
 * Vite wraps each dynamic import in code that loads style sheets, a tenth of the page's script.
 * Ours has a single style sheet, which the shell names.
 */
export function plainImports(): Plugin {
  return {
    name: "plain-imports",
    apply: "build",
    enforce: "pre",
    load: (id) => (HELPER.test(id) ? "export const __vitePreload = (load) => load();" : null),
  };
}

export function icon(): Plugin {
  return {
    name: "icon",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", name: "icon.svg", source: readFileSync("src/icon.svg") });
    },
  };
}
