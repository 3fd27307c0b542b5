/** What is only needed when a time is chosen. */

export { Confirmation } from "./confirmation.tsx";
export { Details } from "./details.tsx";
export { Missed } from "./missed.tsx";
