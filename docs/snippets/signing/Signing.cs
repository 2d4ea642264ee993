// Sign a request to ticketbridge; verify a notification from it. .NET or Mono, no packages.
//
// Take the whole file over, or the methods that you need. `jsonParams` is always the JSON text
// exactly as it travels: serialise it once, sign that text, send that text. Read the fields of a
// notification's body with the JSON library that you use.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

public static class Signing
{
    private const long WindowSeconds = 300;

    /// <summary>Return `sign` (参数签名); the time stamp is in milliseconds.</summary>
    public static string Sign(string appSecret, string jsonParams, string timeStamp)
    {
        using (var md5 = MD5.Create())
        {
            var digest = md5.ComputeHash(Encoding.UTF8.GetBytes(appSecret + jsonParams + timeStamp));
            return BitConverter.ToString(digest).Replace("-", "");
        }
    }

    /// <summary>Return the body of a request; the time stamp is
    /// DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().</summary>
    public static byte[] SignedBody(
        string appKey, string appSecret, string jsonParams, long timeStamp)
    {
        var stamp = timeStamp.ToString(CultureInfo.InvariantCulture);
        var sign = Sign(appSecret, jsonParams, stamp);
        return Encoding.UTF8.GetBytes(
            "{\"app_key\":" + Quoted(appKey) + ",\"params\":" + Quoted(jsonParams)
            + ",\"sign\":\"" + sign + "\",\"time_stamp\":" + stamp + "}");
    }

    /// <summary>Verify the three fields of a notification's body; parse the parameters
    /// afterwards.</summary>
    public static bool IsGenuineEnvelope(
        IEnumerable<string> appSecrets, string jsonParams, string timeStamp, string given,
        long nowMs)
    {
        if (!Near(timeStamp, nowMs, WindowSeconds * 1000)) return false;
        var genuine = false;
        foreach (var secret in appSecrets)
        {
            genuine |= Equal(Sign(secret, jsonParams, timeStamp), given.ToUpperInvariant());
        }
        return genuine;
    }

    /// <summary>Verify the three Webhook- headers over the raw body, as in Standard
    /// Webhooks.</summary>
    public static bool IsGenuineWebhook(
        IEnumerable<string> appSecrets, string id, string timestamp, string signature,
        byte[] body, long nowSeconds)
    {
        if (!Near(timestamp, nowSeconds, WindowSeconds)) return false;
        var signed = Encoding.UTF8.GetBytes(id + "." + timestamp + ".").Concat(body).ToArray();
        var genuine = false;
        foreach (var secret in appSecrets)
        {
            using (var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(secret)))
            {
                var expected = "v1," + Convert.ToBase64String(hmac.ComputeHash(signed));
                foreach (var entry in signature.Split(' ')) genuine |= Equal(expected, entry);
            }
        }
        return genuine;
    }

    private static bool Near(string stamp, long now, long window)
    {
        long value;
        return stamp.Length <= 15
            && long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && Math.Abs(now - value) <= window;
    }

    /// <summary>Compare in constant time.</summary>
    private static bool Equal(string left, string right)
    {
        byte[] a = Encoding.UTF8.GetBytes(left), b = Encoding.UTF8.GetBytes(right);
        var difference = a.Length ^ b.Length;
        for (var at = 0; at < a.Length && at < b.Length; at++) difference |= a[at] ^ b[at];
        return difference == 0;
    }

    /// <summary>Return a text as a JSON string.</summary>
    private static string Quoted(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var each in text)
        {
            if (each == '"' || each == '\\') json.Append('\\').Append(each);
            else if (each < ' ') json.Append("\\u").Append(((int)each).ToString("x4"));
            else json.Append(each);
        }
        return json.Append('"').ToString();
    }
}
