/**
 * `make dev`: shows the shells of a running gateway with the sources of this folder in place of
 * the built files, and reloads the page when one is edited.
 */

import type { Connect, Plugin, ViteDevServer } from "vite";

const BUILT_SCRIPT = /<script type="module" src="\/assets\/(booking|demo|framed|host|manage|reference)-[^"]+"><\/script>/g;
const WITH_ELEMENTS = new Set(["booking", "manage"]);
// The API reference has a style sheet of its own.
const BUILT_STYLE = /<link rel="stylesheet" href="\/assets\/[^>]+>/;
const BUILT_LINK = /<link rel="(?:icon|modulepreload)" href="\/assets\/[^>]+>\n?/g;
const NOT_FORWARDED = new Set(["connection", "content-length", "content-security-policy", "transfer-encoding"]);

export function developmentShell(gateway: string): Plugin {
  return {
    name: "development-shell",
    apply: "serve",
    configureServer: (server) => {
      server.middlewares.use(forward(server, gateway));
    },
  };
}

function forward(server: ViteDevServer, gateway: string): Connect.NextHandleFunction {
  return (request, response, next) => {
    // The server's own files are where the gateway has the built ones.
    if (request.url?.startsWith(server.config.base)) return next();
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      answer(server, gateway, request, Buffer.concat(chunks)).then(({ status, headers, body }) => {
        response.writeHead(status, headers);
        response.end(body);
      }, next);
    });
  };
}

async function answer(server: ViteDevServer, gateway: string, request: Connect.IncomingMessage, sent: Buffer) {
  const path = request.originalUrl ?? "/";
  const headers = new Headers({ "accept-encoding": "identity" });
  for (const name of ["accept", "accept-language", "content-type", "idempotency-key", "sec-fetch-dest"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const body = sent.length ? { body: new Uint8Array(sent) } : {};
  const found = await fetch(gateway + path, { method: request.method ?? "GET", headers, redirect: "manual", ...body });
  const kept = Object.fromEntries([...found.headers].filter(([name]) => !NOT_FORWARDED.has(name)));
  const content = Buffer.from(await found.arrayBuffer());
  if (!found.headers.get("content-type")?.startsWith("text/html")) {
    return { status: found.status, headers: kept, body: content };
  }
  const html = withSources(content.toString());
  return { status: found.status, headers: kept, body: await server.transformIndexHtml(path, html) };
}

/** Names the sources, from which Vite makes addresses below its base. */
function withSources(html: string): string {
  return html
    .replace(BUILT_STYLE, '<link rel="stylesheet" href="/src/style/main.css">')
    .replace(BUILT_LINK, "")
    .replace(BUILT_SCRIPT, (_all, entry: string) => {
      const ending = WITH_ELEMENTS.has(entry) ? "tsx" : "ts";
      return `<script type="module" src="/src/${entry}/main.${ending}"></script>`;
    });
}
