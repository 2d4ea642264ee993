// Runs the JavaScript snippet on the cases of stdin; see driver.py.
import { readFileSync } from "node:fs";
import * as signing from "../../docs/snippets/signing/signing.mjs";

for (const line of readFileSync(0, "utf8").split("\n").slice(0, -1)) {
  const [what, ...fields] = line.split("\t");
  const raw = fields.map((field) => Buffer.from(field, "base64"));
  const text = raw.map((field) => field.toString("utf8"));
  let answer;
  if (what === "sign") {
    answer = signing.sign(...text);
  } else if (what === "body") {
    const body = signing.signedBody(text[0], text[1], text[2], Number(text[3]));
    answer = Buffer.from(body, "utf8").toString("base64");
  } else if (what === "envelope") {
    const [secrets, params, stamp, given, now] = text;
    answer = signing.isGenuineEnvelope(secrets.split(" "), params, stamp, given, Number(now));
  } else {
    const [secrets, id, stamp, signature, , now] = text;
    const known = secrets.split(" ");
    answer = signing.isGenuineWebhook(known, id, stamp, signature, raw[4], Number(now));
  }
  console.log(String(answer));
}
