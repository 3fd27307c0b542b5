// Run the programs that are read, one JSON string a line; write what each prints, and its error.
import { createInterface } from "node:readline";
import { format } from "node:util";

let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
  let [printed, error] = ["", null];
  console.log = (...values) => {
    printed += `${format(...values)}\n`;
  };
  try {
    // The comment makes it a new module: one with the same address would not run a second time.
    const source = `${JSON.parse(line)}\n// ${(count += 1)}`;
    await import(`data:text/javascript,${encodeURIComponent(source)}`);
  } catch (thrown) {
    error = String(thrown.stack ?? thrown);
  }
  process.stdout.write(`${JSON.stringify({ printed, error })}\n`);
}
