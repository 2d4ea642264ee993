<?php

// Runs the PHP snippet on the cases of stdin; see driver.py.
declare(strict_types=1);

require __DIR__ . '/../../docs/snippets/signing/signing.php';

while (($line = fgets(STDIN)) !== false) {
    $fields = explode("\t", rtrim($line, "\n"));
    $what = array_shift($fields);
    $text = array_map('base64_decode', $fields);
    if ($what === 'sign') {
        $answer = Ticketbridge\sign(...$text);
    } elseif ($what === 'body') {
        $answer = base64_encode(
            Ticketbridge\signedBody($text[0], $text[1], $text[2], (int) $text[3])
        );
    } elseif ($what === 'envelope') {
        $secrets = explode(' ', $text[0]);
        $genuine = Ticketbridge\isGenuineEnvelope(
            $secrets, $text[1], $text[2], $text[3], (int) $text[4]
        );
        $answer = $genuine ? 'true' : 'false';
    } else {
        $secrets = explode(' ', $text[0]);
        $genuine = Ticketbridge\isGenuineWebhook(
            $secrets, $text[1], $text[2], $text[3], $text[4], (int) $text[5]
        );
        $answer = $genuine ? 'true' : 'false';
    }
    echo $answer, "\n";
}
