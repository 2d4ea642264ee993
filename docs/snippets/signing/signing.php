<?php

// Sign a request to ticketbridge; verify a notification from it. PHP 7.4 or newer (64 bit),
// no packages.
//
// Take the whole file over, or the functions that you need. $params is always the JSON text
// exactly as it travels: json_encode once, sign that text, send that text.

declare(strict_types=1);

namespace Ticketbridge;

const WINDOW_SECONDS = 300;

/** Return `sign` (参数签名); $timeStamp is in milliseconds. */
function sign(string $appSecret, string $params, string $timeStamp): string
{
    return strtoupper(md5($appSecret . $params . $timeStamp));
}

/** Return the body of a request; $timeStamp is (int) (microtime(true) * 1000). */
function signedBody(string $appKey, string $appSecret, string $params, int $timeStamp): string
{
    return json_encode([
        'app_key' => $appKey,
        'params' => $params,
        'sign' => sign($appSecret, $params, (string) $timeStamp),
        'time_stamp' => $timeStamp,
    ], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
}

/** Verify the three fields of a notification's body; json_decode $params afterwards. */
function isGenuineEnvelope(
    array $appSecrets,
    string $params,
    string $timeStamp,
    string $given,
    int $nowMs
): bool {
    if (!preg_match('/^[0-9]{1,15}$/D', $timeStamp)) {
        return false;
    }
    if (abs($nowMs - (int) $timeStamp) > WINDOW_SECONDS * 1000) {
        return false;
    }
    $genuine = false;
    foreach ($appSecrets as $secret) {
        $genuine = hash_equals(sign($secret, $params, $timeStamp), strtoupper($given)) || $genuine;
    }
    return $genuine;
}

/** Verify the three Webhook- headers over the raw body, as in Standard Webhooks. */
function isGenuineWebhook(
    array $appSecrets,
    string $id,
    string $timestamp,
    string $signature,
    string $body,
    int $nowSeconds
): bool {
    if (!preg_match('/^[0-9]{1,15}$/D', $timestamp)) {
        return false;
    }
    if (abs($nowSeconds - (int) $timestamp) > WINDOW_SECONDS) {
        return false;
    }
    $genuine = false;
    foreach ($appSecrets as $secret) {
        $digest = hash_hmac('sha256', "$id.$timestamp.$body", $secret, true);
        foreach (explode(' ', $signature) as $entry) {
            $genuine = hash_equals('v1,' . base64_encode($digest), $entry) || $genuine;
        }
    }
    return $genuine;
}
