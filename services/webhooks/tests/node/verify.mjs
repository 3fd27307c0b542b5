// Reads [{secret, headers, body}, …] and says of each whether the subscribers' library accepts it.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const accepts = ({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(accepts)));
