/** Builds embed.js: one script without imports, at an address that does not change with its content. */

import { readdirSync, readFileSync } from "node:fs";

import { build, type Plugin, type Rolldown } from "vite";

const TEXTS = "page.embed.";

export function standalone(name: string, source: string): Plugin {
  return {
    name: "standalone",
    apply: "build",
    async generateBundle() {
      const built = (await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: { EMBED_TEXTS: JSON.stringify(texts()) },
        build: {
          write: false,
          target: "es2022",
          lib: { entry: source, formats: ["iife"], name: "embed", fileName: () => name },
        },
      })) as Rolldown.RolldownOutput[];
      const code = built.flatMap((one) => one.output).find((one) => one.type === "chunk")?.code ?? "";
      this.emitFile({ type: "asset", fileName: name, source: code });
    },
  };
}

function texts(): Record<string, Record<string, string>> {
  const found: Record<string, Record<string, string>> = {};
  for (const file of readdirSync("messages")) {
    const messages = JSON.parse(readFileSync(`messages/${file}`, "utf8")) as Record<string, string>;
    const ours = Object.entries(messages).filter(([key]) => key.startsWith(TEXTS));
    found[file.replace(".json", "")] = Object.fromEntries(ours.map(([key, text]) => [key.slice(TEXTS.length), text]));
  }
  return found;
}
