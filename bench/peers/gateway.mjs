// A gateway of the same shape on fastify: key check, a limit by key, and a proxy.
// PORT, UPSTREAM, KEY and LIMIT (requests a minute) come from the environment.
import { createHash } from "node:crypto";
import fastify from "fastify";
import proxy from "@fastify/http-proxy";
import rateLimit from "@fastify/rate-limit";

const { PORT, UPSTREAM, KEY, LIMIT } = process.env;
const hash = (key) => createHash("sha256").update(key).digest("base64url");
const users = new Map([[hash(KEY), "a-user"]]);

const app = fastify({ logger: false });

app.addHook("onRequest", async (request, reply) => {
  const [scheme, key = ""] = (request.headers.authorization ?? "").split(" ");
  request.user = scheme.toLowerCase() === "bearer" ? users.get(hash(key)) : undefined;
  if (request.user === undefined) {
    return reply.code(401).send({ error: "Missing or invalid API key." });
  }
});
await app.register(rateLimit, {
  max: Number(LIMIT),
  timeWindow: "1 minute",
  keyGenerator: (request) => request.user,
});
await app.register(proxy, { upstream: UPSTREAM, undici: { connections: 256, pipelining: 1 } });
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
