/** What is only needed after the form was sent. */

export { Nearest } from "../shared/nearest.tsx";
export { Confirmation } from "./confirmation.tsx";
