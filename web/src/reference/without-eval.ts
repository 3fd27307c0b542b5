/** Imported before Scalar: its zod then does not try whether it may compile code, which the policy forbids. */

Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
