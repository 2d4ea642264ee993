// Runs the Java snippet on the cases of stdin; see driver.py.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

public final class Driver {
    public static void main(String[] arguments) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] fields = line.split("\t", -1);
            byte[][] raw = new byte[fields.length][];
            String[] text = new String[fields.length];
            for (int at = 1; at < fields.length; at++) {
                raw[at] = Base64.getDecoder().decode(fields[at]);
                text[at] = new String(raw[at], UTF_8);
            }
            System.out.println(answer(fields[0], text, raw));
        }
    }

    private static String answer(String what, String[] text, byte[][] raw) {
        List<String> secrets = Arrays.asList(text[1].split(" "));
        switch (what) {
            case "sign":
                return Signing.sign(text[1], text[2], text[3]);
            case "body":
                byte[] body =
                        Signing.signedBody(text[1], text[2], text[3], Long.parseLong(text[4]));
                return Base64.getEncoder().encodeToString(body);
            case "envelope":
                return "" + Signing.isGenuineEnvelope(
                        secrets, text[2], text[3], text[4], Long.parseLong(text[5]));
            default:
                return "" + Signing.isGenuineWebhook(
                        secrets, text[2], text[3], text[4], raw[5], Long.parseLong(text[6]));
        }
    }
}
