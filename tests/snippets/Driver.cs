// Runs the C# snippet on the cases of stdin; see driver.py.
using System;
using System.IO;
using System.Linq;
using System.Text;

public static class Driver
{
    public static void Main()
    {
        var lines = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        for (var line = lines.ReadLine(); line != null; line = lines.ReadLine())
        {
            var fields = line.Split('\t');
            var raw = fields.Skip(1).Select(Convert.FromBase64String).ToArray();
            var text = raw.Select(Encoding.UTF8.GetString).ToArray();
            Console.WriteLine(Answer(fields[0], text, raw));
        }
    }

    private static string Answer(string what, string[] text, byte[][] raw)
    {
        var secrets = text[0].Split(' ');
        switch (what)
        {
            case "sign":
                return Signing.Sign(text[0], text[1], text[2]);
            case "body":
                return Convert.ToBase64String(
                    Signing.SignedBody(text[0], text[1], text[2], long.Parse(text[3])));
            case "envelope":
                return Word(Signing.IsGenuineEnvelope(
                    secrets, text[1], text[2], text[3], long.Parse(text[4])));
            default:
                return Word(Signing.IsGenuineWebhook(
                    secrets, text[1], text[2], text[3], raw[4], long.Parse(text[5])));
        }
    }

    private static string Word(bool truth)
    {
        return truth ? "true" : "false";
    }
}
