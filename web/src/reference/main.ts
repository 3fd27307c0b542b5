/** Shows the API's documents with Scalar, in place of the outline that the gateway has rendered. */

import "./without-eval.ts";
import "./menu.ts";
// The package's exports do not name its finished modules, which need none of its dependencies.
import { createApiReference } from "../../node_modules/@scalar/api-reference/dist/browser/standalone.esm.js";

const place = document.getElementById("reference")!;
const outline = document.querySelector("main")!;
const shown = place.dataset["shown"];

/** The gateway names what is shown first; the other document can be chosen. */
function source(slug: string, title: string, url: string) {
  return { slug, title, url, default: slug === shown, agent: { disabled: true } };
}

createApiReference("#reference", {
  sources: [
    source("api", "LinkTime API", "/openapi.json"),
    source("dashboard", "LinkTime dashboard", "/openapi-dashboard.json"),
  ],
  // Nothing is asked of others: no fonts, no telemetry, no proxy, no links to their products.
  withDefaultFonts: false,
  // Without it Scalar begins in light colours and asks for the device's scheme when they are shown.
  darkMode: matchMedia("(prefers-color-scheme: dark)").matches,
  telemetry: false,
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  // A key is forgotten with the page.
  persistAuth: false,
  authentication: { preferredSecurityScheme: "apiKey" },
  // The documents have samples, which are tested.
  hiddenClients: true,
  baseServerURL: location.origin,
  generateOperationSlug: (operation: { operationId?: string; path: string }) => operation.operationId ?? operation.path,
  onLoaded: () => outline.remove(),
});
