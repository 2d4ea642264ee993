// Sign a request to ticketbridge; verify a notification from it. Java 11 or newer, no libraries.
//
// Take the whole file over, or the methods that you need. `params` is always the JSON text
// exactly as it travels: serialise it once, sign that text, send that text. Java has no JSON
// parser of its own: read the fields of a notification's body with the one that you use.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class Signing {
    private static final long WINDOW_SECONDS = 300;

    private Signing() {}

    /** Return {@code sign} (参数签名); {@code timeStamp} is in milliseconds. */
    public static String sign(String appSecret, String params, String timeStamp) {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            byte[] digest = md5.digest((appSecret + params + timeStamp).getBytes(UTF_8));
            StringBuilder hex = new StringBuilder();
            for (byte each : digest) {
                hex.append(String.format("%02X", each));
            }
            return hex.toString();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Return the body of a request; {@code timeStamp} is System.currentTimeMillis(). */
    public static byte[] signedBody(
            String appKey, String appSecret, String params, long timeStamp) {
        String sign = sign(appSecret, params, Long.toString(timeStamp));
        String body = "{\"app_key\":" + quoted(appKey) + ",\"params\":" + quoted(params)
                + ",\"sign\":\"" + sign + "\",\"time_stamp\":" + timeStamp + "}";
        return body.getBytes(UTF_8);
    }

    /** Verify the three fields of a notification's body; parse {@code params} afterwards. */
    public static boolean isGenuineEnvelope(
            List<String> appSecrets, String params, String timeStamp, String given, long nowMs) {
        if (!timeStamp.matches("[0-9]{1,15}")
                || Math.abs(nowMs - Long.parseLong(timeStamp)) > WINDOW_SECONDS * 1000) {
            return false;
        }
        boolean genuine = false;
        for (String secret : appSecrets) {
            genuine |= equal(sign(secret, params, timeStamp), given.toUpperCase(Locale.ROOT));
        }
        return genuine;
    }

    /** Verify the three Webhook- headers over the raw body, as in Standard Webhooks. */
    public static boolean isGenuineWebhook(
            List<String> appSecrets, String id, String timestamp, String signature,
            byte[] body, long nowSeconds) {
        if (!timestamp.matches("[0-9]{1,15}")
                || Math.abs(nowSeconds - Long.parseLong(timestamp)) > WINDOW_SECONDS) {
            return false;
        }
        boolean genuine = false;
        for (String secret : appSecrets) {
            String expected = "v1," + hmac(secret, id + "." + timestamp + ".", body);
            for (String entry : signature.split(" ")) {
                genuine |= equal(expected, entry);
            }
        }
        return genuine;
    }

    private static String hmac(String secret, String head, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));
            mac.update(head.getBytes(UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static boolean equal(String left, String right) {
        return MessageDigest.isEqual(left.getBytes(UTF_8), right.getBytes(UTF_8));
    }

    /** Return a text as a JSON string. */
    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            if (each == '"' || each == '\\') {
                json.append('\\').append(each);
            } else if (each < ' ') {
                json.append(String.format("\\u%04x", (int) each));
            } else {
                json.append(each);
            }
        }
        return json.append('"').toString();
    }
}
