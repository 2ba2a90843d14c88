// Fails twice. Says at which attempt it succeeded.
// deno-lint-ignore-file no-console
import { busyResponse, retry } from "@bellhop/bellhop/retry";

const answers = [new Response(null, { status: 503 }), new Response(null, { status: 429 }), new Response("hello")];
const attempts = [];
const response = await retry(
  ({ attempt }) => {
    attempts.push(attempt);
    return answers.shift();
  },
  { baseMs: 1 },
  { retryOn: busyResponse },
);
console.log(`${await response.text()} after ${attempts}`);
