// Sign a request to ticketbridge; verify a notification from it. Node.js only, no packages.
//
// Take the whole file over, or the functions that you need. `params` is always the JSON text
// exactly as it travels: JSON.stringify once, sign that text, send that text.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const WINDOW_SECONDS = 300;

/** Return `sign` (参数签名); `timeStamp` is in milliseconds. */
export function sign(appSecret, params, timeStamp) {
  const text = `${appSecret}${params}${timeStamp}`;
  return createHash("md5").update(text, "utf8").digest("hex").toUpperCase();
}

/** Return the body of a request; `timeStamp` is `Date.now()`. */
export function signedBody(appKey, appSecret, params, timeStamp) {
  return JSON.stringify({
    app_key: appKey,
    params,
    sign: sign(appSecret, params, timeStamp),
    time_stamp: timeStamp,
  });
}

/** Verify the three fields of a notification's body; parse `params` afterwards. */
export function isGenuineEnvelope(appSecrets, params, timeStamp, given, nowMs) {
  if (!/^\d{1,15}$/.test(String(timeStamp))) return false;
  if (Math.abs(nowMs - Number(timeStamp)) > WINDOW_SECONDS * 1000) return false;
  return appSecrets
    .map((secret) => equal(sign(secret, params, timeStamp), given.toUpperCase()))
    .includes(true);
}

/** Verify the three `Webhook-` headers over the raw body (a Buffer), as in Standard Webhooks. */
export function isGenuineWebhook(appSecrets, id, timestamp, signature, body, nowSeconds) {
  if (!/^\d{1,15}$/.test(timestamp)) return false;
  if (Math.abs(nowSeconds - Number(timestamp)) > WINDOW_SECONDS) return false;
  const entries = signature.split(" ");
  return appSecrets
    .flatMap((secret) => {
      const hmac = createHmac("sha256", Buffer.from(secret, "utf8"));
      const digest = hmac.update(`${id}.${timestamp}.`, "utf8").update(body).digest("base64");
      return entries.map((entry) => equal(`v1,${digest}`, entry));
    })
    .includes(true);
}

function equal(left, right) {
  const [a, b] = [Buffer.from(left, "utf8"), Buffer.from(right, "utf8")];
  return a.length === b.length && timingSafeEqual(a, b);
}
