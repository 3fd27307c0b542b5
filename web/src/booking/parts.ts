/** What is only needed when a time is chosen. */

export { Chosen } from "./chosen.tsx";
export { Missed } from "./missed.tsx";
