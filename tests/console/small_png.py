"""Makes a picture of a page small: a palette of at most 256 colours that are hard to tell apart
from the true ones, and no more. The browser counts the pixels, which is fast there.
"""

import base64
import struct
import zlib

from playwright.async_api import Page

_COUNT = """
async (address) => {
  const bitmap = await createImageBitmap(await (await fetch(address)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const data = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  const often = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  function apart(a, b) {
    const red = (a >> 16) - (b >> 16);
    const green = ((a >> 8) & 255) - ((b >> 8) & 255);
    const blue = (a & 255) - (b & 255);
    return 2 * red * red + 4 * green * green + 3 * blue * blue;
  }
  let palette = [];
  for (let least = 0; ; least = 2 * least + 6) {
    palette = [];
    for (const colour of often) {
      if (palette.every((one) => apart(one, colour) > least)) palette.push(colour);
      if (palette.length > 256) break;
    }
    if (palette.length <= 256) break;
  }
  const places = new Map();
  for (const colour of often) {
    let best = 0;
    for (let n = 1; n < palette.length; n++) {
      if (apart(palette[n], colour) < apart(palette[best], colour)) best = n;
    }
    places.set(colour, best);
  }
  const pixels = new Uint8Array(data.length / 4);
  for (let at = 0; at < pixels.length; at++) {
    const from = 4 * at;
    pixels[at] = places.get((data[from] << 16) | (data[from + 1] << 8) | data[from + 2]);
  }
  let text = "";
  for (let at = 0; at < pixels.length; at += 32768) {
    text += String.fromCharCode(...pixels.subarray(at, at + 32768));
  }
  return { width: bitmap.width, height: bitmap.height, palette: palette, pixels: btoa(text) };
}
"""


async def small(page: Page, picture: bytes) -> bytes:
    """Return a PNG with a palette; ``page`` is any page without a content policy."""
    address = "data:image/png;base64," + base64.b64encode(picture).decode()
    found = await page.evaluate(_COUNT, address)
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    palette = b"".join(colour.to_bytes(3, "big") for colour in found["palette"])
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", palette),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
