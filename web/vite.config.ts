import { defineConfig } from "vite";

import { developmentShell } from "./build/development.ts";
import { icon, plainImports } from "./build/lean.ts";
import { precompress } from "./build/precompress.ts";
import { standalone } from "./build/standalone.ts";

const SHARED = /preact|src\/shared\/(?!add-to-calendar|calendar-links|idempotency-key|moment|nearest|no-times|refusals|send-button|texts|way-to|zone-(list|search))/;
const REFERENCE_ICONS = /api-reference\/dist\/browser\/chunks\/.*\.svg-/;
const GATEWAY = process.env["LINKTIME_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  // The gateway serves the shells and, under this path, what this build writes.
  base: "/assets/",
  publicDir: false,
  build: {
    assetsDir: ".",
    assetsInlineLimit: 0,
    // One style sheet: the server-rendered pages use it without a script.
    cssCodeSplit: false,
    manifest: "manifest.json",
    // The shells name the files that an entry imports.
    modulePreload: false,
    target: "es2022",
    rolldownOptions: {
      input: {
        booking: "src/booking/main.tsx",
        manage: "src/manage/main.tsx",
        framed: "src/framed/main.ts",
        demo: "src/demo/main.ts",
        host: "src/host/main.ts",
        reference: "src/reference/main.ts",
      },
      // One file for what both pages need at once: several smaller ones compress less well. And one
      // for the hundred icons of the API reference.
      output: {
        codeSplitting: {
          groups: [
            { name: "shared", test: SHARED },
            { name: "reference-icons", test: REFERENCE_ICONS },
          ],
        },
      },
    },
  },
  plugins: [plainImports(), icon(), standalone("embed.js", "src/embed/main.ts"), precompress(), developmentShell(GATEWAY)],
  test: { include: ["src/**/*.test.ts"] },
});
